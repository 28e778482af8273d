"""What a BMC's bytes mean, without a BMC: records, readings, log entries, identity."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Malformed, Refused, Unsupported
from app.hardware.protocols.ipmi_codes import CompletionCode, as_error
from app.hardware.protocols.ipmi_decode import SensorRecord, decode_record
from app.hardware.protocols.ipmi_identity import identity_from_device
from app.hardware.protocols.ipmi_log import decode_entry, moment
from app.hardware.protocols.ipmi_sensors import interpret
from lab.ipmi_records import compact_record, controller_record, full_record, log_record

KEY = (7, 29, 3)
TEMPERATURE, FAN, DRIVE = 0x01, 0x04, 0x0D
SENSOR_SPECIFIC = 0x6F
SCANNING, UNAVAILABLE = 0x40, 0x20


def _full(**changes: int) -> SensorRecord:
    """A full record; `changes` set single bytes, named after their place (table 43-1, from zero)."""
    limits = bytes([90, 85, 80, 5, 10, 15])
    raw = bytearray(full_record(KEY, TEMPERATURE, 1, (2, -1), (0b111111, limits), "Inlet Temp"))
    for place, value in changes.items():
        raw[int(place.removeprefix("byte"))] = value
    return decode_record(bytes(raw))[0]


def test_full_record_tells_who_the_sensor_is_and_how_its_byte_becomes_a_value() -> None:
    record = _full()
    blank = record.blank
    assert (blank.number, blank.entity_id, blank.entity_instance, blank.name) == (*KEY, "Inlet Temp")
    assert (blank.unit, record.obstacle) == ("Cel", None)
    assert blank.thresholds == {"lnc": 3.0, "lcr": 2.0, "lnr": 1.0, "unc": 16.0, "ucr": 17.0, "unr": 18.0}
    assert interpret(record, bytes([120, SCANNING, 0])).value == 24.0


def test_only_limits_that_can_be_read_are_told() -> None:
    assert set(_full(byte18=0b011000).blank.thresholds) == {"unc", "ucr"}


@pytest.mark.parametrize(
    ("units", "raw", "value"), [(0x00, 0xFE, 50.8), (0x80, 0xFE, -0.4), (0x40, 0xFE, -0.2), (0x80, 0x7F, 25.4)]
)
def test_raw_byte_is_unsigned_or_one_of_two_complements(units: int, raw: int, value: float) -> None:
    assert interpret(_full(byte20=units), bytes([raw, SCANNING, 0])).value == pytest.approx(value)


def test_offset_and_negative_factor_are_taken_as_signed() -> None:
    # M = -2 (ten bits), B = 100, exponents 0: 100 - 2 * 10
    record = _full(byte24=0xFE, byte25=0xC0, byte26=100, byte29=0)
    assert interpret(record, bytes([10, SCANNING, 0])).value == 80.0


@pytest.mark.parametrize(
    ("units", "base", "modifier", "unit"),
    [
        (0x01, 0, 0, "%"),
        (0, 4, 0, "V"),
        (0, 18, 0, "/min"),
        (0x18, 7, 0, "J/s"),
        (0x04, 6, 24, "W.h"),
        (0, 200, 0, "IPMI unit 200"),
        (0, 0, 0, None),
    ],
)
def test_unit_is_told_in_ucum(units: int, base: int, modifier: int, unit: str | None) -> None:
    assert _full(byte20=units, byte21=base, byte22=modifier).blank.unit == unit


@pytest.mark.parametrize("linearization", [0x70, 0x0C, 0x01])
def test_reading_that_the_formula_cannot_convert_is_unavailable_and_not_zero(linearization: int) -> None:
    sensor = interpret(_full(byte23=linearization), bytes([0, SCANNING, 0]))
    assert (sensor.value, sensor.unavailable) == (None, "the reading cannot be converted to a value")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (bytes([24, 0, 0]), "the BMC does not scan this sensor"),
        (bytes([24, SCANNING | UNAVAILABLE, 0]), "the BMC has no reading yet"),
        (b"\x18", "the BMC's answer is too short"),
        (b"", "the BMC's answer is too short"),
    ],
)
def test_byte_is_not_believed_when_the_flags_say_otherwise(answer: bytes, reason: str) -> None:
    sensor = interpret(_full(), answer)
    assert (sensor.value, sensor.bits, sensor.unavailable) == (None, None, reason)


def test_reserved_bits_are_not_taken_for_states() -> None:
    assert interpret(_full(), bytes([24, SCANNING, 0xC0])).bits == 0
    drive = decode_record(compact_record(KEY, DRIVE, SENSOR_SPECIFIC, "Drive 3"))[0]
    assert interpret(drive, bytes([0, SCANNING, 0x05, 0x80])).bits == 0b101
    assert interpret(drive, bytes([0, SCANNING, 0x01])).bits == 0b001
    assert interpret(drive, bytes([0, SCANNING])).unavailable == "the BMC's answer is too short"


def test_record_shared_by_several_sensors_names_each() -> None:
    raw = bytearray(compact_record(KEY, DRIVE, SENSOR_SPECIFIC, "Drive "))
    raw[23], raw[24] = 0x03, 0x80 | 4  # three sensors, numbers from 4 on, instances counted too
    shared = [record.blank for record in decode_record(bytes(raw))]
    assert [(one.number, one.entity_instance, one.name) for one in shared] == [
        (7, 3, "Drive4"),
        (8, 4, "Drive5"),
        (9, 5, "Drive6"),
    ]
    raw[23], raw[24] = 0x12, 0
    assert [record.blank.name for record in decode_record(bytes(raw))] == ["DriveA", "DriveB"]


def test_sensor_of_another_controller_is_named_and_not_asked_for() -> None:
    raw = bytearray(compact_record(KEY, DRIVE, SENSOR_SPECIFIC, "ME Health"))
    raw[5] = 0x2C
    assert decode_record(bytes(raw))[0].obstacle == "belongs to another controller (0x2C)"


def test_records_that_describe_no_sensor_give_none_and_broken_ones_are_refused() -> None:
    assert decode_record(controller_record("BMC")) == []
    whole = compact_record(KEY, DRIVE, SENSOR_SPECIFIC, "Drive 3")
    with pytest.raises(Malformed):
        decode_record(whole[:20])


@given(st.binary(min_size=5, max_size=80), st.sampled_from([0x01, 0x02, 0x03]))
def test_any_record_is_understood_or_malformed(body: bytes, kind: int) -> None:
    raw = bytes([1, 0, 0x51, kind, len(body)]) + body
    try:
        records = decode_record(raw)
    except Malformed:
        return
    for record in records:
        sensor = interpret(record, bytes([200, SCANNING, 0xFF, 0xFF]))
        assert sensor.unavailable or sensor.value is not None or sensor.bits is not None


def test_log_entry_is_decoded_with_its_direction() -> None:
    at = int(datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp())
    entry = decode_entry(log_record(12, at, (0x08, 5), (SENSOR_SPECIFIC, False), (3, 0xFF, 0xFF)))
    assert (entry.record, entry.at) == (12, datetime(2026, 11, 23, 8, tzinfo=UTC))
    assert (entry.sensor_type, entry.sensor_number, entry.event_type, entry.asserted) == (8, 5, SENSOR_SPECIFIC, False)
    assert entry.data == (3, 0xFF, 0xFF)


def test_oem_entry_without_a_time_stamp_has_no_time_and_no_sensor() -> None:
    raw = bytes([9, 0, 0xE1]) + bytes(range(1, 14))
    entry = decode_entry(raw)
    assert (entry.at, entry.sensor_type, entry.sensor_number, entry.raw) == (None, 0, 0, raw)


@pytest.mark.parametrize("stamp", [0, 880, 0x1FFFFFFF, 0xFFFFFFFF])
def test_time_before_the_clock_was_set_is_no_time(stamp: int) -> None:
    assert moment(stamp) is None


def test_device_id_tells_firmware_and_may_be_short() -> None:
    device = bytes([0x23, 9, 0x89, 0x08, 2, 0x9F, 0x7C, 0x2A, 0, 0x45, 9])
    assert identity_from_device(device).bmc_firmware == "9.08"
    assert identity_from_device(b"\x23").bmc_firmware is None


def test_refusals_tell_what_a_person_can_do() -> None:
    assert isinstance(as_error(CompletionCode(0xC1), "the log"), Unsupported)
    refused = as_error(CompletionCode(0xD4), "the identify light")
    assert isinstance(refused, Refused)
    assert "privilege" in refused.advice
