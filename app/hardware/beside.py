"""Two diagnostics of one device side by side, part by part, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.hardware.diagnostics import Component, DiagnosticsDocument, Kind
from app.hardware.differences import (
    NOT_READ,
    NOT_THERE,
    counted,
    parts_by_key,
    same_serial,
    words_of,
)
from app.hardware.facts import IN_TROUBLE, RANK
from app.hardware.facts.limits import quantity
from app.hardware.readings import State

MEASURING = frozenset({Kind.TEMPERATURE, Kind.VOLTAGE, Kind.CURRENT})  # their values are readings, not parts
SAME = "the same"


@dataclass(frozen=True, slots=True)
class Side:
    """One part as one of the documents has it; `state` is None where the document does not name it."""

    words: str
    state: State | None
    serial: str | None


@dataclass(frozen=True, slots=True)
class Beside:
    """One part in both documents. `verdict` says what became of it, `mark` is the state to draw that with."""

    kind: Kind
    name: str
    before: Side
    after: Side
    verdict: str
    mark: State | None

    @property
    def is_same(self) -> bool:
        """Whether there is nothing to tell."""
        return self.verdict == SAME


@dataclass(frozen=True, slots=True)
class Figure:
    """A count or a speed in both documents, in words; `differs` where both are known and are not the same."""

    what: str
    before: str
    after: str
    differs: bool


def parts_beside(before: DiagnosticsDocument, after: DiagnosticsDocument) -> tuple[Beside, ...]:
    """Every part that one of them names: first what changed, the worst first, then what stayed as it was."""
    old, new = parts_by_key(before), parts_by_key(after)
    rows = []
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        part = now or was
        if part is None or part.kind in MEASURING:
            continue
        sides = _side(was, before, part), _side(now, after, part)
        verdict, mark = _verdict(*sides)
        name = f"{part.name} of {part.device}" if part.device else part.name
        rows.append(Beside(part.kind, name, *sides, verdict, mark))
    return tuple(sorted(rows, key=_gravity))


def _side(part: Component | None, document: DiagnosticsDocument, like: Component) -> Side:
    words = words_of(part, document, like)
    return Side(words, part.state if part else None, part.serial if part else None)


def _verdict(was: Side, now: Side) -> tuple[str, State | None]:
    """What became of a part. What cannot be read is unknown: it is neither gone nor well."""
    if now.words == NOT_READ or now.state is State.UNKNOWN:
        return (SAME if was == now else "cannot be read now"), State.UNKNOWN
    if now.state is None or now.state is State.ABSENT:
        if was.words == NOT_READ or was.state is State.UNKNOWN:
            return "not there now, not known before", State.UNKNOWN
        was_there = was.state not in {None, State.ABSENT}
        return ("no longer there", State.CRITICAL) if was_there else (SAME, State.ABSENT)
    if was.words == NOT_THERE or was.state is State.ABSENT:
        return "new here", now.state
    if was.serial and now.serial and not same_serial(was.serial, now.serial):
        return f"another part, {_became(was, now)}", now.state
    return _became(was, now), now.state


def _became(was: Side, now: Side) -> str:
    if was.state is None or was.state is State.UNKNOWN:
        return "can be read again"
    assert now.state is not None
    if now.state is not was.state:
        if now.state is State.OK:
            return "well again"
        return "worse" if RANK[now.state] < RANK[was.state] else "better"
    if now.words != was.words:
        return "changed"
    return "still in trouble" if now.state in IN_TROUBLE else SAME


def _gravity(row: Beside) -> tuple[bool, int]:
    return row.is_same, len(RANK) if row.mark is None else RANK[row.mark]


def figures_beside(before: DiagnosticsDocument, after: DiagnosticsDocument) -> tuple[Figure, ...]:
    """How many memory modules, drives, supplies and fans there are, and how fast the links run."""
    kinds = {Kind.MEMORY: "Memory modules", Kind.DRIVE: "Drives", Kind.PSU: "Power supplies", Kind.FAN: "Fans"}
    counts = [(words, counted(before, kind), counted(after, kind)) for kind, words in kinds.items()]
    figures = [
        Figure(words, _count(old), _count(new), None not in {old, new} and old != new)
        for words, old, new in counts
        if old or new
    ]
    return (*figures, *_speeds(before, after))


def _count(number: int | None) -> str:
    return "not known" if number is None else str(number)


def _speeds(before: DiagnosticsDocument, after: DiagnosticsDocument) -> Iterable[Figure]:
    told = [
        {
            (one.device, one.name): quantity(one.value, one.unit)
            for one in document.readings
            if one.kind == "speed" and one.value is not None
        }
        for document in (before, after)
    ]
    for device, name in dict.fromkeys((*told[0], *told[1])):
        old, new = (one.get((device, name), "not known") for one in told)
        where = f"{name} of {device}" if device else name
        yield Figure(f"Speed of {where}", old, new, old != new and "not known" not in {old, new})
