"""The number printed beside a part is read out of the names that vendors give their sensors."""

from __future__ import annotations

import pytest

from app.hardware.diagnostics import Kind
from app.hardware.facts.naming import is_redundancy, name_of, part_named, spoken


@pytest.mark.parametrize(
    ("kind", "sensor", "number"),
    [
        (Kind.PSU, "PS2 Status", "2"),
        (Kind.PSU, "PSU1_Status", "1"),
        (Kind.PSU, "Power Supply 1", "1"),
        (Kind.PSU, "Pwr Supply 02", "2"),
        (Kind.PSU, "PS1 Input Power", "1"),
        (Kind.PSU, "PS Redundancy", None),
        (Kind.FAN, "FAN3", "3"),
        (Kind.FAN, "System Fan 2", "2"),
        (Kind.FAN, "FAN_MOD_1A", "1A"),
        (Kind.FAN, "FANA", "A"),
        (Kind.FAN, "Fan Redundancy", None),
        (Kind.FAN, "CPU1 Fan", None),
        (Kind.DRIVE, "HDD3 Status", "3"),
        (Kind.DRIVE, "Drive 0", "0"),
        (Kind.DRIVE, "Disk Drive Bay 12", "12"),
        (Kind.MEMORY, "P1-DIMMA1 ECC", "A1"),
        (Kind.MEMORY, "DIMM_A3", "A3"),
        (Kind.MEMORY, "CPU2 DIMM 3", "3"),
        (Kind.MEMORY, "Memory ECC", None),
        (Kind.CPU, "P1 Status", "1"),
        (Kind.CPU, "CPU_2", "2"),
    ],
)
def test_number_is_the_one_in_the_sensors_name(kind: Kind, sensor: str, number: str | None) -> None:
    assert part_named(kind, sensor).number == number


def test_dimm_knows_the_processor_it_belongs_to() -> None:
    assert part_named(Kind.MEMORY, "P2-DIMMA1 ECC").group == "P2"


def test_parts_are_listed_by_kind_and_number_and_spoken_of_in_words() -> None:
    assert name_of(Kind.PSU, "2", "PS2 Status") == "PSU2"
    assert spoken(Kind.PSU, "2", "PSU2") == "PSU 2"
    assert name_of(Kind.MEMORY, "A1", "") == "DIMM_A1"
    assert spoken(Kind.MEMORY, "A1", "") == "DIMM A1"
    assert name_of(Kind.SYSTEM, None, "Watchdog") == "Watchdog"


def test_redundancy_is_recognised_by_name_whatever_type_the_sensor_claims() -> None:
    assert is_redundancy("PS Redundancy")
    assert not is_redundancy("PS2 Status")
