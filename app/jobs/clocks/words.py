"""A ledger as people read it: "waited 63 h: Fri 17:00 -> Mon 08:00 Amsterdam". Pure."""

from __future__ import annotations

from datetime import timedelta

from app.jobs.clocks.ledger import Pace, Segment
from app.shifts.window import moment_text
from app.shifts.window import zone as zone_named

_DID = {Pace.RUNNING: "ran", Pace.OUTSIDE: "waited", Pace.PAUSED: "paused"}


def length_words(length: timedelta) -> str:
    """Return 40 s, 12 min, 1 h 30 min or 63 h; days stay hours, as people reckon outages."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod(seconds // 60, 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def span_words(segment: Segment, time_zone: str | None = None) -> str:
    """Return "Fri 17:00 -> Mon 08:00 Amsterdam", in the owner's zone or another."""
    zone = zone_named(time_zone or segment.time_zone)
    starts, ends = segment.starts_at.astimezone(zone), segment.ends_at.astimezone(zone)
    return f"{moment_text(starts, starts)} -> {moment_text(ends, starts)} {_place(zone.key)}"


def sentence(segment: Segment, time_zone: str | None = None) -> str:
    """Return "waited 63 h: Fri 17:00 -> Mon 08:00 Amsterdam (Technicians, outside hours; booked)"."""
    hours = ", outside hours" if segment.pace == Pace.OUTSIDE else ""
    told = f"{_DID[segment.pace]} {length_words(segment.length)}: {span_words(segment, time_zone)}"
    return f"{told} ({segment.owner.words}{hours}; {segment.why})"


def _place(key: str) -> str:
    return key.rpartition("/")[2].replace("_", " ")
