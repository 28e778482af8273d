"""A calendar and its openings."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from app.shifts.window.hours import WHOLE_DAY, Hours
from app.shifts.window.zones import SECONDS_A_DAY, instant_of, instants_of, seconds_of, steady_offset, zone

HORIZON_DAYS = 400
HORIZON = timedelta(days=HORIZON_DAYS)
_ORDINAL_1970 = date(1970, 1, 1).toordinal()
_WEEKDAY_1970 = 3  # a Thursday


@dataclass(frozen=True)
class Calendar:
    """When a site, a team or a person works: weekly hours on the wall clock of a zone, without the closed days.

    Raises Invalid for a zone that does not exist.
    """

    time_zone: ZoneInfo | str
    hours: Hours
    closed: frozenset[date] = field(default=frozenset())

    def __post_init__(self) -> None:
        _ = self.zone

    @cached_property
    def zone(self) -> ZoneInfo:
        """The zone itself; its `key` is the name."""
        return zone(self.time_zone) if isinstance(self.time_zone, str) else self.time_zone

    @cached_property
    def closed_numbers(self) -> frozenset[int]:
        """Closed days, counted from 1970-01-01."""
        return frozenset(day.toordinal() - _ORDINAL_1970 for day in self.closed)

    @cached_property
    def closed_in_order(self) -> list[int]:
        """The same, sorted."""
        return sorted(self.closed_numbers)


@dataclass(frozen=True, slots=True, order=True)
class Opening:
    """A half-open span [starts_at, ends_at) of time, both aware UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def duration(self) -> timedelta:
        """How long it lasts."""
        return self.ends_at - self.starts_at


def openings(calendar: Calendar, start: datetime, end: datetime) -> Iterator[Opening]:
    """Yield the openings inside [start, end), in order, clipped to it; those that touch or overlap are one.

    Lazy: costs about a quarter of a microsecond for each day walked.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    for opens, closes in runs(calendar, seconds_of(start) // SECONDS_A_DAY - 2, seconds_of(end) // SECONDS_A_DAY + 2):
        starts_at, ends_at = instant_of(opens), instant_of(closes)
        if starts_at >= end:
            return
        if ends_at > start:
            yield Opening(max(starts_at, start), min(ends_at, end))


def runs(calendar: Calendar, first_day: int, last_day: int) -> Iterator[tuple[int, int]]:
    """Yield [opens, closes) in seconds UTC of the local days `first_day` to `last_day`, counted from 1970-01-01."""
    opens = closes = None
    stretches = _between_closed_days if calendar.hours.never_close else _day_by_day
    for next_opens, next_closes in stretches(calendar, first_day, last_day):
        if opens is None or closes is None:
            opens, closes = next_opens, next_closes
        elif next_opens <= closes:
            closes = max(closes, next_closes)
        else:
            yield opens, closes
            opens, closes = next_opens, next_closes
    if opens is not None and closes is not None:
        yield opens, closes


def day_to_begin(calendar: Calendar, second: int) -> int:
    """Return a day (from 1970-01-01) from which `runs` shows the opening at `second` whole, at most 402 days back."""
    day = second // SECONDS_A_DAY - 2  # any offset and any repeated hour stay inside two days
    if calendar.hours.never_close:
        earlier = bisect_left(calendar.closed_in_order, day)
        farthest = day - HORIZON_DAYS
        return max(farthest, calendar.closed_in_order[earlier - 1]) if earlier else farthest
    while _may_go_through(calendar, day):
        day -= 1
    return day


def _may_go_through(calendar: Calendar, day: int) -> bool:
    """Whether an opening can have begun before `day` and still go on after it: it covers all of that day."""
    if steady_offset(calendar.zone, day // 7) is None:
        return True  # a repeated hour may close a gap that is there on paper
    return calendar.hours.days[(day + _WEEKDAY_1970) % 7] == WHOLE_DAY and day not in calendar.closed_numbers


def _between_closed_days(calendar: Calendar, first_day: int, last_day: int) -> Iterator[tuple[int, int]]:
    """Around the clock there is nothing to see day by day."""
    days, opens = calendar.closed_in_order, first_day
    closed = days[bisect_left(days, first_day) : bisect_left(days, last_day + 1)]
    for day in (*closed, last_day + 1):
        if day > opens:
            first, _ = instants_of(calendar.zone, opens * SECONDS_A_DAY)
            _, last = instants_of(calendar.zone, day * SECONDS_A_DAY)
            if first < last:
                yield first, last
        opens = day + 1


def _day_by_day(calendar: Calendar, first_day: int, last_day: int) -> Iterator[tuple[int, int]]:
    time_zone, week, closed = calendar.zone, calendar.hours.days, calendar.closed_numbers
    looked_at, offset = first_day // 7, steady_offset(time_zone, first_day // 7)
    for day in range(first_day, last_day + 1):
        stretches = week[(day + _WEEKDAY_1970) % 7]
        if not stretches or day in closed:
            continue
        midnight = day * SECONDS_A_DAY
        if looked_at != day // 7:
            looked_at, offset = day // 7, steady_offset(time_zone, day // 7)
        for opens, closes in stretches:
            if offset is None:
                first, _ = instants_of(time_zone, midnight + opens * 60)
                _, last = instants_of(time_zone, midnight + closes * 60)
                if first < last:  # else the clocks skipped all of it
                    yield first, last
            else:
                yield midnight - offset + opens * 60, midnight - offset + closes * 60
