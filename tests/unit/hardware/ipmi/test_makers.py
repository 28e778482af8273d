"""What makers put into the data bytes of their log entries."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.hardware.readings import Identity
from app.hardware.sources import bmc_answer
from app.hardware.vendors import ipmi_family
from app.hardware.vendors.ipmi_dell import module_of
from tests.unit.hardware.answers import MEMORY, NOW, bmc, discrete, entry


@pytest.mark.parametrize(
    ("second", "third", "slot"),
    [
        (0x80, 0b0001, "A1"),
        (0x90, 0b100000, "A6"),
        (0x90, 0b1000000, "B1"),
        (0xC1, 0b10000, "B1"),
        (0xC2, 0b1, "B5"),
        (0xFF, 0b100, "3"),
        (0xC0, 0b11, None),  # two at once: neither is to be pulled
        (0xC0, 0, None),
        (0x10, 0b1, None),  # on a memory card
    ],
)
def test_dells_memory_slot_is_read_and_never_guessed(second: int, third: int, slot: str | None) -> None:
    assert module_of(0xA1, second, third) == slot
    assert module_of(0x01, second, third) is None


def test_dells_entry_without_a_listed_sensor_names_its_module() -> None:
    assert ipmi_family("DELL").name == "ipmi_dell"
    error = replace(entry(1, discrete("gone", MEMORY), 1), data=(0xA1, 0x90, 0b1000000), generator=0x33)
    answer = replace(bmc(log=[error]), identity=Identity("DELL"))
    facts = bmc_answer(answer, None, NOW).facts
    assert [event.component for event in facts.events] == ["DIMM_B1"]
    assert [(part.kind, part.number, part.state) for part in facts.parts[1:]] == [("memory", "B1", "critical")]
