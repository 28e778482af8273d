"""Booking technicians' time. The database refuses what two bookers might both believe is free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import Range, insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import events
from app.core.errors import Conflict, Invalid
from app.core.permissions import Role
from app.people.models import Person
from app.people.queries import held
from app.shifts.models import Absence, Appointment, Roster
from app.shifts.queries import rosters_from, site_calendar
from app.shifts.queries_staff import staff_of
from app.shifts.rules import Choice, Staff, choose, on_shift, why_later
from app.shifts.window import earliest, explain, local_text, moment_text, parse_hours
from app.sites.models import Site

_BOOKING = 4_201  # class of advisory locks: bookers of one site queue up instead of colliding
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A time for a job, and what it was chosen from: who looks why it is no earlier need not ask again.

    `named`: it was to be of one technician, and the staff is that one alone.
    """

    choice: Choice
    staff: Staff
    named: bool = False


def find_time(
    session: Session, site: Site, *, machine_id: int | None, minutes: int, at: datetime, technician: str | None = None
) -> Found:
    """The earliest time for `minutes` of work at or after `at`, without booking it (one query).

    Raises Conflict `does_not_fit` when the work is longer than any opening, `no_window` when nothing is open within
    400 days, `no_technician` when nobody is rostered for it.
    """
    earliest(site_calendar(site), at, minutes)
    staff = staff_of(session, site, machine_id, at)
    if technician is not None:
        staff = replace(staff, technicians=[one for one in staff.technicians if one.name == technician])
    choice = choose(staff, at, minutes)
    if choice is None:
        if technician is not None:
            reason = f"The technician asked for has no {minutes} minutes at {site.code} in the coming year."
            raise Conflict("no_technician", reason)
        raise Conflict("no_technician", f"No technician of {site.code} has {minutes} minutes in the coming year.")
    return Found(choice, staff, named=technician is not None)


def explain_time(site: Site, found: Found, *, minutes: int, now: datetime, ready: datetime) -> list[str]:
    """The arithmetic behind a time: site hours, what stood in the way of an earlier one, the time itself. No query.

    `ready` is when the work could begin at the earliest for its own sake.
    """
    calendar, when = site_calendar(site), found.choice.when
    *lines, arrival = explain(calendar, now, minutes, when)
    allowed = earliest(calendar, ready, minutes)
    if allowed.starts_at < when.starts_at:
        shifts = on_shift(found.staff.technicians, when.ends_at)
        why = why_later(shifts, found.staff.machine, allowed, when, named=found.named)
        lines.append(f"{why} {moment_text(when.starts_at.astimezone(calendar.zone), now.astimezone(calendar.zone))}")
    return [*lines, arrival]


def book(
    session: Session,
    site: Site,
    *,
    machine_id: int,
    order_number: str,
    minutes: int,
    at: datetime,
    technician: str | None = None,
) -> tuple[Appointment, Found]:
    """Book the earliest time at or after `at`; raises as `find_time`, never books a technician or machine twice."""
    session.execute(select(func.pg_advisory_xact_lock(_BOOKING, site.id)))
    for _ in range(_TRIES):
        found = find_time(session, site, machine_id=machine_id, minutes=minutes, at=at, technician=technician)
        appointment = _take(session, site, found.choice, machine_id, order_number)
        if appointment is not None:
            return appointment, found
    raise Conflict("busy", "Too many people book at this site right now. Try again in a moment.")


def _take(session: Session, site: Site, choice: Choice, machine_id: int, order_number: str) -> Appointment | None:
    """The appointment; None where somebody outside the lock was first (the database waits to see whether they stay)."""
    taken = insert(Appointment).values(
        site_id=site.id, technician_id=choice.person_id, machine_id=machine_id, order_number=order_number,
        during=Range(choice.when.starts_at, choice.when.ends_at, bounds="[)"),
        starts_local=local_text(choice.when.starts_at, site.time_zone),
        ends_local=local_text(choice.when.ends_at, site.time_zone), time_zone=site.time_zone,
    )  # fmt: skip
    return session.scalars(taken.on_conflict_do_nothing().returning(Appointment)).first()


def reassign(session: Session, appointment: Appointment, technician_id: int) -> bool:
    """Put an appointment into the hands of who took the job; False, and as it was, when their time is taken."""
    if appointment.technician_id == technician_id:
        return True
    taken = update(Appointment).where(Appointment.id == appointment.id).values(technician_id=technician_id)
    try:
        with session.begin_nested():
            session.execute(taken)
    except IntegrityError:
        return False
    session.refresh(appointment)
    return True


def let_go(session: Session, appointment_id: int | None) -> None:
    """Give the time of an appointment back; nothing happens when there is none."""
    if appointment_id is not None:
        session.execute(update(Appointment).where(Appointment.id == appointment_id).values(active=False))


def roster(
    session: Session, person: Person, site: Site, *, hours: str, valid_from: date, by: str, now: datetime
) -> Roster:
    """Put a technician on the site's roster with weekly hours in the site's local time."""
    parse_hours(hours)
    row = Roster(person_id=person.id, site_id=site.id, hours=hours, valid_from=valid_from, person=person)
    session.add(row)
    session.flush()
    detail = {"site": site.code, "hours": hours, "from": valid_from.isoformat()}
    events.record(session, f"person:{person.name}", now=now, by=by, verb="roster", detail=detail)
    return row


def set_shift(
    session: Session, person: Person, site: Site, *, hours: str, valid_from: date, by: str, now: datetime
) -> Roster:
    """From that day on a technician works these weekly hours at the site; what held until then ends the day before.

    Raises Invalid for hours that cannot be, and for somebody who is no technician of the site.
    """
    if not any(held(person.grants, Role.TECHNICIAN, where) for where in (site.id, None)):
        raise Invalid("invalid", f"{person.name} is no technician of {site.code}: give them that role first.")
    _end(session, person, site, valid_from)
    return roster(session, person, site, hours=hours, valid_from=valid_from, by=by, now=now)


def end_shift(session: Session, person: Person, site: Site, *, first_day_off: date, by: str, now: datetime) -> None:
    """Take a technician off the site's roster; what is booked with them from that day on is booked again.

    Raises Conflict when they are not on it then.
    """
    if not _end(session, person, site, first_day_off):
        raise Conflict("not_rostered", f"{person.name} is not on the roster of {site.code} from that day on.")
    detail = {"site": site.code, "until": (first_day_off - timedelta(days=1)).isoformat()}
    events.record(session, f"person:{person.name}", now=now, by=by, verb="roster", detail=detail)


def _end(session: Session, person: Person, site: Site, first_day_off: date) -> bool:
    last = first_day_off - timedelta(days=1)
    lines = [row for row in rosters_from(session, site, first_day_off) if row.person_id == person.id]
    for row in lines:
        if row.valid_from > last:
            session.delete(row)
        else:
            row.valid_until = last
    session.flush()
    return bool(lines)


def absent(
    session: Session, person: Person, *, starts_at: datetime, ends_at: datetime, why: str | None, by: str, now: datetime
) -> Absence:
    """Record that a technician is away; appointments already booked stay and show on the manager's board."""
    if ends_at <= starts_at:
        raise Invalid("invalid", "An absence ends after it begins.")
    row = Absence(person_id=person.id, starts_at=starts_at, ends_at=ends_at, why=why)
    session.add(row)
    session.flush()
    detail = {"from": starts_at.isoformat(), "until": ends_at.isoformat()}
    events.record(session, f"person:{person.name}", now=now, by=by, verb="absence", why=why, detail=detail)
    return row


def present_again(session: Session, absence: Absence, *, by: str, now: datetime) -> None:
    """Take an absence back: the technician is there after all."""
    detail = {"from": absence.starts_at.isoformat(), "until": absence.ends_at.isoformat(), "taken_back": True}
    events.record(session, f"person:{absence.person.name}", now=now, by=by, verb="absence", detail=detail)
    session.delete(absence)
    session.flush()
