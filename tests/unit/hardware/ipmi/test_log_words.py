"""What log entries say: values at limits, causes, the part meant; and when they are over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from app.hardware.diagnostics import Component, DiagnosticsDocument, Event, Kind
from app.hardware.facts import Facts
from app.hardware.facts.bmc_log import corrected, read_log
from app.hardware.facts.bmc_past import Past
from app.hardware.facts.bmc_sensors import read_sensors
from app.hardware.readings import InventoryItem, IpmiAnswer, LogEntry, Sensor, State
from app.hardware.scale import Scale
from app.hardware.vendors.ipmi_generic import FAMILY
from tests.unit.hardware.answers import (
    DRIVE,
    FAN,
    MEMORY,
    NOW,
    PSU,
    TEMPERATURE,
    WATCHDOG,
    analog,
    bmc,
    discrete,
    entry,
    facts_of,
    findings_of,
)

BIOS = 0x33
FIRMWARE, SLOT, BOOT, PRESENCE = 0x0F, 0x21, 0x1F, 0x08
DIMM, OTHER_DIMM = discrete("DIMM_A1", MEMORY, 6), discrete("DIMM_A2", MEMORY, 6)
DRIVE_3 = discrete("Drive 3", DRIVE, 0)


def said(record: int, sensor: Sensor, *data: int, hours_ago: float = 1.0, generator: int = 0x20) -> LogEntry:
    """An entry with these data bytes."""
    one = entry(record, sensor, data[0] & 0x0F, hours_ago=hours_ago)
    return replace(one, data=(data[0], data[1], data[2]), generator=generator)


def text_of(*sensors: Sensor, log: LogEntry) -> tuple[str | None, str]:
    (event,) = facts_of(bmc(*sensors, log=[log])).events
    return event.component, event.text


def test_crossed_limit_tells_value_and_limit_in_the_sensors_unit() -> None:
    hot = replace(analog("CPU1 Temp", TEMPERATURE, 60.0, "Cel"), scale=Scale(1, 0, 0, 0))
    assert text_of(hot, log=said(1, hot, 0x59, 96, 90)) == (
        "CPU1 Temp",
        "Rose above its upper critical limit: 96 °C, limit 90 °C",
    )
    assert text_of(hot, log=said(1, hot, 0x09, 96, 90))[1] == "Rose above its upper critical limit"
    rail = replace(analog("12V", 0x02, 12.0, "V"), scale=Scale(60, 0, 0, -3))
    assert text_of(rail, log=said(1, rail, 0x52, 175, 180))[1] == (
        "Fell below its lower critical limit: 10.5 V, limit 10.8 V"
    )


@pytest.mark.parametrize(
    ("kind", "data", "text"),
    [
        (PSU, (0x36, 0xFF, 0), "Configuration error: vendors differ"),
        (PSU, (0x36, 0xFF, 3), "Configuration error: power ratings differ"),
        (PSU, (0x06, 0xFF, 3), "Configuration error"),
        (FIRMWARE, (0xC0, 2, 0xFF), "Error in the power-on test: no usable memory"),
        (FIRMWARE, (0xC2, 7, 0xFF), "Power-on test going on: PCI"),
        (WATCHDOG, (0xC1, 4, 0xFF), "Watchdog reset the machine: operating system"),
        (MEMORY, (0xA1, 0x12, 0x34), "Uncorrectable ECC: maker's data 0x12 0x34"),
        (0x13, (0xA5, 0x00, 0xF0), "PCI system error: maker's data 0x00 0xf0"),
    ],
)
def test_data_bytes_add_what_the_standard_says_and_the_makers_are_quoted(
    kind: int, data: tuple[int, int, int], text: str
) -> None:
    sensor = discrete("Thing", kind)
    assert text_of(sensor, log=said(1, sensor, *data))[1] == text


def test_module_and_slot_in_the_data_name_the_part() -> None:
    memory, slot = discrete("Memory ECC", MEMORY), discrete("Slots", SLOT)
    assert text_of(memory, log=said(1, memory, 0x31, 0xFF, 5)) == ("DIMM_5", "Uncorrectable ECC: DIMM_5")
    assert text_of(slot, log=said(1, slot, 0xF0, 0x01, 7)) == ("Drive 7", "Slot fault: Drive 7")


def test_makers_own_data_never_name_a_part() -> None:
    memory = discrete("Memory ECC", MEMORY)
    assert text_of(memory, log=said(1, memory, 0xA1, 0xFF, 5))[0] != "DIMM_5"


def test_sensor_that_names_its_module_is_believed_before_the_data() -> None:
    assert text_of(DIMM, log=said(1, DIMM, 0x31, 0xFF, 5))[0] == "DIMM_A1"


def test_entry_of_the_bios_is_never_given_to_the_bmcs_sensor_of_the_same_number() -> None:
    log = said(1, DIMM, 0x01, 0xFF, 0xFF, generator=BIOS)
    assert text_of(DIMM, log=log) == ("Memory", "Uncorrectable ECC")
    bios_sensor = replace(DIMM, name="DIMM_B4", owner=BIOS, bits=None, unavailable="reports events only")
    assert text_of(DIMM, bios_sensor, log=log)[0] == "DIMM_B4"


def test_last_words_of_the_kernel_are_told() -> None:
    raw = bytes([9, 0, 0xF0, 0x20, 1]) + b"Fatal excep"
    (event,) = facts_of(bmc(log=[LogEntry(9, None, 0xF0, 0, 0, 0, True, (0, 0, 0), raw)])).events
    assert event.text == "The Linux kernel stopped: Fatal excep"


def test_state_that_no_table_knows_is_told_by_its_code_and_never_judged() -> None:
    odd = discrete("Odd", 0xC5)
    assert text_of(odd, log=said(1, odd, 0x03, 0xFF, 0xFF))[1].startswith("State 3 of the maker's own sensor type 0xc5")
    assert findings_of(bmc(odd, log=[said(1, odd, 0x03, 0xFF, 0xFF)])) == ()


@pytest.mark.parametrize("kind", [0x06, 0x20, WATCHDOG, 0x2A])
def test_what_passes_and_leaves_nothing_to_mend_is_never_a_finding(kind: int) -> None:
    gone = discrete("no longer listed", kind)
    log = [said(n, gone, bit, 0xFF, 0xFF) for n, bit in enumerate(range(4), 1)]
    assert findings_of(bmc(log=log)) == ()


# Over


def over(*log: LogEntry, sensors: tuple[Sensor, ...] = (DIMM, OTHER_DIMM, DRIVE_3)) -> bool:
    """Whether the log's first entry is over."""
    return facts_of(bmc(*sensors, log=log)).events[-1].over


def test_milder_limit_that_is_kept_again_ends_the_graver_crossing() -> None:
    hot = analog("CPU1 Temp", TEMPERATURE, 60.0, "Cel")
    assert over(said(1, hot, 9, 0, 0), entry(2, hot, 7, asserted=False), sensors=(hot,))
    assert not over(said(1, hot, 7, 0, 0), entry(2, hot, 9, asserted=False), sensors=(hot,))
    assert not over(said(1, hot, 9, 0, 0), entry(2, hot, 0, asserted=False), sensors=(hot,))


def test_order_of_the_log_counts_and_not_its_clock() -> None:
    supply = discrete("PS2 Status", PSU, 0)
    lost = entry(1, supply, 3, hours_ago=1)
    assert over(lost, entry(2, supply, 3, asserted=False, hours_ago=5), sensors=(supply,))
    assert over(lost, entry(2, supply, 3, asserted=False, hours_ago=None), sensors=(supply,))


def test_module_that_was_taken_out_and_put_in_takes_its_errors_along() -> None:
    error = entry(1, DIMM, 1)
    out, back = entry(2, DIMM, 6, asserted=False), entry(3, DIMM, 6)
    assert over(error, out, back)
    assert findings_of(bmc(DIMM, OTHER_DIMM, log=[error, out, back])) == ()


def test_module_that_was_only_taken_out_or_only_seen_again_keeps_them() -> None:
    error = entry(1, DIMM, 1)
    assert not over(error, entry(2, DIMM, 6, asserted=False))
    assert not over(error, entry(2, DIMM, 6))
    assert not over(error, entry(2, DIMM, 6), entry(3, DIMM, 6, asserted=False))
    assert not over(entry(3, DIMM, 1, hours_ago=1), sensors=(DIMM,))


def test_errors_after_the_swap_count() -> None:
    out, back, error = entry(1, DIMM, 6, asserted=False), entry(2, DIMM, 6), entry(3, DIMM, 1)
    assert [finding.number for finding in findings_of(bmc(DIMM, OTHER_DIMM, log=[out, back, error]))] == ["A1"]


def test_modules_that_all_went_and_came_at_once_were_not_replaced() -> None:
    error, earlier = entry(1, DIMM, 1), entry(2, OTHER_DIMM, 0)
    away = [entry(n, one, 6, asserted=False) for n, one in ((3, DIMM), (4, OTHER_DIMM))]
    again = [entry(n, one, 6) for n, one in ((5, DIMM), (6, OTHER_DIMM))]
    assert not over(error, earlier, *away, *again)


def test_presence_sensor_of_its_own_tells_the_swap_too() -> None:
    presence = replace(discrete("DIMM_A1 Presence", MEMORY, 1, event_type=PRESENCE), number=99)
    error, out, back = entry(1, DIMM, 1), entry(2, presence, 0), entry(3, presence, 1)
    assert over(error, out, back, sensors=(DIMM, OTHER_DIMM, presence))


def test_start_that_failed_is_over_when_the_system_booted() -> None:
    start, boot = discrete("POST", FIRMWARE), discrete("OS Boot", BOOT)
    assert over(said(1, start, 0xC0, 2, 0xFF), entry(2, boot, 1), sensors=(boot,))
    assert not over(said(1, start, 0xC0, 2, 0xFF), sensors=(boot,))


def test_entry_of_a_part_that_is_not_there_any_more_accuses_nobody() -> None:
    empty = replace(DIMM, bits=0)
    assert findings_of(bmc(empty, OTHER_DIMM, log=[entry(1, DIMM, 1)])) == ()


def test_full_speed_again_and_redundant_again_end_what_was_not() -> None:
    fans = discrete("FAN3", FAN, 0, event_type=0x07)
    assert over(said(1, fans, 2, 0xFF, 0xFF), said(2, fans, 0, 0xFF, 0xFF), sensors=(fans,))


# The clock


def test_times_are_corrected_by_what_the_bmcs_clock_is_off() -> None:
    answer = replace(bmc(DIMM, log=[entry(1, DIMM, 1, hours_ago=3)]), clock_skew_s=-7200.0)
    assert read_log(FAMILY, answer, NOW).events[0].at == NOW - timedelta(hours=1)


def test_small_difference_of_clocks_corrects_nothing() -> None:
    assert corrected(NOW, 40.0, NOW) == NOW


def test_entry_that_the_correction_would_put_into_the_future_was_written_before_the_clock_went_wrong() -> None:
    at = NOW - timedelta(days=1)
    assert corrected(at, -30 * 86400.0, NOW) == at


def test_old_entry_of_a_bmc_whose_clock_is_a_year_behind_is_not_forgotten() -> None:
    young = entry(1, DIMM, 1, hours_ago=24 * 366)
    answer = replace(bmc(DIMM, log=[young]), clock_skew_s=-365 * 86400.0)
    live = read_sensors(FAMILY, answer, "ipmi", NOW)
    assert read_log(FAMILY, answer, NOW, live.parts).parts


# What earlier diagnostics knew


def with_serial(serial: str | None, *log: LogEntry) -> IpmiAnswer:
    items = (InventoryItem("DIMM_A1", 32, 1, serial=serial),)
    return replace(bmc(DIMM, OTHER_DIMM, log=log), inventory=items)


def document_of(answer: IpmiAnswer, past: Past | None = None) -> tuple[Facts, Past]:
    live = read_sensors(FAMILY, answer, "ipmi", NOW)
    log = read_log(FAMILY, answer, NOW, live.parts, past)
    parts: tuple[Component, ...] = tuple(part.component for part in live.parts)
    events: tuple[Event, ...] = log.events
    return log, Past(DiagnosticsDocument("i", "S", NOW, 1, True, components=parts, events=events))


def test_errors_seen_before_the_module_got_another_serial_number_are_over_and_stay_so() -> None:
    error = entry(1, DIMM, 1)
    before, past = document_of(with_serial("OLD", error))
    after, past_after = document_of(with_serial("NEW", error), past)
    later, _ = document_of(with_serial("NEW", error), past_after)
    assert [len(facts.parts) for facts in (before, after, later)] == [1, 0, 0]


@pytest.mark.parametrize(("old", "new"), [("OLD", "OLD"), (None, "NEW"), ("OLD", None), (None, None)])
def test_without_two_serial_numbers_that_differ_nothing_is_over(old: str | None, new: str | None) -> None:
    error = entry(1, DIMM, 1)
    _, past = document_of(with_serial(old, error))
    assert document_of(with_serial(new, error), past)[0].parts


def test_error_that_earlier_diagnostics_had_not_seen_counts_for_the_new_module() -> None:
    _, past = document_of(with_serial("OLD", entry(1, DIMM, 1, hours_ago=9)))
    facts, _ = document_of(with_serial("NEW", entry(1, DIMM, 1, hours_ago=9), entry(2, DIMM, 1)), past)
    assert [part.kind for part in facts.parts] == [Kind.MEMORY]
    assert [event.over for event in facts.events] == [False, True]


def test_log_that_counts_from_one_again_is_not_taken_for_the_old_one() -> None:
    _, past = document_of(with_serial("NEW", replace(entry(1, DIMM, 1, hours_ago=99), asserted=False)))
    known = replace(past.document.events[0], over=True, text="Uncorrectable ECC", severity=State.CRITICAL)
    past = Past(replace(past.document, events=(known,)))
    assert document_of(with_serial("NEW", entry(1, DIMM, 1, hours_ago=1)), past)[0].parts
    assert document_of(with_serial("NEW", entry(1, DIMM, 1, hours_ago=None)), past)[0].parts
