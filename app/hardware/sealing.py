"""Credentials that only the site's own worker can read: sealed to a public key, opened with the private one.

libsodium's sealed boxes (X25519, XSalsa20-Poly1305). The web tier and the center hold public keys only: they can
store a password, never read one. The private key is a file of mode 0600 on the machine of the site's worker.
"""

from __future__ import annotations

import json
import os
from base64 import b64decode, b64encode
from pathlib import Path
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from app.core.errors import Conflict, Unavailable


def new_site_key() -> tuple[str, str]:
    """A fresh key pair as base64 text: (public, private)."""
    private = PrivateKey.generate()
    return _text(bytes(private.public_key)), _text(bytes(private))


def public_half(private_key: str) -> str:
    """The public key that belongs to a private one."""
    return _text(bytes(PrivateKey(b64decode(private_key)).public_key))


def seal(public_key: str, secrets: dict[str, Any]) -> bytes:
    """Close `secrets` so that only the holder of the private key can read them. Nobody else, not even the sealer."""
    return SealedBox(PublicKey(b64decode(public_key))).encrypt(json.dumps(secrets).encode())


def open_sealed(private_key: str, sealed: bytes) -> dict[str, Any]:
    """What was sealed. Raises Unavailable when this key is not the one it was sealed to."""
    try:
        opened: dict[str, Any] = json.loads(SealedBox(PrivateKey(b64decode(private_key))).decrypt(sealed))
    except CryptoError as error:
        raise Unavailable(
            "sealed", "These credentials were sealed to another key: enter them again with this site's present key."
        ) from error
    return opened


def key_file(folder: Path, site_code: str) -> Path:
    """Where the private key of a site lies on the machine of its worker."""
    return folder / f"{site_code}.key"


def write_key(folder: Path, site_code: str, private_key: str) -> Path:
    """Keep a private key (mode 0600). An existing one is never overwritten: raises Conflict."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = key_file(folder, site_code)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise Conflict("key_exists", f"{path} exists. What is sealed to it could never be read again.") from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(private_key + "\n")
    return path


def read_key(folder: Path, site_code: str) -> str:
    """The private key of a site. Raises Unavailable when this machine does not hold it."""
    path = key_file(folder, site_code)
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise Unavailable(
            "no_site_key",
            f"This worker cannot read {path} ({error.strerror}): copy the key of {site_code} there, mode 0600.",
        ) from error


def _text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
