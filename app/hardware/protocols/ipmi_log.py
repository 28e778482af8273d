"""The system event log of a BMC: newest entries first, never more than asked for (IPMI 2.0 chapters 31 and 32)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import CompletionCode
from app.hardware.protocols.ipmi_records import STORAGE
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.ipmi_wire import Request
from app.hardware.readings import LogEntry

GET_INFO, GET_ENTRY, GET_TIME = 0x40, 0x43, 0x48
FIRST, LAST, WHOLE_RECORD = 0x0000, 0xFFFF, 0xFF
NOT_PRESENT, OUT_OF_RANGE = 0xCB, 0xC9
RECORD_SIZE = 16
BMC_ADDRESS = 0x20
SYSTEM_EVENT = 0x02
# Below this a time stamp counts seconds since the BMC started; the top value means "unknown" (section 37.1).
PRE_INIT_END, UNSPECIFIED = 0x20000000, 0xFFFFFFFF
GAPS = 16
AT_ONCE = 8  # entries asked for together
ADDED_AT = 5  # when the newest entry was added (table 31-2)
OVERFLOW_AT, OVERFLOW = 13, 0x80


def clock_skew_s(session: BmcSession, now: datetime) -> float | None:
    """Return how far the BMC's log clock is ahead of `now`, None when it was never set. One request."""
    clock = moment(int.from_bytes(session.command(STORAGE, GET_TIME)[:4], "little"))
    return None if clock is None else (clock - now).total_seconds()


@dataclass(frozen=True, slots=True)
class LogState:
    """What a BMC says of its log: how many entries it holds, when it was last erased (as the BMC tells time).

    `full`: entries were lost for want of room. `said` is the whole answer, which changes with the log.
    """

    count: int
    erased: bytes
    full: bool = False
    said: bytes = b""

    @property
    def has_room(self) -> bool:
        """Whether an entry can be added without one being dropped."""
        return not self.full and any(self.said[3:5])

    @property
    def tells_of_change(self) -> bool:
        """Whether this answer cannot stay as it is when the log changes: it is empty, or has room and dates entries."""
        added = self.said[ADDED_AT : ADDED_AT + 4]
        dated = len(added) == 4 and moment(int.from_bytes(added, "little")) is not None
        return self.count == 0 or (self.has_room and dated)


def log_state(session: BmcSession) -> LogState:
    """Ask for the log's state. One request."""
    answer = session.command(STORAGE, GET_INFO)
    full = len(answer) > OVERFLOW_AT and bool(answer[OVERFLOW_AT] & OVERFLOW)
    return LogState(int.from_bytes(answer[1:3], "little"), bytes(answer[9:13]), full, bytes(answer))


@dataclass(frozen=True, slots=True)
class KnownLog:
    """A log as it was read: its state then, its entries (newest first), how far its clock was ahead of ours."""

    state: LogState
    entries: tuple[LogEntry, ...]
    skew_s: float | None

    def can_have_grown_into(self, state: LogState) -> bool:
        """Whether the log of `state` may be this one and what was added; not when it was erased, or entries removed."""
        return state.erased == self.state.erased and state.count >= self.state.count

    def has_grown_into(self, state: LogState, entries: Sequence[LogEntry]) -> bool:
        """Whether the counts agree with what was added; in a log without room the oldest may have been dropped."""
        added = next((place for place, entry in enumerate(entries) if entry == self.entries[0]), None)
        return added is None or not state.has_room or self.state.count + added == state.count


def read_newest(
    session: BmcSession, wanted: int, until: Deadline, known: Sequence[LogEntry] = ()
) -> Iterator[LogEntry]:
    """Yield `wanted` entries, newest first, or fewer when `until` passes. Cost: one request an entry.

    From the first entry on that is among `known` (newest first too), those are yielded instead of asked for.
    Ids are walked downwards, which no command offers but nearly all BMCs allow; where they are not dense,
    the log is read from its beginning.
    """
    if not wanted:
        return
    places = {entry.record: place for place, entry in enumerate(known)}
    found = 0
    for entry in _downwards(session, wanted):
        place = places.get(entry.record)
        if place is not None and known[place] == entry:
            yield from known[place : place + wanted - found]
            return
        yield entry
        found += 1
        if found == wanted or until.passed:
            return
    yield from _upwards(session, until)[found:wanted]


def _downwards(session: BmcSession, wanted: int) -> Iterator[LogEntry]:
    """Walk from the newest entry to ever smaller ids, over small gaps; twice as many together each time."""
    answer = _read_entry(session, LAST)
    if answer is None:
        return  # not even the newest can be asked for by "last"
    yield answer[1]
    below, number, gaps, found, together = answer[1].record, answer[1].record, 0, 1, 1
    while number > FIRST + 1 and gaps < GAPS and found < wanted:
        together = min(2 * together, AT_ONCE, wanted - found)
        numbers = range(number - 1, max(FIRST, number - 1 - together), -1)
        for said in list(session.commands(map(entry_request, numbers))):
            older = _entry_of(said)
            if older is None or older[1].record >= below:
                gaps += 1
            else:
                gaps, below, found = 0, older[1].record, found + 1
                yield older[1]
        number = min(numbers[-1], below)


def _upwards(session: BmcSession, until: Deadline) -> list[LogEntry]:
    """Walk the whole log from its first entry; return it newest first, or nothing when the time is over."""
    entries: list[LogEntry] = []
    record, seen = FIRST, set[int]()
    while record != LAST and record not in seen:
        if until.passed:
            return []
        seen.add(record)
        answer = _read_entry(session, record)
        if answer is None:
            break
        record = answer[0]
        entries.append(answer[1])
    return entries[::-1]


def entry_request(record: int = LAST) -> Request:
    """Return the request for one entry, the newest unless told otherwise."""
    return Request(STORAGE, GET_ENTRY, struct.pack("<HHBB", 0, record, 0, WHOLE_RECORD))


def _read_entry(session: BmcSession, record: int) -> tuple[int, LogEntry] | None:
    """Return the next record's id and the entry, or None when there is no such record."""
    try:
        return _entry_of(session.command(*entry_request(record)))
    except CompletionCode as refusal:
        return _entry_of(refusal)


def _entry_of(answer: bytes | CompletionCode) -> tuple[int, LogEntry] | None:
    if isinstance(answer, CompletionCode):
        if answer.code in (NOT_PRESENT, OUT_OF_RANGE):
            return None
        raise answer
    if len(answer) < 2 + RECORD_SIZE:
        return None
    return int.from_bytes(answer[:2], "little"), decode_entry(answer[2 : 2 + RECORD_SIZE])


def decode_entry(raw: bytes) -> LogEntry:
    """Return what 16 bytes of log say; OEM records without a time stamp have no time (table 32-1 to 32-3)."""
    record, record_type, stamp = struct.unpack_from("<HBI", raw)
    timed = record_type < 0xE0
    system_event = record_type == SYSTEM_EVENT
    return LogEntry(
        record=record,
        at=moment(stamp) if timed else None,
        record_type=record_type,
        sensor_type=raw[10] if system_event else 0,
        sensor_number=raw[11] if system_event else 0,
        event_type=raw[12] & 0x7F if system_event else 0,
        asserted=not raw[12] & 0x80 if system_event else True,
        data=(raw[13], raw[14], raw[15]),
        raw=bytes(raw),
        generator=raw[7] if system_event else BMC_ADDRESS,
    )


def moment(stamp: int) -> datetime | None:
    """Return the UTC time of an IPMI time stamp; None before the clock was set, and for "unspecified"."""
    if stamp < PRE_INIT_END or stamp == UNSPECIFIED:
        return None
    return datetime.fromtimestamp(stamp, UTC)
