"""Signed webhooks (Standard Webhooks 1.0.0) out and in: for any system that can send and take a POST."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

import httpx

from app.core.errors import FieldError, Invalid
from app.core.signing import key_of, signed_headers, verified_id
from app.tickets.calls import Caller, CallFailed, Reply, caller, open_lines
from app.tickets.rules.retries import waiting_asked
from app.tickets.system import (
    Capability,
    Entry,
    EntryKind,
    Heard,
    Outbound,
    Outcome,
    Postponed,
    Rejected,
    Sent,
    Snapshot,
    secret,
)

TOTAL_S: Final = 15.0
EXAMINED_S: Final = 5.0
MOST_BYTES: Final = 20_000
RETRIED_REFUSALS: Final = frozenset({408, 409, 425, 429})
LONGEST: Final = {"id": 200, "url": 2000, "subject": 500, "by": 200, "text": 20_000, "language": 35}
KINDS: Final = {
    "ticket.opened": EntryKind.OPENED,
    "ticket.replied": EntryKind.CUSTOMER,
    "ticket.answered": EntryKind.STAFF,
    "ticket.noted": EntryKind.NOTE,
    "ticket.closed": EntryKind.STATUS,
}


@dataclass(frozen=True, slots=True)
class Webhook:
    """POSTs each message as JSON to `url`, signed with every one of `secrets` (two while one replaces the other).

    Only that address is ever called: redirects are not followed, proxies of the environment not used. Plain http is
    taken to this machine only, unless `allow_plain_http` is true. What comes in is signed with one of `hook_secrets`,
    or of `secrets` where there are none of its own.
    """

    name: ClassVar[str] = "webhook"
    capabilities: ClassVar[frozenset[Capability]] = frozenset(Capability) - {Capability.POLL}

    url: str
    secrets: tuple[str, ...] = secret()
    hook_secrets: tuple[str, ...] = secret(())
    allow_plain_http: bool = False
    _keys: tuple[bytes, ...] = field(init=False, repr=False)
    _hook_keys: tuple[bytes, ...] = field(init=False, repr=False)
    _caller: Caller = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_caller", caller(self.url, allow_plain_http=self.allow_plain_http))
        object.__setattr__(self, "_keys", tuple(key_of(one) for one in self.secrets))
        object.__setattr__(self, "_hook_keys", tuple(key_of(one) for one in self.hook_secrets or self.secrets))

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """One POST, 15 s at most. 2xx is sent; 4xx other than 408, 409, 425 and 429 is final; the rest is repeated."""
        body = json.dumps(message.form(), ensure_ascii=False, separators=(",", ":")).encode()
        if len(body) >= MOST_BYTES:
            return Rejected(f"the message takes {len(body)} bytes, more than a webhook may carry")
        headers = {"content-type": "application/json", **signed_headers(self._keys, str(message.id), now, body)}
        try:
            reply = self._caller.call("POST", headers=headers, content=body, within_s=TOTAL_S)
        except CallFailed as failure:
            return Postponed(failure.problem)
        return _outcome(reply, now)

    def hear(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard | None:
        """What happened in one ticket; types that we do not know carry nothing and are taken."""
        message_id = verified_id(self._hook_keys, headers, body, now)
        if message_id is None:
            return None
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        snapshots = (_snapshot(told, message_id),) if told.get("type") in KINDS else ()
        return Heard(message_id, headers["webhook-timestamp"], snapshots)

    def faults(self) -> list[str]:
        """Whether anybody answers at its address; a HEAD, which no receiver takes for a message."""
        try:
            self._caller.call("HEAD", headers={}, within_s=EXAMINED_S)
        except CallFailed as failure:
            return [f"nobody takes messages at {self.url}: {failure.problem}."]
        return []

    def open_lines(self) -> list[str]:
        """Its address, if that is plain http to another machine."""
        return open_lines(self.url)


def _snapshot(told: dict[str, Any], message_id: str) -> Snapshot:
    """The ticket and its one entry; raises Invalid naming the first wrong field."""
    data = _object(told, "data")
    ticket, kind, at = _object(data, "ticket"), KINDS[told["type"]], _instant(told, "timestamp")
    channel = ticket.get("channel") or "ticket"
    if channel not in {"ticket", "chat", "email"}:
        raise _wrong("ticket.channel", "must be ticket, chat or email")
    return Snapshot(
        ticket=_text(ticket, "id"),
        subject=_text(ticket, "subject", "(no subject)"),
        url=_text(ticket, "url", "") or None,
        channel=channel,
        opened_at=_instant(ticket, "opened_at") if ticket.get("opened_at") else at,
        closed=kind == EntryKind.STATUS,
        entries=(Entry(message_id, kind, at, _text(data, "by", ""), _text(data, "text", "")),),
        language=_text(ticket, "language", "") or None,
    )


def _object(told: dict[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    if not isinstance(value, dict):
        raise _wrong(name, "must be an object")
    return value


def _text(told: dict[str, Any], name: str, otherwise: str | None = None) -> str:
    value = told.get(name)
    if value is None and otherwise is not None:
        return otherwise
    if not isinstance(value, str) or not (value or otherwise is not None) or len(value) > LONGEST[name]:
        raise _wrong(name, f"must be a text of at most {LONGEST[name]} characters")
    return value


def _instant(told: dict[str, Any], name: str) -> datetime:
    value = told.get(name)
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise _wrong(name, "must be an instant with its zone, as 2026-11-27T15:40:00Z")
    return instant


def _wrong(name: str, detail: str) -> Invalid:
    return Invalid("invalid", f"{name} {detail}.", [FieldError(name, "invalid", f"{name} {detail}.")])


def _outcome(reply: Reply, now: datetime) -> Outcome:
    status = reply.status
    if httpx.codes.is_success(status):
        return Sent(f"HTTP {status}")
    if status == httpx.codes.GONE:
        return Rejected("HTTP 410: the receiver wants no more messages at this address")
    if httpx.codes.is_client_error(status) and status not in RETRIED_REFUSALS:
        return Rejected(f"HTTP {status}: the receiver does not take this message")
    moved = httpx.codes.is_redirect(status)
    said = "a redirect, which is not followed" if moved else "the receiver cannot take it now"
    return Postponed(f"HTTP {status}: {said}", waiting_asked(reply.headers.get("retry-after"), now))


SYSTEM = Webhook
