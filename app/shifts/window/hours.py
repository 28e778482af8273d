"""Weekly hours as people write them: "Mon-Fri 08:00-12:00, Mon-Fri 13:00-17:00"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from app.core.errors import Invalid

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DEFAULT_HOURS = "Mon-Fri 08:00-17:00"
MINUTES_A_DAY = 24 * 60
LONGEST_TEXT = 2000

_PART = re.compile(r"([A-Za-z]+)(?:-([A-Za-z]+))? +([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")

Stretch = tuple[int, int]
"""Minutes of the day [opens, closes), 0 to 1440."""

WHOLE_DAY: tuple[Stretch, ...] = ((0, MINUTES_A_DAY),)


@dataclass(frozen=True, slots=True)
class Hours:
    """Seven days from Monday, each with its stretches in order; stretches of a day never touch."""

    days: tuple[tuple[Stretch, ...], ...]

    @property
    def never_close(self) -> bool:
        """Whether every minute of the week is covered."""
        return self.days == (WHOLE_DAY,) * len(WEEKDAYS)


@lru_cache(maxsize=4096)
def parse_hours(text: str) -> Hours:
    """Return the hours that `text` says: `DAY HH:MM-HH:MM` or `DAY-DAY HH:MM-HH:MM`, joined by commas.

    Days are Mon to Sun. Closing may be 24:00. Stretches that touch or overlap become one.
    Raises Invalid with a sentence that names the part it cannot read.
    """
    if len(text) > LONGEST_TEXT:
        raise Invalid("invalid", f"hours are longer than {LONGEST_TEXT} characters")
    week: list[list[Stretch]] = [[] for _ in WEEKDAYS]
    for part in text.split(","):
        first, last, stretch = _read_part(part.strip(" "))
        for day in week[first : last + 1]:
            day.append(stretch)
    return Hours(tuple(_joined(day) for day in week))


def _read_part(part: str) -> tuple[int, int, Stretch]:
    found = _PART.fullmatch(part)
    if found is None:
        raise Invalid("invalid", f"hours: {part[:60]!r} is not like 'Mon-Fri 08:00-17:00'")
    first = _weekday(found[1], part)
    last = _weekday(found[2], part) if found[2] else first
    if last < first:
        raise Invalid("invalid", f"hours: the days of {part!r} wrap around the week; write two parts")
    opens, closes = _minute(found[3], found[4], part), _minute(found[5], found[6], part)
    if closes <= opens:
        raise Invalid("invalid", f"hours: {part!r} does not end after its start")
    return first, last, (opens, closes)


def _weekday(name: str, part: str) -> int:
    if name not in WEEKDAYS:
        raise Invalid(
            "invalid", f"hours: {name[:20]!r} in {part[:60]!r} is no day; days are Mon Tue Wed Thu Fri Sat Sun"
        )
    return WEEKDAYS.index(name)


def _minute(hour: str, minute: str, part: str) -> int:
    total = int(hour) * 60 + int(minute)
    if int(minute) > 59 or total > MINUTES_A_DAY:
        raise Invalid("invalid", f"hours: {hour}:{minute} in {part!r} is no time of day")
    return total


def _joined(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    joined: list[Stretch] = []
    for opens, closes in sorted(stretches):
        if joined and opens <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], closes))
        else:
            joined.append((opens, closes))
    return tuple(joined)
