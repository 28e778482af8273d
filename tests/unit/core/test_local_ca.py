"""HTTPS at an address of one's own: a real handshake trusts that address, and nothing else."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.core.errors import Invalid
from app.core.local_ca import Trust, trust_for

NOW = datetime.now(UTC)


def handshake(trust: Trust, name: str) -> str | None:
    """The TLS version that a client who trusts the authority agrees on with the server; why not, when it refuses."""
    ours, theirs = socket.socketpair()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(trust.certificate, trust.key)

    def serve() -> None:
        with ours:
            try:
                server.wrap_socket(ours, server_side=True).close()
            except (ssl.SSLError, OSError):
                return  # the client says why

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ssl.create_default_context(cafile=str(trust.authority)).wrap_socket(
            theirs, server_hostname=name
        ) as client:
            return client.version()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    finally:
        theirs.close()
        thread.join(10)


@pytest.mark.parametrize("address", ["192.168.7.20", "rack-demo.local", "fd00::20"])
def test_a_tablet_that_trusts_the_authority_trusts_that_address(tmp_path: Path, address: str) -> None:
    trust = trust_for(address, tmp_path, NOW)
    assert handshake(trust, address) == "TLSv1.3"
    assert "not valid for" in str(handshake(trust, "example.org"))
    assert trust.key.stat().st_mode & 0o777 == 0o600
    assert sorted(file.name for file in trust.key.parent.iterdir()) == ["authority.pem", "certificate.pem", "key.pem"]


def test_the_authority_may_speak_for_that_address_alone(tmp_path: Path) -> None:
    trust = trust_for("192.168.7.20", tmp_path, NOW)
    authority = x509.load_pem_x509_certificate(trust.authority.read_bytes())
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints)
    assert limits.critical
    assert [str(one.value) for one in limits.value.permitted_subtrees or []] == ["192.168.7.20/32"]


def test_it_is_kept_until_a_week_before_its_end(tmp_path: Path) -> None:
    first = trust_for("192.168.7.20", tmp_path, NOW)
    assert trust_for("192.168.7.20", tmp_path, NOW + timedelta(days=80)) == first
    assert trust_for("192.168.7.20", tmp_path, NOW + timedelta(days=84)).fingerprint != first.fingerprint


@pytest.mark.parametrize("address", ["", "../etc", "a b", "http://x", "-x.example"])
def test_what_is_no_address_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(Invalid):
        trust_for(address, tmp_path, NOW)
