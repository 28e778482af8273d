"""Openings in blocks of eight weeks, remembered: whoever seeks far passes a block by its longest opening."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from app.shifts.window.calendars import Calendar, day_to_begin, runs
from app.shifts.window.hours import Hours
from app.shifts.window.zones import SECONDS_A_DAY

BLOCK_S = 56 * SECONDS_A_DAY
MARGIN_DAYS = 8  # openings that are not whole within it are longer than any week's hours but those that never end


@dataclass(frozen=True, slots=True)
class _Block:
    """What opens within a block, whole, in seconds UTC, in order; and the longest of it."""

    runs: tuple[tuple[int, int], ...]
    longest: tuple[int, int] | None


def runs_that_tell(calendar: Calendar, second: int, last: int, wanted: int) -> Iterator[tuple[int, int]]:
    """Yield openings in seconds UTC from the one at `second` on to `last`: all that `wanted` seconds may fit into.

    Of blocks between in which none is that long, only the longest. An opening may come twice.
    """
    first_day, last_day = second // SECONDS_A_DAY - MARGIN_DAYS, last // SECONDS_A_DAY + 2
    begins = second - MARGIN_DAYS * SECONDS_A_DAY
    if not calendar.hours.never_close and not _has_closed_days(calendar, first_day, last_day):
        for number in range(begins // BLOCK_S, last // BLOCK_S + 1):
            block = _block(calendar.zone, calendar.hours, number)
            if block is None:
                break
            is_between = second < number * BLOCK_S and (number + 1) * BLOCK_S <= last
            if block.longest is not None and is_between and block.longest[1] - block.longest[0] < wanted:
                yield block.longest
            else:
                yield from block.runs
        else:
            return
    yield from runs(calendar, day_to_begin(calendar, second), last_day)


def _has_closed_days(calendar: Calendar, first_day: int, last_day: int) -> bool:
    days = calendar.closed_in_order
    after = bisect_left(days, first_day)
    return after < len(days) and days[after] <= last_day


@lru_cache(maxsize=2**12)
def _block(time_zone: ZoneInfo, hours: Hours, number: int) -> _Block | None:
    """One block of a calendar without closed days; None when an opening in it is longer than can be seen whole."""
    starts, ends = number * BLOCK_S, (number + 1) * BLOCK_S
    first_day, last_day = starts // SECONDS_A_DAY - MARGIN_DAYS, ends // SECONDS_A_DAY + MARGIN_DAYS
    seen_until = (last_day - 2) * SECONDS_A_DAY
    whole = tuple(run for run in runs(Calendar(time_zone, hours), first_day, last_day) if starts <= run[0] < ends)
    if any(closes >= seen_until for _, closes in whole):
        return None
    return _Block(whole, max(whole, key=lambda run: run[1] - run[0], default=None))
