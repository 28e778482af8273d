"""The sensors of a BMC: every one that its records name, with a reading or with the reason why there is none."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace

from app.core.errors import HardwareError, Malformed
from app.hardware.protocols.ipmi_records import (
    SENSOR_EVENT,
    THRESHOLD,
    SensorRecord,
    decode_record,
    read_records,
    repository_state,
)
from app.hardware.protocols.ipmi_session import BmcSession, CompletionCode
from app.hardware.protocols.memory import Memory
from app.hardware.readings import Sensor

GET_READING = 0x2D
# A list of 100 sensors takes about 7 kB; it is read again after this time even when nothing seems to have changed.
_lists: Memory[tuple[bytes, ...]] = Memory(size=2000, keep_s=600)
SCANNING_ENABLED, READING_UNAVAILABLE = 0x40, 0x20


def read_sensors(session: BmcSession, machine: Hashable, *, from_device: bool = False) -> Iterator[Sensor]:
    """Yield every sensor: states (discrete) first, values (analog) after them.

    The list of sensors is remembered for `machine`, readings never are.
    When the BMC falls silent on the way, the sensors not reached are yielded with that as their reason, and
    the error is raised after them. Raises HardwareError, or CompletionCode when the list itself is refused.
    """
    records, trouble = _collect_records(session, machine, from_device=from_device)
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
) -> tuple[list[SensorRecord], HardwareError | CompletionCode | None]:
    """Return the records that could be read or remembered, and what went wrong on the way."""
    key = (machine, repository_state(session, from_device=from_device))
    raw_records: Iterable[bytes] = _lists.recall(key) or read_records(session, from_device=from_device)
    read: list[bytes] = []
    trouble: HardwareError | CompletionCode | None = None
    try:
        read.extend(raw_records)
    except (HardwareError, CompletionCode) as lost:
        trouble = lost
    records: list[SensorRecord] = []
    for raw in read:
        try:
            records += decode_record(raw)
        except Malformed as broken:
            trouble = trouble or broken
    if trouble is None and key[1] is not None:
        _lists.keep(key, tuple(read))
    return records, trouble


def _read_sensor(session: BmcSession, record: SensorRecord) -> Sensor:
    if record.obstacle is not None:
        return replace(record.blank, unavailable=record.obstacle)
    try:
        answer = session.command(SENSOR_EVENT, GET_READING, bytes([record.blank.number]), record.lun)
    except CompletionCode as refusal:
        return replace(record.blank, unavailable=str(refusal))
    return interpret(record, answer)


def interpret(record: SensorRecord, answer: bytes) -> Sensor:
    """Return the sensor as a Get Sensor Reading response tells it (IPMI 2.0 section 35.14).

    The unavailable and scanning bits come before any value: a byte read in spite of them means nothing.
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
    value = record.convert(raw) if record.convert is not None else None
    if value is None and (record.convert is not None or record.blank.event_type == THRESHOLD):
        return replace(record.blank, bits=bits, unavailable="the reading cannot be converted to a value")
    if value is None and bits is None:
        return replace(record.blank, unavailable="the BMC's answer is too short")
    return replace(record.blank, value=value, bits=bits)
