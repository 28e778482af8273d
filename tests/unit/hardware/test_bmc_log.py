"""The event log in plain words: what is over is history, what a live sensor can say the live sensor decides."""

from __future__ import annotations

from app.hardware.readings import LogEntry
from tests.unit.hardware.answers import (
    CHASSIS,
    DRIVE,
    FAN,
    MEMORY,
    NOW,
    PSU,
    REDUNDANCY,
    analog,
    bmc,
    discrete,
    entry,
    facts_of,
    findings_of,
    unreadable,
)

DIMM = discrete("P1-DIMMA1 ECC", MEMORY, 6)
SUPPLY = discrete("PS2 Status", PSU, 0)


def test_entries_name_the_part_and_say_in_words_what_happened() -> None:
    (event,) = facts_of(bmc(DIMM, log=[entry(12, DIMM, 1)])).events
    assert (event.component, event.kind, event.severity, event.text) == (
        "DIMM_A1",
        "memory",
        "critical",
        "Uncorrectable ECC",
    )
    assert (event.record, event.source, event.over) == ("12", "ipmi-sel", False)


def test_newest_entry_comes_first() -> None:
    log = [entry(1, SUPPLY, 3, hours_ago=9), entry(2, SUPPLY, 3, asserted=False, hours_ago=8)]
    assert [event.record for event in facts_of(bmc(SUPPLY, log=log)).events] == ["2", "1"]


def test_entry_that_was_taken_back_is_over() -> None:
    log = [entry(1, SUPPLY, 3, hours_ago=9), entry(2, SUPPLY, 3, asserted=False, hours_ago=8)]
    events = facts_of(bmc(SUPPLY, log=log)).events
    assert [(event.text, event.severity, event.over) for event in events] == [
        ("Over: input lost", "ok", True),
        ("Input lost", "critical", True),
    ]


def test_redundancy_regained_ends_redundancy_lost() -> None:
    sensor = discrete("PS Redundancy", PSU, 0, event_type=REDUNDANCY)
    log = [entry(1, sensor, 1, hours_ago=9), entry(2, sensor, 0, hours_ago=8)]
    assert facts_of(bmc(sensor, log=log)).events[1].over


def test_temperature_back_below_its_limit_ends_the_entry() -> None:
    sensor = analog("CPU1 Temp", 0x01, 50.0, "Cel")
    log = [entry(1, sensor, 9, hours_ago=9), entry(2, sensor, 8, hours_ago=8)]
    events = facts_of(bmc(sensor, log=log)).events
    assert (events[1].text, events[1].over) == ("Rose above its upper critical limit", True)


def test_cleared_log_ends_all_that_came_before() -> None:
    log_sensor = discrete("SEL", 0x10)
    log = [entry(1, DIMM, 1, hours_ago=9), entry(2, log_sensor, 2, hours_ago=8)]
    assert findings_of(bmc(DIMM, log_sensor, log=log)) == ()


def test_uncorrectable_error_stands_although_no_live_sensor_shows_it() -> None:
    (finding,) = findings_of(bmc(DIMM, log=[entry(n, DIMM, 1) for n in (5, 6)]))
    assert (finding.state, finding.kind, finding.number) == ("critical", "memory", "A1")
    assert finding.evidence[0].value.startswith("uncorrectable ECC (2 times in the event log, last at 2026-11-23")


def test_correctable_error_is_a_warning_for_a_month_and_history_after_it() -> None:
    young, old = entry(5, DIMM, 0, hours_ago=24), entry(5, DIMM, 0, hours_ago=24 * 40)
    assert [finding.state for finding in findings_of(bmc(DIMM, log=[young]))] == ["warning"]
    assert findings_of(bmc(DIMM, log=[old])) == ()


def test_entry_from_before_the_clock_was_set_still_counts() -> None:
    events = facts_of(bmc(DIMM, log=[entry(5, DIMM, 1, hours_ago=None)])).events
    assert events[0].at is None
    assert len(findings_of(bmc(DIMM, log=[entry(5, DIMM, 1, hours_ago=None)]))) == 1


def test_critical_entries_with_which_no_live_sensor_agrees_are_history() -> None:
    fan, lid = analog("FAN3", FAN, 4410.0, "/min", bits=0, lcr=420.0), discrete("Chassis Intru", CHASSIS)
    log = [entry(1, SUPPLY, 3), entry(2, lid, 0), entry(3, fan, 2)]
    assert findings_of(bmc(SUPPLY, fan, lid, log=log)) == ()


def test_fault_in_the_log_stands_when_its_sensor_can_no_longer_be_read() -> None:
    drive = unreadable("HDD3 Status", DRIVE)
    (finding,) = findings_of(bmc(drive, log=[entry(7, drive, 1)]))
    assert (finding.kind, finding.number, finding.state) == ("drive", "3", "critical")


def test_records_of_the_makers_own_are_shown_and_never_judged() -> None:
    raw = LogEntry(9, NOW, 0xC1, 0, 0, 0, True, (1, 2, 3), b"")
    (event,) = facts_of(bmc(log=[raw])).events
    assert (event.severity, event.text) == ("unknown", "A record of the maker's own type 0xc1")


def test_entry_of_a_sensor_that_is_not_listed_knows_its_kind_only() -> None:
    (finding,) = findings_of(bmc(log=[entry(3, discrete("gone", MEMORY), 1)]))
    assert (finding.kind, finding.number, finding.component) == ("memory", None, "Memory")
