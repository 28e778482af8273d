"""A ledger: whose turn it was from when to when, and whether the clock ran. Pure.

The clock runs in the working time of whoever has the work, and changes its calendar when the work changes hands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from app.jobs.clocks.owners import Owner
from app.shifts.window import Calendar, NoWindow, add_working_time, openings

Calendars = Mapping[Owner, Calendar]
NOTHING = timedelta(0)


class Pace(StrEnum):
    """Whether a segment's time counts."""

    RUNNING = "running"
    OUTSIDE = "outside"  # of its owner's hours
    PAUSED = "paused"  # it waits for somebody who is not ours


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` (aware) on the work is with `owner`; `runs` False: it waits for somebody who is not ours."""

    at: datetime
    owner: Owner
    why: str
    runs: bool = True


@dataclass(frozen=True, slots=True)
class Segment:
    """A half-open stretch [starts_at, ends_at), aware UTC, of one owner at one pace. `time_zone` is the owner's."""

    owner: Owner
    time_zone: str
    pace: Pace
    why: str
    starts_at: datetime
    ends_at: datetime

    @property
    def length(self) -> timedelta:
        """How long it lasted, counted or not."""
        return self.ends_at - self.starts_at

    @property
    def counted(self) -> timedelta:
        """How much of it counts."""
        return self.length if self.pace == Pace.RUNNING else NOTHING


def ledger(turns: Iterable[Turn], calendars: Calendars, start: datetime, until: datetime) -> tuple[Segment, ...]:
    """The segments of [start, until) in order, without gaps; before the first turn there is nothing to tell.

    Turns may come in any order: what reached us late has its place by its own time.
    """
    found: list[Segment] = []
    for turn, begins, ends in _stretches(turns, start, until):
        for segment in _segments(turn, calendars[turn.owner], begins, ends):
            if found and _goes_on(found[-1], segment):
                found[-1] = replace(found[-1], ends_at=segment.ends_at)
            else:
                found.append(segment)
    return tuple(found)


def spent(segments: Iterable[Segment]) -> timedelta:
    """The time that counts."""
    return sum((segment.counted for segment in segments), NOTHING)


def when_spent(turns: Sequence[Turn], calendars: Calendars, start: datetime, limit: timedelta) -> datetime | None:
    """When `limit` has been spent if nothing changes hands any more (UTC); None while the last turn does not run."""
    ordered = sorted(turns, key=lambda turn: turn.at)
    if not ordered:
        return None
    left, last = limit, ordered[-1]
    for segment in ledger(ordered, calendars, start, max(start, last.at)):
        if segment.pace == Pace.RUNNING:
            if left <= segment.length:
                return segment.starts_at + left
            left -= segment.length
    if not last.runs:
        return None
    try:
        return add_working_time(calendars[last.owner], max(start, last.at), left)
    except NoWindow:
        return None


def _stretches(turns: Iterable[Turn], start: datetime, until: datetime) -> Iterator[tuple[Turn, datetime, datetime]]:
    ordered = sorted(turns, key=lambda turn: turn.at)
    ends = [turn.at for turn in ordered[1:]] + [until]
    for turn, end in zip(ordered, ends, strict=True):
        begins, stops = max(turn.at, start), min(end, until)
        if begins < stops:
            yield turn, begins.astimezone(UTC), stops.astimezone(UTC)


def _segments(turn: Turn, calendar: Calendar, begins: datetime, ends: datetime) -> Iterator[Segment]:
    def segment(pace: Pace, from_: datetime, to: datetime) -> Segment:
        return Segment(turn.owner, calendar.zone.key, pace, turn.why, from_, to)

    if not turn.runs:
        yield segment(Pace.PAUSED, begins, ends)
        return
    reached = begins
    for opening in openings(calendar, begins, ends):
        if reached < opening.starts_at:
            yield segment(Pace.OUTSIDE, reached, opening.starts_at)
        yield segment(Pace.RUNNING, opening.starts_at, opening.ends_at)
        reached = opening.ends_at
    if reached < ends:
        yield segment(Pace.OUTSIDE, reached, ends)


def _goes_on(one: Segment, following: Segment) -> bool:
    same = (one.owner, one.pace, one.why) == (following.owner, following.pace, following.why)
    return same and one.ends_at == following.starts_at
