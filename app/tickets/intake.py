"""What comes in: tickets and what was said in them, each entry once, whichever way and however often it is told."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.language import known
from app.core.queue import CENTRAL, defer
from app.core.signing import TOLERANCE
from app.tickets import queries
from app.tickets.models import Feed, HookAttempt, HookCount, Ticket, TicketEntry
from app.tickets.operations import ticket_of
from app.tickets.rules.inbox import waiting_since
from app.tickets.system import Entry, EntryKind, Heard, Poke, Snapshot

HEARD: Final = "jobs.ticket_heard"
"""The task that learns of new entries: its own package knows us, not we it."""
POLL: Final = "tickets.poll"
INBOX: Final = "inbox"
LONGEST_TEXT: Final = 20_000
REPLAY_KEPT: Final = 2 * TOLERANCE + timedelta(minutes=1)


def take_in(session: Session, integration: str, seen: Snapshot, *, now: datetime) -> Ticket:
    """Keep a ticket and its new entries; entries known already change nothing.

    Tells Level 1's pages and, for what is new, those who work on it.
    """
    ticket = ticket_of(
        session, integration, seen.ticket, url=seen.url, subject=_clean(seen.subject)[:500], channel=seen.channel,
        opened_at=seen.opened_at, now=now, language=known(seen.language),
    )  # fmt: skip
    session.execute(select(Ticket.id).where(Ticket.id == ticket.id).with_for_update(key_share=True))
    fresh = [number for entry in seen.entries if (number := _add(session, ticket, entry, now))]
    if ticket.received_at is None:
        ticket.received_at = now
    if seen.acknowledged and ticket.acknowledged_at is None:
        ticket.acknowledged_at = seen.opened_at
    ticket.closed = seen.closed
    reckon(session, ticket)
    if fresh:
        notify(session, INBOX)
        defer(session, HEARD, queue=CENTRAL, ticket_id=ticket.id, entries=fresh)
    return ticket


def _add(session: Session, ticket: Ticket, entry: Entry, now: datetime) -> int | None:
    """The new row's number; None when it is known."""
    one = insert(TicketEntry).values(
        ticket_id=ticket.id, external_id=entry.id, kind=entry.kind, at=entry.at, received_at=now,
        by=_clean(entry.by)[:200], text=_clean(entry.text)[:LONGEST_TEXT],
    )  # fmt: skip
    return session.scalar(one.on_conflict_do_nothing().returning(TicketEntry.id))


def reckon(session: Session, ticket: Ticket) -> None:
    """Work out anew since when its customer waits, and whether a person has answered."""
    said = queries.said(session, ticket.id)
    ticket.waiting_since = waiting_since(said, closed=ticket.closed, handled_at=ticket.handled_at)
    answered = min((one.at for one in said if one.kind == EntryKind.STAFF), default=None)
    if ticket.first_response_at is None:
        ticket.first_response_at = answered
    session.flush()


def handle(session: Session, ticket: Ticket, *, by: str, now: datetime) -> None:
    """Level 1 has dealt with all that came in so far: it leaves the inbox until the customer writes again."""
    ticket.handled_at, ticket.handled_by = now, by
    reckon(session, ticket)
    notify(session, INBOX)


def accept(session: Session, integration: str, heard: Heard, *, now: datetime, true_time: datetime) -> bool:
    """Take a well-signed hook; False when exactly this attempt was taken before (a replay).

    The same id at another time is an honest repetition: taken, and without effect.
    """
    attempt = insert(HookAttempt).values(
        integration=integration, hook=heard.id[:500], stamp=heard.stamp, at=true_time
    )  # fmt: skip
    if session.scalar(attempt.on_conflict_do_nothing().returning(HookAttempt.hook)) is None:
        return False
    for seen in heard.snapshots:
        take_in(session, integration, seen, now=now)
    if not heard.snapshots:
        wake(session, integration)
    count(session, integration, true_time, taken=1)
    return True


def count(session: Session, integration: str, at: datetime, *, taken: int = 0, refused: int = 0) -> None:
    """Count hooks of a day."""
    one = insert(HookCount).values(integration=integration, day=at.date(), taken=taken, refused=refused)
    session.execute(
        one.on_conflict_do_update(
            index_elements=[HookCount.integration, HookCount.day],
            set_={"taken": HookCount.taken + taken, "refused": HookCount.refused + refused},
        )
    )


def forget_attempts(session: Session, now: datetime) -> None:
    """Drop the attempts whose signature is too old to be taken again."""
    session.execute(delete(HookAttempt).where(HookAttempt.at < now - REPLAY_KEPT))


def wake(session: Session, integration: str) -> None:
    """Have an integration read soon; one reading runs, one more waits at most."""
    defer(session, POLL, queue=CENTRAL, lock=f"poll:{integration}", once=f"poll:{integration}", integration=integration)


def feed_of(session: Session, integration: str) -> Feed:
    """How far an integration has been read."""
    session.execute(insert(Feed).values(integration=integration, owed=[]).on_conflict_do_nothing())
    return session.get_one(Feed, integration)


def unknown(session: Session, integration: str, pokes: Iterable[Poke]) -> list[str]:
    """The tickets of those pokes that we do not know yet, in their order (one query)."""
    wanted = list(pokes)
    known = queries.known_events(session, integration, [poke.event for poke in wanted])
    return list(dict.fromkeys(poke.ticket for poke in wanted if (poke.ticket, poke.event) not in known))


def owe(session: Session, integration: str, tickets: Iterable[str], *, cursor: str) -> list[str]:
    """Note which tickets are to be read, those first, and that the cursor has passed them; all that is owed now."""
    feed = feed_of(session, integration)
    feed.owed, feed.cursor = list(dict.fromkeys([*tickets, *feed.owed])), cursor
    return feed.owed


def reconciling(
    session: Session, integration: str, active: Iterable[str], faults: Iterable[str], now: datetime
) -> None:
    """Note that everything active is to be read, after what is news, and what is set up wrong; `now` is true time."""
    feed = feed_of(session, integration)
    feed.owed = list(dict.fromkeys([*feed.owed, *active]))
    feed.reconciled_at, feed.fault = now, " ".join(faults)[:1000] or None
    feed.fault_since = (feed.fault_since or now) if feed.fault else None


def found_faulty(session: Session, integration: str, fault: str, now: datetime) -> bool:
    """Note what is set up wrong over there, found while sending or reading; True when nobody knew. `now`: true time.

    It stays until the system is looked at again, ten minutes later at the earliest.
    """
    feed = feed_of(session, integration)
    if feed.fault is not None:
        return False
    feed.fault, feed.fault_since = fault[:1000], now
    return True


def read_well(session: Session, integration: str, read: Collection[str], *, now: datetime) -> None:
    """Note what was read, none of it badly; `now` is true time."""
    feed = feed_of(session, integration)
    feed.owed = [ticket for ticket in feed.owed if ticket not in read]
    feed.read_at, feed.problem, feed.failing_since = now, None, None


def read_badly(session: Session, integration: str, problem: str, read: Collection[str] = (), *, now: datetime) -> bool:
    """Note why a reading failed, and what was read all the same; True when it did not fail before.

    `now` is true time.
    """
    feed = feed_of(session, integration)
    feed.owed = [ticket for ticket in feed.owed if ticket not in read]
    is_new, feed.problem, feed.failing_since = feed.problem is None, problem[:1000], feed.failing_since or now
    return is_new


def _clean(text: str) -> str:
    """Without control and invisible characters: the database takes no NUL, and nothing hides between words."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
