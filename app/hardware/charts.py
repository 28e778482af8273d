"""A curve as lines, ticks and marks in a box of 360 x 170: all that a template needs to draw it. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from app.hardware.history import Point, Series
from app.hardware.readings import State

WIDTH, HEIGHT = 360, 170
LEFT, RIGHT, TOP, BOTTOM = 46, 352, 26, 140
APART = 10  # marks of one state nearer than this would hide each other
TICKS = 4
FINEST = 1e-6
FAR = 4  # a limit that is so many times the values' span away is said, not drawn: it would flatten the curve


@dataclass(frozen=True, slots=True)
class Tick:
    """A place on an axis with its words."""

    at: float
    words: str


@dataclass(frozen=True, slots=True)
class Dot:
    """One value as a mark: ok, warning, critical; or unknown, which stands on the axis because it has no value."""

    x: float
    y: float
    state: str


@dataclass(frozen=True, slots=True)
class Chart:
    """One drawing. `lines` are polylines, one for each stretch without a gap; `limits` are heights of limits."""

    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    limits: tuple[Tick, ...]
    lowest: float
    highest: float


@dataclass(frozen=True, slots=True)
class _Box:
    since: datetime
    until: datetime
    floor: float
    ceiling: float

    def x(self, at: datetime) -> float:
        return round(LEFT + (RIGHT - LEFT) * ((at - self.since) / (self.until - self.since)), 1)

    def y(self, value: float) -> float:
        return round(BOTTOM - (BOTTOM - TOP) * (value - self.floor) / (self.ceiling - self.floor), 1)


def chart(series: Series, since: datetime, until: datetime, zone: str) -> Chart | None:
    """The drawing of one curve between two instants; None when no value could be read."""
    known = series.known
    if not known:
        return None
    lowest, highest = min(known), max(known)
    near = [one for one in (series.lower, series.upper) if one is not None and _is_near(one, lowest, highest)]
    steps = _steps(min([lowest, *near]), max([highest, *near]))
    box = _Box(since, until, steps[0], steps[-1])
    step = steps[1] - steps[0]
    return Chart(
        lines=tuple(_lines(series.points, box)),
        dots=tuple(_dots(series.points, box)),
        across=tuple(Tick(box.x(at), words) for at, words in _times(since, until, ZoneInfo(zone))),
        up=tuple(Tick(box.y(value), _number(value, step)) for value in steps),
        limits=tuple(Tick(box.y(limit), f"{limit:g}") for limit in near),
        lowest=lowest,
        highest=highest,
    )


def _is_near(limit: float, lowest: float, highest: float) -> bool:
    span = max(highest - lowest, abs(highest) / 2, abs(lowest) / 2)
    return lowest - FAR * span <= limit <= highest + FAR * span


def _steps(lowest: float, highest: float) -> list[float]:
    """Round values from below the lowest to above the highest, at least two, about TICKS of them."""
    largest = max(abs(highest), abs(lowest))
    room = max(highest - lowest, largest / 1000) or 1.0  # noise of a steady value is drawn flat
    raw = max(room, FINEST) / TICKS
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw)
    first = math.floor(lowest / step)
    last = max(math.ceil(highest / step), first + 1)
    return [place * step for place in range(first, last + 1)]


def _number(value: float, step: float) -> str:
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:.{max(0, -math.floor(math.log10(step)))}f}"


def _lines(points: Sequence[Point], box: _Box) -> Iterable[str]:
    for is_known, stretch in groupby(points, lambda point: point.value is not None):
        if is_known:
            places = [f"{box.x(one.at)},{box.y(one.value)}" for one in stretch if one.value is not None]
            if len(places) > 1:
                yield " ".join(places)


def _dots(points: Sequence[Point], box: _Box) -> Iterable[Dot]:
    last: dict[str, float] = {}
    for dot in _marks(points, box):
        if dot.x - last.get(dot.state, -APART) >= APART:
            last[dot.state] = dot.x
            yield dot


def _marks(points: Sequence[Point], box: _Box) -> Iterable[Dot]:
    """What the line alone does not say: trouble, gaps, values with a gap on both sides, the newest."""
    for place, point in enumerate(points):
        if point.value is None:
            if point.state != State.ABSENT:
                yield Dot(box.x(point.at), BOTTOM, State.UNKNOWN)
            continue
        beside = [one.value for one in points[max(0, place - 1) : place + 2]]
        is_lonely = sum(value is not None for value in beside) == 1
        if point.state in {State.WARNING, State.CRITICAL} or is_lonely or place == len(points) - 1:
            yield Dot(box.x(point.at), box.y(point.value), point.state)


def _times(since: datetime, until: datetime, zone: ZoneInfo) -> Iterable[tuple[datetime, str]]:
    """Round times of the data center's wall clock: every six hours, every second day, or the 1st and 15th."""
    span = until - since
    local = since.astimezone(zone).replace(minute=0, second=0, microsecond=0)
    if span <= timedelta(days=2):
        hours, words = 6, "%H:%M"
    else:
        hours, words = 24, "%-d %b"
    local = local.replace(hour=0)
    while local.astimezone(UTC) <= until:
        if local.astimezone(UTC) >= since and _is_told(local, span):
            yield local.astimezone(UTC), f"{local:{words}}"
        local += timedelta(hours=hours)


def _is_told(local: datetime, span: timedelta) -> bool:
    if span <= timedelta(days=2):
        return True
    return local.day in {1, 15} if span > timedelta(days=20) else local.toordinal() % 2 == 0
