"""Openings as sets of time: who is there, minus what is taken, and the first gap that is long enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from app.shifts.window.calendars import Opening

_MINUTE = timedelta(minutes=1)


def whole_minute(instant: datetime) -> datetime:
    """Return the first whole minute at or after `instant`, in UTC."""
    cut = instant.astimezone(UTC).replace(second=0, microsecond=0)
    return cut if cut == instant else cut + _MINUTE


def union(spans: Iterable[Opening]) -> list[Opening]:
    """Return the same time in order, without overlap: spans that touch or overlap become one, empty ones vanish."""
    joined: list[Opening] = []
    for span in sorted(spans):
        if span.starts_at >= span.ends_at:
            continue
        if joined and span.starts_at <= joined[-1].ends_at:
            joined[-1] = Opening(joined[-1].starts_at, max(joined[-1].ends_at, span.ends_at))
        else:
            joined.append(span)
    return joined


def intersect(one: Iterable[Opening], other: Iterable[Opening]) -> Iterator[Opening]:
    """Yield the time that is in both. Each is in order and without overlap, as `openings` and `union` give it."""
    left, right = iter(one), iter(other)
    a, b = next(left, None), next(right, None)
    while a and b:
        starts_at, ends_at = max(a.starts_at, b.starts_at), min(a.ends_at, b.ends_at)
        if starts_at < ends_at:
            yield Opening(starts_at, ends_at)
        if a.ends_at <= b.ends_at:
            a = next(left, None)
        else:
            b = next(right, None)


def subtract(spans: Iterable[Opening], busy: Iterable[Opening]) -> Iterator[Opening]:
    """Yield what `busy` leaves of `spans`. Spans are in order and without overlap; `busy` may be in any order."""
    taken = union(busy)
    index = 0
    for span in spans:
        free_from = span.starts_at
        while index < len(taken) and taken[index].starts_at < span.ends_at:
            block = taken[index]
            if free_from < block.starts_at:
                yield Opening(free_from, block.starts_at)
            free_from = max(free_from, block.ends_at)
            if block.ends_at > span.ends_at:
                break  # it may take from the next span too
            index += 1
        if free_from < span.ends_at:
            yield Opening(free_from, span.ends_at)


def first_gap(spans: Iterable[Opening], busy: Iterable[Opening], at: datetime, minutes: int) -> Opening | None:
    """Return the first `minutes` at or after `at`, from a whole minute, inside one span and clear of `busy`.

    Spans are in order, as `openings` and `intersect` give them; they are read only as far as needed.
    """
    ready, wanted = whole_minute(at), timedelta(minutes=minutes)
    for gap in subtract(spans, busy):
        starts_at = max(ready, whole_minute(gap.starts_at))
        if starts_at + wanted <= gap.ends_at:
            return Opening(starts_at, starts_at + wanted)
    return None
