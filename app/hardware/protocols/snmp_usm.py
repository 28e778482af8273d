"""SNMPv3's user-based security: who asks, signed and encrypted (RFC 3414, 3826, 7860; AES-192/256 as in the draft).

Keys are cached by pass phrase and engine: deriving one costs a hash over a mebibyte.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.decrepit.ciphers.modes import CFB
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from app.hardware.protocols.snmp_ber import OCTETS, SEQUENCE, BerError, Reader, integer, octets, tlv

VERSION_3, USM = 3, 3
AUTHENTICATED, ENCRYPTED, REPORTABLE = 0x01, 0x02, 0x04
MAX_MESSAGE = 65507
VERSION, SIZE, MODEL = integer(VERSION_3), integer(MAX_MESSAGE), integer(USM)
MEBIBYTE = 1 << 20

# name -> (hash, bytes of the signature that are sent)
AUTH = {"md5": ("md5", 12), "sha": ("sha1", 12), "sha224": ("sha224", 16), "sha256": ("sha256", 24),
        "sha384": ("sha384", 32), "sha512": ("sha512", 48)}  # fmt: skip
PRIVACY_KEY_SIZE = {"des": 16, "aes128": 16, "aes192": 24, "aes256": 32}

REPORTS: dict[tuple[int, ...], str] = {
    (1, 3, 6, 1, 6, 3, 15, 1, 1, 1, 0): "unsupported security level",
    (1, 3, 6, 1, 6, 3, 15, 1, 1, 2, 0): "not in time window",
    (1, 3, 6, 1, 6, 3, 15, 1, 1, 3, 0): "unknown user",
    (1, 3, 6, 1, 6, 3, 15, 1, 1, 4, 0): "unknown engine",
    (1, 3, 6, 1, 6, 3, 15, 1, 1, 5, 0): "wrong digest",
    (1, 3, 6, 1, 6, 3, 15, 1, 1, 6, 0): "decryption error",
}


@lru_cache(maxsize=256)
def _master_key(digest: str, pass_phrase: str) -> bytes:
    """Hash the pass phrase, repeated to one mebibyte (RFC 3414 A.2)."""
    phrase = pass_phrase.encode()
    repeated = (phrase * (MEBIBYTE // len(phrase) + 1))[:MEBIBYTE]
    return hashlib.new(digest, repeated).digest()


@lru_cache(maxsize=8192)  # three of every device of a large site
def localized_key(digest: str, pass_phrase: str, engine: bytes, size: int = 0) -> bytes:
    """Return the key for one engine, lengthened to at least `size` bytes where the hash is too short."""
    master = _master_key(digest, pass_phrase)
    key = hashlib.new(digest, master + engine + master).digest()
    while len(key) < size:
        key += hashlib.new(digest, key).digest()
    return key


@dataclass(frozen=True, slots=True)
class User:
    """A user and how messages are protected; without `auth` nothing is, without `privacy` nothing is hidden."""

    name: str
    auth: str | None = None
    auth_phrase: str = field(default="", repr=False)
    privacy: str | None = None
    privacy_phrase: str = field(default="", repr=False)

    @property
    def flags(self) -> int:
        """The security level as message flags."""
        return (AUTHENTICATED if self.auth else 0) | (ENCRYPTED if self.privacy else 0)


@dataclass(slots=True)
class Engine:
    """The agent's engine as it last told us: id, boots, and its clock against ours."""

    id: bytes = b""
    boots: int = 0
    clock_offset: float = 0.0

    def now(self) -> int:
        """Return the engine's time in seconds."""
        return int(time.monotonic() + self.clock_offset)

    def learn(self, engine_id: bytes, boots: int, at: int) -> None:
        """Take over what a message of the engine says."""
        self.id, self.boots, self.clock_offset = engine_id, boots, at - time.monotonic()


class Message(NamedTuple):
    """A decoded message: its id, who sent it, and the PDU inside; `context` is the engine and name it speaks of."""

    message_id: int
    flags: int
    engine_id: bytes
    boots: int
    engine_time: int
    pdu: tuple[int, bytes]
    context: tuple[bytes, bytes]


def encode_message(
    message_id: int,
    pdu: bytes,
    engine: Engine,
    user: User | None,
    *,
    reportable: bool = True,
    context: tuple[bytes, bytes] | None = None,
) -> bytes:
    """Return a message of `user`, signed and encrypted as the user wants; without a user, a discovery message.

    `reportable` asks for a report when something is wrong: for requests, never for what answers one. `context` is
    that of the message which is answered; without it, the engine's own.
    """
    flags = (user.flags if user else 0) | (REPORTABLE if reportable else 0)
    about, name = context or (engine.id, b"")
    scoped = tlv(SEQUENCE, octets(about) + octets(name) + pdu)
    boots, now, salt, digest_size = engine.boots, engine.now() if engine.id else 0, b"", 0
    if user and user.privacy:
        salt = os.urandom(8)
        scoped = octets(_encrypt(user, engine.id, (boots, now), salt, scoped))
    if user and user.auth:
        digest_size = AUTH[user.auth][1]
    login = octets(user.name.encode() if user else b"")
    clock, unsigned, last = integer(boots) + integer(now), octets(bytes(digest_size)), octets(salt)
    security = octets(tlv(SEQUENCE, octets(engine.id) + clock + login + unsigned + last))
    head = tlv(SEQUENCE, integer(message_id) + SIZE + octets(bytes((flags,))) + MODEL)
    message = tlv(SEQUENCE, VERSION + head + security + scoped)
    if not digest_size or user is None:
        return message
    end = len(message) - len(scoped) - len(last)
    return message[: end - digest_size] + _sign(user, engine.id, message) + message[end:]


def decode_message(data: bytes, user: User | None) -> Message:
    """Return what a message says, its signature proved and its secret opened when it has them.

    Raises BerError for what cannot be understood or was not signed with the user's key.
    """
    reader = Reader(Reader(data).expect(SEQUENCE))
    if not reader.skip(VERSION) and reader.integer() != VERSION_3:
        raise BerError("not a message of SNMPv3")
    head = Reader(reader.expect(SEQUENCE))
    message_id, _ = head.integer(), head.integer()
    flags = (head.expect(OCTETS) or b"\0")[0]
    security_text = reader.expect(OCTETS)
    security = Reader(Reader(security_text).expect(SEQUENCE))
    engine_id, boots, at = security.expect(OCTETS), security.integer(), security.integer()
    security.expect(OCTETS)
    digest, salt = security.expect(OCTETS), security.expect(OCTETS)
    if flags & AUTHENTICATED:
        _prove(user, engine_id, data, digest)
    tag, body = reader.next()
    if flags & ENCRYPTED:
        if user is None or tag != OCTETS:
            raise BerError("encrypted, but not for us")
        body = Reader(_decrypt(user, engine_id, (boots, at), salt, body)).expect(SEQUENCE)
    scoped = Reader(body)
    context = scoped.expect(OCTETS), scoped.expect(OCTETS)
    return Message(message_id, flags, engine_id, boots, at, scoped.next(), context)


def _sign(user: User, engine: bytes, message: bytes) -> bytes:
    digest, size = AUTH[user.auth or ""]
    return hmac.digest(localized_key(digest, user.auth_phrase, engine), message, digest)[:size]


def _prove(user: User | None, engine: bytes, data: bytes, digest: bytes) -> None:
    """Check the signature, which was made while its own place was filled with zeros."""
    if user is None or not user.auth or len(digest) != AUTH[user.auth][1]:
        raise BerError("signed, but not for us")
    place = data.find(octets(digest))
    unsigned = data[: place + 2] + bytes(len(digest)) + data[place + 2 + len(digest) :]
    if not hmac.compare_digest(_sign(user, engine, unsigned), digest):
        raise BerError("the signature is wrong")


def _cipher(user: User, engine: bytes, clock: tuple[int, int], salt: bytes) -> Cipher[CBC] | Cipher[CFB]:
    privacy = user.privacy or ""
    key = localized_key(AUTH[user.auth or ""][0], user.privacy_phrase, engine, PRIVACY_KEY_SIZE[privacy])
    if privacy == "des":
        vector = bytes(one ^ other for one, other in zip(key[8:16], salt, strict=True))
        return Cipher(TripleDES(key[:8] * 3), CBC(vector))
    start = clock[0].to_bytes(4, "big") + clock[1].to_bytes(4, "big") + salt
    return Cipher(AES(key[: PRIVACY_KEY_SIZE[privacy]]), CFB(start))


def _encrypt(user: User, engine: bytes, clock: tuple[int, int], salt: bytes, text: bytes) -> bytes:
    encryptor = _cipher(user, engine, clock, salt).encryptor()
    padding = bytes(-len(text) % 8) if user.privacy == "des" else b""
    return encryptor.update(text + padding) + encryptor.finalize()


def _decrypt(user: User, engine: bytes, clock: tuple[int, int], salt: bytes, text: bytes) -> bytes:
    if len(salt) != 8 or (user.privacy == "des" and len(text) % 8) or min(clock) < 0:
        raise BerError("the encryption is malformed")
    decryptor = _cipher(user, engine, clock, salt).decryptor()
    return decryptor.update(text) + decryptor.finalize()
