"""When the event log itself says that an entry is over. Pure.

Taken back, better news of the same sensor, a cleared log, a system that booted after a failed start, or a part that was
taken out and put in again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.hardware.facts import Meaning
from app.hardware.facts.bmc_parts import Owner
from app.hardware.families.ipmi import DIGITAL, SENSOR_SPECIFIC, THRESHOLD, IpmiFamily
from app.hardware.readings import LogEntry, State

SYSTEM_EVENT = 0x02
LOG_SENSOR, LOG_CLEARED = 0x10, 2
BOOT, BOOTED = 0x1F, range(7)
# Generic types whose bits exclude each other: any later good news of the sensor takes the bad news back.
EXCLUSIVE = frozenset({DIGITAL, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B})
FIRST_UPPER_LIMIT = 6


@dataclass(frozen=True, slots=True)
class Told:
    """One entry with its part and its words; `at` is by our clock, `details` what its data bytes add."""

    entry: LogEntry
    owner: Owner
    meaning: Meaning
    details: str | None
    at: datetime | None
    over: bool = False


def offset_of(entry: LogEntry) -> int:
    """The state bit that the entry is about."""
    return entry.data[0] & 0x0F


def ended(family: IpmiFamily, told: Sequence[Told], place: int) -> bool:
    """Whether the log, told oldest first, says after `place` that this entry is over."""
    line, later = told[place], told[place + 1 :]
    if not line.entry.asserted:
        return True
    return any(_ends(family, line.entry, other) for other in later) or _is_replaced(family, line.owner, told, later)


def _ends(family: IpmiFamily, entry: LogEntry, later: Told) -> bool:
    other = later.entry
    if other.record_type != SYSTEM_EVENT:
        return False
    kind = (other.sensor_type, other.event_type)
    if kind == (LOG_SENSOR, SENSOR_SPECIFIC) and offset_of(other) == LOG_CLEARED and other.asserted:
        return True
    if kind == (BOOT, SENSOR_SPECIFIC) and offset_of(other) in BOOTED and other.asserted:
        specific = family.specific.get(entry.sensor_type)
        return specific is not None and specific.ended_by_boot and entry.event_type == SENSOR_SPECIFIC
    if (other.generator, other.sensor_number, *kind) != (
        entry.generator,
        entry.sensor_number,
        entry.sensor_type,
        entry.event_type,
    ):
        return False
    if other.event_type == THRESHOLD:
        return _is_back_within(offset_of(entry), other)
    if not other.asserted:
        return offset_of(other) == offset_of(entry)
    return other.event_type in EXCLUSIVE and later.meaning.state is State.OK


def _is_back_within(began: int, other: LogEntry) -> bool:
    """Whether a value came back within the limit crossed at `began`, or within a milder one of the same side."""
    offset = offset_of(other)
    upper, good = offset >= FIRST_UPPER_LIMIT, offset % 2 == (0 if offset >= FIRST_UPPER_LIMIT else 1)
    same_side = upper == (began >= FIRST_UPPER_LIMIT)
    return same_side and good is other.asserted and offset // 2 <= began // 2


def _is_replaced(family: IpmiFamily, owner: Owner, told: Sequence[Told], later: Sequence[Told]) -> bool:
    """Whether the part was taken out and put in again since.

    When all parts of its kind went at once, the machine was switched off, and nobody touched anything.
    """
    if owner.number is None:
        return False
    moves = [(line, present) for line in later if (present := _presence(family, line)) is not None]
    out = next((n for n, (line, present) in enumerate(moves) if line.owner == owner and not present), None)
    if out is None or not any(line.owner == owner and present for line, present in moves[out + 1 :]):
        return False
    others = {line.owner for line in told if line.owner.kind is owner.kind and line.owner.number} - {owner}
    also_out = {line.owner for line, present in moves if not present and line.owner.kind is owner.kind} - {owner}
    return not (others and also_out >= others)


def _presence(family: IpmiFamily, line: Told) -> bool | None:
    """Whether the entry says that its part is there (True) or gone (False); None when it says neither."""
    entry = line.entry
    if entry.record_type != SYSTEM_EVENT:
        return None
    specific = family.specific.get(entry.sensor_type) if entry.event_type == SENSOR_SPECIFIC else None
    if specific is not None and specific.presence == offset_of(entry):
        return entry.asserted
    if line.meaning.state is State.ABSENT:
        return not entry.asserted
    is_presence = family.says_presence(entry.sensor_type, entry.event_type, line.owner.name)
    return entry.asserted if is_presence and line.meaning.state is State.OK else None
