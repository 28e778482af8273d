"""What the clockwork finds to do: numbers of orders, bounded, each with its own index. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, Text, and_, cast, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.hardware.models import Diagnostics
from app.jobs.models import WorkOrder
from app.jobs.states import AT_RACK, WAITING, OrderState
from app.people.models import Person
from app.shifts.models import Absence, Appointment, Roster
from app.shifts.queries import site_calendar
from app.shifts.window import opening_at
from app.sites.models import ClosedDay, Site
from app.tickets.models import Message, Ticket

MOST = 500
HOUR = timedelta(minutes=55)  # it is delivered, not only written, within the hour
DAY = timedelta(hours=20)  # a message in the morning is followed by one the next morning
WARNING = timedelta(minutes=10)
CLOSING = timedelta(minutes=30)
REMINDER = "reminder"
TO_COME = (OrderState.BOOKED, OrderState.HANDED_OVER)
NOT_BEGUN = (*TO_COME, OrderState.RELEASED, OrderState.CLAIMED, OrderState.MATCHED)


def due_for_release(session: Session, now: datetime) -> Sequence[str]:
    """Booked orders whose appointment lies in the opening that runs now at their site, or was missed before it."""
    due = [
        and_(WorkOrder.site_id == site.id, func.lower(Appointment.during) < opening.ends_at)
        for site in _sites_with(session, [OrderState.BOOKED])
        if (opening := opening_at(site_calendar(site), now)) is not None
    ]
    if not due:
        return []
    return _numbers(session, _booked().where(WorkOrder.state == OrderState.BOOKED, or_(*due)), Appointment.during)


def silent_since(session: Session, now: datetime) -> Sequence[str]:
    """Orders whose customer has had the stated time to object."""
    silent = select(WorkOrder.number).where(
        WorkOrder.state == OrderState.AWAITING_CONFIRMATION, WorkOrder.confirm_by <= now, WorkOrder.conflicts_open == 0
    )
    return _numbers(session, silent, WorkOrder.confirm_by)


def late(session: Session, now: datetime) -> Sequence[str]:
    """Orders not begun at the end of the range that was promised, or not about to end by the promised finish."""
    started = func.make_interval(0, 0, 0, 0, 0, cast(WorkOrder.minutes, Integer)) + WorkOrder.started_at
    overdue = or_(
        and_(WorkOrder.state.in_(NOT_BEGUN), WorkOrder.promise_to < now),
        and_(
            WorkOrder.state == OrderState.WORKING,
            or_(WorkOrder.promise_finish < now + WARNING, WorkOrder.promise_finish < started),
        ),
    )
    return _numbers(session, select(WorkOrder.number).where(overdue), WorkOrder.promise_finish)


def unacknowledged(session: Session, now: datetime) -> Sequence[int]:
    """Tickets of the last day that nobody has told anything, nor the ticket system itself; oldest first.

    One query on the index of unanswered tickets, bounded.
    """
    told = exists().where(Message.ticket_id == Ticket.id)
    wanted = select(Ticket.id).where(
        Ticket.first_response_at.is_(None), Ticket.opened_at > now - timedelta(days=1),
        Ticket.acknowledged_at.is_(None), ~Ticket.closed, ~told,
    )  # fmt: skip
    return session.scalars(wanted.order_by(Ticket.opened_at).limit(MOST)).all()


def unreminded(session: Session, now: datetime) -> Sequence[str]:
    """Orders whose customer has had half of the time for a yes, was not reminded, and reads now: in site hours."""
    open_sites = [
        site.id
        for site in _sites_with(session, [OrderState.AWAITING_CONSENT])
        if opening_at(site_calendar(site), now) is not None
    ]
    past_half = now - WorkOrder.waiting_since >= WorkOrder.waiting_until - now
    reminded = exists().where(
        Message.subject == WorkOrder.number, Message.kind == REMINDER, Message.created_at >= WorkOrder.waiting_since
    )
    wanted = select(WorkOrder.number).where(
        WorkOrder.state == OrderState.AWAITING_CONSENT, WorkOrder.site_id.in_(open_sites), past_half,
        WorkOrder.waiting_until > now, ~reminded,
    )  # fmt: skip
    return _numbers(session, wanted, WorkOrder.waiting_until, most=100)


def unanswered(session: Session, now: datetime) -> Sequence[str]:
    """Orders whose consent or approval did not come by the time that was set for it."""
    asked = (OrderState.AWAITING_CONSENT, OrderState.AWAITING_APPROVAL)
    wanted = select(WorkOrder.number).where(WorkOrder.state.in_(asked), WorkOrder.waiting_until <= now)
    return _numbers(session, wanted, WorkOrder.waiting_until, most=100)


def past_closing(session: Session, now: datetime, told: str) -> Sequence[str]:
    """Orders at work at sites that are closed now, without the flag `told`."""
    closed = [
        site.id
        for site in _sites_with(session, [OrderState.WORKING])
        if opening_at(site_calendar(site), now) is None
    ]  # fmt: skip
    at_work = select(WorkOrder.number).where(
        WorkOrder.site_id.in_(closed), WorkOrder.state == OrderState.WORKING, ~WorkOrder.flags.contains([told])
    )
    return _numbers(session, at_work, WorkOrder.id)


def closing_soon(session: Session, now: datetime, told: str) -> Sequence[str]:
    """Orders in somebody's hands at sites that close within half an hour, without the flag `told`."""
    closing = [
        site.id
        for site in _sites_with(session, AT_RACK)
        if (opening := opening_at(site_calendar(site), now)) is not None and opening.ends_at - now <= CLOSING
    ]
    in_hands = select(WorkOrder.number).where(
        WorkOrder.site_id.in_(closing), WorkOrder.state.in_(AT_RACK), ~WorkOrder.flags.contains([told])
    )
    return _numbers(session, in_hands, WorkOrder.id)


def unexplained(session: Session, now: datetime) -> Sequence[str]:
    """Orders whose fault was gone when hands came, less than a day ago."""
    gone = select(WorkOrder.number).where(
        WorkOrder.outcome == "no_fault_found", WorkOrder.finished_at > now - timedelta(days=1)
    )
    return _numbers(session, gone, WorkOrder.finished_at, most=100)


def without_time(session: Session, _now: datetime) -> Sequence[str]:
    """Orders for which no technician had time."""
    waiting = select(WorkOrder.number).where(
        WorkOrder.state.in_(TO_COME), WorkOrder.appointment_id.is_(None), WorkOrder.waiting_what.is_not(None)
    )
    return _numbers(session, waiting, WorkOrder.waiting_since, most=20)


def misplaced(session: Session, now: datetime) -> Sequence[str]:
    """Orders whose appointment fell on a day that was closed since, or whose technician is away or gone."""
    closed = exists().where(
        ClosedDay.site_id == WorkOrder.site_id,
        ClosedDay.confirmed_at.is_not(None),
        cast(ClosedDay.day, Text) == func.left(Appointment.starts_local, 10),
    )
    to_come = _booked().where(
        WorkOrder.state.in_(TO_COME), func.lower(Appointment.during) > now, or_(closed, is_away())
    )
    return _numbers(session, to_come, Appointment.during, most=50)


def is_away() -> ColumnElement[bool]:
    """The technician of an appointment is absent then, is off the site's roster by then, or has left."""
    span = func.tstzrange(Absence.starts_at, Absence.ends_at)
    absent = exists().where(Absence.person_id == Appointment.technician_id, span.op("&&")(Appointment.during))
    day = func.left(Appointment.starts_local, 10)
    rostered = exists().where(
        Roster.person_id == Appointment.technician_id,
        Roster.site_id == Appointment.site_id,
        cast(Roster.valid_from, Text) <= day,
        or_(Roster.valid_until.is_(None), cast(Roster.valid_until, Text) >= day),
    )
    return or_(absent, ~rostered, exists().where(Person.id == Appointment.technician_id, ~Person.active))


def provable(session: Session, _now: datetime) -> Sequence[str]:
    """Unproved repairs whose machine was asked again after AFTER: a rebuilt array proves itself an hour later."""
    after, newer = aliased(Diagnostics), aliased(Diagnostics)
    asked_again = exists().where(
        after.id == WorkOrder.after_id,
        newer.asset_id == WorkOrder.asset_id,
        newer.state == "done",
        newer.requested_at > after.requested_at,
    )
    unproved = select(WorkOrder.number).where(WorkOrder.state == OrderState.VERIFYING, asked_again)
    return _numbers(session, unproved, WorkOrder.finished_at, most=50)


def unheard(session: Session, now: datetime) -> Sequence[str]:
    """Orders of whom the ticket heard nothing: for an hour while at work, for a day while waiting in site hours."""
    open_sites = [site.id for site in _sites_with(session, WAITING) if opening_at(site_calendar(site), now) is not None]
    quiet = or_(
        and_(WorkOrder.state == OrderState.WORKING, ~_heard(now - HOUR)),
        and_(WorkOrder.state.in_(WAITING), WorkOrder.site_id.in_(open_sites), ~_heard(now - DAY)),
    )
    return _numbers(session, select(WorkOrder.number).where(quiet), WorkOrder.id, most=100)


def _heard(since: datetime) -> ColumnElement[bool]:
    return exists().where(
        Message.ticket_id == WorkOrder.ticket_id, Message.subject == WorkOrder.number, Message.created_at > since
    )


def _booked() -> Select[str]:
    return select(WorkOrder.number).join(Appointment, Appointment.id == WorkOrder.appointment_id)


def _sites_with(session: Session, states: Collection[OrderState]) -> Sequence[Site]:
    wanted = select(Site).where(exists().where(WorkOrder.site_id == Site.id, WorkOrder.state.in_(states)))
    return session.scalars(wanted).unique().all()


def _numbers(
    session: Session, query: Select[str], by: InstrumentedAttribute[Any], *, most: int = MOST
) -> Sequence[str]:
    return session.scalars(query.order_by(by).limit(most)).all()
