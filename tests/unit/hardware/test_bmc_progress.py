"""What is shown of a BMC while it is still being read: what a person at the rack needs first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from app.hardware.diagnostics import DiagnosticsDocument, Event, Kind
from app.hardware.facts.bmc_progress import BmcProgress
from app.hardware.protocols.ipmi_log import decode_entry
from app.hardware.readings import Sensor, State
from app.hardware.vendors import ipmi_family
from tests.unit.hardware.ipmi.scripted import memory_error

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
LOG = tuple(decode_entry(memory_error(record, 1, 1_795_000_000)) for record in (3, 2, 1))
DRIVES = tuple(Sensor(n, f"Drive {n}", 0x0D, 0x6F, 4, n, bits=1) for n in range(6))
FAULT = 0b11


def known(*records: str) -> DiagnosticsDocument:
    events = tuple(Event(NOW, None, Kind.MEMORY, State.WARNING, "", "ipmi-sel", record) for record in records)
    return DiagnosticsDocument("1", "S", NOW, 0, complete=True, events=events)


def test_words_grow_with_what_arrives() -> None:
    progress = BmcProgress(ipmi_family(None), NOW, known("1", "2"))
    told = [progress.part(*one)["detail"] for one in (("power", True), ("log", LOG), ("health", DRIVES))]
    assert told == [
        "power on",
        "power on, 1 new event",
        "power on, 1 new event, no power supply or drive in trouble",
    ]


def test_failed_drive_is_named_and_brought_as_a_component() -> None:
    drives = (*DRIVES[:3], replace(DRIVES[3], bits=FAULT), *DRIVES[4:])
    part = BmcProgress(ipmi_family(None), NOW).part("health", drives)
    assert part["detail"] == "in trouble: Drive 3"
    assert [one["name"] for one in part["components"] if one["state"] == "critical"] == ["Drive 3"]


def test_many_failed_drives_are_counted() -> None:
    part = BmcProgress(ipmi_family(None), NOW).part("health", tuple(replace(one, bits=FAULT) for one in DRIVES))
    assert part["detail"] == "in trouble: Drive 0, Drive 1, Drive 2 and 3 more"


def test_without_earlier_diagnostics_no_event_is_called_new() -> None:
    assert BmcProgress(ipmi_family(None), NOW).part("log", LOG)["detail"] == "3 events"
