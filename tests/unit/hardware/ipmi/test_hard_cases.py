"""What a collector must survive in a BMC's records, log and inventories, one by one; no simulator does all of it.

The twelve hard cases, and where each is proved: 1 no free session, 2 suites, 3 suites that are never asked for, 4 too
little privilege, 5 a busy BMC, 6 lost, late and repeated packets: with real BMCs, in tests/integration/protocols;
7 sensor lists, 8 sizes, 9 what is remembered, 10 readings that are none, 11 inventories, 12 logs: here.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from app.core.errors import Malformed
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_decode import FruLocator, decode_record
from app.hardware.protocols.ipmi_identity import read_identity, read_inventory
from app.hardware.protocols.ipmi_log import LogState, decode_entry, log_state, read_newest
from app.hardware.protocols.ipmi_reading import Reading
from app.hardware.protocols.ipmi_records import is_dated, read_records
from app.hardware.protocols.ipmi_sensors import read_sensors
from app.hardware.readings import Identity, InventoryItem, LogEntry
from lab.ipmi_records import (
    compact_record,
    controller_record,
    fru_inventory,
    full_record,
    module_inventory,
    part_inventory,
)
from tests.unit.hardware.ipmi.scripted import GET_RECORD, Scripted, memory_error

RECORDS = tuple(compact_record((n, 4, n), 0x0D, 0x6F, f"Drive {n}") for n in range(1, 6))
SECOND_2026 = 1_795_000_000


def names(session: Scripted) -> list[str]:
    return [record.blank.name for raw in read_records(session) for record in decode_record(raw)]


def newest(session: Scripted, wanted: int = 100) -> list[int]:
    return [entry.record for entry in read_newest(session, wanted, Deadline(5))]


# 7: the sensor list


def test_bytes_after_a_records_end_are_cut_off() -> None:
    rubbish = bytes(range(0xA0, 0xA6))
    assert list(read_records(Scripted(records=RECORDS, excess=rubbish))) == list(RECORDS)


def test_reservation_that_somebody_else_takes_is_taken_anew() -> None:
    session = Scripted(records=RECORDS, loses_reservation_at=frozenset({2, 3, 7}))
    assert names(session) == [f"Drive {n}" for n in range(1, 6)]


def test_bmc_without_reservations_is_read_without_one() -> None:
    assert len(names(Scripted(records=RECORDS, no_reservations=True))) == 5


def test_records_own_length_counts_and_not_the_count_that_the_bmc_tells() -> None:
    assert names(Scripted(records=(controller_record("BMC"), *RECORDS)))[-1] == "Drive 5"


def test_list_that_goes_round_in_circles_ends_with_what_it_is() -> None:
    with pytest.raises(Malformed, match="circles"):
        list(read_records(Scripted(records=RECORDS, next_ids={3: 1})))


# 9: what is remembered of the sensor list


def test_remembered_list_is_given_up_when_the_bmc_says_that_it_changed() -> None:
    names_read = []
    for state, records in ((b"\x05one", RECORDS), (b"\x05one", ()), (b"\x05two", RECORDS[:2])):
        session = Scripted(records=records, state=state)
        names_read.append([sensor.name for sensor in read_sensors(session, "remembered")])
    assert [len(found) for found in names_read] == [5, 5, 2]


def test_list_of_a_bmc_that_does_not_say_when_it_changed_is_not_remembered() -> None:
    for count in (5, 3):
        assert len(list(read_sensors(Scripted(records=RECORDS[:count]), "forgetful"))) == count


@pytest.mark.parametrize(
    ("added", "erased", "dated"),
    [
        (0, 0, False),
        (0xFFFFFFFF, 0, False),
        (0xFFFFFFFF, 0xFFFFFFFF, False),
        (SECOND_2026, 0, True),
        (0, SECOND_2026, True),
    ],
)
def test_bmc_that_does_not_date_changes_of_its_list_is_known_for_it(added: int, erased: int, dated: bool) -> None:
    state = struct.pack("<BHHIIB", 0x51, 74, 0, added, erased, 0)
    assert is_dated(state) is dated


def test_list_is_read_anew_when_only_the_time_of_its_change_is_new() -> None:
    lists = []
    for at, records in ((1, RECORDS), (1, RECORDS[::-1]), (2, RECORDS[::-1])):
        state = struct.pack("<BHHIIB", 0x51, 5, 0, SECOND_2026 + at, 0, 0)
        sensors = read_sensors(Scripted(records=records, state=state), "dated")
        lists.append([sensor.name for sensor in sensors])
    assert lists[0] == lists[1] == lists[2][::-1]


# 10: what a reading is, and what it is not

FAN = full_record((7, 29, 3), 0x04, 18, (1, 0), (0b111111, bytes([250, 240, 230, 20, 30, 40])), "FAN3")


def non_linear() -> bytes:
    raw = bytearray(FAN)
    raw[23] = 0x70
    return bytes(raw)


def test_sensor_without_a_straight_scale_asks_for_the_factors_at_its_reading() -> None:
    """120 rpm a step, and 1000 below: known to the BMC alone (IPMI 2.0 section 35.5)."""
    answer = bytes([40, 120, 0, 100, 0, 0, 0x01])  # next reading, M, tolerance, B, accuracy, accuracy, B exponent 1
    session = Scripted(records=(non_linear(),), readings={7: bytes([41, 0xC0, 0])}, factors={7: answer})
    (sensor,) = read_sensors(session, "non-linear")
    assert (sensor.value, sensor.unit, sensor.unavailable) == (120 * 41 + 1000, "/min", None)
    assert sensor.thresholds == {}  # each limit has factors of its own; the BMC's comparison counts


def test_sensor_without_a_straight_scale_and_without_factors_is_unknown() -> None:
    for factors in ({}, {7: b"\x00\x01"}):
        session = Scripted(records=(non_linear(),), readings={7: bytes([41, 0xC0, 0])}, factors=factors)
        (sensor,) = read_sensors(session, "no factors")
        assert sensor.value is None
        assert sensor.unavailable


@pytest.mark.parametrize("flags", [0x00, 0x80, 0x60, 0xE0])
def test_byte_of_a_sensor_that_does_not_scan_or_has_no_reading_is_no_value(flags: int) -> None:
    (sensor,) = read_sensors(Scripted(records=(FAN,), readings={7: bytes([0, flags, 0xC0])}), "flags")
    assert (sensor.value, sensor.bits) == (None, None)
    assert sensor.unavailable


# 8: answers that are too long


@pytest.mark.parametrize("code", [0xC8, 0xC9, 0xCA, 0xFF])
def test_size_that_the_bmc_can_give_is_found_once_and_remembered(code: int) -> None:
    session = Scripted(records=RECORDS, largest=20, too_long=code)
    assert len(names(session)) == 5
    sizes = [data[5] for _, command, data in session.asked if command == GET_RECORD]
    assert max(sizes[:6]) > 20 >= max(sizes[6:])  # asked for too much with the first record only


# 11: inventories


def test_empty_inventory_is_told_and_does_not_pass_for_an_identity() -> None:
    with pytest.raises(Malformed, match="empty"):
        read_identity(Scripted(inventories={0: bytes(512)}), Identity())


def test_inventory_that_ends_too_early_costs_only_its_own_area() -> None:
    whole = fru_inventory("Nordwand", "NW", "CZ1", "AT-1")
    product_at = whole[4] * 8
    identity, broken = read_identity(Scripted(inventories={0: whole[: product_at + 10]}), Identity())
    assert broken == ["product"]
    assert identity.product == "NW board"


def test_inventory_with_odd_texts_gives_what_it_has() -> None:
    whole = bytearray(fru_inventory("Nordwand", "NW", "CZ1", "AT-1"))
    whole[whole[4] * 8 + 3] = 0xFF  # the maker's name claims to be longer than the whole area
    identity, broken = read_identity(Scripted(inventories={0: bytes(whole)}), Identity())
    assert (identity.serial, broken) == ("CCZ1", [])  # the chassis's, because the product's is beyond the end


def test_part_with_a_wrong_checksum_shows_no_serial_number_and_says_why() -> None:
    spoiled = part_inventory("Nordwand", "P-100", "PSN1").replace(b"PSN1", b"PSN2")
    (item,) = parts({1: spoiled}, machine="spoiled")
    assert (item.serial, item.product) == (None, "P-100")
    assert item.unavailable == "its checksum is wrong, so its serial number is not believed"


def test_module_tells_its_own_serial_number() -> None:
    (item,) = parts({1: module_inventory("A1B2C3D4", "M393A2K40")}, machine="module")
    assert (item.serial, item.product) == ("A1B2C3D4", "DDR4 M393A2K40")


def test_part_that_is_not_there_has_no_inventory_and_is_left_out() -> None:
    assert parts({}, machine="nothing") == []


def test_swapped_part_is_noticed_though_the_first_was_remembered() -> None:
    serials = []
    for number in ("PSN1", "PSN1", "PSN2"):
        session = Scripted(inventories={1: part_inventory("Nordwand", "P-100", number)})
        serials.append((next(iter(read_inventory(session, "swapped", [PSU]))).serial, session.requests))
    assert [serial for serial, _ in serials] == ["PSN1", "PSN1", "PSN2"]
    assert serials[1][1] == 1


PSU = FruLocator(1, "PSU1 FRU", 10, 1)


def parts(inventories: dict[int, bytes], machine: str) -> list[InventoryItem]:
    return list(read_inventory(Scripted(inventories=inventories), machine, [PSU]))


# 12: the event log


def test_log_whose_numbers_wrapped_is_told_in_its_own_order() -> None:
    log = [memory_error(record, 1, SECOND_2026 + place) for place, record in enumerate((65533, 65534, 1, 2))]
    assert newest(Scripted(log=log)) == [2, 1, 65534, 65533]


def test_log_with_gaps_between_its_numbers_is_told_whole() -> None:
    log = [memory_error(record, 1, SECOND_2026) for record in (1, 40, 41, 300)]
    assert newest(Scripted(log=log)) == [300, 41, 40, 1]


def test_long_log_is_read_from_its_newest_end_and_no_further_than_wanted() -> None:
    session = Scripted(log=[memory_error(record, 1, SECOND_2026) for record in range(1, 5000)])
    assert newest(session, 10) == list(range(4999, 4989, -1))
    assert session.requests == 10


def test_empty_log_is_no_trouble() -> None:
    session = Scripted()
    assert log_state(session).count == 0
    assert newest(session) == []


def test_log_that_lost_entries_for_want_of_room_says_so() -> None:
    class Full(Scripted):
        def _log_info(self, data: bytes) -> bytes:
            return super()._log_info(data)[:-1] + b"\x80"

    assert log_state(Full()).full
    assert not log_state(Scripted()).full


def test_log_erased_and_filled_again_is_never_mixed_with_what_was_remembered() -> None:
    """The newest entries of both logs are the same byte for byte; only the time of erasure tells them apart."""
    last = memory_error(2, 9, SECOND_2026)
    before = log_of(Scripted(log=[memory_error(1, 7, SECOND_2026), last], erased=1))
    after = log_of(Scripted(log=[memory_error(1, 8, SECOND_2026), last], erased=2))
    assert [entry.sensor_number for entry in before] == [9, 7]
    assert [entry.sensor_number for entry in after] == [9, 8]


def test_log_that_grew_is_read_from_its_new_entries_only() -> None:
    entries = [memory_error(record, record, SECOND_2026) for record in range(1, 30)]
    log_of(Scripted(log=entries[:28], erased=7, where=("grew", 1)))
    session = Scripted(log=entries, erased=7, where=("grew", 1))
    assert len(log_of(session)) == 29
    assert session.requests < 6


def test_log_without_room_that_dropped_its_oldest_for_new_ones_is_told_as_it_is() -> None:
    """As many entries as before, and numbers that began at one again; nothing was erased."""
    entries = [
        memory_error(record, place % 200, SECOND_2026 + place) for place, record in enumerate(range(65520, 65535))
    ]
    log_of(Scripted(log=entries, erased=7, where=("wrapped", 1)))
    newer = [memory_error(record, 201, SECOND_2026 + 100 + record) for record in range(1, 5)]
    session = Scripted(log=[*entries[4:], *newer], erased=7, where=("wrapped", 1))
    assert [entry.record for entry in log_of(session)] == [4, 3, 2, 1, *range(65534, 65523, -1)]


def test_entry_that_somebody_deleted_is_not_told_from_memory() -> None:
    entries = [memory_error(record, record, SECOND_2026 + record) for record in range(1, 9)]
    log_of(Scripted(log=entries, erased=7, free=100, where=("deleted", 1)))
    fewer = [*entries[:3], *entries[4:]]
    left = log_of(Scripted(log=fewer, erased=7, free=116, where=("deleted", 1)))
    assert [entry.record for entry in left] == [8, 7, 6, 5, 3, 2, 1]
    log_of(Scripted(log=entries, erased=7, free=100, where=("replaced", 1)))
    more = [*fewer, memory_error(9, 9, SECOND_2026 + 9)]
    left = log_of(Scripted(log=more, erased=7, free=100, where=("replaced", 1)))
    assert [entry.record for entry in left] == [9, 8, 7, 6, 5, 3, 2, 1]


def test_new_entry_that_the_log_s_state_does_not_tell_of_is_read_all_the_same() -> None:
    """A BMC that never dates its additions, and whose full log keeps its count."""
    entries = [memory_error(record, record, SECOND_2026) for record in range(1, 9)]
    log_of(Scripted(log=entries, erased=7, where=("silent", 1)))
    moved = [*entries[1:], memory_error(9, 9, SECOND_2026)]
    assert [entry.record for entry in log_of(Scripted(log=moved, erased=7, where=("silent", 1)))] == [
        9,
        8,
        7,
        6,
        5,
        4,
        3,
        2,
    ]


@pytest.mark.parametrize(
    ("count", "free", "added", "full", "tells"),
    [
        (8, 100, SECOND_2026, False, True),
        (0, 100, 0, False, True),  # an empty one can only grow
        (8, 0, SECOND_2026, False, False),  # without room its count stays
        (8, 100, SECOND_2026, True, False),
        (8, 100, 0xFFFFFFFF, False, False),  # it does not date what it adds
        (8, 100, 4711, False, False),  # its clock was never set
    ],
)
def test_log_s_state_tells_of_every_change_only_while_it_has_room_and_dates_what_it_adds(
    count: int, free: int, added: int, full: bool, tells: bool
) -> None:
    said = struct.pack("<BHHIIB", 0x51, count, free, added, 7, 0x80 * full)
    assert LogState(count, said[9:13], full, said).tells_of_change is tells


def log_of(session: Scripted) -> list[LogEntry]:
    reading = Reading(session, lambda _name, _part: None, Deadline(5))
    reading._log()
    assert reading.problems == {}
    return reading.log


@pytest.mark.parametrize("stamp", [0, 0xFFFFFFFF, 0x1FFFFFFF])
def test_time_of_an_unset_clock_is_no_time(stamp: int) -> None:
    assert decode_entry(memory_error(1, 1, stamp)).at is None


def test_time_of_a_set_clock_is_utc() -> None:
    assert decode_entry(memory_error(1, 1, SECOND_2026)).at == datetime.fromtimestamp(SECOND_2026, UTC)
