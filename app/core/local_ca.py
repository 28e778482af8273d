"""HTTPS for an address of one's own: a certificate authority for that address alone, which forgets its key.

Whoever trusts it on a tablet trusts it for nothing else: name constraints hold it to the address, and with its key gone
it signs no second certificate. A new address, or a certificate near its end, makes a new authority.
"""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.core.errors import Invalid

LIFE: Final = timedelta(days=90)
RENEW: Final = timedelta(days=7)
LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){LABEL}(\.{LABEL})*")


@dataclass(frozen=True, slots=True)
class Trust:
    """Files in PEM: what a tablet is given to trust, the server's certificate and its key. `ends_at` is aware UTC."""

    authority: Path
    certificate: Path
    key: Path
    fingerprint: str
    ends_at: datetime


def trust_for(address: str, folder: Path, now: datetime) -> Trust:
    """The certificate for an IP address or host name, made when it is missing or ends within a week.

    Raises Invalid for what is neither.
    """
    name = _general_name(address)
    place = folder / re.sub(r"[^A-Za-z0-9.-]", "_", address)
    found = _read(place)
    if found is None or found.ends_at - now < RENEW:
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(place, name, address, now)
        found = _read(place)
        assert found is not None
    return found


def _general_name(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        if not HOST.fullmatch(address):
            raise Invalid("invalid", f"{address!r} is neither an IP address nor a host name.") from None
        return x509.DNSName(address)


def _read(place: Path) -> Trust | None:
    files = place / "authority.pem", place / "certificate.pem", place / "key.pem"
    if not all(file.exists() for file in files):
        return None
    authority = x509.load_pem_x509_certificate(files[0].read_bytes())
    served = x509.load_pem_x509_certificate(files[1].read_bytes())
    return Trust(*files, authority.fingerprint(hashes.SHA256()).hex(":").upper(), served.not_valid_after_utc)


def _make(place: Path, name: x509.GeneralName, address: str, now: datetime) -> None:
    authority_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer = _called(f"Rackside for {address}")
    authority = (
        _begun(issuer, issuer, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.NameConstraints([_constraint(name)], None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    served = (
        _begun(_called(address[:64]), issuer, key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([name]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(place / "authority.pem", authority.public_bytes(serialization.Encoding.PEM), 0o644)
    _write(place / "key.pem", secret, 0o600)
    _write(place / "certificate.pem", served.public_bytes(serialization.Encoding.PEM), 0o644)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # tablets' clocks differ
        .not_valid_after(now + LIFE)
    )


def _called(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])


def _constraint(name: x509.GeneralName) -> x509.GeneralName:
    """An IP address as the network of itself alone; a host name as it is."""
    return x509.IPAddress(ipaddress.ip_network(name.value)) if isinstance(name, x509.IPAddress) else name


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _write(path: Path, data: bytes, mode: int) -> None:
    """Readable by nobody else at any moment, also when an older file stood there."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(data)
