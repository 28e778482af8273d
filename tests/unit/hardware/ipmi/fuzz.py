"""Any bytes at all as sensor records, log entries and inventories: nothing but our own errors, never unknown called ok.

    python -m tests.unit.hardware.ipmi.fuzz sdr|sel|fru SECONDS

runs one of them for so long, in 256 MiB of memory, and ends with status 0 when nothing was found.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.core.errors import HardwareError
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.facts import Wiring
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import CompletionCode
from app.hardware.protocols.ipmi_decode import decode_locator, decode_record
from app.hardware.protocols.ipmi_identity import read_identity, read_inventory
from app.hardware.protocols.ipmi_log import read_newest
from app.hardware.protocols.ipmi_records import read_records
from app.hardware.protocols.ipmi_sensors import interpret
from app.hardware.readings import Identity, IpmiAnswer, LogEntry, Sensor, SourceStatus, State
from app.hardware.rules import judge
from app.hardware.sources import bmc_answer
from lab.ipmi_records import compact_record, full_record, log_record, module_inventory, part_inventory
from tests.unit.hardware.answers import DRIVE, MEMORY, NOW, PSU, bmc, discrete
from tests.unit.hardware.fuzzing import run
from tests.unit.hardware.ipmi.scripted import Scripted

ROUND = 500
OURS = (HardwareError, CompletionCode)
NOT_WELL = {State.UNKNOWN, State.ABSENT}
FULL = full_record((7, 29, 3), 0x01, 1, (2, -1), (0b111111, bytes([90, 85, 80, 5, 10, 15])), "Inlet Temp")
COMPACT = compact_record((7, 4, 3), DRIVE, 0x6F, "Drive 3")
ENTRY = log_record(1, 1_795_000_000, (MEMORY, 9), (0x6F, True), (0x31, 0xFF, 3))
INVENTORIES = (part_inventory("Nordwand", "P-100", "PSN1"), module_inventory("A1B2C3D4", "M393A2K40"))


def spoiled(*whole: bytes) -> SearchStrategy[bytes]:
    """Something real with some bytes changed and its end cut off, or nothing real at all."""
    changes = st.dictionaries(st.integers(0, 600), st.integers(0, 255), max_size=6)

    def spoil(one: bytes, changed: dict[int, int], length: int) -> bytes:
        data = bytearray(one)
        for place, value in changed.items():
            data[place % len(data)] = value
        return bytes(data[:length])

    return st.builds(spoil, st.sampled_from(whole), changes, st.integers(1, 700)) | st.binary(max_size=96)


def documented(answer: IpmiAnswer) -> DiagnosticsDocument:
    """What is told of an answer; it must survive the way out and back."""
    facts = bmc_answer(answer, None, NOW).facts
    judged, findings = judge(facts, Wiring(), "S")
    document = DiagnosticsDocument(
        "i", "S", NOW, 1, True, (Source("ipmi", "x", SourceStatus.OK),), facts.identity,
        components=tuple(part.component for part in judged.parts), readings=facts.readings, events=facts.events,
        findings=findings,
    )  # fmt: skip
    assert DiagnosticsDocument.from_dict(document.to_dict()) == document
    for part in document.components:
        assert part.state is not State.UNKNOWN or part.reason
    return document


def sensors_of(records: list[bytes], reply: bytes) -> list[Sensor]:
    found = []
    for raw in records:
        try:
            decode_locator(raw)
            found += [interpret(record, reply) for record in decode_record(raw)]
        except OURS:
            continue
    return found


def sdr(records: list[bytes], reply: bytes, power_on: bool) -> None:
    """Sensor records and readings: what could not be read is never told as well."""
    session = Scripted(records=[record for record in records if len(record) > 4] or [COMPACT])
    with contextlib.suppress(*OURS):
        assert all(record for record in read_records(session))
    sensors = sensors_of(records, reply)
    documented(bmc(*sensors, power_on=power_on))
    for sensor in sensors:
        if sensor.unavailable:
            alone = documented(bmc(sensor))
            assert {part.state for part in alone.components[1:]} <= NOT_WELL
            assert {reading.state for reading in alone.readings} <= NOT_WELL


def sel(entries: list[bytes], skew_s: float | None, listed: bool) -> None:
    """Log entries: told one by one, whatever they say, and a live sensor that is well stays so unless errors stand."""
    numbered = [entry.ljust(16, b"\0")[:16] for entry in entries]
    log: list[LogEntry] = []
    with contextlib.suppress(*OURS):
        log += read_newest(Scripted(log=numbered), 50, Deadline(5))
    live = (discrete("DIMM_A1", MEMORY, 6, number=9), discrete("PS1 Status", PSU, 0, number=8)) if listed else ()
    answer = replace(bmc(*live), log=tuple(log), clock_skew_s=skew_s)
    document = documented(answer)
    assert len(document.events) == len(log)
    for event in document.events:
        assert event.text


def fru(inventories: dict[int, bytes], largest: int) -> None:
    """Inventories: a text or none, and a serial number of a part only where the area's checksum holds."""
    session = Scripted(inventories=inventories, largest=largest)
    with contextlib.suppress(*OURS):
        read_identity(session, Identity())
    locators = [one for n in range(4) if (one := decode_locator(_locator(n))) is not None]
    items = list(read_inventory(session, object(), locators))
    assert all(item.serial is None or (item.serial.isprintable() and item.serial.strip()) for item in items)
    documented(replace(bmc(discrete("PS1 Status", PSU, 0)), inventory=tuple(items)))


def _locator(number: int) -> bytes:
    return bytes([0, 0, 0x51, 0x11, 15, 0x20, number, 0x80, 0, 0, 0x10, 0, 10, number + 1, 0, 0xC4]) + b"PSU" + b"1"


TARGETS: dict[str, tuple[Callable[..., None], tuple[SearchStrategy[Any], ...]]] = {
    "sdr": (sdr, (st.lists(spoiled(FULL, COMPACT), max_size=4), st.binary(max_size=6), st.booleans())),
    "sel": (sel, (st.lists(spoiled(ENTRY), max_size=12), st.floats(-1e9, 1e9) | st.none(), st.booleans())),
    "fru": (
        fru,
        (st.dictionaries(st.integers(0, 3), spoiled(*INVENTORIES), max_size=3), st.sampled_from([8, 16, 255])),
    ),
}


def try_once(target: str, examples: int) -> None:
    """Try so many examples."""
    tried, strategies = TARGETS[target]
    settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))(
        given(*strategies)(tried)
    )()


if __name__ == "__main__":
    run(lambda examples: try_once(sys.argv[1], examples), ROUND, float(sys.argv[2]))
