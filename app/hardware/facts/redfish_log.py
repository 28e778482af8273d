"""The log of a Redfish service in plain words, and which of its entries still stand. Pure.

As with a BMC's event log: what the log takes back, or marks as repaired, is over; what a part says of itself now
counts before what the log says of it. An entry stands only for happenings that leave no state behind (memory errors,
machine checks) and for parts that tell no health, and only for as long as it matters.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.core.clock import utc_text
from app.hardware.diagnostics import Event, Kind
from app.hardware.facts import IN_TROUBLE, Facts, Fault, Observation, Part, join_parts
from app.hardware.facts.json_values import text_at, value_at, word_at
from app.hardware.facts.redfish_parts import KINDS, Tree, part_in
from app.hardware.facts.redfish_status import HEALTH, health_of
from app.hardware.families.redfish import Item
from app.hardware.readings import State

SOURCE = "redfish-log"
MOST_EVENTS = 200
STANDS_FOR = timedelta(days=30)
UNCORRECTABLE_STANDS_FOR = timedelta(days=180)
UNCORRECTABLE = re.compile(r"uncorrect|multi-?bit|\bMBE\b|machine check|\bIERR\b|\bCATERR\b|\bMCE\b", re.IGNORECASE)
CORRECTABLE = re.compile(r"correctable|corrected|single-?bit|\bSBE\b|\bECC\b", re.IGNORECASE)
OF_MEMORY = re.compile(r"memory|dimm|\becc\b", re.IGNORECASE)
OF_PROCESSOR = re.compile(r"machine check|\bIERR\b|\bCATERR\b|\bMCE\b|processor|\bCPU\b", re.IGNORECASE)
CLEARED = re.compile(r"\blog\b.{0,20}\bcleared\b", re.IGNORECASE)
SENSOR_KIND = {
    "temperature": Kind.TEMPERATURE, "voltage": Kind.VOLTAGE, "current": Kind.CURRENT, "fan": Kind.FAN,
    "power supply / converter": Kind.PSU, "memory": Kind.MEMORY, "processor": Kind.CPU, "drive slot/bay": Kind.DRIVE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Line:
    item: Item
    at: datetime | None
    severity: State
    text: str
    part: Item | None
    kind: Kind
    over: bool = False

    @property
    def fault(self) -> Fault | None:
        """The happening without a state of its own that it tells of."""
        if self.kind not in {Kind.MEMORY, Kind.CPU}:
            return None
        if UNCORRECTABLE.search(self.text):
            return Fault.UNCORRECTABLE
        return Fault.CORRECTABLE if CORRECTABLE.search(self.text) else None

    @property
    def record(self) -> str:
        """The log's own name and the entry's number: "IML 119"."""
        steps = self.item.path.split("/")
        return f"{steps[-3]} {steps[-1]}"[:60] if len(steps) > 3 else self.item.path[-60:]


def read_log(tree: Tree, now: datetime) -> Facts:
    """Events of the logs, newest first, and the entries that still stand as observations on their parts."""
    by_path = {item.path.replace("#/", "#"): item for item in tree.items}
    lines = sorted((_line(tree, by_path, item) for item in tree.of("log_entry")), key=_age)
    judged = _judged(lines)
    standing = [line for line in judged if _stands(line, now)]
    parts = join_parts(_part(tree, line, alike, now) for line, alike in _alike(standing))
    events = [line for line in reversed(judged) if _is_worth_telling(line)]
    return Facts(parts=parts, events=tuple(_event(tree, line) for line in events[:MOST_EVENTS]))


def _is_worth_telling(line: _Line) -> bool:
    """Not the good news of nothing in particular: logins and settings fill the logs of many services."""
    return bool(line.text) and (line.severity is not State.OK or line.kind is not Kind.SYSTEM)


def _line(tree: Tree, by_path: dict[str, Item], item: Item) -> _Line:
    text = text_at(item.body, "Message") or text_at(item.body, "Name") or ""
    severity = HEALTH.get(word_at(item.body, "Severity") or word_at(item.body, "MessageSeverity") or "", State.UNKNOWN)
    origin = text_at(item.body, "Links/OriginOfCondition/@odata.id") or ""
    found = by_path.get(origin.replace("#/", "#").rstrip("/"))
    part = found if found is not None and found.role in KINDS else part_in(tree, text)
    return _Line(item, _instant(item), severity, text, part, _kind(item, text, part))


def _kind(item: Item, text: str, part: Item | None) -> Kind:
    if part is not None:
        return KINDS[part.role]
    known = SENSOR_KIND.get(word_at(item.body, "SensorType") or "")
    if known is not None:
        return known
    if OF_MEMORY.search(text):
        return Kind.MEMORY
    return Kind.CPU if OF_PROCESSOR.search(text) else Kind.SYSTEM


def _instant(item: Item) -> datetime | None:
    """When it was written; None for clocks that were never set ("0000-00-00T00:00:00Z") and for what is no instant."""
    text = text_at(item.body, "Created") or text_at(item.body, "EventTimestamp")
    try:
        at = datetime.fromisoformat(text) if text else None
        return None if at is None or at.year < 2000 else at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _age(line: _Line) -> tuple[datetime, int, str]:
    last = line.item.path.rpartition("/")[2]
    number = int(last) if last.isdecimal() and len(last) < 19 else 0
    return line.at or datetime.min.replace(tzinfo=UTC), number, last


def _judged(lines: Sequence[_Line]) -> list[_Line]:
    """The lines, oldest first, with what is over: taken back, repaired, or followed by good news of the same part."""
    judged: list[_Line] = []
    well: set[tuple[Kind, str]] = set()
    cleared: set[str] = set()
    for line in reversed(lines):
        log = line.item.path.rpartition("/")[0]
        about = (line.kind, line.part.path if line.part else "")
        over = _is_repaired(line.item) or log in cleared or (line.part is not None and not line.fault and about in well)
        judged.append(_Line(line.item, line.at, line.severity, line.text, line.part, line.kind, over))
        if line.severity is State.OK:
            well.add(about)
        if CLEARED.search(line.text):
            cleared.add(log)
    return judged[::-1]


def _is_repaired(item: Item) -> bool:
    if value_at(item.body, "Resolved") is True or word_at(item.body, "EntryCode") == "deassert":
        return True
    own = value_at(item.body, "Oem")
    makers = own.values() if isinstance(own, dict) else ()
    return any(value_at(maker, "Repaired") is True for maker in makers)


def _stands(line: _Line, now: datetime) -> bool:
    if line.over or line.severity not in IN_TROUBLE:
        return False
    limit = UNCORRECTABLE_STANDS_FOR if line.fault is Fault.UNCORRECTABLE else STANDS_FOR
    if line.at is not None and now - line.at > limit:
        return False
    if line.fault is not None:
        return True
    return line.part is not None and health_of(value_at(line.part.body, "Status")) is None


def _alike(lines: Sequence[_Line]) -> list[tuple[_Line, list[_Line]]]:
    """Lines that say the same of the same part, once each: the newest, and all of them."""
    groups: dict[tuple[Kind, str, str], list[_Line]] = {}
    for line in lines:
        groups.setdefault((line.kind, line.part.path if line.part else "", line.text), []).append(line)
    return [(group[-1], group) for group in groups.values()]


def _part(tree: Tree, line: _Line, alike: Sequence[_Line], now: datetime) -> Part:
    times = "once" if len(alike) == 1 else f"{len(alike)} times"
    when = f", last at {utc_text(line.at)}" if line.at else ""
    words = f"{line.text} ({times} in the log{when})"
    seen = Observation(line.severity, words, SOURCE, f"log entry {line.record}", now, line.fault)
    if line.part is None:
        name = line.kind.replace("_", " ").capitalize()
        return Part(line.kind, name, None, (seen,), explained_by=frozenset({line.kind}))
    return Part(line.kind, tree.name(line.part), tree.numbers[line.part.path], (seen,))


def _event(tree: Tree, line: _Line) -> Event:
    component = tree.name(line.part) if line.part else None
    return Event(line.at, component, line.kind, line.severity, line.text, SOURCE, line.record, line.over)
