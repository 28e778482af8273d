"""Site hours: pure calendar arithmetic over weekly hours, closed days and the clock changes of any IANA zone.

Computed in UTC from wall times, so that no result depends on the machine's own zone. Time zone rules come from
the tzdata package alone. No Flask, no database, no network, no clock: `at` is always an argument.
"""

from app.shifts.window.calendars import HORIZON, Calendar, Opening, openings
from app.shifts.window.explanation import explain
from app.shifts.window.hours import DEFAULT_HOURS, Hours, parse_hours
from app.shifts.window.moments import closes_at, is_open, next_opening, opening_at
from app.shifts.window.sets import first_gap, intersect, subtract, union
from app.shifts.window.words import moment_text
from app.shifts.window.work import (
    DoesNotFit,
    NoWindow,
    add_working_time,
    earliest,
    fits_now,
    latest_start,
    working_time,
)
from app.shifts.window.zones import local_text, zone, zone_names

__all__ = [
    "DEFAULT_HOURS",
    "HORIZON",
    "Calendar",
    "DoesNotFit",
    "Hours",
    "NoWindow",
    "Opening",
    "add_working_time",
    "closes_at",
    "earliest",
    "explain",
    "first_gap",
    "fits_now",
    "intersect",
    "is_open",
    "latest_start",
    "local_text",
    "moment_text",
    "next_opening",
    "opening_at",
    "openings",
    "parse_hours",
    "subtract",
    "union",
    "working_time",
    "zone",
    "zone_names",
]
