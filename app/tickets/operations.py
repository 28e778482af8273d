"""The verbs of the conversation: know a ticket, tell it something, and bring the message there.

Business time (`now`) stamps what people read. Queue timing reads the database's clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ScalarSelect, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.errors import Conflict, Invalid
from app.core.queue import CENTRAL, defer, waiting
from app.tickets import queries
from app.tickets.models import Message, Ticket
from app.tickets.rules.leaks import leaks, without_leaks
from app.tickets.rules.retries import MOST_ATTEMPTS, next_attempt
from app.tickets.system import Outbound, Outcome, Postponed, Sent, Status

DELIVER: Final = "tickets.deliver"
LEASE: Final = timedelta(seconds=30)
"""Twice what a ticket system may take to send; a killed worker's message is free again after it."""
MOST_TEXT: Final = 15_000
"""Bytes of public and internal text together: a webhook's body stays under 20 kB."""
UNCONFIGURED_WAIT: Final = timedelta(minutes=1)


def ticket_of(
    session: Session,
    system: str,
    external_id: str,
    *,
    url: str | None,
    subject: str,
    channel: str,
    opened_at: datetime | None,
    now: datetime,
    language: str | None = None,
) -> Ticket:
    """The ticket of another system, known from now on: also when two callers are the first at the same time.

    A known ticket takes the new subject and address; when it was opened and through which channel stay as first told,
    and so does the customer's language (`en`, `de`; None where nobody said).
    """
    known = (
        insert(Ticket)
        .values(
            system=system,
            external_id=external_id,
            url=url,
            subject=subject,
            channel=channel,
            opened_at=opened_at or now,
            language=language,
        )
        .on_conflict_do_update(
            index_elements=[Ticket.system, Ticket.external_id],
            set_={
                "subject": subject,
                "url": func.coalesce(url, Ticket.url),
                "language": func.coalesce(Ticket.language, language),
            },
        )
        .returning(Ticket)
    )
    return session.scalars(known, execution_options={"populate_existing": True}).one()


def tell(
    session: Session,
    ticket: Ticket,
    *,
    kind: str,
    subject: str,
    key: str,
    now: datetime,
    public: str | None = None,
    internal: str | None = None,
    automatic: bool = False,
    status: Status | None = None,
) -> Message:
    """Write a message for `ticket` into the outbox; it goes out once this transaction commits, within about a second.

    `public` is for the customer, `internal` for colleagues; one of them at least. `subject` is the number of the order
    or referral it tells of. `automatic`: no person caused it, so that it is no first response. `status` is what the
    ticket becomes with it. The same `key` again gives the message that was written first; nothing is doubled.
    Raises Invalid when `public` shows internals (addresses, serials, racks, secrets) or the texts are too long.
    Holds a lock on the ticket until the transaction ends: messages of one ticket are numbered without gaps.
    """
    _check_texts(public, internal)
    session.execute(select(Ticket.id).where(Ticket.id == ticket.id).with_for_update(key_share=True))
    written: ScalarSelect[Any] = select(Message.id).where(Message.key == key).correlate(None).scalar_subquery()
    first, last = session.execute(select(written, func.max(Message.seq)).where(Message.ticket_id == ticket.id)).one()
    if first is not None:
        return session.get_one(Message, first)
    message = Message(
        id=uuid4(), ticket=ticket, seq=(last or 0) + 1, key=key, kind=kind, subject=subject, public_text=public,
        internal_text=internal, automatic=automatic, status=status, created_at=now, next_at=func.now(),
    )  # fmt: skip
    session.add(message)
    session.flush()
    ring(session, ticket.id)
    notify(session, f"messages:{ticket.id}")
    return message


def _check_texts(public: str | None, internal: str | None) -> None:
    if public is None and internal is None:
        raise Invalid("no_text", "A message needs a text for the customer, for colleagues, or both.")
    if public is not None and leaks(public):
        clean = without_leaks(public)[:500]  # never the leak itself: errors are logged
        raise Invalid("internals", f"A text for the customer must not show internals. Without them it reads: {clean}")
    if len(f"{public or ''}{internal or ''}".encode()) > MOST_TEXT:
        raise Invalid("too_long", f"The texts of a message take {MOST_TEXT} bytes at most.")


def ring(session: Session, ticket_id: int, *, after: timedelta | None = None) -> None:
    """Wake a worker for this ticket's next message, now or `after` a moment; at most one such job waits.

    No message is missed by that: whoever delivers locks the ticket first, as `tell` does, and so sees all that was
    written before a waiting job was found.
    """
    at = queries.database_now(session) + after if after else None
    defer(session, DELIVER, queue=CENTRAL, once=_bell(ticket_id), at=at, ticket_id=ticket_id)


def _bell(ticket_id: int) -> str:
    return f"{DELIVER}:{ticket_id}"


@dataclass(frozen=True, slots=True)
class Lease:
    """One attempt in one worker's hands. `until`, which no two leases share, proves whose it is."""

    message: Outbound
    ticket_id: int
    attempts: int
    until: datetime
    automatic: bool = False


def lease_next(session: Session, ticket_id: int) -> Lease | None:
    """Take the ticket's next message for one attempt; None when there is none, it is not due, or another has it.

    Only the first unsent message is ever taken, so a failing one holds the later ones of its ticket, and no others.
    """
    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update(key_share=True))
    message, now = queries.head(session, ticket_id), queries.database_now(session)
    if message is None or message.next_at > now or (message.lease_until is not None and message.lease_until > now):
        return None
    if message.attempts >= MOST_ATTEMPTS:  # every attempt ended with its worker
        message.state, message.problem = "dead", f"given up: the end of {message.attempts} attempts is unknown"
        session.flush()
        return lease_next(session, ticket_id)
    message.attempts += 1
    message.lease_until = now + LEASE
    session.flush()
    return Lease(_outbound(message), ticket_id, message.attempts, message.lease_until, message.automatic)


def _outbound(message: Message) -> Outbound:
    ticket = message.ticket
    return Outbound(
        id=message.id, seq=message.seq, kind=message.kind, subject=message.subject, integration=ticket.system,
        ticket=ticket.external_id, ticket_url=ticket.url, channel=ticket.channel, public=message.public_text,
        internal=message.internal_text, created_at=message.created_at,
        status=Status(message.status) if message.status else None,
        repeated=message.attempts > 1 or message.problem is not None,
    )  # fmt: skip


def settle(session: Session, lease: Lease, outcome: Outcome, *, now: datetime, jitter: float) -> bool:
    """Record how an attempt ended; True when the message is out of the way and the next one may go.

    Sent counts whoever reports it; a failure only while the lease is still this worker's (compare-and-set on it).
    `now` is business time; `jitter` a random number from 0 to 1.
    """
    notify(session, f"messages:{lease.ticket_id}")
    if isinstance(outcome, Sent):
        _settle_sent(session, lease, outcome, now)
        return True
    failed_at = queries.database_now(session)
    retry_at = None
    if isinstance(outcome, Postponed):
        retry_at = next_attempt(lease.attempts, failed_at, outcome.retry_after, jitter)
    if retry_at is None:
        return _release(session, lease, state="dead", problem=outcome.problem)
    if _release(session, lease, next_at=retry_at, problem=outcome.problem):
        defer(session, DELIVER, queue=CENTRAL, at=retry_at, ticket_id=lease.ticket_id)
    return False


def _release(session: Session, lease: Lease, **values: object) -> bool:
    """End a lease with these values; False when somebody else has taken the message meanwhile."""
    mine = update(Message).where(
        Message.id == lease.message.id, Message.state == "pending", Message.lease_until == lease.until
    )
    return session.execute(mine.values(lease_until=None, **values).returning(Message.id)).first() is not None


def _settle_sent(session: Session, lease: Lease, outcome: Sent, now: datetime) -> None:
    sent = update(Message).where(Message.id == lease.message.id, Message.state != "sent")
    session.execute(sent.values(state="sent", sent_at=now, receipt=outcome.receipt, problem=None, lease_until=None))
    if lease.message.public is not None and not lease.automatic:
        waiting = update(Ticket).where(Ticket.id == lease.ticket_id, Ticket.first_response_at.is_(None))
        session.execute(waiting.values(first_response_at=now))


def put_back(session: Session, lease: Lease, problem: str) -> None:
    """Give a leased message back unsent, to be looked at again in a minute; the attempt does not count."""
    again_at = queries.database_now(session) + UNCONFIGURED_WAIT
    _release(session, lease, attempts=lease.attempts - 1, next_at=again_at, problem=problem)
    notify(session, f"messages:{lease.ticket_id}")


def resend(session: Session, message_id: UUID) -> Message:
    """Send a dead or waiting message now, all attempts before it again; raises NotFound, Conflict when it is sent."""
    message = queries.message(session, message_id, lock=True)
    if message.state == "sent":
        raise Conflict("already_sent", "This message has been delivered.")
    message.state, message.attempts, message.next_at = "pending", 0, queries.database_now(session)
    session.flush()
    ring(session, message.ticket_id)
    notify(session, f"messages:{message.ticket_id}")
    return message


def sweep(session: Session) -> int:
    """Ring for every ticket whose next message is due and whose job was lost; returns how many.

    Where a job waits nothing is put beside it: hundreds of bells in one transaction would hold up who rings one.
    """
    due = {_bell(one): one for one in queries.due_tickets(session, queries.database_now(session))}
    lost = due.keys() - waiting(session, due)
    for bell in sorted(lost):  # in one order: two sweeps at once never wait for each other in a ring
        ring(session, due[bell])
    return len(lost)
