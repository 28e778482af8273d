"""What every ticket system offers: one way to hand over a message, and three possible ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol
from uuid import UUID

from app.core.clock import utc_text


class Capability(StrEnum):
    """What a ticket system can do with a message."""

    PUBLIC_REPLY = "public_reply"
    INTERNAL_NOTE = "internal_note"
    IDEMPOTENT = "idempotent"  # the receiver drops what it has had already, by the message's id


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message on its way out. `id` is the same at every attempt: the receiver's idempotency key."""

    id: UUID
    seq: int
    kind: str
    subject: str
    integration: str
    ticket: str
    ticket_url: str | None
    channel: str
    public: str | None
    internal: str | None
    created_at: datetime

    def form(self) -> dict[str, Any]:
        """The outward form (docs/ticket-systems.md), the same at every attempt."""
        return {
            "type": f"message.{self.kind}",
            "timestamp": utc_text(self.created_at),
            "data": {
                "id": str(self.id),
                "seq": self.seq,
                "kind": self.kind,
                "subject": self.subject,
                "ticket": {
                    "system": self.integration,
                    "id": self.ticket,
                    "url": self.ticket_url,
                    "channel": self.channel,
                },
                "public": self.public,
                "internal": self.internal,
            },
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """The ticket system has it; `receipt` is what it said, for the record."""

    receipt: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now, or nobody knows whether it arrived: to be sent again under the same id."""

    problem: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never be taken like this: a person must look."""

    problem: str


Outcome = Sent | Postponed | Rejected


class TicketSystem(Protocol):
    """One integration: a frozen dataclass whose fields are its settings (see `secret`)."""

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """Hand over one message; takes 15 s at most and never raises for what the other side does. `now` is true time.

        A repetition after an unknown end carries the same id; a system that is not idempotent must look first.
        """
        ...


def secret() -> Any:
    """A setting that never shows: not in repr, logs or errors; it may also come from a file named NAME_file."""
    return field(repr=False, metadata={"secret": True})
