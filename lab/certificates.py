"""Certificates for the lab's servers: self-signed, or by an authority of the lab, of today and for loopback alone."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LOOPBACK = "127.0.0.1"
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and its key as files, and the certificate as it goes over the wire."""

    chain: Path
    key: Path
    der: bytes


def self_signed(folder: Path) -> Certificate:
    """Make one in a folder."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = _called("bmc.invalid")
    made = _begun(name, name, key, now + DAY).add_extension(_for(LOOPBACK), critical=False).sign(key, hashes.SHA256())
    return _written(folder, made, key)


class Authority:
    """An authority of the lab: who trusts `file` trusts what it signs."""

    def __init__(self, folder: Path) -> None:
        self._key, self._name = ec.generate_private_key(ec.SECP256R1()), _called("Authority of the lab")
        folder.mkdir(parents=True, exist_ok=True)
        begun = _begun(self._name, self._name, self._key, datetime.now(UTC) + DAY)
        made = begun.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self._made = made.sign(self._key, hashes.SHA256())
        self.folder, self.file = folder, folder / "authority.pem"
        self.file.write_bytes(self._made.public_bytes(serialization.Encoding.PEM))

    def certificate(self, address: str = LOOPBACK, *, ends_at: datetime | None = None) -> Certificate:
        """One for an IP address or a name, until tomorrow or `ends_at`."""
        key = ec.generate_private_key(ec.SECP256R1())
        begun = _begun(_called(address), self._name, key, ends_at or datetime.now(UTC) + DAY)
        made = begun.add_extension(_for(address), critical=False).sign(self._key, hashes.SHA256())
        folder = self.folder / f"{address}-{made.serial_number}"
        folder.mkdir()
        return _written(folder, made, key)


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _for(address: str) -> x509.SubjectAlternativeName:
    try:
        return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    except ValueError:
        return x509.SubjectAlternativeName([x509.DNSName(address)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, ends_at: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - 3 * DAY)
        .not_valid_after(ends_at)
    )


def _written(folder: Path, made: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Certificate:
    chain, key_file = folder / "certificate.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.touch(mode=0o600)
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return Certificate(chain, key_file, made.public_bytes(serialization.Encoding.DER))
