"""Instants as a customer reads them: weekday, date and wall time of a place, with its distance from UTC. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def moment_words(at: datetime | None, zone: ZoneInfo) -> str:
    """Return "Monday 30 November 2026, 10:30 Amsterdam time (UTC+01:00)"; empty without an instant."""
    if at is None:
        return ""
    local = at.astimezone(zone)
    return f"{_day(local)}, {_clock(local)} {_place(zone)} ({_offset(local)})"


def range_words(span: tuple[datetime, datetime] | None, zone: ZoneInfo) -> str:
    """Return "on Monday 30 November 2026 between 08:00 and 10:00 Amsterdam time (UTC+01:00)"; empty without a range."""
    if span is None:
        return ""
    start, end = (at.astimezone(zone) for at in span)
    if start.date() != end.date() or start.utcoffset() != end.utcoffset():
        return f"between {moment_words(start, zone)} and {moment_words(end, zone)}"
    if _clock(start) == _clock(end):
        return f"on {_day(start)} at {_clock(start)} {_place(zone)} ({_offset(start)})"
    return f"on {_day(start)} between {_clock(start)} and {_clock(end)} {_place(zone)} ({_offset(start)})"


def _day(local: datetime) -> str:
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]} {local.year}"


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _place(zone: ZoneInfo) -> str:
    return f"{zone.key.rpartition('/')[2].replace('_', ' ')} time"


def _offset(local: datetime) -> str:
    digits = local.strftime("%z")
    return f"UTC{digits[:3]}:{digits[3:5]}"
