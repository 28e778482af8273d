"""Time zones: which instants a wall time means. Rules come from the tzdata package, never from the machine."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib import resources
from zoneinfo import ZoneInfo

from app.core.errors import Invalid

SECOND = timedelta(seconds=1)
SECONDS_A_DAY = 24 * 60 * 60
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDINAL_1970 = _EPOCH.toordinal()


@cache
def zone_names() -> frozenset[str]:
    """All names that `zone` knows."""
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split())


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """Return the IANA zone of that name from the tzdata package, so that all machines agree. Raises Invalid."""
    if name not in zone_names():
        raise Invalid("invalid", f"time zone: {name[:60]!r} is not known; use an IANA name such as Europe/Amsterdam")
    with resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as rules:
        return ZoneInfo.from_file(rules, key=name)


def local_text(instant: datetime, time_zone: ZoneInfo | str) -> str:
    """ISO 8601 of `instant` on the wall clock of `time_zone`, with its offset."""
    return instant.astimezone(zone(time_zone) if isinstance(time_zone, str) else time_zone).isoformat()


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970 UTC, rounded down. `instant` is aware, in any zone."""
    return (instant - _EPOCH) // SECOND


def instant_of(seconds: int) -> datetime:
    """Return the aware UTC instant that many seconds after the start of 1970."""
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=2**14)
def instants_of(time_zone: ZoneInfo, wall: int) -> tuple[int, int]:
    """Return the first and the last instant (seconds UTC) at which the wall clock shows `wall`.

    `wall` counts seconds since 1970-01-01 00:00 on the wall clock. A time that does not exist means the end of the gap.
    """
    shown = (_EPOCH + wall * SECOND).replace(tzinfo=time_zone)
    before, after = _offset(shown), _offset(shown.replace(fold=1))
    if before >= after:
        return wall - before, wall - after
    change = _change_between(time_zone, wall - after, wall - before)
    return change, change


@lru_cache(maxsize=2**16)
def steady_offset(time_zone: ZoneInfo, week: int) -> int | None:
    """Return the offset (seconds) of the 7 wall days from day `7 * week` after 1970-01-01, None if it changes.

    Midnight after the seventh day counts, so that closing at 24:00 is covered. It looks at both midnights only:
    a change and its undoing inside one such week would be missed, and the tests prove that no zone has that.
    """
    begins = datetime.fromordinal(_ORDINAL_1970 + 7 * week)
    ends = datetime.fromordinal(_ORDINAL_1970 + 7 * week + 7)
    looks = (begins, begins.replace(fold=1), ends, ends.replace(fold=1))
    offsets = {time_zone.utcoffset(look) for look in looks}
    offset = offsets.pop()
    return None if offsets or offset is None else offset // SECOND


def _change_between(time_zone: ZoneInfo, low: int, high: int) -> int:
    """Halve the way from an instant before the change to one that is not, down to the second."""
    before = _offset_at(time_zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(time_zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset_at(time_zone: ZoneInfo, seconds: int) -> int:
    return _offset(datetime.fromtimestamp(seconds, time_zone))


def _offset(shown: datetime) -> int:
    offset = shown.utcoffset()
    assert offset is not None, "a ZoneInfo always knows its offset"
    return offset // SECOND
