"""The sensor data records of a BMC: read with care, decoded to what a reading needs (IPMI 2.0 chapter 43)."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from pyipmi.errors import DecodingError
from pyipmi.sdr import SdrCommon

from app.core.errors import Malformed
from app.hardware.protocols.ipmi_session import ADVICE_FIRMWARE, BmcSession, CompletionCode
from app.hardware.readings import Sensor

STORAGE, SENSOR_EVENT = 0x0A, 0x04
GET_STATE, RESERVE, GET_RECORD, GET_DEVICE_RECORD = 0x20, 0x22, 0x23, 0x21
LAST_RECORD = 0xFFFF
HEADER_SIZE = 5
MAX_RECORDS = 2048
# A whole record at once, as ipmitool tries too, then what smaller and smaller BMCs can give.
READ_SIZES = (64, 32, 24, 16, 8)
TOO_LONG = frozenset({0xC8, 0xC9, 0xCA, 0xFF})
RESERVATION_LOST, UNKNOWN_COMMAND = 0xC5, 0xC1
RESERVATIONS = 10
RESERVATION_PAUSE_S = 0.02

FULL, COMPACT, EVENT_ONLY = 0x01, 0x02, 0x03
THRESHOLD = 0x01
NO_ANALOG_READING = 3
BMC_ADDRESS = 0x20

# IPMI 2.0 table 43-15 in UCUM; what is not here keeps its number.
UNITS = {
    1: "Cel", 2: "[degF]", 3: "K", 4: "V", 5: "A", 6: "W", 7: "J", 8: "C", 9: "VA", 10: "cd/m2", 11: "lm", 12: "lx",
    13: "cd", 14: "kPa", 15: "[psi]", 16: "N", 17: "[cft_i]/min", 18: "/min", 19: "Hz", 20: "us", 21: "ms", 22: "s",
    23: "min", 24: "h", 25: "d", 26: "wk", 28: "[in_i]", 29: "[ft_i]", 32: "mm", 33: "cm", 34: "m", 38: "L",
    53: "bit", 54: "kbit", 55: "Mbit", 56: "Gbit", 57: "By", 58: "kBy", 59: "MBy", 60: "GBy",
}  # fmt: skip
RATES = {1: "/us", 2: "/ms", 3: "/s", 4: "/min", 5: "/h", 6: "/d"}
THRESHOLD_BITS = {"lnc": 0, "lcr": 1, "lnr": 2, "unc": 3, "ucr": 4, "unr": 5}


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """What the repository says about one sensor: who it is, and how its raw byte becomes a value.

    `blank` is the sensor with nothing read. `convert` is None when the sensor has no analog value;
    `obstacle` says why it cannot be read over this session at all.
    """

    blank: Sensor
    lun: int
    convert: Callable[[int], float | None] | None = None
    obstacle: str | None = None


def repository_state(session: BmcSession, *, from_device: bool = False) -> bytes | None:
    """Return what changes when the sensor list does: count and times of change; None when the BMC will not say."""
    try:
        return session.command(SENSOR_EVENT if from_device else STORAGE, GET_STATE)
    except CompletionCode:
        return None


def read_records(session: BmcSession, *, from_device: bool = False) -> Iterator[bytes]:
    """Yield the raw records of the repository, or of the device itself, one by one.

    The record's own length is trusted, not the count of bytes that came; ids that repeat end the walk.
    Cost: about three requests a record.
    """
    reader = _RecordReader(session, from_device=from_device)
    seen: set[int] = set()
    record = 0
    while record != LAST_RECORD:
        if record in seen or len(seen) >= MAX_RECORDS:
            raise Malformed("the BMC's sensor list goes round in circles", ADVICE_FIRMWARE)
        seen.add(record)
        record, raw = reader.read(record)
        yield raw


class _RecordReader:
    """Reads single records in two steps, with a reservation and a read size that shrinks when the BMC asks."""

    def __init__(self, session: BmcSession, *, from_device: bool) -> None:
        self._session = session
        self._netfn, self._get = (SENSOR_EVENT, GET_DEVICE_RECORD) if from_device else (STORAGE, GET_RECORD)
        self._sizes = list(READ_SIZES)
        self._reservation = self._reserve()

    def read(self, record: int) -> tuple[int, bytes]:
        """Return the next record's id and this record's bytes."""
        for _ in range(RESERVATIONS):
            try:
                return self._read_once(record)
            except CompletionCode as refusal:
                if refusal.code != RESERVATION_LOST:
                    raise
                # Somebody else reads the list too; reservations taken at once would be lost at once, to both.
                time.sleep(RESERVATION_PAUSE_S * random.random())  # noqa: S311 - jitter, not a secret
                self._reservation = self._reserve()
        raise CompletionCode(RESERVATION_LOST)

    def _reserve(self) -> int:
        try:
            answer = self._session.command(self._netfn, RESERVE)
        except CompletionCode as refusal:
            if refusal.code != UNKNOWN_COMMAND:
                raise
            return 0  # some BMCs know no reservations and want zero
        return int.from_bytes(answer[:2], "little")

    def _read_once(self, record: int) -> tuple[int, bytes]:
        following, raw = self._read_part(record, 0, HEADER_SIZE)
        size = HEADER_SIZE + raw[4]
        while len(raw) < size:
            raw += self._read_chunk(record, len(raw), size - len(raw))
        return following, raw

    def _read_chunk(self, record: int, offset: int, wanted: int) -> bytes:
        while True:
            size = min(wanted, self._sizes[0])
            try:
                return self._read_part(record, offset, size)[1]
            except CompletionCode as refusal:
                smaller = [one for one in self._sizes if one < size]
                if refusal.code not in TOO_LONG or not smaller:
                    raise
                self._sizes = smaller

    def _read_part(self, record: int, offset: int, size: int) -> tuple[int, bytes]:
        request = struct.pack("<HHBB", self._reservation, record, offset, size)
        answer = self._session.command(self._netfn, self._get, request)
        data = answer[2 : 2 + size]
        if not data or (offset == 0 and len(data) < HEADER_SIZE):
            raise Malformed("the BMC cuts its sensor records short", ADVICE_FIRMWARE)
        return int.from_bytes(answer[:2], "little"), data


def decode_record(raw: bytes) -> list[SensorRecord]:
    """Return the sensors that one record describes: none, one, or several that share it.

    Raises Malformed when the record is shorter than its type needs.
    """
    if raw[3] not in (FULL, COMPACT, EVENT_ONLY):
        return []
    try:
        record = SdrCommon.from_data(raw)
    except (DecodingError, IndexError, ValueError) as broken:
        raise Malformed("a sensor record is broken", ADVICE_FIRMWARE) from broken
    return [_sensor_record(record, raw, offset) for offset in range(_share_count(raw))]


def _share_count(raw: bytes) -> int:
    """Return how many sensors share a compact record (table 43-2, byte 24)."""
    return max(1, raw[23] & 0x0F) if raw[3] == COMPACT else 1


def _sensor_record(record: Any, raw: bytes, offset: int) -> SensorRecord:
    fields: dict[str, Any] = vars(record)
    event_type = raw[11] if raw[3] == EVENT_ONLY else fields["event_reading_type_code"]
    analog = raw[3] == FULL and _has_analog_reading(fields, event_type)
    convert = _converter(record) if analog else None
    shares_instances = raw[3] == COMPACT and bool(raw[24] & 0x80)
    blank = Sensor(
        number=fields["number"] + offset,
        name=_name(fields["device_id_string"], raw, offset),
        sensor_type=raw[10] if raw[3] == EVENT_ONLY else fields["sensor_type_code"],
        event_type=event_type,
        entity_id=fields["entity_id"],
        entity_instance=fields["entity_instance"] + (offset if shares_instances else 0),
        unit=_unit(fields) if analog else None,
        thresholds=_thresholds(fields, convert) if convert is not None and event_type == THRESHOLD else {},
    )
    return SensorRecord(blank, fields["owner_lun"], convert, _obstacle(fields, raw))


def _has_analog_reading(fields: dict[str, Any], event_type: int) -> bool:
    if fields["analog_data_format"] == NO_ANALOG_READING:
        return False
    return event_type == THRESHOLD or fields["units_2"] != 0


def _obstacle(fields: dict[str, Any], raw: bytes) -> str | None:
    if raw[3] == EVENT_ONLY:
        return "reports events only"
    if fields["owner_id"] != BMC_ADDRESS:
        return f"belongs to another controller (0x{fields['owner_id']:02X})"
    return None


def _name(name: str, raw: bytes, offset: int) -> str:
    """Return the sensor's name; sensors that share a record get a number or a letter (table 43-2, byte 24-25)."""
    clean = name.replace("\x00", "").strip()
    if _share_count(raw) == 1:
        return clean
    place = (raw[24] & 0x7F) + offset
    return f"{clean}{chr(ord('A') + place) if raw[23] & 0x30 else place}"


def _unit(fields: dict[str, Any]) -> str | None:
    base, modifier = fields["units_2"], fields["units_3"]
    if fields["percentage"]:
        return "%"
    if base == 0:
        return None
    unit = UNITS.get(base, f"IPMI unit {base}")
    if fields["modifier_unit"]:
        other = UNITS.get(modifier, f"IPMI unit {modifier}")
        unit += f"/{other}" if fields["modifier_unit"] == 1 else f".{other}"
    return unit + RATES.get(fields["rate_unit"], "")


def _converter(record: Any) -> Callable[[int], float | None]:
    """Return the raw-to-value function; its result is None where the formula has no value."""

    def convert(raw: int) -> float | None:
        try:
            return round(float(record.convert_sensor_raw_to_value(raw)), 6)
        except (DecodingError, ValueError, ZeroDivisionError, OverflowError):
            return None

    return convert


def _thresholds(fields: dict[str, Any], convert: Callable[[int], float | None]) -> dict[str, float]:
    mask, raw = fields["discrete_reading_mask"], fields["threshold"]
    values = {name: convert(raw[name]) for name, bit in THRESHOLD_BITS.items() if mask >> bit & 1}
    return {name: value for name, value in values.items() if value is not None}
