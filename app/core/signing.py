"""Signed webhooks after Standard Webhooks 1.0.0, symmetric scheme `v1`. Pure.

Signed is `id.timestamp.body`; the header carries one `v1,<base64 of HMAC-SHA256>` per secret, so that secrets are
changed without a gap: add the new one, let the receiver take it, remove the old one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from app.core.errors import Invalid

PREFIX: Final = "whsec_"
TOLERANCE: Final = timedelta(minutes=5)
_SCHEME: Final = "v1,"
_MOST_SIGNATURES: Final = 16
_LONGEST_STAMP: Final = 12


def key_of(secret: str) -> bytes:
    """The key that a secret stands for: "whsec_" and 24 to 64 bytes in base64; raises Invalid without repeating it."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not secret.startswith(PREFIX) or not 24 <= len(key) <= 64:
        raise Invalid("invalid", f"a secret must be {PREFIX} followed by 24 to 64 bytes in base64")
    return key


def signed_headers(keys: Sequence[bytes], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers that go with `body`; `at` is true time. Raises Invalid for an id with a full stop in it."""
    if not message_id or "." in message_id:
        raise Invalid("invalid", "the id of a webhook message must not be empty or contain a full stop")
    stamp = str(int(at.timestamp()))
    signatures = (_signature(key, message_id.encode(), stamp, body) for key in keys)
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"{_SCHEME}{signature.decode()}" for signature in signatures),
    }


def verified_id(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str | None:
    """The id of a message that one of `keys` signed within five minutes of `now` (true time); None for all others.

    Never raises, whatever is sent, and compares in constant time. `headers` have lower-case names. The id is for the
    caller to keep: a second message with it is a repetition.
    """
    message_id, stamp, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not message_id or "." in message_id or not _is_recent(stamp, now):
        return None
    given = [
        part.removeprefix(_SCHEME).encode("utf-8", "surrogateescape")
        for part in signatures.split(" ")[:_MOST_SIGNATURES]
        if part.startswith(_SCHEME)
    ]
    raw_id = message_id.encode("utf-8", "surrogateescape")
    expected = [_signature(key, raw_id, stamp, body) for key in keys]
    matches = [hmac.compare_digest(one, other) for one in expected for other in given]
    return message_id if any(matches) else None


def _signature(key: bytes, message_id: bytes, stamp: str, body: bytes) -> bytes:
    signed = b".".join((message_id, stamp.encode(), body))
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())


def _is_recent(stamp: str, now: datetime) -> bool:
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= _LONGEST_STAMP):
        return False
    return abs(now.timestamp() - int(stamp)) <= TOLERANCE.total_seconds()
