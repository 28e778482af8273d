"""What changed between two diagnostics beside the findings, each difference expected or not. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from app.hardware.diagnostics import Component, DiagnosticsDocument, Event, Kind
from app.hardware.facts import IN_TROUBLE, PartKey
from app.hardware.readings import Identity, SourceStatus, State

NOT_THERE = "not there"
NOT_READ = "not read"
CONNECTED = frozenset({"on", "up"})
COUNTED = {Kind.MEMORY: "memory modules", Kind.DRIVE: "drives"}
MOST_ENTRIES = 20
LOGS = ("-sel", "-log")  # how the source of a log entry ends: ipmi-sel, redfish-log


@dataclass(frozen=True, slots=True)
class Change:
    """One difference in words. `expected`: it is what the repair was for, or an improvement."""

    what: str
    before: str
    after: str
    expected: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What hands did to the part that the work is about, as far as it is told.

    `replaced`: another part had to be there afterwards (True), the same one (False), not told (None). The serials
    are those that were read from the parts.
    """

    replaced: bool | None = None
    removed: str | None = None
    installed: str | None = None


UNTOLD = Work()


def changes_between(
    before: DiagnosticsDocument, after: DiagnosticsDocument, named: tuple[str, str] | None, work: Work = UNTOLD
) -> tuple[Change, ...]:
    """All differences: identity, power, sources, parts (state, value, serial), counts, speeds, the log since BEFORE."""
    return (
        *_identity(before.identity, after.identity),
        *_power(before, after),
        *_sources(before, after),
        *_parts(before, after, named, work),
        *_counts(before, after, named),
        *_speeds(before, after),
        *_log(before, after, named),
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


def _parts(
    before: DiagnosticsDocument, after: DiagnosticsDocument, named: tuple[str, str] | None, work: Work
) -> Iterator[Change]:
    if not before.components:
        return
    old, new = parts_by_key(before), parts_by_key(after)
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        part = now or was
        assert part is not None
        name = f"{part.name} of {part.device}" if part.device else part.name
        meant = is_meant(part, named)
        told, tells = words_of(was, before, part), words_of(now, after, part)
        if told != tells:
            yield Change(name, told, tells, expected=meant or _is_better(was, now) or (told == NOT_READ and _well(now)))
        if was and now:
            yield from _serial(f"serial of {name}", was, now, work, meant=meant)


def _serial(what: str, was: Component, now: Component, work: Work, *, meant: bool) -> Iterator[Change]:
    """The serial that changed, and the one that had to change and did not."""
    if was.serial and now.serial and not same_serial(was.serial, now.serial):
        right = work.installed is None or not meant or same_serial(work.installed, now.serial)
        repaired = (meant or was.state in IN_TROUBLE) and work.replaced is not False
        yield Change(what, was.serial, now.serial, expected=repaired and right)
    elif meant and work.replaced and was.serial and now.state is not State.ABSENT:
        yield Change(what, was.serial, f"{now.serial}, the same" if now.serial else NOT_READ, expected=False)


def same_serial(one: str, other: str) -> bool:
    """Whether two serial numbers are the same, however they were typed."""
    return one.strip().casefold() == other.strip().casefold()


def is_meant(part: Component, named: tuple[str, str] | None) -> bool:
    """Whether the part is the one that the work is about: by kind, and by number or name."""
    if named is None or part.kind != named[0]:
        return False
    return named[1].casefold() in {str(part.number).casefold(), part.name.casefold()}


def parts_by_key(document: DiagnosticsDocument) -> dict[PartKey, Component]:
    """The parts of a document by what makes them the same part in another one."""
    return {(one.device, one.kind, one.number or one.name): one for one in document.components}


def words_of(part: Component | None, document: DiagnosticsDocument, like: Component) -> str:
    """A part in words; what a source that did not answer in full does not name is not read, never gone."""
    if part is None:
        return NOT_THERE if status_of(document, like.source) is SourceStatus.OK else NOT_READ
    told = part.value or part.state.value
    measured = part.reason is not None and part.kind in {"temperature", "voltage", "current", "fan"}
    return f"{told}: {part.reason}" if part.reason and not measured and part.reason != told else told


def status_of(document: DiagnosticsDocument, source: str) -> SourceStatus | None:
    """How a source answered; None when it was not asked."""
    return next((one.status for one in document.sources if one.name == source), None)


def _well(part: Component | None) -> bool:
    return part is not None and part.state is State.OK


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


def counted(document: DiagnosticsDocument, kind: Kind) -> int | None:
    """How many parts of a kind are there; None when a source that tells of them did not answer in full."""
    told = [part for part in document.components if part.kind is kind and part.device is None]
    silent = any(one.status is not SourceStatus.OK and ":" not in one.name for one in document.sources)
    return None if silent or not document.sources else sum(part.state is not State.ABSENT for part in told)


def _counts(before: DiagnosticsDocument, after: DiagnosticsDocument, named: tuple[str, str] | None) -> Iterator[Change]:
    for kind, words in COUNTED.items():
        old, new = counted(before, kind), counted(after, kind)
        if old is not None and new is not None and old != new:
            meant = named is not None and named[0] == kind
            yield Change(f"number of {words}", str(old), str(new), expected=meant and new > old)


def asked_of(source: str) -> str:
    """The source that was asked for what `source` says: a log's entries come through its BMC's protocol."""
    for ending in LOGS:
        source = source.removesuffix(ending)
    return source


def entries_since(before: DiagnosticsDocument, after: DiagnosticsDocument) -> tuple[Event, ...]:
    """What stands in AFTER's event logs and did not in BEFORE's; nothing of a log that BEFORE could not read."""
    known = {(one.source, one.record, one.at, one.text) for one in before.events}
    read = {one.source for one in before.events}
    return tuple(
        one
        for one in after.events
        if (one.source, one.record, one.at, one.text) not in known
        and (one.source in read or status_of(before, asked_of(one.source)) is SourceStatus.OK)
    )


def _log(before: DiagnosticsDocument, after: DiagnosticsDocument, named: tuple[str, str] | None) -> Iterator[Change]:
    """The entries since BEFORE. What the work itself does to the part it is about is expected."""
    fresh = entries_since(before, after)
    meant = {part.name for part in (*before.components, *after.components) if is_meant(part, named)}
    for one in fresh[:MOST_ENTRIES]:
        harmless = one.over or one.severity not in IN_TROUBLE or one.component in meant
        what = f"event log, {one.component}" if one.component else "event log"
        yield Change(what, "no such entry", f"{one.severity}: {one.text}", expected=harmless)
    if len(fresh) > MOST_ENTRIES:
        yield Change("event log", "no such entries", f"{len(fresh) - MOST_ENTRIES} more entries", expected=False)
