"""What every ticket system offers: one way to hand over a message, and three possible ends; some can be read, too."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable
from uuid import UUID

from app.core.clock import utc_text
from app.core.errors import Unavailable


class Capability(StrEnum):
    """What a ticket system can do with a message, and how news comes from it."""

    PUBLIC_REPLY = "public_reply"
    INTERNAL_NOTE = "internal_note"
    IDEMPOTENT = "idempotent"  # never twice under one id: the receiver drops it, or the file looks before it repeats
    STATUS = "status"  # the ticket can be resolved and opened again
    HOOK = "hook"  # it calls us: class Hooked
    POLL = "poll"  # we read it: class Readable


class Status(StrEnum):
    """What becomes of the ticket itself with a message."""

    OPEN = "open"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Outbound:
    """One message on its way out. `id` is the same at every attempt: the receiver's idempotency key.

    `repeated`: an earlier attempt may have arrived. `status`: what the ticket becomes with it, None leaves it.
    """

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
    status: Status | None = None
    repeated: bool = False

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
                "status": self.status,
            },
        }


@dataclass(frozen=True, slots=True)
class Sent:
    """The ticket system has it; `receipt` is what it said, for the record."""

    receipt: str


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now, or nobody knows whether it arrived: to be sent again under the same id.

    `fault`: something is set up wrong over there, which no waiting mends (a certificate): somebody must look.
    """

    problem: str
    retry_after: timedelta | None = None
    fault: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """It will never be taken like this: a person must look."""

    problem: str


Outcome = Sent | Postponed | Rejected


class Faulty(Unavailable):
    """A system cannot be read because something is set up wrong, which no waiting mends: the sentence says what."""


class TicketSystem(Protocol):
    """One integration: a frozen dataclass whose fields are its settings (see `secret`)."""

    name: ClassVar[str]
    capabilities: ClassVar[frozenset[Capability]]

    def send(self, message: Outbound, now: datetime) -> Outcome:
        """Hand over one message; takes 15 s at most and never raises for what the other side does. `now` is true time.

        A repetition after an unknown end carries the same id; a system that is not idempotent must look first.
        """
        ...


class EntryKind(StrEnum):
    """Who said something in a ticket, or what happened to it."""

    OPENED = "opened"
    CUSTOMER = "customer"
    STAFF = "staff"
    NOTE = "note"
    STATUS = "status"


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing said or done in a ticket by others than us; `id` is that system's own and never changes."""

    id: str
    kind: EntryKind
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A ticket as its own system has it now, with entries in their order."""

    ticket: str
    subject: str
    url: str | None
    channel: str
    opened_at: datetime
    closed: bool
    entries: tuple[Entry, ...]
    acknowledged: bool = False  # its own system greets whoever opens a ticket: we send no second acknowledgment
    language: str | None = None  # the customer's, as a tag (de, de-AT); None where the system does not say


@dataclass(frozen=True, slots=True)
class Poke:
    """Something happened in a ticket, perhaps known already: `event` is its own system's number of it."""

    ticket: str
    event: str


@dataclass(frozen=True, slots=True)
class Polled:
    """What happened since the cursor and a good while before it, and the next cursor."""

    pokes: tuple[Poke, ...]
    cursor: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A hook whose signature holds. `stamp` is the attempt's time: the same id and stamp again is a replay.

    `snapshots` is what it carried; empty when the hook is a wake-up only and the system is to be read.
    """

    id: str
    stamp: str
    snapshots: tuple[Snapshot, ...] = ()


@runtime_checkable
class Examined(TicketSystem, Protocol):
    """A system that can be looked at without leaving a trace in it."""

    def faults(self) -> list[str]:
        """What is set up wrong over there, in sentences that say what to do; empty when all is well.

        Takes 30 s at most. Raises Unavailable when it cannot be spoken to.
        """
        ...


@runtime_checkable
class Addressed(TicketSystem, Protocol):
    """A system that is reached over a network."""

    def open_lines(self) -> list[str]:
        """Where we speak to it so that others on the way can read it: its addresses. Asks nobody."""
        ...


@runtime_checkable
class Readable(Examined, Protocol):
    """A system that can be asked. Each call takes 30 s at most and raises Unavailable when it gets no good answer.

    Faulty is the one that says that somebody must mend something first.
    """

    def poll(self, cursor: str | None) -> Polled:
        """What happened since `cursor`, with an overlap: what was seen before comes again, what came late is found.

        None: from now on; whoever asks so reads `active` once.
        """
        ...

    def read(self, ticket: str, known: Collection[str]) -> Snapshot | None:
        """The ticket with those entries that are not `known`; None when there is none that we may see."""
        ...

    def active(self) -> Sequence[str]:
        """All tickets that are not closed."""
        ...


@runtime_checkable
class Hooked(TicketSystem, Protocol):
    """A system that calls us."""

    def hear(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Heard | None:
        """The hook, if it is signed, recent and whole; None for all others. Constant time; `headers` in lower case.

        Raises Invalid, with the fields, when a well-signed one says what we do not understand.
        """
        ...


@runtime_checkable
class Telling(TicketSystem, Protocol):
    """A readable system that tells over a line kept open when there is something to read."""

    def wait(self, within_s: float) -> bool:
        """Whether there is, after that time at most; for one thread at a time. Never raises."""
        ...


def secret(default: Any = MISSING) -> Any:
    """A setting that never shows: not in repr, logs or errors; it may also come from a file named NAME_file."""
    return field(default=default, repr=False, metadata={"secret": True})
