"""What changed between two diagnostics beside the findings, each difference expected or not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from app.hardware.diagnostics import Component, DiagnosticsDocument
from app.hardware.facts import IN_TROUBLE
from app.hardware.readings import Identity, State

NOT_THERE = "not there"
CONNECTED = frozenset({"on", "up"})


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in words. `expected`: it is what the repair was for, or an improvement."""

    what: str
    before: str
    after: str
    expected: bool


def changes_between(
    before: DiagnosticsDocument, after: DiagnosticsDocument, named: tuple[str, str] | None
) -> tuple[Change, ...]:
    """All differences: identity, power, sources, parts (state, value, serial), speeds of links."""
    return (
        *_identity(before.identity, after.identity),
        *_power(before, after),
        *_sources(before, after),
        *_parts(before, after, named),
        *_speeds(before, after),
    )


def _identity(before: Identity, after: Identity) -> Iterator[Change]:
    for one in fields(Identity):
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old and new and old != new:
            yield Change(one.name.replace("_", " "), old, new, expected=False)


def _power(before: DiagnosticsDocument, after: DiagnosticsDocument) -> Iterator[Change]:
    words = {True: "on", False: "off", None: "unknown"}
    if before.power.on is not None and before.power.on != after.power.on:
        yield Change("power", words[before.power.on], words[after.power.on], expected=after.power.on is True)


def _sources(before: DiagnosticsDocument, after: DiagnosticsDocument) -> Iterator[Change]:
    now = {source.name: source.status for source in after.sources}
    for source in before.sources:
        status = now.get(source.name)
        if status != source.status:
            new = status.value if status else "not asked"
            yield Change(f"source {source.name}", source.status, new, expected=new == "ok")


def _parts(before: DiagnosticsDocument, after: DiagnosticsDocument, named: tuple[str, str] | None) -> Iterator[Change]:
    old, new = _by_key(before), _by_key(after)
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        part = now or was
        if part is None or not before.components:
            continue
        name = f"{part.name} of {part.device}" if part.device else part.name
        meant = named is not None and part.kind == named[0] and named[1] in {str(part.number), part.name}
        if _words(was) != _words(now):
            yield Change(name, _words(was), _words(now), expected=meant or _is_better(was, now))
        if was and now and was.serial and now.serial and was.serial != now.serial:
            repaired = meant or was.state in IN_TROUBLE
            yield Change(f"serial of {name}", was.serial, now.serial, expected=repaired)


def _by_key(document: DiagnosticsDocument) -> dict[tuple[str | None, str, str], Component]:
    return {(one.device, one.kind, one.number or one.name): one for one in document.components}


def _words(part: Component | None) -> str:
    if part is None:
        return NOT_THERE
    told = part.value or part.state.value
    measured = part.reason is not None and part.kind in {"temperature", "voltage", "current", "fan"}
    return f"{told}: {part.reason}" if part.reason and not measured and part.reason != told else told


def _is_better(was: Component | None, now: Component | None) -> bool:
    if was is None or now is None or now.state is not State.OK:
        return False
    better_value = now.value in CONNECTED and was.value not in CONNECTED
    return better_value if now.value else was.state in IN_TROUBLE


def _speeds(before: DiagnosticsDocument, after: DiagnosticsDocument) -> Iterator[Change]:
    old = {(one.device, one.name): one for one in before.readings if one.kind == "speed"}
    for reading in after.readings:
        was = old.get((reading.device, reading.name)) if reading.kind == "speed" else None
        if was is not None and was.value is not None and reading.value is not None and was.value != reading.value:
            what = f"speed of {reading.name}"
            unit = reading.unit or ""
            yield Change(what, f"{was.value:g} {unit}", f"{reading.value:g} {unit}", expected=reading.value > was.value)
