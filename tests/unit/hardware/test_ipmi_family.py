"""A BMC's sensors become parts: several sensors join in one, what cannot be read is unknown, an empty bay absent."""

from __future__ import annotations

import pytest

from tests.unit.hardware.answers import (
    BATTERY,
    CHASSIS,
    CPU,
    DRIVE,
    FAN,
    MEMORY,
    PSU,
    PSU_ENTITY,
    TEMPERATURE,
    WATCHDOG,
    analog,
    bmc,
    component,
    discrete,
    facts_of,
    unreadable,
)


@pytest.mark.parametrize(
    ("sensor_type", "bits", "state", "reason"),
    [
        (PSU, (0,), "ok", None),
        (PSU, (0, 1), "critical", "failed"),
        (PSU, (0, 2), "warning", "failure predicted"),
        (PSU, (0, 3), "critical", "input lost"),
        (PSU, (), "absent", "not there"),
        (DRIVE, (0, 1), "critical", "failed"),
        (DRIVE, (0, 2), "warning", "failure predicted"),
        (DRIVE, (0, 7), "ok", "rebuilding"),
        (DRIVE, (0, 3), "ok", None),
        (DRIVE, (), "absent", "not there"),
        (MEMORY, (6,), "ok", None),
        (MEMORY, (6, 0), "warning", "correctable ECC"),
        (MEMORY, (6, 1), "critical", "uncorrectable ECC"),
        (MEMORY, (), "ok", None),
        (CPU, (7,), "ok", None),
        (CPU, (7, 0), "critical", "internal error (IERR)"),
        (CPU, (7, 1), "critical", "thermal trip"),
        (CHASSIS, (), "ok", None),
        (CHASSIS, (0,), "warning", "chassis opened"),
        (WATCHDOG, (1,), "warning", "watchdog reset the machine"),
        (BATTERY, (0,), "warning", "low"),
        (BATTERY, (1,), "critical", "failed"),
    ],
)
def test_bits_of_the_standard_become_states_in_plain_words(
    sensor_type: int, bits: tuple[int, ...], state: str, reason: str | None
) -> None:
    part = facts_of(bmc(discrete("Thing", sensor_type, *bits))).parts[-1].component
    assert (part.state, part.reason) == (state, reason)


def test_all_sensors_of_a_power_supply_are_one_part() -> None:
    answer = bmc(
        discrete("PS2 Status", PSU, 0),
        analog("PS2 Temp", TEMPERATURE, 31.0, "Cel", entity=PSU_ENTITY),
        analog("PS2 Fan", FAN, 5000.0, "/min", entity=PSU_ENTITY),
        analog("PS2 Input Power", 0x0B, 228.0, "W", entity=PSU_ENTITY),
    )
    parts = [part for part in facts_of(answer).parts if part.kind == "psu"]
    assert [(part.name, part.number, part.state) for part in parts] == [("PSU2", "2", "ok")]
    assert {reading.component for reading in facts_of(answer).readings} == {"PSU2"}


def test_unreadable_status_is_unknown_although_its_temperature_is_fine() -> None:
    fine = analog("PS2 Temp", TEMPERATURE, 31.0, "Cel", entity=PSU_ENTITY)
    part = component(bmc(unreadable("PS2 Status", PSU), fine), "PSU2")
    assert (part.state, part.reason) == ("unknown", "the BMC has no reading yet")


def test_unreadable_temperature_does_not_hide_a_good_status() -> None:
    blind = analog("PS2 Temp", TEMPERATURE, None, "Cel", entity=PSU_ENTITY)
    assert component(bmc(discrete("PS2 Status", PSU, 0), blind), "PSU2").state == "ok"


def test_empty_bay_is_absent_whatever_its_other_sensors_say() -> None:
    nothing = analog("PS2 Input Volt", 0x02, 0.0, "V", entity=PSU_ENTITY, bits=0b111)
    assert component(bmc(discrete("PS2 Status", PSU), nothing), "PSU2").state == "absent"


def test_fan_that_cannot_be_read_is_unknown_never_ok_and_never_zero() -> None:
    answer = bmc(analog("FAN3", FAN, None, "/min"))
    assert component(answer, "FAN3").state == "unknown"
    (reading,) = facts_of(answer).readings
    assert (reading.value, reading.state, reading.reason) == (None, "unknown", "the BMC has no reading yet")


def test_dimm_without_presence_is_absent_where_the_bmc_uses_the_presence_bit() -> None:
    answer = bmc(discrete("DIMM_A1", MEMORY, 6), discrete("DIMM_A2", MEMORY))
    assert component(answer, "DIMM_A2").state == "absent"


def test_equal_slots_of_two_processors_stay_two_parts() -> None:
    answer = bmc(discrete("P1-DIMMA1 ECC", MEMORY, 6), discrete("P2-DIMMA1 ECC", MEMORY, 6, 1))
    memory = [(part.number, part.state) for part in facts_of(answer).parts if part.kind == "memory"]
    assert memory == [("P1-A1", "ok"), ("P2-A1", "critical")]


def test_sensor_types_that_only_their_maker_knows_are_unknown_and_say_so() -> None:
    part = component(bmc(discrete("OEM", 0xC0, 0)), "OEM")
    assert part.state == "unknown"
    assert part.reason == "state 0 of the maker's own sensor type 0xc0: only the maker knows what it means"


def test_machine_draws_what_its_own_meter_says() -> None:
    answer = bmc(
        analog("System Power", 0x0B, 364.0, "W"), analog("PS1 Input Power", 0x0B, 184.0, "W", entity=PSU_ENTITY)
    )
    assert facts_of(answer).watts == 364.0


def test_without_a_meter_it_draws_the_sum_of_its_inputs_unless_one_is_unreadable() -> None:
    one = analog("PS1 Input Power", 0x0B, 184.0, "W", entity=PSU_ENTITY)
    two = analog("PS2 Input Power", 0x0B, 188.0, "W", entity=PSU_ENTITY)
    blind = analog("PS2 Input Power", 0x0B, None, "W", entity=PSU_ENTITY)
    assert facts_of(bmc(one, two)).watts == 372.0
    assert facts_of(bmc(one, blind)).watts is None
