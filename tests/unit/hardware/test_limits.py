"""Measured values against their limits: the BMC's own comparison, and ours where it says nothing."""

from __future__ import annotations

import pytest

from app.hardware.facts.limits import judge_sensor, quantity
from app.hardware.readings import State
from tests.unit.hardware.answers import FAN, PSU_ENTITY, TEMPERATURE, VOLTAGE, analog


@pytest.mark.parametrize(
    ("bit", "state"),
    [(0, "warning"), (1, "critical"), (2, "critical"), (3, "warning"), (4, "critical"), (5, "critical")],
)
def test_comparison_bit_of_the_bmc_decides(bit: int, state: str) -> None:
    assert judge_sensor(analog("Inlet", TEMPERATURE, 30.0, "Cel", bits=1 << bit), power_on=True)[0] == state


def test_worst_of_several_bits_counts_and_the_limit_is_named() -> None:
    fan = analog("FAN3", FAN, 350.0, "/min", bits=0b011, lnc=700.0, lcr=420.0)
    assert judge_sensor(fan, power_on=True) == (State.CRITICAL, "350 rpm, below its critical limit of 420 rpm")


def test_stopped_fan_is_seen_although_the_firmware_never_sets_the_bits() -> None:
    fan = analog("FAN3", FAN, 0.0, "/min", bits=0, lnr=280.0, lcr=420.0, lnc=700.0)
    assert judge_sensor(fan, power_on=True)[0] is State.CRITICAL


def test_all_zero_limits_of_careless_firmware_invent_no_fault() -> None:
    inlet = analog("Inlet", TEMPERATURE, 24.0, "Cel", bits=0, lnr=0, lcr=0, lnc=0, unc=0, ucr=0, unr=0)
    assert judge_sensor(inlet, power_on=True) == (State.OK, "24 °C")


def test_sensor_without_a_value_is_unknown_with_its_reason() -> None:
    assert judge_sensor(analog("PCH", TEMPERATURE, None, "Cel"), power_on=True) == (
        State.UNKNOWN,
        "the BMC has no reading yet",
    )


def test_standing_fans_and_dead_rails_of_a_machine_that_is_off_are_unknown_not_critical() -> None:
    fan = analog("FAN3", FAN, 0.0, "/min", bits=0b111, lcr=420.0)
    rail = analog("12V", VOLTAGE, 0.0, "V", bits=0b111, lcr=10.8)
    assert judge_sensor(fan, power_on=False) == (State.UNKNOWN, "the machine is off")
    assert judge_sensor(rail, power_on=False)[0] is State.UNKNOWN


def test_power_supply_without_input_is_critical_even_when_the_machine_is_off() -> None:
    volts = analog("PS1 Input Volt", VOLTAGE, 0.0, "V", bits=0b111, entity=PSU_ENTITY, lcr=180.0)
    assert judge_sensor(volts, power_on=False)[0] is State.CRITICAL


def test_values_are_written_with_the_units_people_use() -> None:
    assert quantity(12.096, "V") == "12.096 V"
    assert quantity(24.0, "Cel") == "24 °C"
    assert quantity(7070.0, "/min") == "7070 rpm"
    assert quantity(100.0, None) == "100"
