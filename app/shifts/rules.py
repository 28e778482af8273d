"""Whose time it is: the choice of a technician and a time for a job. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Final

from app.shifts.window import Calendar, Opening, first_gap, intersect, openings, subtract

NEAR: Final = timedelta(hours=12)
ASKED_FOR: Final = "the technician asked for"


@dataclass(frozen=True, slots=True)
class Shift:
    """What a roster line's hours have of the site's between two instants; as often as one asks, walked while asked."""

    site: Calendar
    own: Calendar
    starts_at: datetime
    ends_at: datetime

    def __iter__(self) -> Iterator[Opening]:
        edges = self.starts_at, self.ends_at
        return intersect(openings(self.site, *edges), openings(self.own, *edges))


@dataclass(frozen=True, slots=True)
class Rostered:
    """A technician: spans of work (in order, an iterable per roster line), when away, and what is booked.

    Bookings that follow each other without a gap may be one span.
    """

    person_id: int
    name: str
    spans: Sequence[Iterable[Opening]]
    away: Sequence[Opening] = ()
    booked: Sequence[Opening] = ()


@dataclass(frozen=True, slots=True)
class Staff:
    """Who can be asked for a job on a machine, and what is booked on the machine itself, from one instant on."""

    technicians: Sequence[Rostered]
    machine: Sequence[Opening] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """Who and when."""

    person_id: int
    name: str
    when: Opening


def choose(staff: Staff, at: datetime, minutes: int) -> Choice | None:
    """The earliest time at or after `at` that any of them has; of equals the one with less booked that day.

    None when nobody has `minutes` in one piece.
    """
    options = []
    for technician in staff.technicians:
        busy = (*technician.booked, *technician.away, *staff.machine)
        gaps = [first_gap(spans, busy, at, minutes) for spans in technician.spans]
        found = [gap for gap in gaps if gap is not None]
        if found:
            when = min(found)
            options.append((when, _load(technician.booked, when), technician.name, technician.person_id))
    if not options:
        return None
    when, _, name, person_id = min(options)
    return Choice(person_id, name, when)


def on_shift(technicians: Iterable[Rostered], end: datetime) -> Iterator[tuple[str, Opening]]:
    """Who is there when, before `end`: name and span, absences taken off; bookings do not matter."""
    for technician in technicians:
        for spans in technician.spans:
            before = takewhile(lambda span: span.starts_at < end, spans)
            yield from ((technician.name, span) for span in subtract(before, technician.away))


def why_later(
    shifts: Iterable[tuple[str, Opening]],
    machine: Iterable[Opening],
    hours: Opening,
    found: Opening,
    *,
    named: bool = False,
) -> str | None:
    """Why the time that was found is not the one that site hours allow: nobody on shift, the machine, the technicians.

    `shifts` are names with their spans, `machine` is what is booked on it; `named`: one technician was asked for, and
    the shifts are theirs. None when nothing is later. The sentence lacks its end: the instant at which `found` starts.
    """
    if found.starts_at <= hours.starts_at:
        return None
    there = {name for name, span in shifts if span.starts_at <= hours.starts_at and span.ends_at >= hours.ends_at}
    if not there:
        return f"{ASKED_FOR} is not on shift for it before" if named else "no technician is on shift for it before"
    before = (job for job in machine if job.starts_at < hours.ends_at and job.ends_at > hours.starts_at)
    ends = [job.ends_at for job in before if job.ends_at <= found.starts_at]
    if ends and max(ends) == found.starts_at:
        return "this machine has another appointment until"
    alone = ASKED_FOR if named else "the technician on shift"
    who = {1: alone, 2: "both technicians"}.get(len(there), f"all {len(there)} technicians")
    if ends:
        return f"this machine and {who} are booked until"
    return f"{who} {'is' if len(there) == 1 else 'are'} booked until"


def _load(booked: Iterable[Opening], when: Opening) -> timedelta:
    """How much is booked within half a day of that time."""
    first, last = when.starts_at - NEAR, when.starts_at + NEAR
    taken = (min(span.ends_at, last) - max(span.starts_at, first) for span in booked)
    return sum((part for part in taken if part > timedelta(0)), timedelta(0))
