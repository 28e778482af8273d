"""The sensors of a BMC: every one that its records name, with a reading or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace

from app.core.errors import HardwareError, Malformed
from app.hardware.protocols.ipmi_decode import THRESHOLD, FruLocator, SensorRecord, decode_locator, decode_record
from app.hardware.protocols.ipmi_records import SENSOR_EVENT, read_records, repository_state
from app.hardware.protocols.ipmi_session import BmcSession, CompletionCode
from app.hardware.protocols.memory import Memory
from app.hardware.readings import Sensor
from app.hardware.scale import scale_of

GET_FACTORS, GET_READING = 0x23, 0x2D
FACTORS_SIZE = 6
# A list of 100 sensors takes about 7 kB; it is read again after this time even when nothing seems to have changed.
_lists: Memory[tuple[bytes, ...]] = Memory(size=2000, keep_s=600)
SCANNING_ENABLED, READING_UNAVAILABLE = 0x40, 0x20


def read_sensors(
    session: BmcSession, machine: Hashable, *, from_device: bool = False, locators: list[FruLocator] | None = None
) -> Iterator[Sensor]:
    """Yield every sensor: states (discrete) first, values (analog) after them.

    The list of sensors is remembered for `machine`, readings never are; `locators` is filled with the inventories
    that the list names. When the BMC falls silent on the way, the sensors not reached are yielded with that as their
    reason, and the error is raised after them. Raises HardwareError, or CompletionCode when the list is refused.
    """
    raw_records, trouble = _collect_records(session, machine, from_device=from_device)
    records: list[SensorRecord] = []
    for raw in raw_records:
        try:
            records += decode_record(raw)
            locator = decode_locator(raw)
        except Malformed as broken:
            trouble = trouble or broken
            continue
        if locator is not None and locators is not None:
            locators.append(locator)
    records.sort(key=lambda record: record.blank.event_type == THRESHOLD)
    for record in records:
        if isinstance(trouble, HardwareError) and not isinstance(trouble, Malformed):
            yield replace(record.blank, unavailable=f"not read: {trouble}")
            continue
        try:
            yield _read_sensor(session, record)
        except HardwareError as lost:
            trouble = lost
            yield replace(record.blank, unavailable=f"not read: {lost}")
    if trouble is not None:
        raise trouble


def _collect_records(
    session: BmcSession, machine: Hashable, *, from_device: bool
) -> tuple[list[bytes], HardwareError | CompletionCode | None]:
    """Return the records that could be read or remembered, and what went wrong on the way."""
    key = (machine, repository_state(session, from_device=from_device))
    raw_records: Iterable[bytes] = _lists.recall(key) or read_records(session, from_device=from_device)
    read: list[bytes] = []
    try:
        read.extend(raw_records)
    except (HardwareError, CompletionCode) as lost:
        return read, lost
    if key[1] is not None:
        _lists.keep(key, tuple(read))
    return read, None


def _read_sensor(session: BmcSession, record: SensorRecord) -> Sensor:
    if record.obstacle is not None:
        return replace(record.blank, unavailable=record.obstacle)
    lun, number = record.lun, record.blank.number
    try:
        answer = session.command(SENSOR_EVENT, GET_READING, bytes([number]), lun)
        if record.analog and record.blank.scale and not record.blank.scale.is_linear and answer:
            return interpret(_with_factors(session, record, answer[0]), answer)
    except CompletionCode as refusal:
        return replace(record.blank, unavailable=str(refusal))
    return interpret(record, answer)


def _with_factors(session: BmcSession, record: SensorRecord, raw: int) -> SensorRecord:
    """Return the record with the factors that hold at this reading: non-linear sensors have others at each."""
    answer = session.command(SENSOR_EVENT, GET_FACTORS, bytes([record.blank.number, raw]), record.lun)
    scale = record.blank.scale
    if len(answer) < 1 + FACTORS_SIZE or scale is None:
        return record
    here = scale_of(answer[1 : 1 + FACTORS_SIZE], scale.form, 0)
    return replace(record, blank=replace(record.blank, scale=here))


def interpret(record: SensorRecord, answer: bytes) -> Sensor:
    """Return the sensor as a Get Sensor Reading response tells it (IPMI 2.0 section 35.14).

    The unavailable and scanning bits come before any value: a byte read in spite of them means nothing.
    A threshold sensor that measures nothing still compares: then its bits are all it has.
    """
    if len(answer) < 2:
        return replace(record.blank, unavailable="the BMC's answer is too short")
    raw, flags = answer[0], answer[1]
    if not flags & SCANNING_ENABLED:
        return replace(record.blank, unavailable="the BMC does not scan this sensor")
    if flags & READING_UNAVAILABLE:
        return replace(record.blank, unavailable="the BMC has no reading yet")
    if record.blank.event_type == THRESHOLD:
        bits = answer[2] & 0x3F if len(answer) > 2 else None
    else:
        bits = int.from_bytes(answer[2:4], "little") & 0x7FFF if len(answer) > 2 else None
    scale = record.blank.scale
    value = scale.value(raw) if record.analog and scale else None
    read = replace(record.blank, value=value, bits=bits)
    if value is None and record.analog and record.blank.event_type == THRESHOLD:
        return replace(read, unavailable="the reading cannot be converted to a value")
    if value is None and bits is None:
        return replace(read, unavailable="the BMC's answer is too short")
    return read
