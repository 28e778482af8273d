"""A second opinion on site hours that never reasons about clock changes: it only reads the wall clock.

Every minute of UTC is shown on the wall clock. A minute belongs to [opens, closes) of a day when the clock has, up to
now, already shown `opens` or later, and either shows less than `closes` now or will yet show `closes` or less. That is
the whole rule for skipped and repeated times, stated without naming either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import accumulate

from app.shifts.window import zone

MINUTE = timedelta(minutes=1)
DAY = 24 * 60
MARGIN = 2 * DAY  # no clock change moves the wall clock further
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Part:
    """One part of weekly hours: weekdays from 0 to 6, minutes of the day from 0 to 1440."""

    first: int
    last: int
    opens: int
    closes: int

    def __str__(self) -> str:
        days = WEEKDAYS[self.first] + (f"-{WEEKDAYS[self.last]}" if self.last > self.first else "")
        return f"{days} {self.opens // 60:02}:{self.opens % 60:02}-{self.closes // 60:02}:{self.closes % 60:02}"


def open_minutes(
    time_zone: str, parts: Sequence[Part], closed: frozenset[date], start: datetime, minutes: int
) -> list[bool]:
    """Say for each of `minutes` from `start` (a whole minute, UTC) whether the site is open."""
    shown = _shown(time_zone, start - MARGIN * MINUTE, minutes + 2 * MARGIN)
    latest_so_far = list(accumulate(shown, max))
    earliest_to_come = [*list(accumulate(reversed(shown), min))[-2::-1], shown[-1] + 1]
    closed_days = {day.toordinal() for day in closed}
    opens_on = {day: [part for part in parts if part.first <= day <= part.last] for day in range(7)}

    def is_open(at: int) -> bool:
        now, latest, to_come = shown[at], latest_so_far[at], earliest_to_come[at]
        return any(
            day * DAY + part.opens <= latest and (now < day * DAY + part.closes or to_come <= day * DAY + part.closes)
            for day in range(min(now, to_come) // DAY - 1, latest // DAY + 1)
            if day not in closed_days
            for part in opens_on[(day - 1) % 7]
        )

    return [is_open(at) for at in range(MARGIN, MARGIN + minutes)]


@lru_cache(256)
def _shown(time_zone: str, start: datetime, minutes: int) -> list[int]:
    """Return what the wall clock shows each minute, as minutes since the day before the first of year 1."""
    local = zone(time_zone)
    walls = ((start + ahead * MINUTE).astimezone(local) for ahead in range(minutes))
    return [wall.toordinal() * DAY + wall.hour * 60 + wall.minute for wall in walls]


def spans(flags: Sequence[bool], start: datetime) -> list[tuple[datetime, datetime]]:
    """Return the runs of open minutes as half-open spans."""
    edges = [at for at in range(len(flags) + 1) if _flag(flags, at - 1) != _flag(flags, at)]
    instants = [start.astimezone(UTC) + edge * MINUTE for edge in edges]
    return list(zip(instants[::2], instants[1::2], strict=True))


def _flag(flags: Sequence[bool], at: int) -> bool:
    return 0 <= at < len(flags) and flags[at]
