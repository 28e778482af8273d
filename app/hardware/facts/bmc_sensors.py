"""What a BMC's live sensors make of its parts: states, readings, and what is not there. Pure.

A sensor that cannot be read is unknown, with its reason; one whose part is not there is absent, whatever it measures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import IN_TROUBLE, Facts, Fault, Meaning, Observation, Part, join_parts
from app.hardware.facts.bmc_inventory import with_serials
from app.hardware.facts.bmc_parts import CAN_BE_EMPTY, Entity, Owner, entity_of, owners_of
from app.hardware.facts.limits import judge_sensor, kind_of_reading, nearest_limits, total_watts
from app.hardware.facts.naming import is_redundancy
from app.hardware.families.ipmi import SENSOR_SPECIFIC, THRESHOLD, IpmiFamily, why_unknown
from app.hardware.readings import IpmiAnswer, Sensor, State

STATE_BITS = 15
NOT_THERE = "not there"
LOG_FULL = "its event log is full: what happened since is not in it"


def read_sensors(family: IpmiFamily, answer: IpmiAnswer, source: str, read_at: datetime) -> Facts:
    """Parts and readings of one BMC's live sensors and inventories."""
    owners = owners_of(family, answer.sensors)
    in_use = _types_with_presence(family, answer.sensors)
    parts, readings = [_bmc(answer, source, read_at)], []
    seen: list[tuple[Sensor, Owner, tuple[Observation, ...]]] = []
    for sensor, owner in zip(answer.sensors, owners, strict=True):
        if sensor.event_type == THRESHOLD:
            state, words = judge_sensor(sensor, answer.power_on)
            if sensor.value is not None or state is State.UNKNOWN:
                readings.append(_reading(sensor, owner, state, words, source, read_at))
            fault = Fault.LIMIT if state in IN_TROUBLE else None
            measures = sensor.value is not None or state is State.UNKNOWN
            measured = Observation(state, words, source, sensor.name, read_at, fault, measured=measures)
            shown = owner.kind is not Kind.SYSTEM or fault or sensor.value is None
            seen.append((sensor, owner, (measured,) if shown else ()))
        else:
            seen.append((sensor, owner, tuple(_discrete(family, sensor, in_use, source, read_at))))
            if sensor.unit is not None and sensor.value is not None:
                state = State.UNKNOWN if sensor.unavailable else State.OK
                readings.append(_reading(sensor, owner, state, "", source, read_at))
    empty = _empty_entities(family, seen)
    parts += [_part(owner, observed, empty=entity_of(sensor) in empty) for sensor, owner, observed in seen if observed]
    told = [_of_empty(reading, empty, answer.sensors) for reading in readings]
    joined = with_serials(join_parts(parts), answer, owners, source, read_at)
    return Facts(answer.identity, answer.power_on, total_watts(told), joined, tuple(told))


def _part(owner: Owner, observed: Sequence[Observation], *, empty: bool) -> Part:
    """The part; of an empty bay only what says so counts, and faults that a sensor of states insists on."""
    if not empty:
        return owner.part(*observed)
    kept = [seen for seen in observed if seen.state is State.ABSENT or (seen.fault and not seen.measured)]
    return owner.part(*(kept or [replace(observed[0], state=State.ABSENT, words=NOT_THERE, fault=None)]))


def _of_empty(reading: Reading, empty: frozenset[Entity], sensors: Iterable[Sensor]) -> Reading:
    gone = any(sensor.name == reading.name and entity_of(sensor) in empty for sensor in sensors)
    return replace(reading, value=None, state=State.ABSENT, reason=NOT_THERE) if gone else reading


def _empty_entities(
    family: IpmiFamily, seen: Sequence[tuple[Sensor, Owner, tuple[Observation, ...]]]
) -> frozenset[Entity]:
    """Entities that are not there: their presence sensors say so, or all their sensors of states do.

    Sensors that share an entity and disagree leave it standing: firmware that gives all its bays one instance must
    not empty them all.
    """
    said: dict[Entity, list[tuple[bool, State]]] = {}
    for sensor, owner, observed in seen:
        if sensor.event_type == THRESHOLD or not observed or sensor.events_only or owner.rollup:
            continue
        if sensor.entity_id not in CAN_BE_EMPTY:
            continue
        says = family.says_presence(sensor.sensor_type, sensor.event_type, sensor.name)
        said.setdefault(entity_of(sensor), []).append((says, observed[0].state))
    empty = set()
    for entity, told in said.items():
        deciding = [state for says, state in told if says] or [state for _, state in told]
        if all(state is State.ABSENT for state in deciding):
            empty.add(entity)
    return frozenset(empty)


def _types_with_presence(family: IpmiFamily, sensors: Sequence[Sensor]) -> frozenset[int]:
    """Sensor types whose presence bit means something on this BMC: at least one sensor sets it, or it must exist."""
    found = {number for number, kind in family.specific.items() if kind.empty_without}
    for sensor in sensors:
        specific = family.specific.get(sensor.sensor_type)
        if specific and specific.presence is not None and sensor.event_type == SENSOR_SPECIFIC and sensor.bits:
            found |= {sensor.sensor_type} if sensor.bits >> specific.presence & 1 else set()
    return frozenset(found)


def _discrete(
    family: IpmiFamily, sensor: Sensor, in_use: frozenset[int], source: str, read_at: datetime
) -> Iterator[Observation]:
    """What a discrete sensor says, in words; a state that no table knows is unknown, never well."""
    if sensor.bits is None:
        words = sensor.unavailable or "the sensor gave no state"
        # A sensor that never tells a state must not outvote those of the same part that do.
        yield Observation(State.UNKNOWN, words, source, sensor.name, read_at, measured=sensor.events_only)
        return
    for meaning in _meanings(family, sensor, sensor.bits) or [_of_nothing(family, sensor, in_use)]:
        yield Observation(meaning.state, meaning.words, source, sensor.name, read_at, meaning.fault)


def _meanings(family: IpmiFamily, sensor: Sensor, bits: int) -> list[Meaning]:
    kind, event_type = sensor.sensor_type, sensor.event_type
    if sensor.reports is not None and bits & sensor.reports:
        bits &= sensor.reports  # states that it says it does not have are noise beside those that it has
    asserted = [bit for bit in range(STATE_BITS) if bits >> bit & 1]
    found = [(bit, family.meaning(kind, event_type, bit, sensor.name)) for bit in asserted]
    return [meaning or Meaning(State.UNKNOWN, why_unknown(kind, event_type, bit)) for bit, meaning in found]


def _of_nothing(family: IpmiFamily, sensor: Sensor, in_use: frozenset[int]) -> Meaning:
    """What it means that no state at all is asserted: an empty bay, all well, or nothing that we could know."""
    kind, event_type = sensor.sensor_type, sensor.event_type
    specific = family.specific.get(kind) if event_type == SENSOR_SPECIFIC else None
    if specific is None and event_type not in family.generic:
        return Meaning(State.UNKNOWN, why_unknown(kind, event_type))
    if specific is None or specific.presence is None or is_redundancy(sensor.name):
        return Meaning(State.OK, "nothing asserted")
    can_say = sensor.reports is None or sensor.reports >> specific.presence & 1
    return Meaning(State.ABSENT, NOT_THERE) if kind in in_use and can_say else Meaning(State.OK, "nothing asserted")


def _reading(sensor: Sensor, owner: Owner, state: State, words: str, source: str, read_at: datetime) -> Reading:
    part = owner.name if owner.kind in {Kind.PSU, Kind.FAN} else None
    reason = None if state is State.OK else words
    value, kind = sensor.value, kind_of_reading(sensor)
    lower, upper = nearest_limits(sensor.thresholds)
    return Reading(
        kind, sensor.name, value, sensor.unit, state, source, read_at, reason, part, lower=lower, upper=upper
    )


def _bmc(answer: IpmiAnswer, source: str, read_at: datetime) -> Part:
    told = [Observation(State.OK, "answers", source, "IPMI session", read_at)]
    if answer.log_full:
        told.append(Observation(State.WARNING, LOG_FULL, source, "event log", read_at, Fault.LOG_FULL))
    return Part(Kind.BMC, "BMC", None, tuple(told))
