"""What a sweep's read spares: only what was looked at in full, and only while nothing says that it has changed."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

import pytest

from app.core.errors import Refused
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_reading import Reading
from app.hardware.readings import IpmiAnswer
from lab.ipmi_records import compact_record, fru_inventory, locator_record, part_inventory
from tests.unit.hardware.ipmi.scripted import READ_FRU, Scripted, memory_error

SECOND_2026 = 1_790_000_000
DEVICE = bytes([0x23, 9, 8, 0x45, 2, 0x9F, 0x7C, 0x2A, 0, 0x45, 9])
STATE = b"\x51\x02\0\0\0" + SECOND_2026.to_bytes(4, "little") + bytes(4)
GET_DEVICE_ID = (0x06, 0x01)
GET_ENTRY = (0x0A, 0x43)
fresh_names = count(1)


def machine() -> Scripted:
    """A BMC that dates what it changes, with two sensors, two log entries and a supply of its own inventory."""
    records = [compact_record((n, 7, n), 0x05, 0x6F, f"Sensor {n}") for n in (1, 2)]
    return Scripted(
        records=[*records, locator_record(1, (10, 1), "PSU 1")],
        log=[memory_error(n, n, SECOND_2026 + n) for n in (1, 2)],
        inventories={0: fru_inventory("Nordwand", "NW", "CZ1", "AT-1"), 1: part_inventory("Nordwand", "P-100", "PS1")},
        free=100,
        added=SECOND_2026 + 2,
        erased=7,
        state=STATE,
        readings={1: b"\0\xc0\0\0", 2: b"\0\xc0\0\0"},
        device=DEVICE,
        name=next(fresh_names).to_bytes(16, "big"),
    )


def read(bmc: Scripted, *, believes: bool = True) -> IpmiAnswer:
    bmc.asked.clear()
    reading = Reading(bmc, lambda _name, _part: None, Deadline(5), believes)
    reading.take_all()
    return reading.answer()


def looked_at(bmc: Scripted) -> tuple[bool, bool, bool]:
    """Whether the last read asked for the device id, for a log entry, for an inventory."""
    asked = [(netfn, command) for netfn, command, _ in bmc.asked]
    return GET_DEVICE_ID in asked, GET_ENTRY in asked, (0x0A, READ_FRU) in asked


EVERYTHING, NOTHING = (True, True, True), (False, False, False)


def test_what_was_looked_at_in_full_is_believed_and_told_as_it_was() -> None:
    bmc = machine()
    full = read(bmc, believes=False)
    assert (full.problems, looked_at(bmc)) == ({}, EVERYTHING)
    assert replace(read(bmc), requests=full.requests) == full
    assert looked_at(bmc) == NOTHING


def test_what_was_never_looked_at_is_not_believed() -> None:
    bmc = machine()
    assert read(bmc).identity.serial == "CZ1"
    assert looked_at(bmc) == EVERYTHING


def test_person_s_read_looks_at_everything_each_time() -> None:
    bmc = machine()
    for _ in range(3):
        read(bmc, believes=False)
        assert looked_at(bmc) == EVERYTHING


def test_new_entry_lets_everything_be_looked_at() -> None:
    bmc = machine()
    read(bmc)
    bmc.inventories[1] = part_inventory("Nordwand", "P-100", "PS2")
    bmc.log = [*bmc.log, memory_error(3, 3, SECOND_2026 + 3)]
    bmc.added += 1
    assert [item.serial for item in read(bmc).inventory] == ["PS2"]
    assert looked_at(bmc) == EVERYTHING


@pytest.mark.parametrize(("free", "added"), [(0, SECOND_2026), (100, 0xFFFFFFFF)])
def test_log_that_would_not_tell_of_a_change_is_looked_at_each_time(free: int, added: int) -> None:
    bmc = replace(machine(), free=free, added=added)
    read(bmc)
    bmc.log = [bmc.log[1], memory_error(3, 3, SECOND_2026 + 3)]
    assert [entry.record for entry in read(bmc).log] == [3, 2]


def test_list_that_changed_lets_the_inventories_be_looked_at() -> None:
    bmc = machine()
    read(bmc)
    bmc.state = STATE[:5] + (SECOND_2026 + 9).to_bytes(4, "little") + bytes(4)
    bmc.inventories[0] = fru_inventory("Nordwand", "NW", "CZ2", "AT-1")
    answer = read(bmc)
    assert (answer.identity.serial, looked_at(bmc)[::2]) == ("CZ2", (True, True))


def test_other_firmware_that_a_new_entry_lets_be_looked_at_is_told() -> None:
    bmc = machine()
    read(bmc)
    bmc.device = DEVICE[:2] + bytes([9]) + DEVICE[3:]
    assert read(bmc).identity.bmc_firmware == "8.45"
    bmc.log = [*bmc.log, memory_error(3, 3, SECOND_2026 + 3)]
    assert read(bmc).identity.bmc_firmware == "9.45"


def test_machine_without_an_inventory_keeps_the_firmware_it_told() -> None:
    bmc = machine()
    bmc.inventories[0] = fru_inventory("Nordwand", "NW", "", "")
    told = [read(bmc).identity.bmc_firmware for _ in range(2)]
    assert told == ["8.45", "8.45"]


def test_read_with_a_problem_is_not_believed_by_the_next() -> None:
    bmc = machine()
    spoiled, bmc.inventories[0] = bmc.inventories[0], bytes(512)
    assert "identity" in read(bmc).problems
    bmc.inventories[0] = spoiled
    read(bmc)
    assert looked_at(bmc) == EVERYTHING


def test_trouble_on_the_way_lets_the_inventories_be_looked_at() -> None:
    bmc = machine()
    read(bmc)
    bmc.state = b""
    bmc.records = [bmc.records[0], b"\0" * 5, *bmc.records[2:]]
    bmc.largest = 1
    assert "sensors" in read(bmc).problems
    assert looked_at(bmc)[0]


def test_machine_without_a_name_is_never_believed() -> None:
    bmc = replace(machine(), name=bytes(16))
    for _ in range(2):
        read(bmc)
        assert looked_at(bmc) == EVERYTHING


def test_bmc_that_says_nothing_any_more_is_not_told_from_memory() -> None:
    bmc = machine()
    read(bmc)
    with pytest.raises(Refused, match="busy"):
        read(replace(bmc, is_busy=True))
