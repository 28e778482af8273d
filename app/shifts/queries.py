"""What is known of hours, rosters and appointments. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.people.models import Person
from app.shifts.models import Absence, Appointment, Roster
from app.shifts.rules import Rostered
from app.shifts.window import HORIZON, Calendar, Opening, intersect, openings, parse_hours, subtract
from app.sites.models import Site


def site_calendar(site: Site) -> Calendar:
    """The site's hours and confirmed closed days as pure values (no query: closed days come with the site)."""
    closed = frozenset(day.day for day in site.closed_days if day.confirmed_at is not None)
    return _calendar(site.time_zone, site.hours, closed)


@lru_cache(maxsize=1000)  # of equal calendars one, which finds its closed days in order only once
def _calendar(time_zone: str, hours: str, closed: frozenset[date]) -> Calendar:
    return Calendar(time_zone, parse_hours(hours), closed)


def rostered(session: Session, site: Site, machine_id: int | None, at: datetime) -> list[Rostered]:
    """Technicians of the site with their spans inside site hours from `at` on, and what takes their time.

    Four queries whatever the number of technicians; spans are lazy, busy spans of the machine count for everyone.
    """
    here = select(Roster).where(Roster.site_id == site.id, _counts_from(at))
    rosters = session.scalars(here.order_by(Roster.id)).unique().all()
    calendar = site_calendar(site)
    people = {r.person_id: r.person for r in rosters if r.person.active}
    busy = _busy(session, people, at)
    on_machine = [] if machine_id is None else machine_busy(session, machine_id, at)
    return [
        Rostered(
            person_id=person_id,
            name=person.name,
            spans=tuple(_spans(calendar, roster, at) for roster in rosters if roster.person_id == person_id),
            busy=(*busy[person_id], *on_machine),
        )
        for person_id, person in people.items()
    ]


def _counts_from(at: datetime) -> ColumnElement[bool]:
    """Roster lines that are not over at `at` anywhere on earth."""
    return or_(Roster.valid_until.is_(None), Roster.valid_until >= (at - timedelta(days=2)).date())


def _spans(calendar: Calendar, roster: Roster, at: datetime) -> Iterable[Opening]:
    begins = datetime.combine(roster.valid_from, time(0), tzinfo=calendar.zone).astimezone(UTC)
    ends = at + HORIZON
    if roster.valid_until is not None:
        last = datetime.combine(roster.valid_until + timedelta(days=1), time(0), tzinfo=calendar.zone).astimezone(UTC)
        ends = min(ends, last)
    start = max(at, begins)
    if start >= ends:
        return ()
    own = Calendar(calendar.time_zone, parse_hours(roster.hours))
    return intersect(openings(calendar, start, ends), openings(own, start, ends))


def _busy(session: Session, people: Iterable[int], at: datetime) -> dict[int, list[Opening]]:
    ids = list(people)
    found: dict[int, list[Opening]] = defaultdict(list)
    booked = select(Appointment.technician_id, Appointment.during).where(
        Appointment.active, Appointment.technician_id.in_(ids), Appointment.during.op("&&")(Range(at, None))
    )
    for person_id, during in session.execute(booked):
        found[person_id].append(_span(during))
    away = select(Absence).where(Absence.person_id.in_(ids), Absence.ends_at > at)
    for absence in session.scalars(away):
        found[absence.person_id].append(Opening(absence.starts_at, absence.ends_at))
    return found


def machine_busy(session: Session, machine_id: int, at: datetime) -> Sequence[Opening]:
    """What is booked on a machine and ends after `at` (one query)."""
    booked = select(Appointment.during).where(
        Appointment.active, Appointment.machine_id == machine_id, Appointment.during.op("&&")(Range(at, None))
    )
    return [_span(during) for during in session.scalars(booked)]


def _span(during: Range[datetime]) -> Opening:
    assert during.lower is not None
    assert during.upper is not None
    return Opening(during.lower, during.upper)


def rosters_from(session: Session, site: Site, day: date) -> Sequence[Roster]:
    """The site's roster lines that count on that day or later, by name and first day (one query)."""
    counts = or_(Roster.valid_until.is_(None), Roster.valid_until >= day)
    lines = select(Roster).join(Roster.person).where(Roster.site_id == site.id, counts)
    return session.scalars(lines.order_by(Person.name, Roster.valid_from)).unique().all()


def absences_from(session: Session, site: Site, at: datetime) -> Sequence[Absence]:
    """Absences of the site's rostered technicians that end after `at`, by begin (one query)."""
    here = select(Roster.person_id).where(Roster.site_id == site.id)
    away = select(Absence).where(Absence.person_id.in_(here), Absence.ends_at > at)
    return session.scalars(away.order_by(Absence.starts_at, Absence.id)).unique().all()


def absence_at(session: Session, site: Site, absence_id: int) -> Absence:
    """One absence of a technician who is rostered at the site; raises NotFound."""
    here = select(Roster.person_id).where(Roster.site_id == site.id)
    found = session.scalar(select(Absence).where(Absence.id == absence_id, Absence.person_id.in_(here)))
    if found is None:
        raise NotFound("not_found", "There is no such absence.")
    return found


def shifts_between(session: Session, site: Site, start: datetime, end: datetime) -> list[tuple[Person, Opening]]:
    """Who works when inside [start, end), by start and name: rostered, inside site hours, absences taken off.

    Two queries; spans are clipped to the range.
    """
    return shifts_of(session, {site: start}, end)[site]


def shifts_of(
    session: Session, begins: Mapping[Site, datetime], end: datetime
) -> Mapping[Site, list[tuple[Person, Opening]]]:
    """As `shifts_between` for many sites, each from its own start on (two queries)."""
    first = min(begins.values(), default=end)
    lines = select(Roster).where(Roster.site_id.in_({site.id for site in begins}), _counts_from(first))
    rosters = [line for line in session.scalars(lines).unique() if line.person.active]
    theirs = Absence.person_id.in_({line.person_id for line in rosters})
    away: dict[int, list[Opening]] = defaultdict(list)
    for absence in session.scalars(select(Absence).where(theirs, Absence.ends_at > first, Absence.starts_at < end)):
        away[absence.person_id].append(Opening(absence.starts_at, absence.ends_at))
    found: dict[int, list[tuple[Person, Opening]]] = defaultdict(list)
    sites = {site.id: (site_calendar(site), start) for site, start in begins.items()}
    for line in rosters:
        calendar, start = sites[line.site_id]
        spans = subtract(_until(_spans(calendar, line, start), end), away[line.person_id])
        found[line.site_id] += [(line.person, Opening(span.starts_at, min(span.ends_at, end))) for span in spans]
    return {site: sorted(found[site.id], key=lambda shift: (shift[1], shift[0].name)) for site in begins}


def _until(spans: Iterable[Opening], end: datetime) -> Iterable[Opening]:
    for span in spans:
        if span.starts_at >= end:
            return
        yield span
