"""Telling managers: news become rows of an outbox, one a target; whoever is at work sends what is due."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.clock import drill_offset
from app.core.language import Language, told
from app.hardware.operations.overdue import WORKER_SILENT, is_silent
from app.jobs import queries_alerts
from app.jobs.alerts.news import News, of_call, of_clocks, of_integration, of_removed_part, of_silence, when_to_tell
from app.jobs.alerts.targets import Target
from app.jobs.clocks.promises import order_clocks
from app.jobs.models import Alert, SignOfLife
from app.jobs.queries_clocks import clocks_of_tickets, records, referral_alone
from app.jobs.queries_rings import unanswered_calls
from app.jobs.teams import TEAMS, Team
from app.parts.queries import underway
from app.sites.models import Site
from app.tickets.queries import database_now, troubled_feeds
from app.tickets.rules.retries import next_attempt

CENTER: Final = "central"
LEASE: Final = timedelta(seconds=60)
UNREAD: Final = timedelta(minutes=10)
"""How long a ticket system may be away before it is news."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One attempt in one worker's hands."""

    id: int
    target: str
    title: str
    body: str
    attempts: int


def tell_managers(session: Session, news: Iterable[News], targets: Iterable[Target], now: datetime) -> int:
    """Write what is new for whom it is meant, in their language; returns how many rows were new.

    `now` is business time.
    """
    rows = [
        {
            "key": one.key, "target": target.name, "site": one.site, "title": told(one.title, target.language),
            "body": in_lines(one.text, target.language),
            "created_at": now, "state": "pending", "attempts": 0,
            "next_at": when_to_tell(now, on_duty=target.on_duty) - drill_offset(),
        }
        for one in news
        for target in targets
        if target.wants(one.site)
    ]  # fmt: skip
    if not rows:
        return 0
    written = insert(Alert).values(rows).on_conflict_do_nothing().returning(Alert.id)
    return len(session.scalars(written).all())


def in_lines(text: str, language: Language) -> str:
    """Each line told in a language."""
    return "\n".join(told(line, language) for line in text.split("\n"))


def news_of_promises(session: Session, now: datetime, base_url: str) -> Iterator[News]:
    """Clocks of open tickets, orders and referrals that are missed or about to be (about eight queries, bounded)."""
    tickets = queries_alerts.unanswered(session, now)
    for ticket_id, clocks in clocks_of_tickets(session, list(tickets.values()), now).items():
        link = tickets[ticket_id].url or base_url
        yield from of_clocks(clocks, now, zone="UTC", site=None, link=link)
    orders = queries_alerts.watched(session)
    for order, record in zip(orders, records(session, orders), strict=True):
        link = f"{base_url}/orders/{order.number}/manage"
        clocks = order_clocks(record, now)
        yield from of_clocks(clocks, now, zone=order.site.time_zone, site=order.site.code, link=link)
    for referral in queries_alerts.referrals(session):
        site = referral.order.site if referral.order else None
        yield from of_clocks(
            [referral_alone(referral, now)], now, zone=site.time_zone if site else "Europe/Berlin",
            site=site.code if site else None, link=f"{base_url}/referrals/{referral.number}",
        )  # fmt: skip


def news_of_parts(session: Session, now: datetime, base_url: str) -> Iterator[News]:
    """Removed parts whose next hop should have been made: a drive outside the cage, no wipe, no return (one query)."""
    for part in underway(session):
        due = part.due_at
        if due is not None and now > due:
            yield of_removed_part(
                part.stream, part.state_words, due, what=f"{part.kind_words} {part.serial} of {part.asset_tag}",
                zone=part.site.time_zone, site=part.site.code, link=f"{base_url}/parts/removed/{part.id}",
            )  # fmt: skip


def news_of_calls(session: Session, now: datetime, base_url: str) -> Iterator[News]:
    """Calls for help from a rack that rang somebody in vain (one query)."""
    for call in unanswered_calls(session, now):
        if call.order is not None:
            yield of_call(
                call.number, call.opened_by, call.why, call.created_at, team=TEAMS[Team(call.team)].title,
                site=call.order.site.code, zone=call.order.site.time_zone, link=f"{base_url}/referrals/{call.number}",
            )  # fmt: skip


def news_of_integrations(session: Session, *, true: datetime) -> Iterator[News]:
    """Ticket systems that are set up wrong, at once, and ones that were not read for ten minutes (one query)."""
    for feed in troubled_feeds(session):
        if feed.fault is not None and feed.fault_since is not None:
            yield of_integration(feed.integration, feed.fault, feed.fault_since, faulty=True)
        elif feed.problem is not None and feed.failing_since is not None and true - feed.failing_since > UNREAD:
            yield of_integration(feed.integration, feed.problem, feed.failing_since, faulty=False)


def news_of_workers(session: Session, *, true: datetime) -> Iterator[News]:
    """Workers that were at work once and are silent now. A silent center says nothing more of its sites."""
    center = session.get(SignOfLife, CENTER)
    if center is not None and true - center.at > WORKER_SILENT:
        yield of_silence(CENTER, center.at, site=None)
        return
    for site in session.scalars(select(Site).where(Site.worker_seen_at.is_not(None)).order_by(Site.code)):
        if site.worker_seen_at is not None and is_silent(site.worker_seen_at, now=true):
            yield of_silence(site.code, site.worker_seen_at, site=site.code)


def center_lives(session: Session, *, true: datetime) -> None:
    """Write that the central worker is at work."""
    alive = insert(SignOfLife).values(name=CENTER, at=true)
    session.execute(alive.on_conflict_do_update(index_elements=[SignOfLife.name], set_={"at": true}))


def resend(session: Session, alert: Alert) -> None:
    """Send an alert that never got through, all attempts before it again."""
    alert.state, alert.attempts, alert.next_at, alert.problem = "pending", 0, database_now(session), None
    session.flush()


def lease(session: Session, *, most: int = 20) -> list[Sending]:
    """Take alerts that are due for one attempt each; whoever dies with one leaves it for a minute."""
    now = database_now(session)
    due = select(Alert).where(Alert.state == "pending", Alert.next_at <= now).order_by(Alert.next_at).limit(most)
    taken = session.scalars(due.with_for_update(skip_locked=True)).all()
    for one in taken:
        one.attempts += 1
        one.next_at = now + LEASE
    session.flush()
    return [Sending(one.id, one.target, one.title, one.body, one.attempts) for one in taken]


def settle(session: Session, sending: Sending, problem: str | None, *, now: datetime, jitter: float) -> None:
    """Record how it ended: sent (`problem` None), to be tried again, or given up. `now` is business time."""
    mine = update(Alert).where(Alert.id == sending.id, Alert.state == "pending")
    if problem is None:
        session.execute(mine.values(state="sent", sent_at=now, problem=None))
        return
    again_at = next_attempt(sending.attempts, database_now(session), None, jitter)
    values = {"state": "dead"} if again_at is None else {"next_at": again_at}
    session.execute(mine.values(problem=problem, **values))
