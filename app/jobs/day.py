"""A technician's day: what they hold, what waits to be claimed, what is coming; each with what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from app.core.access import Principal
from app.core.permissions import Permission, Role
from app.jobs.kind import Kind
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.outlook import job_title
from app.jobs.queries import orders_in
from app.jobs.states import OrderState
from app.jobs.teams import Priority
from app.shifts.queries import site_calendar
from app.shifts.queries_places import visible_places
from app.shifts.window import Calendar, closes_at, latest_start, local_text, next_opening, opening_at
from app.sites.models import Site

HELD = (OrderState.CLAIMED, OrderState.MATCHED, OrderState.WORKING, OrderState.VERIFYING)
READY = (OrderState.RELEASED, OrderState.HANDED_OVER)
COMING = (OrderState.BOOKED, OrderState.AWAITING_PART)
MOST_COMING = 40
NOT_STARTED = frozenset({OrderState.CLAIMED, OrderState.MATCHED, *READY})
URGENCY = {str(priority): place for place, priority in enumerate(reversed(Priority))}


@dataclass(frozen=True, slots=True)
class Window:
    """A site's hours as the top bar says them. Instants are aware UTC."""

    place: str
    time_zone: str
    is_open: bool
    opened_at: datetime | None
    closes_at: datetime | None
    next_opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """One order as its card shows it. `latest_start` is None where it is not known; `obstacle` is a sentence."""

    order: WorkOrder
    title: str
    kind: Kind
    latest_start: datetime | None
    obstacle: str | None
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """The three groups, and the codes of the sites whose news concern them."""

    mine: tuple[Job, ...]
    ready: tuple[Job, ...]
    coming: tuple[Job, ...]
    codes: tuple[str, ...]


def day_of(session: Session, principal: Principal, now: datetime) -> Day:
    """The day of this person at the sites where they are a technician (else: that they see).

    Four queries, and of what is coming the next forty.
    """
    sites = [s for s in visible_places(session, principal, Permission.ORDERS_READ, now) if _works_at(principal, s.id)]
    calendars = {site.id: site.calendar for site in sites}
    held = orders_in(session, calendars, HELD, holder_id=principal.person_id)
    waiting = [*orders_in(session, calendars, READY), *orders_in(session, calendars, COMING, limit=MOST_COMING)]
    mine, others = ([_job(order, calendars[order.site_id], now) for order in found] for found in (held, waiting))
    ready = [job for job in others if _is_ready(job.order, calendars[job.order.site_id], now)]
    return Day(
        mine=tuple(mine),
        ready=tuple(sorted(ready, key=_round)),
        coming=tuple(job for job in others if job not in ready),
        codes=tuple(site.code for site in sites),
    )


def window_of(site: Site, now: datetime) -> Window:
    """One site's hours for the top bar."""
    calendar = site_calendar(site)
    current, following = opening_at(calendar, now), next_opening(calendar, now)
    return Window(
        place=site.time_zone.rsplit("/", 1)[-1].replace("_", " "),
        time_zone=site.time_zone,
        is_open=current is not None,
        opened_at=current.starts_at if current else None,
        closes_at=closes_at(calendar, now),
        next_opens_at=following.starts_at if following else None,
    )


def last_start(order: WorkOrder, calendar: Calendar, now: datetime) -> datetime | None:
    """When this order has to be started at the latest: in the opening of its appointment, or in today's."""
    booked = order.appointment.starts_at if order.appointment else now
    return latest_start(calendar, max(now, booked), order.minutes)


def obstacle(order: WorkOrder, calendar: Calendar, now: datetime) -> str | None:
    """Why work on this order cannot start any more in the opening that is running now; None when it can."""
    opening = opening_at(calendar, now)
    if opening is None:
        return "The site is closed now."
    latest = latest_start(calendar, now, order.minutes)
    if latest is not None and now <= latest:
        return None
    closing = local_text(opening.ends_at, calendar.time_zone)[11:16]
    return f"Does not fit today: {order.minutes} min are needed, the site closes at {closing}."


def _works_at(principal: Principal, site_id: int) -> bool:
    is_technician = any(grant.role == Role.TECHNICIAN for grant in principal.grants)
    return principal.holds(Role.TECHNICIAN, site_id) or not is_technician


def _job(order: WorkOrder, calendar: Calendar, now: datetime) -> Job:
    return Job(
        order=order,
        title=job_title(KINDS[order.job_kind], order.target),
        kind=KINDS[order.job_kind],
        latest_start=last_start(order, calendar, now),
        obstacle=obstacle(order, calendar, now) if order.state in NOT_STARTED else None,
        warnings=tuple(_warnings(order)),
    )


def _warnings(order: WorkOrder) -> Iterable[str]:
    if order.state == OrderState.HANDED_OVER and order.safe_state:
        yield f"Handed over: {order.safe_state}"
    if order.discrepancy:
        yield f"Discrepancy: {order.discrepancy['found']}"
    if order.consent_needed:
        yield "The customer has not agreed yet"
    if order.part_needed:
        yield "Waits for a part"
    yield from order.flags or []


def _is_ready(order: WorkOrder, calendar: Calendar, now: datetime) -> bool:
    """Released, or handed over and booked again for an opening that has begun."""
    opening = opening_at(calendar, now)
    later = order.appointment is not None and opening is not None and order.appointment.starts_at >= opening.ends_at
    return order.state in READY and not later


def _round(job: Job) -> tuple[bool, int, datetime | None, str, str]:
    """Yesterday's handovers first, then what is urgent, then by promise; within that, along the racks."""
    order = job.order
    rack = order.asset.rack
    started_before = order.state == OrderState.HANDED_OVER
    when = order.promise_from or order.created_at
    return (not started_before, URGENCY[order.priority], when, rack.room if rack else "", rack.name if rack else "")
