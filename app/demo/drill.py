"""Which time the demo's people live in: the true one, or that of a drill."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta
from typing import Final

from app.core.clock import true_now
from app.demo.world import HOURS, SITES
from app.shifts.window import Calendar, is_open, local_text, next_opening, parse_hours, zone

FARTHEST: Final = timedelta(days=3653)  # the holidays of ten years are known, those of a thousand are not
AFTER_OPENING: Final = timedelta(minutes=30)


def instant(text: str) -> datetime:
    """Read the argument of `--at`: ISO 8601 with an offset, at most ten years away; aware UTC."""
    try:
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None and abs(read - true_now()) <= FARTHEST:
            return read.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise ArgumentTypeError(_refusal(text)) from error
    raise ArgumentTypeError(_refusal(text))


def _refusal(text: str) -> str:
    return f"{text!r} is no instant with its offset within ten years of now, such as 2026-12-01T09:30+01:00"


def drill_offset(at: datetime | None, now: datetime) -> tuple[timedelta, str]:
    """How far business time is moved, and why: asked for, or because no site is open now."""
    if at is not None:
        return timedelta(seconds=round((at - now).total_seconds())), f"as asked, the clock was set to {_told(at)}"
    calendars = [Calendar(site.time_zone, parse_hours(HOURS)) for site in SITES]
    if any(is_open(calendar, now) for calendar in calendars):
        return timedelta(0), ""
    opening = min(found.starts_at for one in calendars if (found := next_opening(one, now)) is not None)
    soon = opening + AFTER_OPENING
    told = f"no site is open now, so the clock was set to the next opening, {_told(soon)}"
    return timedelta(seconds=round((soon - now).total_seconds())), told


def _told(at: datetime) -> str:
    """The wall time at the first site: Sat 2026-12-05 11:00 in Europe/Amsterdam."""
    place = SITES[0].time_zone
    return f"{at.astimezone(zone(place)):%a} {local_text(at, place)[:16].replace('T', ' ')} in {place}"
