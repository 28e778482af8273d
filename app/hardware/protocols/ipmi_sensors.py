"""The sensors of a BMC: every one that its records name, with a reading or with the reason why there is none."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from app.core.errors import HardwareError, Malformed
from app.hardware.protocols.ipmi_codes import CompletionCode
from app.hardware.protocols.ipmi_decode import THRESHOLD, FruLocator, SensorRecord, decode_locator, decode_record
from app.hardware.protocols.ipmi_records import SENSOR_EVENT, count_of, is_dated, read_records, repository_state
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.ipmi_wire import Request
from app.hardware.protocols.memory import Memory
from app.hardware.readings import Sensor
from app.hardware.scale import scale_of

GET_FACTORS, GET_READING = 0x23, 0x2D
FACTORS_SIZE = 6
SCANNING_ENABLED, READING_UNAVAILABLE = 0x40, 0x20
POWER_SUPPLY, DRIVE = 0x08, 0x0D
HEALTH = frozenset({POWER_SUPPLY, DRIVE})  # what is swapped most: their states are read before all others

DAY_S, HOUR_S = 24 * 3600, 3600


@dataclass(frozen=True, slots=True)
class SensorList:
    """What a BMC's records name, in the order of reading: states of supplies and drives, other states, values.

    `broken` is set where a record could not be understood.
    """

    records: tuple[SensorRecord, ...]
    locators: tuple[FruLocator, ...]
    broken: Malformed | None = None


# Lists by machine, each with the state of the repository that it was read in. Even one that nothing seems to have
# changed is read again after a day; after an hour where the BMC does not date its changes, so that only their number
# tells of them.
_lists: Memory[tuple[bytes, SensorList]] = Memory(size=1000, keep_s=DAY_S)
# Machines of one model have one list; it is decoded and kept once (about 70 kB for 72 sensors).
_decoded: Memory[SensorList] = Memory(size=200, keep_s=DAY_S)
SENSOR_MEMORIES = (_lists, _decoded)


def forget_list(machine: Hashable) -> None:
    """Read this machine's list anew the next time."""
    _lists.forget(machine)


def known_list(machine: Hashable) -> object | None:
    """Return what is remembered of this machine's list: the same object for as long as it is not read anew."""
    return _lists.recall(machine)


def is_health(sensor: Sensor) -> bool:
    """Whether it tells of a power supply's or a drive's state."""
    return sensor.sensor_type in HEALTH and sensor.event_type != THRESHOLD


def read_sensors(
    session: BmcSession, machine: Hashable, *, from_device: bool = False, locators: list[FruLocator] | None = None
) -> Iterator[Sensor]:
    """Yield every sensor: states of power supplies and drives first, other states, then values.

    The list of sensors is remembered for `machine`, readings never are; `locators` is filled with the inventories
    that the list names. When the BMC falls silent on the way, the sensors not reached are yielded with that as their
    reason, and the error is raised after them. Raises HardwareError, or CompletionCode when the list is refused.
    """
    listed, trouble = _sensor_list(session, machine, from_device=from_device)
    if locators is not None:
        locators += listed.locators
    linear: list[tuple[SensorRecord, bytes]] = []
    for record, answer in _answers(session, listed.records, trouble):
        if isinstance(answer, bytes):
            if answer and _needs_factors(record):
                linear.append((record, answer))
            else:
                yield interpret(record, answer)
            continue
        if isinstance(answer, HardwareError):
            trouble = answer
        yield replace(record.blank, unavailable=_why_not(answer))
    for sensor, lost in _with_factors(session, linear):
        trouble = trouble or lost
        yield sensor
    if trouble is None:
        trouble = listed.broken
    if trouble is not None:
        raise trouble


def _answers(
    session: BmcSession, records: Sequence[SensorRecord], trouble: Exception | None
) -> Iterator[tuple[SensorRecord, bytes | Exception | str]]:
    """Pair each record with its reading, a refusal, an obstacle, or the silence that kept it from being asked."""
    answers = session.commands(_requests(one for one in records if one.obstacle is None))
    gone = trouble if isinstance(trouble, HardwareError) and not isinstance(trouble, Malformed) else None
    for record in records:
        if record.obstacle is not None:
            yield record, record.obstacle
            continue
        try:
            answer: bytes | Exception = gone or next(answers)
        except HardwareError as lost:
            answer = gone = lost
        yield record, answer


def _why_not(answer: Exception | str) -> str:
    return f"not read: {answer}" if isinstance(answer, HardwareError) else str(answer)


def _requests(records: Iterable[SensorRecord]) -> list[Request]:
    return [Request(SENSOR_EVENT, GET_READING, bytes([one.blank.number]), one.lun) for one in records]


def _sensor_list(
    session: BmcSession, machine: Hashable, *, from_device: bool
) -> tuple[SensorList, HardwareError | CompletionCode | None]:
    """Return the list, remembered or read as far as it could be, and what went wrong on the way."""
    state = repository_state(session, from_device=from_device)
    known = None if state is None else _lists.recall(machine)
    if known is not None and known[0] == state:
        return known[1], None
    raw_records: list[bytes] = []
    try:
        count = count_of(state, from_device=from_device)
        raw_records.extend(read_records(session, from_device=from_device, count=count))
    except (HardwareError, CompletionCode) as lost:
        return _list_of(raw_records), lost
    listed = _list_of(raw_records)
    if state is not None:
        _lists.keep(machine, (state, listed), DAY_S if is_dated(state, from_device=from_device) else HOUR_S)
    return listed, None


def _list_of(raw_records: Sequence[bytes]) -> SensorList:
    digest = hashlib.sha256(b"".join(raw_records)).digest()
    known = _decoded.recall(digest)
    if known is None:
        known = _decode(raw_records)
        _decoded.keep(digest, known)
    return known


def _decode(raw_records: Sequence[bytes]) -> SensorList:
    records: list[SensorRecord] = []
    locators: list[FruLocator] = []
    trouble: Malformed | None = None
    for raw in raw_records:
        try:
            records += decode_record(raw)
            locator = decode_locator(raw)
        except Malformed as broken:
            trouble = trouble or broken
            continue
        if locator is not None:
            locators.append(locator)
    records.sort(key=_turn)
    return SensorList(tuple(records), tuple(locators), trouble)


def _turn(record: SensorRecord) -> tuple[bool, bool, bool]:
    sensor = record.blank
    return (sensor.event_type == THRESHOLD, not is_health(sensor), _needs_factors(record))


def _needs_factors(record: SensorRecord) -> bool:
    return record.analog and record.blank.scale is not None and not record.blank.scale.is_linear


def _with_factors(
    session: BmcSession, read: Sequence[tuple[SensorRecord, bytes]]
) -> Iterator[tuple[Sensor, HardwareError | None]]:
    """Yield these sensors by the factors that hold at their reading: non-linear sensors have others at each."""
    numbers = [bytes([record.blank.number, answer[0]]) for record, answer in read]
    requests = [
        Request(SENSOR_EVENT, GET_FACTORS, number, record.lun)
        for number, (record, _) in zip(numbers, read, strict=True)
    ]
    factors = session.commands(requests) if requests else iter(())
    lost: HardwareError | None = None
    for record, answer in read:
        try:
            said = next(factors) if lost is None else b""
        except HardwareError as silence:
            lost, said = silence, b""
        if lost is not None:
            yield replace(record.blank, unavailable=f"not read: {lost}"), lost
        elif isinstance(said, CompletionCode):
            yield replace(record.blank, unavailable=str(said)), None
        else:
            yield interpret(_at_reading(record, said), answer), None


def _at_reading(record: SensorRecord, answer: bytes) -> SensorRecord:
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
