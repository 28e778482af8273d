"""An agent in memory: what a walk recorded ("OID|type|value", one object a line) behind the door of a real one."""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from app.hardware.collect_agent import AgentFacts, read_agent
from app.hardware.readings import SnmpTable, SnmpType, SnmpValue

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NUMBERS = {
    "2": SnmpType.INTEGER,
    "65": SnmpType.COUNTER,
    "66": SnmpType.GAUGE,
    "67": SnmpType.TICKS,
    "70": SnmpType.COUNTER64,
}
FLOAT_TAG = bytes.fromhex("9f7804")


class RecordedAgent:
    """Answers `get` and `walk` out of recorded lines; what is not recorded is absent."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.problems: dict[str, str] = {}
        self.asked = 0
        values = [recorded_value(line) for line in lines if "|" in line]
        self._values = dict(sorted((_arcs(value.oid), value) for value in values))
        self._order = list(self._values)

    def get(self, oids: Sequence[str]) -> dict[str, SnmpValue]:
        """The recorded values."""
        self.asked += 1
        return {oid: self._values.get(_arcs(oid), SnmpValue(oid, SnmpType.ABSENT, None)) for oid in oids}

    def walk(self, column: str) -> SnmpTable:
        """All recorded rows of a column, in order."""
        self.asked += 1
        root, rows = _arcs(column), []
        for arcs in self._order[bisect_left(self._order, (*root, 0)) :]:
            if arcs[: len(root)] != root:
                break
            rows.append(self._values[arcs])
        return SnmpTable(column, tuple(rows), complete=True)


def read_recorded(lines: Iterable[str], role: str) -> AgentFacts:
    """What the product makes of a recorded agent in a device of this role."""
    return read_agent(RecordedAgent(lines), role, "snmp", NOW)


def recorded_value(line: str) -> SnmpValue:
    """One line as the value that stood on the wire."""
    oid, kind, text = line.rstrip("\r\n").split("|", 2)
    oid, base = oid.strip().strip("."), kind.rstrip("x")
    if base in NUMBERS:
        return _number(oid, NUMBERS[base], text)
    raw = bytes.fromhex(text) if kind.endswith("x") else text.encode("utf-8", "surrogateescape")
    if base == "6":
        return SnmpValue(oid, SnmpType.OID, text.strip(".").encode())
    if base == "64":
        return SnmpValue(oid, SnmpType.IP, raw)
    if base == "68" and raw.startswith(FLOAT_TAG):
        return SnmpValue(oid, SnmpType.FLOAT, struct.unpack(">f", raw[3:7])[0])
    if base == "5":
        return SnmpValue(oid, SnmpType.ABSENT, None)
    return SnmpValue(oid, SnmpType.STRING, raw)


def _number(oid: str, kind: SnmpType, text: str) -> SnmpValue:
    try:
        return SnmpValue(oid, kind, int(text))
    except ValueError:  # the donor removed it
        return SnmpValue(oid, SnmpType.ABSENT, None)


def _arcs(oid: str) -> tuple[int, ...]:
    return tuple(int(arc) for arc in oid.strip(".").split("."))
