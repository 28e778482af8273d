"""The vocabulary of an IPMI vendor file, and what it makes of a BMC's live sensors. Pure: runs on recordings.

A family is data: for each sensor type, and for each generic event type, what every state bit means.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import IN_TROUBLE, Codes, Facts, Fault, Meaning, Observation, Part, join_parts
from app.hardware.limits import PART_OF_READING, judge_sensor, kind_of_reading, total_watts
from app.hardware.naming import is_redundancy, name_of, part_named
from app.hardware.readings import IpmiAnswer, Sensor, State

THRESHOLD = 0x01
REDUNDANCY = 0x0B
SENSOR_SPECIFIC = 0x6F
ENTITY_PSU = 10
PLAUSIBLE_PSU = range(1, 9)


@dataclass(frozen=True, slots=True)
class SensorType:
    """What the state bits of one sensor type mean, and the kind of part it speaks of.

    `presence` is the bit that says the part is there; `empty_without` when a part without it is an empty bay even
    if no other sensor of the type uses the bit. `momentary` bits report a happening and not a lasting state: their
    log entries stand until the log itself takes them back. `explained_by`: kinds whose trouble explains it.
    """

    kind: Kind
    bits: Codes
    presence: int | None = None
    empty_without: bool = False
    momentary: frozenset[int] = frozenset()
    explained_by: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IpmiFamily:
    """Sensor tables of one maker's BMCs. `identified_by` are beginnings of the maker's name; () fits everybody."""

    name: str
    title: str
    identified_by: tuple[str, ...]
    specific: Mapping[int, SensorType]
    generic: Mapping[int, Codes]
    threshold_events: Codes
    plain_kinds: Mapping[int, Kind]  # sensor types without bits of their own: temperature, fan ...

    def meaning(self, sensor_type: int, event_type: int, bit: int) -> Meaning | None:
        """What one bit means; None when the tables do not know it."""
        if event_type == THRESHOLD:
            return self.threshold_events.get(bit)
        if event_type == SENSOR_SPECIFIC:
            specific = self.specific.get(sensor_type)
            return specific.bits.get(bit) if specific else None
        return self.generic.get(event_type, {}).get(bit)

    def kind(self, sensor_type: int) -> Kind:
        """The kind of part that a sensor of this type speaks of."""
        specific = self.specific.get(sensor_type)
        return specific.kind if specific else self.plain_kinds.get(sensor_type, Kind.SYSTEM)


@dataclass(frozen=True, slots=True)
class Owner:
    """The part a sensor speaks of. `rollup`: kinds that explain it, when it tells of several parts at once."""

    kind: Kind
    number: str | None
    name: str
    rollup: frozenset[Kind] = frozenset()

    def part(self, *observations: Observation) -> Part:
        """The part with what was observed on it."""
        return Part(self.kind, self.name, self.number, observations, explained_by=self.rollup)


def read_sensors(family: IpmiFamily, answer: IpmiAnswer, source: str, read_at: datetime) -> Facts:
    """Parts and readings of one BMC's live sensors; a sensor that cannot be read is unknown, with its reason."""
    owners = owners_of(family, answer.sensors)
    parts, readings = [_bmc(source, read_at)], []
    in_use = _types_with_presence(family, answer.sensors)
    for sensor, owner in zip(answer.sensors, owners, strict=True):
        if sensor.event_type == THRESHOLD:
            state, words = judge_sensor(sensor, answer.power_on)
            readings.append(_reading(sensor, owner, state, words, source, read_at))
            fault = Fault.LIMIT if state in IN_TROUBLE else None
            if owner.kind is not Kind.SYSTEM or fault:
                parts.append(owner.part(Observation(state, words, source, sensor.name, read_at, fault, measured=True)))
        else:
            seen = tuple(_discrete(family, sensor, sensor.sensor_type in in_use, source, read_at))
            parts += [owner.part(*seen)] if seen else []
    return Facts(answer.identity, answer.power_on, total_watts(readings), join_parts(parts), tuple(readings))


def owners_of(family: IpmiFamily, sensors: Sequence[Sensor]) -> tuple[Owner, ...]:
    """The part of each sensor, in order. Equal numbers in different groups (DIMM A1 of P1 and of P2) stay apart."""
    kinds = [_kind_of(family, sensor) for sensor in sensors]
    names = [part_named(kind, sensor.name) for kind, sensor in zip(kinds, sensors, strict=True)]
    groups: dict[tuple[Kind, str | None], set[str | None]] = {}
    for kind, name in zip(kinds, names, strict=True):
        groups.setdefault((kind, name.number), set()).add(name.group)
    owners = []
    for sensor, kind, name in zip(sensors, kinds, names, strict=True):
        number = name.number or _psu_instance(sensor, kind)
        if name.group and len(groups[kind, name.number]) > 1:
            number = f"{name.group}-{number}"
        rollup = _rollup(family, sensor, kind, number)
        plain = Kind.SYSTEM if is_redundancy(sensor.name) else kind
        text = sensor.name if sensor.event_type == THRESHOLD else name.text
        owners.append(Owner(plain, number, name_of(plain, number, text), rollup))
    return tuple(owners)


def _kind_of(family: IpmiFamily, sensor: Sensor) -> Kind:
    if sensor.entity_id == ENTITY_PSU and not is_redundancy(sensor.name):
        return Kind.PSU
    if sensor.event_type == THRESHOLD:
        return PART_OF_READING.get(kind_of_reading(sensor), Kind.SYSTEM)
    return family.kind(sensor.sensor_type)


def _psu_instance(sensor: Sensor, kind: Kind) -> str | None:
    """The entity instance, for power supplies whose sensors carry no number in the name."""
    fits = kind is Kind.PSU and sensor.entity_id == ENTITY_PSU and sensor.entity_instance in PLAUSIBLE_PSU
    return str(sensor.entity_instance) if fits else None


def _rollup(family: IpmiFamily, sensor: Sensor, kind: Kind, number: str | None) -> frozenset[Kind]:
    if is_redundancy(sensor.name) or sensor.event_type == REDUNDANCY:
        return frozenset({Kind.PSU, Kind.FAN, Kind.MEMORY}) if kind is Kind.SYSTEM else frozenset({kind})
    specific = family.specific.get(sensor.sensor_type)
    if specific and number is None and sensor.event_type == SENSOR_SPECIFIC:
        return specific.explained_by
    return frozenset()


def _types_with_presence(family: IpmiFamily, sensors: Sequence[Sensor]) -> frozenset[int]:
    """Sensor types whose presence bit means something on this BMC: at least one sensor sets it, or it must exist."""
    found = {number for number, kind in family.specific.items() if kind.empty_without}
    for sensor in sensors:
        specific = family.specific.get(sensor.sensor_type)
        if specific and specific.presence is not None and sensor.event_type == SENSOR_SPECIFIC and sensor.bits:
            found |= {sensor.sensor_type} if sensor.bits >> specific.presence & 1 else set()
    return frozenset(found)


def _discrete(
    family: IpmiFamily, sensor: Sensor, presence_counts: bool, source: str, read_at: datetime
) -> Iterator[Observation]:
    """What a discrete sensor says; nothing when the tables know neither its type nor its bits."""
    specific = family.specific.get(sensor.sensor_type) if sensor.event_type == SENSOR_SPECIFIC else None
    if specific is None and sensor.event_type not in family.generic:
        return
    if sensor.bits is None:
        words = sensor.unavailable or "the sensor gave no state"
        yield Observation(State.UNKNOWN, words, source, sensor.name, read_at)
        return
    known = [family.meaning(sensor.sensor_type, sensor.event_type, bit) for bit in range(15) if sensor.bits >> bit & 1]
    told = [meaning for meaning in known if meaning is not None]
    if not told and presence_counts and specific and specific.presence is not None and not is_redundancy(sensor.name):
        told = [Meaning(State.ABSENT, "not there")]
    for meaning in told or [Meaning(State.OK, "nothing asserted")]:
        yield Observation(meaning.state, meaning.words, source, sensor.name, read_at, meaning.fault)


def _reading(sensor: Sensor, owner: Owner, state: State, words: str, source: str, read_at: datetime) -> Reading:
    part = owner.name if owner.kind in {Kind.PSU, Kind.FAN} else None
    reason = None if state is State.OK else words
    value, kind = sensor.value, kind_of_reading(sensor)
    return Reading(kind, sensor.name, value, sensor.unit, state, source, read_at, reason, part)


def _bmc(source: str, read_at: datetime) -> Part:
    seen = Observation(State.OK, "answers", source, "IPMI session", read_at)
    return Part(Kind.BMC, "BMC", None, (seen,))
