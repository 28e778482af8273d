"""Work inside openings: when it can start, whether it still fits, how much time has been worked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.core.errors import Conflict, Invalid
from app.shifts.window.blocks import runs_that_tell
from app.shifts.window.calendars import HORIZON, HORIZON_DAYS, Calendar, Opening, openings
from app.shifts.window.moments import opening_at
from app.shifts.window.sets import whole_minute
from app.shifts.window.words import length_text
from app.shifts.window.zones import instant_of, seconds_of


class DoesNotFit(Conflict):
    """The work is longer than every opening there is."""


class NoWindow(Conflict):
    """Nothing within 400 days."""


def earliest(calendar: Calendar, at: datetime, minutes: int) -> Opening:
    """Return the first `minutes` of work that start at or after `at`, on a whole minute, and end within one opening.

    Raises Invalid for less than a minute, DoesNotFit if no opening that ends after `at` is long enough,
    NoWindow if there is none within 400 days. Refusals look at all 400 days, block by block.
    """
    if minutes < 1:
        raise Invalid("invalid", "minutes: the work takes at least 1 minute")
    second, ready, wanted = seconds_of(at), seconds_of(whole_minute(at)), minutes * 60
    limit = seconds_of(at + HORIZON)
    longest = 0
    for opens, closes in runs_that_tell(calendar, second, limit, wanted):
        start = max(ready, -(-opens // 60) * 60)
        if start > limit:
            break
        if closes - start >= wanted:
            return Opening(instant_of(start), instant_of(start + wanted))
        if closes > second:
            longest = max(longest, closes - opens)
    if 0 < longest < wanted:
        told = f"{length_text(minutes)} of work are longer than the longest opening ({length_text(longest // 60)})"
        raise DoesNotFit("does_not_fit", told)
    raise NoWindow("no_window", f"no opening for {length_text(minutes)} of work within {HORIZON_DAYS} days")


def latest_start(calendar: Calendar, at: datetime, minutes: int) -> datetime | None:
    """Return the last start from which `minutes` end within the opening at `at`; it may already be over.

    None when closed, and when the whole opening is shorter than that.
    """
    current = opening_at(calendar, at)
    if current is None or minutes * 60 > current.duration.total_seconds():
        return None
    return current.ends_at - timedelta(minutes=minutes)


def fits_now(calendar: Calendar, at: datetime, minutes: int) -> bool:
    """Whether work that starts at `at` itself ends, `minutes` later, within the same opening."""
    latest = latest_start(calendar, at, minutes)
    return latest is not None and at <= latest


def working_time(calendar: Calendar, start: datetime, end: datetime) -> timedelta:
    """Return how much of [start, end) is inside openings; zero when `end` is not after `start`."""
    return sum((opening.duration for opening in openings(calendar, start, end)), timedelta(0))


def add_working_time(calendar: Calendar, start: datetime, amount: timedelta) -> datetime:
    """Return the first instant (UTC) by which `amount` has been worked since `start`; zero is `start` itself.

    Work that fills an opening is done at its closing, not at the next opening.
    Raises NoWindow when 400 days are not enough, ValueError for less than nothing.
    """
    if amount < timedelta(0):
        raise ValueError("working time cannot be taken back")
    if not amount:
        return start.astimezone(UTC)
    left = amount
    for opening in openings(calendar, start, start + HORIZON):
        if left <= opening.duration:
            return opening.starts_at + left
        left -= opening.duration
    raise NoWindow("no_window", f"{HORIZON_DAYS} days do not hold that much working time")
