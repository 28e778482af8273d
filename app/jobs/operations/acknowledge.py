"""The automatic acknowledgment: a ticket that arrives hears at once that it has arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs.messages import OrderFacts
from app.jobs.operations.wordings import compose
from app.tickets.integrations import language_of
from app.tickets.models import Message, Ticket
from app.tickets.operations import tell

NEXT: Final = "a Level 1 engineer reads it and answers you here, at any hour."


def acknowledge(session: Session, ticket_id: int, now: datetime) -> Message | None:
    """Tell a ticket that it has arrived; None where it was told anything before, by us or by its own system.

    Never two: the ticket is held until the transaction ends. Four queries.
    """
    held = select(Ticket).where(Ticket.id == ticket_id).with_for_update(key_share=True, of=Ticket)
    ticket = session.scalars(held.execution_options(populate_existing=True)).one()
    told = session.scalar(select(Message.id).where(Message.ticket_id == ticket_id).limit(1))
    if ticket.acknowledged_at is not None or told is not None:
        return None
    facts = OrderFacts("", "", "", "", "UTC", next_steps=NEXT)
    texts = compose(session, "acknowledged", facts, language_of(ticket))
    return tell(
        session, ticket, kind="acknowledged", subject=f"ticket {ticket.id}", key=f"ticket:{ticket.id}:acknowledged",
        now=now, public=texts.public, internal=texts.internal, automatic=True,
    )  # fmt: skip
