"""Many data centers at once: their calendars, who is there now and what of today is booked. Reads only.

Each takes a fixed number of queries, however many sites somebody sees, and makes no object that lingers in the session.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from sqlalchemy import (
    ARRAY,
    BindParameter,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    exists,
    extract,
    func,
    select,
    values,
)
from sqlalchemy.orm import Session

from app.core.access import Principal, visible
from app.core.permissions import Permission
from app.people.models import Person
from app.shifts.models import Absence, Appointment, Roster
from app.shifts.window import HORIZON, Calendar, Opening, intersect, opening_at, openings, parse_hours, subtract
from app.sites.models import ClosedDay, Site

PAST = timedelta(days=10)  # a closed day before that says nothing of now
DAY = timedelta(days=1)


class Line(NamedTuple):
    """A line of a roster, with first and last day."""

    site_id: int
    person_id: int
    full_name: str
    hours: str
    valid_from: date
    valid_until: date | None


LINES = (
    select(Roster.site_id, Roster.person_id, Person.full_name, Roster.hours, Roster.valid_from, Roster.valid_until)
    .join(Person, Person.id == Roster.person_id)
    .where(Person.active)
)


@dataclass(frozen=True, slots=True)
class Place:
    """One data center as pages about many show it."""

    id: int
    code: str
    name: str
    hours: str
    worker_seen_at: datetime | None
    calendar: Calendar


@dataclass(frozen=True, slots=True)
class Load:
    """One technician's day at one site, in minutes: on shift, and booked."""

    site: str
    name: str
    shift_minutes: int
    booked_minutes: int


def visible_places(session: Session, principal: Principal, permission: Permission, now: datetime) -> list[Place]:
    """The sites where this person holds a permission, by code, with the closed days that count now (one query)."""
    closed = (
        select(func.array_agg(ClosedDay.day, type_=ARRAY(Date)))
        .where(
            ClosedDay.site_id == Site.id,
            ClosedDay.confirmed_at.is_not(None),
            ClosedDay.day.between((now - PAST).date(), (now + HORIZON + PAST).date()),
        )
        .scalar_subquery()
    )
    wanted = select(Site.id, Site.code, Site.name, Site.worker_seen_at, Site.time_zone, Site.hours, closed)
    return [
        Place(id_, code, name, hours, seen, Calendar(zone, parse_hours(hours), frozenset(days or ())))
        for id_, code, name, seen, zone, hours, days in session.execute(
            wanted.where(visible(principal, permission, Site.id)).order_by(Site.code)
        )
    ]


def present_at(session: Session, places: Sequence[Place], at: datetime) -> Mapping[int, list[str]]:
    """Names of the technicians whose shift covers `at`, by site id: rostered, in site hours, not away (one query)."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for line in _lines(session, [place.id for place in places], at, is_here(at)):
        lines[line.site_id].append(line)
    return {place.id: present(place.calendar, lines[place.id], at) for place in places}


def present(calendar: Calendar, lines: Iterable[Line], at: datetime) -> list[str]:
    """Whose line of a site's roster covers `at`, in site hours; `lines` are of people who are not away. Pure."""
    if opening_at(calendar, at) is None:
        return []
    return sorted(
        {
            line.full_name
            for line in lines
            if _counts(line, calendar, at) and opening_at(Calendar(calendar.zone, parse_hours(line.hours)), at)
        }
    )


def is_here(at: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """That nobody of a roster line is away at that moment."""
    return ~exists().where(Absence.person_id == Roster.person_id, Absence.starts_at <= at, Absence.ends_at > at)


def load_today(session: Session, places: Sequence[Place], now: datetime) -> list[Load]:
    """Shift and booked minutes of each site's own today, by site and name (three queries)."""
    days = {place.id: _today(place.calendar, now) for place in places}
    booked = _booked(session, days)
    shifts = _shift_minutes(session, places, days)
    codes = {place.id: place.code for place in places}
    return sorted(
        (Load(codes[key[0]], key[1], shifts[key], booked[key]) for key in {*booked, *shifts}),
        key=lambda load: (load.site, load.name),
    )


def fullest(loads: Sequence[Load], most: int) -> Sequence[Load]:
    """The `most` loads with the most minutes booked, in their order; all of them where there are no more."""
    if len(loads) <= most:
        return loads
    kept = set(sorted(loads, key=lambda load: -load.booked_minutes)[:most])
    return [load for load in loads if load in kept]


Minutes = Counter[tuple[int, str]]
"""By site id and full name."""


def _booked(session: Session, days: Mapping[int, Opening]) -> Minutes:
    today = values(
        Column("site_id", Integer), Column("starts", DateTime(timezone=True)), Column("ends", DateTime(timezone=True)),
        name="today",
    ).data([(site_id, day.starts_at, day.ends_at) for site_id, day in days.items()])  # fmt: skip
    during = func.tstzrange(today.c.starts, today.c.ends)
    span = Appointment.during.op("*")(during)
    wanted = (
        select(Appointment.site_id, Person.full_name, func.sum(extract("epoch", func.upper(span) - func.lower(span))))
        .join(today, today.c.site_id == Appointment.site_id)
        .join(Person, Person.id == Appointment.technician_id)
        .where(Appointment.active, Appointment.during.op("&&")(during))
        .group_by(Appointment.site_id, Person.full_name)
    )
    found: Minutes = Counter()
    if days:
        found.update({(row[0], row[1]): round(row[2] / 60) for row in session.execute(wanted)})
    return found


def _shift_minutes(session: Session, places: Sequence[Place], days: Mapping[int, Opening]) -> Minutes:
    calendars = {place.id: place.calendar for place in places}
    if not days:
        return Counter()
    first, last = min(day.starts_at for day in days.values()), max(day.ends_at for day in days.values())
    lines = _lines(session, calendars, first)
    away: dict[int, list[Opening]] = defaultdict(list)
    absences = select(Absence.person_id, Absence.starts_at, Absence.ends_at).where(
        Absence.person_id.in_({line.person_id for line in lines}), Absence.ends_at > first, Absence.starts_at < last
    )
    for row in session.execute(absences):
        away[row.person_id].append(Opening(row.starts_at, row.ends_at))
    spans: dict[tuple[int, str], list[Opening]] = {}
    found: Minutes = Counter()
    for line in lines:
        calendar, day = calendars[line.site_id], days[line.site_id]
        if not _counts(line, calendar, day.starts_at):
            continue
        key = (line.site_id, line.hours)
        if key not in spans:
            spans[key] = _together(calendar, line.hours, day)
        left = subtract(spans[key], away[line.person_id])
        found[line.site_id, line.full_name] += sum(round(span.duration.total_seconds() / 60) for span in left)
    return found


def _together(calendar: Calendar, hours: str, day: Opening) -> list[Opening]:
    """What a roster line's hours have of the site's on that day."""
    own = Calendar(calendar.zone, parse_hours(hours))
    edges = day.starts_at, day.ends_at
    return list(intersect(openings(calendar, *edges), openings(own, *edges)))


def _lines(session: Session, site_ids: Iterable[int], at: datetime, *which: ColumnElement[bool]) -> Sequence[Line]:
    """Roster lines of active people at these sites that are not over (one query)."""
    over = Roster.valid_until.is_not(None) & (Roster.valid_until < (at - PAST).date())
    wanted = LINES.where(Roster.site_id.in_(list(site_ids)), ~over, *which)
    return [Line(*row) for row in session.execute(wanted)]


def _counts(line: Line, calendar: Calendar, at: datetime) -> bool:
    day = at.astimezone(calendar.zone).date()
    return line.valid_from <= day and (line.valid_until is None or day <= line.valid_until)


def _today(calendar: Calendar, now: datetime) -> Opening:
    """The site's own calendar day, midnight to midnight."""
    day = now.astimezone(calendar.zone).date()
    edges = (datetime.combine(day + ahead, time(0), tzinfo=calendar.zone) for ahead in (timedelta(0), DAY))
    return Opening(*(edge.astimezone(UTC) for edge in edges))
