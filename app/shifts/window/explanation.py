"""Why it is that time and no earlier: the arithmetic as sentences a customer can check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import islice

from app.shifts.window.calendars import Calendar, Opening, openings
from app.shifts.window.hours import WEEKDAYS
from app.shifts.window.moments import closes_at, next_opening, opening_at
from app.shifts.window.sets import whole_minute
from app.shifts.window.words import clock_text, day_text, length_text, listed, moment_text, offset_text, place

_MOST_NAMED = 4


def explain(calendar: Calendar, at: datetime, minutes: int | None = None, found: Opening | None = None) -> list[str]:
    """Say what holds at `at`, what lies between, and what `found` is: the time chosen for the work, or an opening.

    `found` starts at or after `at`; without it only the first line. `minutes` is the length of the work, if any.
    """
    asked = at.astimezone(calendar.zone)
    lines = [_state(calendar, asked, minutes)]
    if found is not None:
        starts = found.starts_at.astimezone(calendar.zone)
        lines += _days_between(calendar, asked.date(), starts.date())
        lines += _too_short(calendar, asked, found.starts_at, minutes)
        if starts.utcoffset() != asked.utcoffset():
            lines.append(f"the clocks change in between: {offset_text(asked)} becomes {offset_text(starts)}")
        lines.append(_arrival(calendar, asked, found))
    return lines


def _state(calendar: Calendar, asked: datetime, minutes: int | None) -> str:
    said = f"{moment_text(asked, asked)} {place(calendar.zone)}"
    current = opening_at(calendar, asked)
    if current is None:
        closed = asked.date() in calendar.closed
        return f"{said}: closed, {day_text(asked.date())} is a closed day" if closed else f"{said}: closed"
    closing = closes_at(calendar, asked)
    if closing is None:
        return f"{said}: open, and does not close"
    told = _later(closing.astimezone(calendar.zone), asked)
    if minutes is not None and minutes * 60 > (closing - whole_minute(asked)).total_seconds():
        return f"{said}: {length_text(minutes)} do not fit before {told}"
    return f"{said}: open until {told}"


def _days_between(calendar: Calendar, first: date, last: date) -> Iterator[str]:
    """Name the days strictly between that have no hours: by weekday, or by date when only that day is closed."""
    between = [first + timedelta(days=ahead) for ahead in range(1, (last - first).days)]
    idle = [day for day in between if not calendar.hours.days[day.weekday()]]
    closed = [day for day in between if day in calendar.closed and calendar.hours.days[day.weekday()]]
    told = []
    if idle:
        weekdays = list(dict.fromkeys(WEEKDAYS[day.weekday()] for day in idle))
        told.append((idle[0], f"{listed(weekdays)} closed"))
    if len(closed) > _MOST_NAMED:
        told.append((closed[0], f"{len(closed)} closed days from {day_text(closed[0])} to {day_text(closed[-1])}"))
    elif closed:
        told.append((closed[0], f"{listed([day_text(day) for day in closed])} closed"))
    return (line for _, line in sorted(told))


def _too_short(calendar: Calendar, asked: datetime, until: datetime, minutes: int | None) -> Iterator[str]:
    """Name the openings after the one at `asked` that end before the work could."""
    current = opening_at(calendar, asked)
    after = current.ends_at if current else asked
    passed = (span for span in openings(calendar, after, until) if minutes and span.ends_at < until)
    for span in islice(passed, _MOST_NAMED):
        if minutes and span.duration < timedelta(minutes=minutes):
            opens, closes = (edge.astimezone(calendar.zone) for edge in (span.starts_at, span.ends_at))
            yield f"{moment_text(opens, asked)} to {_later(closes, opens)} is shorter than {length_text(minutes)}"


def _arrival(calendar: Calendar, asked: datetime, found: Opening) -> str:
    starts, ends = (edge.astimezone(calendar.zone) for edge in (found.starts_at, found.ends_at))
    said = f"{moment_text(starts, asked)} {place(calendar.zone)}"
    current, following = opening_at(calendar, asked), next_opening(calendar, asked)
    if current is not None and found.starts_at < current.ends_at:
        length = length_text((found.ends_at - found.starts_at) // timedelta(minutes=1))
        return f"{length} fit from {_later(starts, asked)} to {_later(ends, starts)}"
    if following is not None and found.starts_at == following.starts_at:
        return f"{said} is the next opening"
    return f"{said} is the first time that fits"


def _later(local: datetime, earlier: datetime) -> str:
    """Only the time of day when it is the same day."""
    return clock_text(local) if local.date() == earlier.date() else moment_text(local, earlier)
