"""The hash chain of a record, pure: what is hashed, and whether a chain holds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import rfc8785

from app.core.clock import utc_text


def event_fields(
    *,
    at: datetime,
    device_at: datetime | None,
    by: str,
    verb: str,
    from_state: str | None,
    to_state: str | None,
    why: str | None,
    detail: Mapping[str, Any],
) -> dict[str, Any]:
    """The fields of an event in their outward form: exactly what the hash covers."""
    return {
        "at": utc_text(at),
        "device_at": utc_text(device_at) if device_at else None,
        "by": by,
        "verb": verb,
        "from": from_state,
        "to": to_state,
        "why": why,
        "detail": dict(detail),
    }


def chained_hash(fields: Mapping[str, Any], previous_hash: str) -> str:
    """SHA-256 (hex) over the RFC 8785 form of the event's fields and the previous hash ("" for the first)."""
    return hashlib.sha256(rfc8785.dumps({**fields, "previous_hash": previous_hash})).hexdigest()


def first_break(events: Sequence[Mapping[str, Any]]) -> int | None:
    """Index of the first event whose hash does not follow from its content and its predecessor; None when all hold."""
    previous = ""
    for index, event in enumerate(events):
        fields = {k: v for k, v in event.items() if k not in {"hash", "previous_hash"}}
        if event.get("previous_hash") != previous or event.get("hash") != chained_hash(fields, previous):
            return index
        previous = str(event["hash"])
    return None
