"""Tables of the conversation: tickets of other systems, and the outbox of messages into them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base


class Ticket(Base):
    """A ticket of another system: `system` names the integration, `external_id` is that system's own id."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("system", "external_id"),
        Index("ix_ticket_external_id", "external_id"),
        CheckConstraint("channel IN ('ticket', 'chat', 'email')", name="channel"),
        CheckConstraint("language IN ('en', 'de')", name="language"),
        Index("ix_ticket_unanswered", "opened_at", postgresql_where=text("first_response_at IS NULL")),
        Index("ix_ticket_waiting", "waiting_since", postgresql_where=text("waiting_since IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    system: Mapped[str]
    external_id: Mapped[str]
    url: Mapped[str | None]
    subject: Mapped[str]
    channel: Mapped[str]
    opened_at: Mapped[datetime]
    first_response_at: Mapped[datetime | None]
    acknowledged_at: Mapped[datetime | None]  # by the ticket system itself: then we send no second one

    received_at: Mapped[datetime | None]  # business time at which it came in by itself; None: told by an escalation
    waiting_since: Mapped[datetime | None]  # what the customer wrote then has no answer yet
    language: Mapped[str | None]  # the customer's, where known; None: the integration's
    closed: Mapped[bool] = mapped_column(default=False)  # over there
    handled_at: Mapped[datetime | None]
    handled_by: Mapped[str | None]


class TicketEntry(Base):
    """Something said or done in a ticket by others than us: at most once, by its own system's number.

    `at` is that system's time, `received_at` ours (business time): the two clocks of a delivery.
    """

    __tablename__ = "ticket_entry"
    __table_args__ = (
        UniqueConstraint("ticket_id", "external_id"),
        CheckConstraint("kind IN ('opened', 'customer', 'staff', 'note', 'status')", name="kind"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    external_id: Mapped[str]
    kind: Mapped[str]
    at: Mapped[datetime]
    received_at: Mapped[datetime]
    by: Mapped[str]
    text: Mapped[str]


class Feed(Base):
    """How far one integration has been read. `problem` is why the last reading failed; times are true time.

    `owed`: tickets that are still to be read; the cursor has passed them. `fault`: what is set up wrong over there.
    """

    __tablename__ = "feed"

    integration: Mapped[str] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]
    read_at: Mapped[datetime | None]
    reconciled_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    failing_since: Mapped[datetime | None]
    owed: Mapped[list[str]] = mapped_column(JSONB, default=list)
    fault: Mapped[str | None]
    fault_since: Mapped[datetime | None]


class HookAttempt(Base):
    """An accepted hook, kept while its signature would still be taken: the same attempt again is a replay."""

    __tablename__ = "hook_attempt"

    integration: Mapped[str] = mapped_column(primary_key=True)
    hook: Mapped[str] = mapped_column(primary_key=True)
    stamp: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)  # true time


class HookCount(Base):
    """How many hooks of an integration were taken or refused on a day (UTC): all that is kept of a refused one."""

    __tablename__ = "hook_count"

    integration: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    taken: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)


class Message(Base):
    """One message for one ticket, written in the transaction of the change that it tells of.

    The outbox: delivered in order of `seq` per ticket, at least once, always under the same id (the receiver's
    idempotency key). `public` text is for the customer and carries no internals; `internal` is for colleagues.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("ticket_id", "seq"),
        UniqueConstraint("key"),
        CheckConstraint("state IN ('pending', 'sent', 'dead')", name="state"),
        CheckConstraint("status IN ('open', 'resolved')", name="status"),
        CheckConstraint("public_text IS NOT NULL OR internal_text IS NOT NULL", name="text"),
        Index("ix_message_due", "next_at", postgresql_where=text("state = 'pending'")),
        Index("ix_message_dead", "created_at", postgresql_where=text("state = 'dead'")),
        Index("ix_message_subject", "subject"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    seq: Mapped[int]
    key: Mapped[str]  # "WO-2026-000017:booked:3"
    kind: Mapped[str]
    subject: Mapped[str]  # number of the order or referral it tells of
    public_text: Mapped[str | None]
    internal_text: Mapped[str | None]
    automatic: Mapped[bool] = mapped_column(default=False)  # no person caused it: it is no first response
    status: Mapped[str | None]  # what the ticket becomes with it: open, resolved
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]  # business time
    next_at: Mapped[datetime]  # true time, as is all queue timing
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    receipt: Mapped[str | None]
    problem: Mapped[str | None]

    ticket: Mapped[Ticket] = relationship(lazy="joined")
