"""Tables of the conversation: tickets of other systems, and the outbox of messages into them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base


class Ticket(Base):
    """A ticket of another system: `system` names the integration, `external_id` is that system's own id."""

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("system", "external_id"),
        CheckConstraint("channel IN ('ticket', 'chat', 'email')", name="channel"),
        Index("ix_ticket_unanswered", "opened_at", postgresql_where=text("first_response_at IS NULL")),
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
        CheckConstraint("public_text IS NOT NULL OR internal_text IS NOT NULL", name="text"),
        Index("ix_message_due", "next_at", postgresql_where=text("state = 'pending'")),
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
    state: Mapped[str] = mapped_column(default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]  # business time
    next_at: Mapped[datetime]  # true time, as is all queue timing
    lease_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    receipt: Mapped[str | None]
    problem: Mapped[str | None]

    ticket: Mapped[Ticket] = relationship(lazy="joined")
