"""What a manager must see: promises about to be missed, who waits, wrong scans that were stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.core.access import Principal, visible
from app.core.events import Event
from app.core.permissions import Permission
from app.jobs.deadlines import TO_FINISH, TO_START, Deadline, deadline_of
from app.jobs.models import Referral, WorkOrder
from app.jobs.queries import OPEN_STATES, REFERRAL, listed
from app.jobs.queries_office import longest_waiting, referrals_seen
from app.jobs.states import WAITING, OrderState
from app.shifts.queries import site_calendar
from app.sites.models import Site

AHEAD = timedelta(hours=2)
MOST = 50
DAY = timedelta(days=1)
STOPPABLE = ("match", "start", "step", "completion")


@dataclass(frozen=True, slots=True)
class Due:
    """A promise that is due soon or missed; `title` and `zone` are for the page."""

    deadline: Deadline
    number: str
    title: str
    zone: str
    order: WorkOrder | None
    referral: Referral | None


@dataclass(frozen=True, slots=True)
class Stopped:
    """What a guard stopped before anything was touched; `guard` names it (app/jobs/stops.py)."""

    guard: str
    number: str
    at: datetime
    by: str
    why: str
    zone: str


def flagged(session: Session, principal: Principal) -> Sequence[WorkOrder]:
    """Orders not yet ended that a person should look at, latest change first (one query, bounded)."""
    ids = select(WorkOrder.id).where(
        visible(principal, Permission.BOARD_READ, WorkOrder.site_id),
        WorkOrder.state.in_(OPEN_STATES),
        WorkOrder.flags != [],
    )
    return listed(session, ids.order_by(WorkOrder.id.desc()).limit(MOST))


def promises_due(session: Session, principal: Principal, now: datetime) -> list[Due]:
    """What is missed or due within two hours, of orders and referrals; missed ones first (two queries, bounded)."""
    until = now + AHEAD
    ids = select(WorkOrder.id).where(
        visible(principal, Permission.BOARD_READ, WorkOrder.site_id),
        WorkOrder.state.in_(OPEN_STATES),
        or_(
            and_(WorkOrder.state.in_(TO_START), WorkOrder.promise_to < until),
            and_(WorkOrder.state.in_(TO_FINISH), WorkOrder.promise_finish < until),
        ),
    )
    orders = listed(session, ids.order_by(WorkOrder.promise_to).limit(MOST))
    found = [
        Due(deadline, order.number, order.summary, order.site.time_zone, order, None)
        for order in orders
        if (deadline := deadline_of(order.state, order.promise_to, order.promise_finish, now))
    ]
    asked = referrals_seen(principal, Permission.BOARD_READ).where(
        Referral.state != "answered", Referral.promise_to < until
    )
    found += [
        Due(Deadline("answer", one.promise_to, one.promise_to < now), one.number, one.why, "Europe/Berlin", None, one)
        for one in session.scalars(asked.order_by(Referral.promise_to).limit(MOST).options(*REFERRAL)).unique()
    ]
    return sorted(found, key=lambda due: due.deadline.at)


def waiting(session: Session, principal: Principal) -> Sequence[WorkOrder]:
    """Orders that wait for somebody, longest waiting first (bounded)."""
    states = [*WAITING, OrderState.AWAITING_CONFIRMATION]
    return listed(session, longest_waiting(principal, states, Permission.BOARD_READ).limit(MOST))


def stopped_today(session: Session, principal: Principal, now: datetime) -> list[Stopped]:
    """What was stopped on the site's own today, newest first: wrong machines, wrong parts, old checks (one query)."""
    wanted = (
        select(Event, Site)
        .join(WorkOrder, WorkOrder.number == Event.stream)
        .join(Site, Site.id == WorkOrder.site_id)
        .where(Event.verb.in_(STOPPABLE), Event.at > now - DAY, Event.detail["stopped"].as_boolean())
        .where(visible(principal, Permission.BOARD_READ, WorkOrder.site_id))
        .order_by(Event.at.desc())
        .limit(MOST)
    )
    return [
        Stopped(str(event.detail.get("guard")), event.stream, event.at, event.by, event.why or "", site.time_zone)
        for event, site in session.execute(wanted)
        if _is_today(site, event.at, now)
    ]


def _is_today(site: Site, at: datetime, now: datetime) -> bool:
    zone = site_calendar(site).zone
    return at.astimezone(zone).date() == now.astimezone(zone).date()
