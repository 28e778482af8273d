"""Whose time it is: the choice of a technician and a time for a job. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.shifts.window import Opening, first_gap


@dataclass(frozen=True, slots=True)
class Rostered:
    """A technician: spans of work (lazy, in order, an iterable per roster line) and what already takes time."""

    person_id: int
    name: str
    spans: Sequence[Iterable[Opening]]
    busy: Sequence[Opening]


@dataclass(frozen=True, slots=True)
class Choice:
    """Who and when."""

    person_id: int
    name: str
    when: Opening


def choose(technicians: Iterable[Rostered], at: datetime, minutes: int) -> Choice | None:
    """The earliest time at or after `at` that any of them has; of equals the one with less booked that day.

    Consumes the spans. None when nobody has `minutes` in one piece.
    """
    options = []
    for technician in technicians:
        gaps = [first_gap(spans, technician.busy, at, minutes) for spans in technician.spans]
        found = [gap for gap in gaps if gap is not None]
        if found:
            when = min(found)
            options.append((when, _load(technician.busy, when), technician.name, technician.person_id))
    if not options:
        return None
    when, _, name, person_id = min(options)
    return Choice(person_id, name, when)


def _load(busy: Iterable[Opening], when: Opening) -> timedelta:
    near = timedelta(hours=12)
    spans = (b.duration for b in busy if abs(b.starts_at - when.starts_at) < near)
    return sum(spans, timedelta(0))
