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


def why_later(
    shifts: Iterable[tuple[str, Opening]], machine: Iterable[Opening], hours: Opening, found: Opening
) -> str | None:
    """Why the time that was found is not the one that site hours allow: nobody on shift, the machine, the technicians.

    `shifts` are names with their spans, `machine` is what is booked on it; None when nothing is later. The sentence
    lacks its end: the instant at which `found` starts.
    """
    if found.starts_at <= hours.starts_at:
        return None
    there = {name for name, span in shifts if span.starts_at <= hours.starts_at and span.ends_at >= hours.ends_at}
    if not there:
        return "no technician is on shift for it before"
    ends = [job.ends_at for job in machine if job.starts_at < hours.ends_at and job.ends_at <= found.starts_at]
    if ends and max(ends) == found.starts_at:
        return "this machine has another appointment until"
    who = {1: "the technician on shift", 2: "both technicians"}.get(len(there), f"all {len(there)} technicians")
    if ends:
        return f"this machine and {who} are booked until"
    return f"{who} {'is' if len(there) == 1 else 'are'} booked until"


def _load(busy: Iterable[Opening], when: Opening) -> timedelta:
    near = timedelta(hours=12)
    spans = (b.duration for b in busy if abs(b.starts_at - when.starts_at) < near)
    return sum(spans, timedelta(0))
