"""Every state that the standard's tables know has words; what they do not know is unknown and says which code it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.hardware.facts import Facts
from app.hardware.facts.bmc_sensors import read_sensors
from app.hardware.readings import InventoryItem, IpmiAnswer, Sensor, State
from app.hardware.vendors.ipmi_generic import FAMILY
from tests.unit.hardware.answers import (
    BATTERY,
    DRIVE,
    FAN,
    MEMORY,
    NOW,
    PSU,
    PSU_ENTITY,
    TEMPERATURE,
    analog,
    bmc,
    component,
    discrete,
    facts_of,
    findings_of,
    unreadable,
)

ENTITY_PRESENCE, PRESENCE, DIGITAL, SEVERITY = 0x25, 0x08, 0x03, 0x07
DIMM_ENTITY, FAN_ENTITY, BOARD_ENTITY = 32, 29, 7
# Highest state bit of each sensor type of table 42-3 that concerns hardware; table 42-3 defines none for the others.
STATES_OF_TYPE = {
    0x05: 6, 0x06: 5, 0x07: 12, 0x08: 7, 0x09: 7, 0x0C: 10, 0x0D: 8, 0x0F: 2, 0x10: 6, 0x11: 7, 0x12: 5, 0x13: 11,
    0x14: 4, 0x19: 1, 0x1B: 1, 0x1D: 7, 0x1E: 4, 0x1F: 10, 0x20: 5, 0x21: 9, 0x23: 3, 0x24: 3, 0x25: 2, 0x27: 1,
    0x28: 5, 0x29: 2, 0x2A: 3, 0x2B: 7, 0x2C: 7,
}  # fmt: skip
STATES_OF_GENERIC = {0x02: 2, 0x03: 1, 0x04: 1, 0x05: 1, 0x06: 1, 0x07: 8, 0x08: 1, 0x09: 1, 0x0A: 8, 0x0B: 7, 0x0C: 3}


def at(sensor: Sensor, entity: int, instance: int) -> Sensor:
    return replace(sensor, entity_id=entity, entity_instance=instance)


def states(answer: IpmiAnswer) -> dict[str, str]:
    return {part.name: part.state.value for part in facts_of(answer).parts if part.name != "BMC"}


@pytest.mark.parametrize("sensor_type", STATES_OF_TYPE)
def test_every_state_of_every_sensor_type_has_words(sensor_type: int) -> None:
    for bit in range(STATES_OF_TYPE[sensor_type] + 1):
        meaning = FAMILY.meaning(sensor_type, 0x6F, bit)
        assert meaning is not None, bit
        assert meaning.words


@pytest.mark.parametrize("event_type", STATES_OF_GENERIC)
def test_every_state_of_every_generic_type_has_words(event_type: int) -> None:
    for bit in range(STATES_OF_GENERIC[event_type] + 1):
        meaning = FAMILY.meaning(0x01, event_type, bit)
        assert meaning is not None, bit
        assert meaning.words


@pytest.mark.parametrize(
    ("sensor_type", "event_type", "bit", "reason"),
    [
        (PSU, 0x6F, 11, "state 11 of sensor type 0x08, event type 0x6f: not in the standard's tables"),
        (PSU, 0x0B, 12, "state 12 of sensor type 0x08, event type 0x0b: not in the standard's tables"),
        (0x30, 0x6F, 1, "state 1 of sensor type 0x30, event type 0x6f: not in the standard's tables"),
        (0xC8, 0x6F, 0, "state 0 of the maker's own sensor type 0xc8: only the maker knows what it means"),
        (PSU, 0x71, 2, "state 2 of the maker's own event type 0x71: only the maker knows what it means"),
    ],
)
def test_state_that_no_table_knows_is_unknown_with_its_code(
    sensor_type: int, event_type: int, bit: int, reason: str
) -> None:
    part = facts_of(bmc(discrete("Thing 9", sensor_type, bit, event_type=event_type))).parts[-1].component
    assert (part.state, part.reason) == ("unknown", reason)


def test_makers_own_sensor_that_asserts_nothing_is_not_called_well() -> None:
    assert states(bmc(discrete("OEM", 0xC8))) == {"OEM": "unknown"}


def test_states_that_a_sensor_says_it_does_not_have_are_noise() -> None:
    supply = replace(discrete("PS1 Status", PSU, 0, 11), reports=0b11111)
    assert states(bmc(supply)) == {"PSU1": "ok"}


def test_bay_is_not_called_empty_by_a_sensor_that_cannot_tell() -> None:
    cannot = replace(discrete("HDD1", DRIVE), reports=0b10)
    can = replace(discrete("HDD2", DRIVE), reports=0b11)
    assert states(bmc(cannot, can)) == {"Drive 1": "ok", "Drive 2": "absent"}


@pytest.mark.parametrize(
    ("name", "asserted", "state"),
    [
        ("PS1 Fail", True, "critical"),
        ("PS1 Fail", False, "ok"),
        ("CPU1 Prochot", True, "warning"),
        ("Fan1 Present", False, "absent"),
        ("Fan1 Present", True, "ok"),
        ("PS1 PwrGood", True, "ok"),
        ("PS1 PwrGood", False, "unknown"),
        ("Mystery", True, "unknown"),
        ("Mystery", False, "unknown"),
    ],
)
def test_asserted_means_what_the_sensors_name_says_and_is_unknown_where_it_says_nothing(
    name: str, asserted: bool, state: str
) -> None:
    sensor = discrete(name, FAN, int(asserted), event_type=DIGITAL)
    assert facts_of(bmc(sensor)).parts[-1].state == state


@pytest.mark.parametrize(
    ("bit", "state"), [(0, "ok"), (1, "warning"), (2, "critical"), (3, "critical"), (6, "critical")]
)
def test_transition_in_severity_is_the_parts_state(bit: int, state: str) -> None:
    assert states(bmc(discrete("FAN3", FAN, bit, event_type=SEVERITY))) == {"FAN3": state}


def test_presence_sensor_empties_its_entity_and_nothing_of_it_is_unknown_or_in_trouble() -> None:
    answer = bmc(
        at(discrete("PS2 Presence", ENTITY_PRESENCE, 1), PSU_ENTITY, 2),
        at(unreadable("PS2 Status", PSU), PSU_ENTITY, 2),
        at(analog("PS2 Input Volt", 0x02, 0.0, "V", bits=0b111), PSU_ENTITY, 2),
        at(discrete("PS1 Status", PSU, 0), PSU_ENTITY, 1),
    )
    assert states(answer) == {"PSU2": "absent", "PSU1": "ok"}
    assert findings_of(answer) == ()
    assert {(reading.value, reading.state.value) for reading in facts_of(answer).readings} == {(None, "absent")}


def test_fan_that_is_not_there_is_absent_though_its_speed_is_zero() -> None:
    answer = bmc(
        at(discrete("Fan3 Pres", FAN, 0, event_type=PRESENCE), FAN_ENTITY, 3),
        at(analog("FAN3", FAN, 0.0, "/min", bits=0b111), FAN_ENTITY, 3),
        at(analog("FAN4", FAN, 0.0, "/min", bits=0b111), FAN_ENTITY, 4),
    )
    assert states(answer) == {"FAN3": "absent", "FAN4": "critical"}


def test_temperature_of_an_empty_slot_is_absent_and_not_unknown() -> None:
    answer = bmc(
        at(discrete("DIMM_A1", MEMORY, 6), DIMM_ENTITY, 1),
        at(discrete("DIMM_A2", MEMORY), DIMM_ENTITY, 2),
        at(analog("DIMM_A2 Temp", TEMPERATURE, None, "Cel"), DIMM_ENTITY, 2),
    )
    assert states(answer) == {"DIMM_A1": "ok", "DIMM_A2": "absent", "DIMM_A2 Temp": "absent"}


def test_bays_that_share_one_entity_do_not_empty_each_other() -> None:
    answer = bmc(
        at(discrete("HDD1", DRIVE), 4, 1), at(discrete("HDD2", DRIVE, 0), 4, 1), at(unreadable("HDD3", DRIVE), 4, 1)
    )
    assert states(answer) == {"Drive 1": "absent", "Drive 2": "ok", "Drive 3": "unknown"}


def test_missing_riser_does_not_empty_the_board_it_would_sit_on() -> None:
    answer = bmc(
        at(discrete("Riser2 Present", 0x15, 0, event_type=PRESENCE), BOARD_ENTITY, 1),
        at(analog("Inlet Temp", TEMPERATURE, 51.0, "Cel", bits=0b11000), BOARD_ENTITY, 1),
    )
    assert states(answer)["Inlet Temp"] == "critical"


def test_failure_outweighs_a_presence_sensor_that_says_absent() -> None:
    answer = bmc(
        at(discrete("PS2 Presence", ENTITY_PRESENCE, 1), PSU_ENTITY, 2),
        at(discrete("PS2 Status", PSU, 0, 1), PSU_ENTITY, 2),
    )
    assert states(answer) == {"PSU2": "critical"}


def test_sensor_that_reports_events_only_leaves_its_part_to_the_others_and_is_unknown_alone() -> None:
    events = replace(unreadable("DIMM_A1 ECC", MEMORY), events_only=True)
    assert states(bmc(discrete("DIMM_A1", MEMORY, 6), events)) == {"DIMM_A1": "ok"}
    assert states(bmc(events)) == {"DIMM_A1": "unknown"}


def test_sensor_of_states_that_also_measures_gives_both() -> None:
    fan = replace(discrete("Fan 1", FAN, 0, event_type=0x0A), value=39.0, unit="%")
    facts = facts_of(bmc(fan))
    assert states(bmc(fan)) == {"FAN1": "ok"}
    assert [(one.kind, one.value, one.unit, one.component) for one in facts.readings] == [("fan", 39.0, "%", "FAN1")]


@pytest.mark.parametrize(("bits", "state"), [(0, "ok"), (0b10000, "critical"), (0b1000, "warning")])
def test_limit_sensor_without_a_value_is_judged_by_its_comparison(bits: int, state: str) -> None:
    blind = replace(analog("CPU1 Thermal", TEMPERATURE, None, "Cel", bits=bits), unit=None, unavailable=None)
    facts = facts_of(bmc(blind))
    assert states(bmc(blind)) == {"CPU1 Thermal": state}
    assert facts.readings == ()


def test_summary_of_the_machine_is_silent_when_a_part_explains_it_and_told_when_none_does() -> None:
    summary = discrete("System Health", 0x18, 2, event_type=SEVERITY)
    failed = discrete("CMOS Battery", BATTERY, 1)
    assert [finding.kind for finding in findings_of(bmc(summary, failed))] == ["battery"]
    (alone,) = findings_of(bmc(summary))
    assert (alone.component, alone.state) == ("System Health", "critical")


def test_full_log_is_a_warning_of_the_bmc_with_what_to_do() -> None:
    (finding,) = findings_of(replace(bmc(discrete("PS1 Status", PSU, 0)), log_full=True))
    assert (finding.kind, finding.state) == ("bmc", "warning")
    assert "cleared" in finding.advice


def serials(*sensors: Sensor, items: tuple[InventoryItem, ...]) -> dict[str, str | None]:
    facts: Facts = read_sensors(FAMILY, replace(bmc(*sensors), inventory=items), "ipmi", NOW)
    return {part.name: part.serial for part in facts.parts if part.name != "BMC"}


def test_serial_number_goes_to_the_part_that_its_inventory_names() -> None:
    one, two = at(discrete("PS1 Status", PSU, 0), PSU_ENTITY, 1), at(discrete("PS2 Status", PSU, 0), PSU_ENTITY, 2)
    item = InventoryItem("Pwr Supply 2", PSU_ENTITY, 1, serial="S2")
    assert serials(one, two, items=(item,)) == {"PSU1": None, "PSU2": "S2"}


def test_serial_number_goes_by_entity_where_the_name_says_no_number() -> None:
    dimm = at(discrete("P1-DIMMA1", MEMORY, 6), DIMM_ENTITY, 5)
    assert serials(dimm, items=(InventoryItem("SPD", DIMM_ENTITY, 5, serial="S5"),)) == {"DIMM_A1": "S5"}


def test_serial_number_that_two_parts_could_have_goes_to_neither() -> None:
    slots = (at(discrete("P1-DIMMA1", MEMORY, 6), 32, 1), at(discrete("P2-DIMMA1", MEMORY, 6), 32, 9))
    told = serials(*slots, items=(InventoryItem("DIMM A1", 32, 77, serial="S"),))
    assert set(told.values()) == {None}


def test_part_that_only_the_inventory_names_is_unknown_and_not_well() -> None:
    facts = read_sensors(FAMILY, replace(bmc(), inventory=(InventoryItem("PSU3", 10, 3, serial="S3"),)), "ipmi", NOW)
    part = next(part for part in facts.parts if part.name == "PSU3")
    assert (part.serial, part.state) == ("S3", State.UNKNOWN)
    assert component(bmc(discrete("PS1 Status", PSU, 0)), "PSU1").state == "ok"
