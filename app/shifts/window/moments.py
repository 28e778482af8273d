"""What a calendar says of one instant."""

from __future__ import annotations

from datetime import datetime

from app.shifts.window.calendars import HORIZON, HORIZON_DAYS, Calendar, Opening, day_to_begin, runs
from app.shifts.window.zones import SECONDS_A_DAY, instant_of, seconds_of


def opening_at(calendar: Calendar, at: datetime) -> Opening | None:
    """Return the whole opening that contains `at`, None when closed.

    One that goes on for 400 days and more is cut somewhere beyond them; `closes_at` then says None.
    """
    second = seconds_of(at)
    last_day = second // SECONDS_A_DAY + HORIZON_DAYS + 2
    for opens, closes in runs(calendar, day_to_begin(calendar, second), last_day):
        if opens > second:
            return None
        if second < closes:
            return Opening(instant_of(opens), instant_of(closes))
    return None


def is_open(calendar: Calendar, at: datetime) -> bool:
    """Whether `at` is inside an opening: at the instant of opening yes, at the instant of closing no."""
    return opening_at(calendar, at) is not None


def closes_at(calendar: Calendar, at: datetime) -> datetime | None:
    """Return when the opening at `at` ends; None when closed, and when it goes on for 400 days and more."""
    current = opening_at(calendar, at)
    return current.ends_at if current and current.ends_at - at < HORIZON else None


def next_opening(calendar: Calendar, at: datetime) -> Opening | None:
    """Return the first opening that starts strictly after `at`, None if there is none within 400 days."""
    second = seconds_of(at)
    last_day = second // SECONDS_A_DAY + HORIZON_DAYS + 2
    for opens, closes in runs(calendar, day_to_begin(calendar, second), last_day):
        if opens > second:
            found = Opening(instant_of(opens), instant_of(closes))
            return found if found.starts_at - at <= HORIZON else None
    return None
