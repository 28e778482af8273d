"""What is known of hours, rosters and appointments. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.people.models import Person
from app.shifts.models import Absence, Roster
from app.shifts.rules import Shift
from app.shifts.window import HORIZON, Calendar, Opening, parse_hours, subtract
from app.sites.models import Site

ANYWHERE = timedelta(days=2)  # a day that is over on one side of the earth has ended on the other


def site_calendar(site: Site) -> Calendar:
    """The site's hours and confirmed closed days as pure values (no query: closed days come with the site)."""
    closed = frozenset(day.day for day in site.closed_days if day.confirmed_at is not None)
    return _calendar(site.time_zone, site.hours, closed)


@lru_cache(maxsize=1000)  # of equal calendars one, which finds its closed days in order only once
def _calendar(time_zone: str, hours: str, closed: frozenset[date]) -> Calendar:
    return Calendar(time_zone, parse_hours(hours), closed)


def _counts_from(at: datetime) -> ColumnElement[bool]:
    """Roster lines that are not over at `at` anywhere on earth."""
    return or_(Roster.valid_until.is_(None), Roster.valid_until >= (at - ANYWHERE).date())


def shift_of(calendar: Calendar, hours: str, first: date, last: date | None, at: datetime) -> Shift | None:
    """What a roster line of these hours and days has of a site's calendar from `at` on; None when that is nothing."""
    begins = datetime.combine(first, time(0), tzinfo=calendar.zone).astimezone(UTC)
    ends = at + HORIZON
    if last is not None:
        after = datetime.combine(last + timedelta(days=1), time(0), tzinfo=calendar.zone).astimezone(UTC)
        ends = min(ends, after)
    start = max(at, begins)
    return Shift(calendar, Calendar(calendar.time_zone, parse_hours(hours)), start, ends) if start < ends else None


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


def shifts_of(
    session: Session, begins: Mapping[Site, datetime], end: datetime
) -> Mapping[Site, list[tuple[Person, Opening]]]:
    """Who works when at each site inside [its own start, end): rostered, inside site hours, absences taken off.

    By start and name. Two queries; spans are clipped to the range.
    """
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
        shift = shift_of(calendar, line.hours, line.valid_from, line.valid_until, start)
        spans = subtract(_until(shift or (), end), away[line.person_id])
        found[line.site_id] += [(line.person, Opening(span.starts_at, min(span.ends_at, end))) for span in spans]
    return {site: sorted(found[site.id], key=lambda shift: (shift[1], shift[0].name)) for site in begins}


def _until(spans: Iterable[Opening], end: datetime) -> Iterable[Opening]:
    for span in spans:
        if span.starts_at >= end:
            return
        yield span
