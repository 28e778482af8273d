"""Days, times and lengths in words, the same in every language setting of the machine."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.shifts.window.hours import WEEKDAYS

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def place(time_zone: ZoneInfo) -> str:
    """Return the city of a zone: Europe/Amsterdam is Amsterdam."""
    return time_zone.key.rpartition("/")[2].replace("_", " ")


def day_text(day: date) -> str:
    """Return a day without its year: 26 Dec."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def clock_text(local: datetime) -> str:
    """Return the time of day: 16:40."""
    return f"{local.hour:02}:{local.minute:02}"


def moment_text(local: datetime, asked: datetime) -> str:
    """Return weekday and time, with the date when it is a week and more away, with the year when it is another one."""
    weekday = WEEKDAYS[local.weekday()]
    if abs((local.date() - asked.date()).days) < len(WEEKDAYS):
        return f"{weekday} {clock_text(local)}"
    year = f" {local.year}" if local.year != asked.year else ""
    return f"{weekday} {day_text(local)}{year} {clock_text(local)}"


def offset_text(local: datetime) -> str:
    """Return the distance from UTC: UTC+02:00."""
    digits = local.strftime("%z")
    return f"UTC{digits[:3]}:{digits[3:5]}"


def length_text(minutes: int) -> str:
    """Return 30 min, 2 h, 2 h 30 min, or 3 days when it is whole days."""
    hours, rest = divmod(minutes, 60)
    if hours >= 48 and minutes % (24 * 60) == 0:
        return f"{hours // 24} days"
    if hours < 2:
        return f"{minutes} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def listed(names: Sequence[str]) -> str:
    """Return names as a person lists them: Sat, Sun and Mon."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
