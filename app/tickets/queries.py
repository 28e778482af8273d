"""Reading the conversation: what is on its way, what is stuck, what a ticket was told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, and_, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import NotFound
from app.tickets.models import Feed, Message, Ticket, TicketEntry
from app.tickets.rules.inbox import Said


def database_now(session: Session) -> datetime:
    """The database's own clock, aware UTC: the one clock that all workers share, so queue timing reads it."""
    return session.scalars(select(func.clock_timestamp(type_=DateTime(timezone=True)))).one()


def find_ticket(session: Session, system: str, external_id: str) -> Ticket | None:
    """The ticket of another system that we know under that id (one query)."""
    return session.scalars(select(Ticket).where(Ticket.system == system, Ticket.external_id == external_id)).first()


def system_of(session: Session, ticket_id: int) -> str | None:
    """The integration that a ticket belongs to (one query)."""
    return session.scalar(select(Ticket.system).where(Ticket.id == ticket_id))


def entries(session: Session, ticket_id: int) -> Sequence[TicketEntry]:
    """What others said and did in a ticket, in its own system's order of time (one query)."""
    wanted = select(TicketEntry).where(TicketEntry.ticket_id == ticket_id).order_by(TicketEntry.at, TicketEntry.id)
    return session.scalars(wanted).all()


def said(session: Session, ticket_id: int) -> list[Said]:
    """Who spoke when in a ticket, in the same order, without the words (one query)."""
    wanted = select(TicketEntry.kind, TicketEntry.at, TicketEntry.received_at)
    found = session.execute(wanted.where(TicketEntry.ticket_id == ticket_id).order_by(TicketEntry.at, TicketEntry.id))
    return [Said(kind, at, received_at) for kind, at, received_at in found]


def known_events(session: Session, system: str, events: Collection[str]) -> set[tuple[str, str]]:
    """Those of `events` that we have, each with its ticket's number over there (one query)."""
    wanted = select(Ticket.external_id, TicketEntry.external_id).join(Ticket).where(Ticket.system == system)
    return {(ticket, event) for ticket, event in session.execute(wanted.where(TicketEntry.external_id.in_(events)))}


def entry_numbers(session: Session, system: str, external_id: str) -> set[str]:
    """The entries of a ticket that we have, by its own system's numbers (one query)."""
    wanted = select(TicketEntry.external_id).join(Ticket)
    return set(session.scalars(wanted.where(Ticket.system == system, Ticket.external_id == external_id)))


def feeds(session: Session) -> Sequence[Feed]:
    """How far each integration has been read, by name (one query)."""
    return session.scalars(select(Feed).order_by(Feed.integration)).all()


def troubled_feeds(session: Session, *, limit: int = 20) -> Sequence[Feed]:
    """Integrations that cannot be read, or in which something is set up wrong, by name (one query, bounded)."""
    ill = or_(Feed.problem.is_not(None), Feed.fault.is_not(None))
    return session.scalars(select(Feed).where(ill).order_by(Feed.integration).limit(limit)).all()


def awaiting_word(session: Session, *, limit: int = 200) -> Sequence[Ticket]:
    """Tickets whose customer waits for a word, longest first (one query, bounded)."""
    waiting = select(Ticket).where(Ticket.waiting_since.is_not(None)).order_by(Ticket.waiting_since, Ticket.id)
    return session.scalars(waiting.limit(limit)).all()


def conversation(session: Session, ticket_id: int, *, limit: int = 200) -> Sequence[Message]:
    """The newest messages of a ticket, in the order in which they are told (one query, bounded)."""
    newest = select(Message).where(Message.ticket_id == ticket_id).order_by(Message.seq.desc()).limit(limit)
    return session.scalars(newest).all()[::-1]


def about(session: Session, subject: str, *, limit: int = 200) -> Sequence[Message]:
    """The newest messages about one order or referral, oldest first (one query, bounded)."""
    newest = select(Message).where(Message.subject == subject).order_by(Message.created_at.desc(), Message.seq.desc())
    return session.scalars(newest.limit(limit)).all()[::-1]


def message(session: Session, message_id: UUID, *, lock: bool = False) -> Message:
    """One message, on request locked until the transaction ends; raises NotFound."""
    wanted = select(Message).where(Message.id == message_id)
    if lock:
        wanted = wanted.with_for_update(of=Message).execution_options(populate_existing=True)
    found = session.scalars(wanted).first()
    if found is None:
        raise NotFound("not_found", "There is no such message.")
    return found


def dead(session: Session, *, limit: int = 100) -> Sequence[Message]:
    """Messages that never got through and that a person must look at, newest first (one query, bounded)."""
    return session.scalars(
        select(Message).where(Message.state == "dead").order_by(Message.created_at.desc(), Message.id).limit(limit)
    ).all()


def troubled(session: Session, *, limit: int = 100) -> Sequence[Message]:
    """Messages that failed at least once and are still being tried, longest waiting first (one query, bounded)."""
    failing = and_(Message.state == "pending", Message.problem.is_not(None))
    return session.scalars(select(Message).where(failing).order_by(Message.created_at, Message.id).limit(limit)).all()


def head(session: Session, ticket_id: int) -> Message | None:
    """The message that must go next into this ticket: the first that is neither sent nor given up."""
    pending = select(Message).where(Message.ticket_id == ticket_id, Message.state == "pending")
    fresh = pending.order_by(Message.seq).limit(1).execution_options(populate_existing=True)
    return session.scalars(fresh).first()


def due_tickets(session: Session, now: datetime, *, limit: int = 500) -> Sequence[int]:
    """Tickets whose next message is due and in nobody's hands (one query on the index of due messages)."""
    earlier = aliased(Message)
    held = (
        select(earlier.id)
        .where(earlier.ticket_id == Message.ticket_id, earlier.state == "pending", earlier.seq < Message.seq)
        .exists()
    )
    due = select(Message.ticket_id).where(Message.state == "pending", Message.next_at <= now, free(now), ~held)
    return session.scalars(due.order_by(Message.next_at).limit(limit)).all()


def free(now: datetime) -> ColumnElement[bool]:
    """True for messages that no worker is sending: never leased, or the lease ran out."""
    return or_(Message.lease_until.is_(None), Message.lease_until <= now)
