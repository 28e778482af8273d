"""The two clocks: true time, and business time that a drill may move.

Business time moves calendars, promises and clocks of orders. Signatures, sessions, heartbeats, deadlines
and queue timing keep true time. Only edges ask the clock; everything deeper gets `now` as an argument.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_offset = timedelta(0)


def set_drill(offset: timedelta) -> None:
    """Move business time by `offset` for this process (demo and tests only; settings refuse it elsewhere)."""
    global _offset  # noqa: PLW0603 -- the process has one clock
    _offset = offset


def drill_offset() -> timedelta:
    """How far business time is from true time; zero outside a drill."""
    return _offset


def true_now() -> datetime:
    """The time of the machine, aware UTC."""
    return datetime.now(UTC)


def business_now() -> datetime:
    """The time that orders and calendars live in, aware UTC."""
    return datetime.now(UTC) + _offset


def utc_text(instant: datetime) -> str:
    """ISO 8601 with milliseconds and Z, the form of all instants that leave the product."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
