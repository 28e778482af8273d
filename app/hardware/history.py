"""What became of one machine over time: curves, turns of its parts, findings that came again. Pure.

Everything is judged by the documents that were kept; what a document does not name is not known then, never well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from app.hardware.readings import State

AGAIN_WITHIN = timedelta(days=14)
PERIODS = {"24h": timedelta(hours=24), "7d": timedelta(days=7), "90d": timedelta(days=90)}
FIRST_KINDS = ("temperature", "power", "fan", "load", "charge", "voltage", "current")

Said = Mapping[str, Any]  # a row of the diagnostics document, as it was kept


@dataclass(frozen=True, slots=True)
class Run:
    """One asking that is done, or one sweep (`asked` False), without what was said; a hole begins where sweeps end."""

    id: UUID
    at: datetime
    worst: str | None
    asked: bool = True
    is_hole: bool = False


@dataclass(frozen=True, slots=True)
class Moment:
    """What one document says that is worth following."""

    id: UUID
    at: datetime
    complete: bool = True
    readings: Sequence[Said] = ()
    components: Sequence[Said] = ()
    findings: Sequence[Said] = ()
    sources: Sequence[Said] = ()
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a curve; `value` is None where it could not be read."""

    id: UUID
    at: datetime
    value: float | None
    state: str
    reason: str | None = None
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """One sensor over time, oldest first, with the limits that the device told last."""

    kind: str
    name: str
    unit: str | None
    points: tuple[Point, ...]
    lower: float | None = None
    upper: float | None = None

    @property
    def known(self) -> list[float]:
        """The values that could be read."""
        return [point.value for point in self.points if point.value is not None]


@dataclass(frozen=True, slots=True)
class Turn:
    """A part, or a source, that was one thing and is another from `at` on."""

    at: datetime
    id: UUID
    what: str
    before: str
    after: str
    mark: str
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Recurring:
    """One finding and the times it came: `times` episodes, each begun within 14 days of the end of the one before."""

    title: str
    state: str
    times: int
    first: datetime
    last: datetime
    is_open: bool


@dataclass(slots=True)
class _Course:
    """How one finding went, while its moments are read."""

    said: Said
    begins: list[datetime] = field(default_factory=list)
    seen: datetime | None = None
    ended: datetime | None = None


def spread(runs: Sequence[Run], most: int) -> list[Run]:
    """At most `most` of the runs, in their order: the ends, those where the worst finding turns, and an even rest."""
    if len(runs) <= most:
        return list(runs)
    turns = [place for place, (a, b) in enumerate(pairwise(runs)) if a.worst != b.worst]
    kept = {0, len(runs) - 1, *_evenly([near for place in turns for near in (place, place + 1)], most // 2)}
    rest = [place for place in range(len(runs)) if place not in kept]
    kept.update(_evenly(rest, most - len(kept)))
    return [runs[place] for place in sorted(kept)]


def _evenly(places: Sequence[int], most: int) -> list[int]:
    if len(places) <= most:
        return list(places)
    return [places[number * len(places) // most] for number in range(most)]


def series_of(moments: Sequence[Moment]) -> tuple[Series, ...]:
    """The curve of every reading, by kind and name; a moment that does not name it leaves a gap."""
    found: dict[tuple[str, str, str | None], dict[UUID, Said]] = {}
    for moment in moments:
        for said in moment.readings:
            name = f"{said['device']} {said['name']}" if said.get("device") else said["name"]
            if said["unit"] is not None or said["value"] is not None:
                found.setdefault((said["kind"], name, said["unit"]), {})[moment.id] = said
    return tuple(
        Series(kind, name, unit, _points(moments, told), *_limits(told))
        for (kind, name, unit), told in found.items()
        if any(said["state"] != State.ABSENT for said in told.values())
    )


def _points(moments: Sequence[Moment], told: Mapping[UUID, Said]) -> tuple[Point, ...]:
    points = []
    for moment in moments:
        said = told.get(moment.id)
        if said is None:
            points.append(Point(moment.id, moment.at, None, State.UNKNOWN, "not told", moment.asked))
        else:
            points.append(Point(moment.id, moment.at, said["value"], said["state"], said.get("reason"), moment.asked))
    return tuple(points)


def _limits(told: Mapping[UUID, Said]) -> tuple[float | None, float | None]:
    newest = list(told.values())[-1]
    return newest.get("lower"), newest.get("upper")


def kinds_of(series: Iterable[Series]) -> dict[str, int]:
    """How many curves of each kind there are, those that people look at first in front."""
    counts: dict[str, int] = {}
    for one in series:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    order = {kind: place for place, kind in enumerate(FIRST_KINDS)}
    return dict(sorted(counts.items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0])))


def turns_of(moments: Sequence[Moment]) -> list[Turn]:
    """Every change of a part's state or value and of a source's answer, newest first.

    A part that a document does not name keeps what was last known of it: its source's turn tells of the silence.
    """
    last: dict[tuple[str, ...], str] = {}
    turns = []
    for moment in moments:
        for key, what, words, mark in (*_sources(moment), *_parts(moment)):
            before = last.get(key)
            if before is not None and before != words:
                turns.append(Turn(moment.at, moment.id, what, before, words, mark, moment.asked))
            last[key] = words
    return turns[::-1]


Seen = tuple[tuple[str, ...], str, str, str]  # key, what, in words, mark


def _sources(moment: Moment) -> Iterable[Seen]:
    for said in moment.sources:
        words = {"ok": "answered", "partial": "answered in part"}.get(said["status"], "no answer")
        mark = {"answered": "ok", "answered in part": "warning"}.get(words, "unknown")
        yield ("source", said["name"]), f"Source {said['name']}", words, mark


def _parts(moment: Moment) -> Iterable[Seen]:
    for said in moment.components:
        device = said.get("device")
        name = f"{said['name']} of {device}" if device else said["name"]
        words = said.get("value") or said["state"]
        shown = f"{words}, {said['state']}" if said.get("value") and said["state"] != State.OK else words
        yield ("part", device or "", said["kind"], said["number"] or said["name"]), name, shown, said["state"]


def recurring(moments: Sequence[Moment], now: datetime) -> list[Recurring]:
    """The findings of these moments (oldest first) by how often they came, those that came again in front.

    An episode ends when the machine says that it is over: the part is well, or every source answered and nobody
    speaks of it. Silence ends nothing.
    """
    courses: dict[tuple[str, ...], _Course] = {}
    for moment in moments:
        told = {_key(said): said for said in moment.findings}
        for key, said in told.items():
            course = courses.setdefault(key, _Course(said))
            if course.seen is None or course.ended is not None:
                again = course.ended is not None and moment.at - course.ended <= AGAIN_WITHIN
                course.begins = [*course.begins, moment.at] if again else [moment.at]
            course.said, course.seen, course.ended = said, moment.at, None
        well = {_key(said) for said in moment.components if said["state"] == State.OK}
        for key, course in courses.items():
            if key not in told and course.ended is None and (moment.complete or key in well):
                course.ended = moment.at
    found = [_told(course) for course in courses.values() if course.seen and now - course.seen <= AGAIN_WITHIN]
    return sorted(found, key=lambda one: (-one.times, not one.is_open, one.title))


def _key(said: Said) -> tuple[str, ...]:
    return said.get("device") or "", said["kind"], said["number"] or said.get("component") or said["name"]


def _told(course: _Course) -> Recurring:
    assert course.seen is not None
    said = course.said
    return Recurring(
        said["title"], said["state"], len(course.begins), course.begins[0], course.seen, course.ended is None
    )
