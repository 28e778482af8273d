"""The event log of a BMC in plain words, and which of its entries still stand. Pure.

What the log itself takes back is over. What a live sensor can say, the live sensor decides: the log is its history.
An entry stands only where nothing live can speak: happenings that leave no state behind (memory errors, machine
checks) and sensors that cannot be read; and only for as long as it matters. The log's own order counts, not its clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from app.core.clock import utc_text
from app.hardware.diagnostics import Event, Kind
from app.hardware.facts import IN_TROUBLE, Facts, Fault, Meaning, Observation, Part, join_parts
from app.hardware.facts.bmc_endings import SYSTEM_EVENT, Told, ended, offset_of
from app.hardware.facts.bmc_parts import Owner, owners_of
from app.hardware.facts.bmc_past import Past
from app.hardware.facts.bmc_words import details, makers_record, part_meant
from app.hardware.facts.naming import name_of
from app.hardware.families.ipmi import SENSOR_SPECIFIC, THRESHOLD, IpmiFamily, why_unknown
from app.hardware.readings import IpmiAnswer, LogEntry, Sensor, State

SOURCE = "ipmi-sel"
STANDS_FOR = timedelta(days=30)
UNCORRECTABLE_STANDS_FOR = timedelta(days=180)
SKEW_THAT_COUNTS_S = 300.0
BMC_ADDRESS = 0x20

Key = tuple[int, int, int]


def read_log(
    family: IpmiFamily, answer: IpmiAnswer, now: datetime, parts: Sequence[Part] = (), past: Past | None = None
) -> Facts:
    """Events of the log, newest first, and the entries that still stand as observations on their parts.

    `parts` are what the live sensors say: of a part that is not there no entry stands. `past` is what earlier
    diagnostics knew: what was over stays over, and what was logged before a part was replaced is over too.
    """
    live = {(sensor.owner, sensor.number, sensor.sensor_type): sensor for sensor in answer.sensors}
    owners = dict(zip(live, owners_of(family, tuple(live.values())), strict=True))
    told = [_tell(family, entry, live, owners, answer, now) for entry in reversed(answer.log)]
    lines = [replace(line, over=ended(family, told, place)) for place, line in enumerate(told)]
    if past is not None:
        lines = [replace(line, over=line.over or past.settles(_event(line), line.owner, parts)) for line in lines]
    gone = {part.key for part in parts if part.state is State.ABSENT}
    standing = [line for line in lines if _stands(family, line, live.get(_key(line.entry)), now, gone)]
    observed = join_parts(line.owner.part(_observation(alike, now)) for line, alike in _alike(standing))
    return Facts(parts=observed, events=tuple(_event(line) for line in reversed(lines)))


def corrected(at: datetime | None, skew_s: float | None, now: datetime) -> datetime | None:
    """The instant by our clock; a time that the correction would put into the future was written before the skew."""
    if at is None or skew_s is None or abs(skew_s) < SKEW_THAT_COUNTS_S:
        return at
    ours = at - timedelta(minutes=round(skew_s / 60))
    return at if ours > now + timedelta(minutes=1) else ours


def _key(entry: LogEntry) -> Key:
    return entry.generator or BMC_ADDRESS, entry.sensor_number, entry.sensor_type


def _tell(
    family: IpmiFamily,
    entry: LogEntry,
    live: dict[Key, Sensor],
    owners: dict[Key, Owner],
    answer: IpmiAnswer,
    now: datetime,
) -> Told:
    sensor = live.get(_key(entry))
    owner = _of_data(family, entry, owners.get(_key(entry)) or _unlisted(family, entry))
    meaning = _meaning(family, entry, sensor)
    return Told(entry, owner, meaning, details(entry, sensor), corrected(entry.at, answer.clock_skew_s, now))


def _of_data(family: IpmiFamily, entry: LogEntry, owner: Owner) -> Owner:
    """The part that the entry's own data name, where its sensor speaks of several."""
    if entry.record_type != SYSTEM_EVENT or owner.number is not None:
        return owner
    meant = part_meant(entry, family.module_of)
    return owner if meant is None else Owner(meant[0], meant[1], name_of(*meant, meant[1]))


def _unlisted(family: IpmiFamily, entry: LogEntry) -> Owner:
    """The part of an entry whose sensor the BMC does not list (the BIOS writes such): only its kind is known."""
    kind = family.kind(entry.sensor_type)
    specific = family.specific.get(entry.sensor_type)
    return Owner(kind, None, kind.replace("_", " ").capitalize(), specific.explained_by if specific else frozenset())


def _meaning(family: IpmiFamily, entry: LogEntry, sensor: Sensor | None) -> Meaning:
    if entry.record_type != SYSTEM_EVENT:
        return Meaning(State.UNKNOWN, makers_record(entry))
    kind, event_type, offset = entry.sensor_type, entry.event_type, offset_of(entry)
    known = family.meaning(kind, event_type, offset, sensor.name if sensor else "")
    return known or Meaning(State.UNKNOWN, why_unknown(kind, event_type, offset))


def _stands(
    family: IpmiFamily, line: Told, live: Sensor | None, now: datetime, gone: set[tuple[str | None, Kind, str]]
) -> bool:
    specific = family.specific.get(line.entry.sensor_type)
    of_type = specific if specific and line.entry.event_type == SENSOR_SPECIFIC else None
    if line.over or line.meaning.state not in IN_TROUBLE or line.owner.part().key in gone:
        return False
    if of_type and of_type.passing:
        return False
    limit = UNCORRECTABLE_STANDS_FOR if line.meaning.fault is Fault.UNCORRECTABLE else STANDS_FOR
    if line.at is not None and now - line.at > limit:
        return False
    if of_type and offset_of(line.entry) in of_type.momentary:
        return True
    return line.entry.event_type != THRESHOLD and (live is None or live.bits is None)


def _alike(lines: Sequence[Told]) -> list[tuple[Told, list[Told]]]:
    """Lines that say the same of the same part, once each."""
    groups: dict[tuple[Owner, str], list[Told]] = {}
    for line in lines:
        groups.setdefault((line.owner, line.meaning.words), []).append(line)
    return [(group[-1], group) for group in groups.values()]


def _observation(alike: Sequence[Told], now: datetime) -> Observation:
    last = alike[-1]
    times = "once" if len(alike) == 1 else f"{len(alike)} times"
    when = f", last at {utc_text(last.at)}" if last.at else ""
    words = f"{last.meaning.words} ({times} in the event log{when})"
    record = f"event log record {last.entry.record}"
    return Observation(last.meaning.state, words, SOURCE, record, now, last.meaning.fault)


def _event(line: Told) -> Event:
    entry = line.entry
    severity = line.meaning.state if entry.asserted and line.meaning.state is not State.ABSENT else State.OK
    component = line.owner.name if line.owner.kind is not Kind.SYSTEM or entry.record_type == SYSTEM_EVENT else None
    return Event(line.at, component, line.owner.kind, severity, _text(line), SOURCE, str(entry.record), line.over)


def _text(line: Told) -> str:
    words = line.meaning.words
    if line.entry.asserted:
        said = words[:1].upper() + words[1:]
    elif line.meaning.state in IN_TROUBLE:
        said = f"Over: {words}"
    else:
        said = f"No longer {words}"
    return said if line.details is None else f"{said}: {line.details}"
