"""Tickets that came in by themselves: machines are asked at once, follow-ups reach who works on the order."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import events
from app.core.access import Principal
from app.core.database import notify
from app.core.errors import Conflict
from app.core.language import Language, told
from app.hardware.operations.diagnose import request_diagnostics
from app.jobs.kind import Kind
from app.jobs.models import OrderTicket, WorkOrder
from app.jobs.operations.act import SYSTEM
from app.jobs.queries_tickets import mentioned, orders_for
from app.jobs.states import OrderState
from app.tickets.intake import handle
from app.tickets.models import Message, Ticket, TicketEntry
from app.tickets.operations import tell

WROTE: Final = "customer_wrote"
MOST_ASKED: Final = 3
"""Machines asked for one ticket: a text may name many."""


def heard(session: Session, ticket_id: int, numbers: Collection[int], *, now: datetime, true_time: datetime) -> None:
    """Somebody wrote in a ticket: tell those who work on its orders; without an order, ask the machines it names."""
    ticket = session.get_one(Ticket, ticket_id)
    spoken = select(TicketEntry).where(TicketEntry.id.in_(numbers), TicketEntry.kind.in_(("opened", "customer")))
    said = session.scalars(spoken.order_by(TicketEntry.id)).all()
    orders = orders_for(session, ticket_id)
    if any(one.kind == "customer" for one in said):
        for order in orders:
            _follow_up(session, order, now)
    if said and not orders and not ticket.closed:
        text = "\n".join([ticket.subject, *(one.text for one in said)])
        for mention in mentioned(session, text)[:MOST_ASKED]:
            request_diagnostics(session, mention.asset, by=SYSTEM, reason="ticket", now=true_time)


def _follow_up(session: Session, order: WorkOrder, now: datetime) -> None:
    """Into the record, and onto the open pages of who holds it; the words stay in the ticket."""
    events.record(session, order.number, now=now, by="customer", verb=WROTE, why="The customer wrote in the ticket.")
    for topic in (f"order:{order.number}", f"site:{order.site.code}"):
        notify(session, topic)


def reply(session: Session, principal: Principal, ticket: Ticket, text: str, *, now: datetime) -> Message:
    """A person's own words into the ticket; all that came in so far is answered by them. Raises Invalid (internals)."""
    written = tell(
        session, ticket, kind="reply", subject=f"ticket {ticket.id}", key=f"ticket:{ticket.id}:reply:{uuid4()}",
        now=now, public=text, automatic=principal.is_program,
    )  # fmt: skip
    handle(session, ticket, by=principal.name, now=now)
    return written


def join(session: Session, principal: Principal, ticket: Ticket, order: WorkOrder, *, now: datetime) -> None:
    """Let one more ticket be served by an order: its customer hears what the first one hears from now on.

    Raises Conflict for an order that is over.
    """
    if order.state in {OrderState.CLOSED, OrderState.CANCELLED}:
        raise Conflict("wrong_state", f"{order.number} is over. Make a new order for this ticket.")
    if order.ticket_id != ticket.id:
        link = insert(OrderTicket).values(order_id=order.id, ticket_id=ticket.id, by=principal.name, at=now)
        if session.scalar(link.on_conflict_do_nothing().returning(OrderTicket.order_id)) is not None:
            why = f"Ticket {ticket.external_id} of {ticket.system} is served by this order, too."
            events.record(session, order.number, now=now, by=principal.name, verb="ticket_joined", why=why)
            notify(session, f"order:{order.number}")
    handle(session, ticket, by=principal.name, now=now)


def questions_for(kind: Kind, tag: str | None, language: Language) -> str:
    """A reply that asks what a kind of job must know, ready to be sent, in the customer's language."""
    asked = [f"- {told(question.text, language)}" for question in kind.questions if question.required]
    title, about = told(kind.title, language), f" on {tag}" if tag else ""
    if not asked:
        return told(f"We are ready to book this for you{about}: {title}. May we go ahead?", language)
    return "\n".join([told(f"To book this for you{about} ({title}), please tell us:", language), *asked])
