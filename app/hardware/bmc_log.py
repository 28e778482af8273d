"""The event log of a BMC in plain words, and which of its entries still stand.

What the log itself takes back is over. What a live sensor can say, the live sensor decides: the log is its history.
An entry stands only where nothing live can speak: happenings that leave no state behind (memory errors, machine
checks) and sensors that cannot be read; and only for as long as it matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.clock import utc_text
from app.hardware.bmc_parts import Owner, owners_of
from app.hardware.diagnostics import Event, Kind
from app.hardware.facts import IN_TROUBLE, Facts, Fault, Meaning, Observation, join_parts
from app.hardware.families_ipmi import SENSOR_SPECIFIC, THRESHOLD, IpmiFamily
from app.hardware.readings import IpmiAnswer, LogEntry, Sensor, State

SOURCE = "ipmi-sel"
STANDS_FOR = timedelta(days=30)
UNCORRECTABLE_STANDS_FOR = timedelta(days=180)
SYSTEM_EVENT = 0x02
LOG_SENSOR, LOG_CLEARED = 0x10, 2
# Generic types whose bits exclude each other: any later good news of the sensor takes the bad news back.
EXCLUSIVE = frozenset({0x04, 0x05, 0x06, 0x07, 0x08, 0x0A, 0x0B})


@dataclass(frozen=True, slots=True)
class _Line:
    entry: LogEntry
    owner: Owner
    meaning: Meaning
    over: bool

    @property
    def offset(self) -> int:
        return self.entry.data[0] & 0x0F


def read_log(family: IpmiFamily, answer: IpmiAnswer, now: datetime) -> Facts:
    """Events of the log, newest first, and the entries that still stand as observations on their parts."""
    live = {(sensor.number, sensor.sensor_type): sensor for sensor in answer.sensors}
    owners = dict(zip(live, owners_of(family, tuple(live.values())), strict=True))
    entries = sorted(answer.log, key=_age)
    lines = []
    for place, entry in enumerate(entries):
        owner = owners.get(_sensor_of(entry)) or _unlisted(family, entry)
        lines.append(_Line(entry, owner, _meaning(family, entry), _is_over(family, entry, entries[place + 1 :])))
    standing = [line for line in lines if _stands(family, line, live.get(_sensor_of(line.entry)), now)]
    parts = join_parts(line.owner.part(_observation(alike, now)) for line, alike in _alike(standing))
    return Facts(parts=parts, events=tuple(_event(line) for line in reversed(lines)))


def _age(entry: LogEntry) -> tuple[datetime, int]:
    return entry.at or datetime.min.replace(tzinfo=UTC), entry.record


def _sensor_of(entry: LogEntry) -> tuple[int, int]:
    return entry.sensor_number, entry.sensor_type


def _unlisted(family: IpmiFamily, entry: LogEntry) -> Owner:
    """The part of an entry whose sensor the BMC does not list (the BIOS writes such): only its kind is known."""
    kind = family.kind(entry.sensor_type)
    specific = family.specific.get(entry.sensor_type)
    return Owner(kind, None, kind.replace("_", " ").capitalize(), specific.explained_by if specific else frozenset())


def _meaning(family: IpmiFamily, entry: LogEntry) -> Meaning:
    if entry.record_type != SYSTEM_EVENT:
        return Meaning(State.UNKNOWN, f"a record of the maker's own type 0x{entry.record_type:02x}")
    offset = entry.data[0] & 0x0F
    known = family.meaning(entry.sensor_type, entry.event_type, offset)
    return known or Meaning(
        State.UNKNOWN,
        f"event 0x{entry.event_type:02x} offset {offset} of sensor type 0x{entry.sensor_type:02x}, not in the tables",
    )


def _is_over(family: IpmiFamily, entry: LogEntry, later: Sequence[LogEntry]) -> bool:
    """Whether the log says afterwards that it ended: taken back, good news of the same sensor, or a cleared log."""
    if not entry.asserted:
        return True
    return any(_ends(family, entry, other) for other in later)


def _ends(family: IpmiFamily, entry: LogEntry, other: LogEntry) -> bool:
    if other.record_type != SYSTEM_EVENT:
        return False
    offset = other.data[0] & 0x0F
    if (other.sensor_type, other.event_type, offset) == (LOG_SENSOR, SENSOR_SPECIFIC, LOG_CLEARED):
        return True
    same = (other.sensor_number, other.sensor_type, other.event_type)
    if same != (entry.sensor_number, entry.sensor_type, entry.event_type):
        return False
    began = entry.data[0] & 0x0F
    if not other.asserted:
        return offset == began
    if other.event_type == THRESHOLD:
        return offset == began ^ 1
    news = family.meaning(other.sensor_type, other.event_type, offset)
    return other.event_type in EXCLUSIVE and news is not None and news.state is State.OK


def _stands(family: IpmiFamily, line: _Line, live: Sensor | None, now: datetime) -> bool:
    if line.over or line.meaning.state not in IN_TROUBLE:
        return False
    limit = UNCORRECTABLE_STANDS_FOR if line.meaning.fault is Fault.UNCORRECTABLE else STANDS_FOR
    if line.entry.at is not None and now - line.entry.at > limit:
        return False
    specific = family.specific.get(line.entry.sensor_type)
    if specific and line.entry.event_type == SENSOR_SPECIFIC and line.offset in specific.momentary:
        return True
    return line.entry.event_type != THRESHOLD and (live is None or live.bits is None)


def _alike(lines: Sequence[_Line]) -> list[tuple[_Line, list[_Line]]]:
    """Lines that say the same of the same part, once each."""
    groups: dict[tuple[Owner, str], list[_Line]] = {}
    for line in lines:
        groups.setdefault((line.owner, line.meaning.words), []).append(line)
    return [(group[-1], group) for group in groups.values()]


def _observation(alike: Sequence[_Line], now: datetime) -> Observation:
    last = alike[-1]
    times = "once" if len(alike) == 1 else f"{len(alike)} times"
    when = f", last at {utc_text(last.entry.at)}" if last.entry.at else ""
    words = f"{last.meaning.words} ({times} in the event log{when})"
    record = f"event log record {last.entry.record}"
    return Observation(last.meaning.state, words, SOURCE, record, now, last.meaning.fault)


def _event(line: _Line) -> Event:
    entry = line.entry
    words = line.meaning.words[:1].upper() + line.meaning.words[1:]
    text = words if entry.asserted else f"Over: {line.meaning.words}"
    severity = line.meaning.state if entry.asserted and line.meaning.state is not State.ABSENT else State.OK
    component = line.owner.name if line.owner.kind is not Kind.SYSTEM or entry.record_type == SYSTEM_EVENT else None
    return Event(entry.at, component, line.owner.kind, severity, text, SOURCE, str(entry.record), line.over)
