"""Which part each sensor of a BMC speaks of: by its name, its entity, its type. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.hardware.diagnostics import Kind
from app.hardware.facts import Observation, Part
from app.hardware.facts.limits import PART_OF_READING, kind_of_reading
from app.hardware.facts.naming import is_redundancy, is_summary, name_of, part_named
from app.hardware.families.ipmi import REDUNDANCY, SENSOR_SPECIFIC, THRESHOLD, IpmiFamily
from app.hardware.readings import Sensor

Entity = tuple[int, int]

PLAUSIBLE_INSTANCES = range(1, 33)
KIND_OF_ENTITY: Mapping[int, Kind] = {  # IPMI 2.0 table 43-13
    3: Kind.CPU,
    4: Kind.DRIVE,
    8: Kind.MEMORY,
    10: Kind.PSU,
    15: Kind.DRIVE,
    23: Kind.CHASSIS,
    26: Kind.DRIVE,
    29: Kind.FAN,
    32: Kind.MEMORY,
    40: Kind.BATTERY,
    65: Kind.CPU,
}
# Parts whose entity instance is the number that people use, for want of one in the sensor's name.
NUMBERED_BY_ENTITY = {Kind.PSU: 10, Kind.FAN: 29}
CAN_BE_EMPTY = frozenset({3, 4, 8, 10, 11, 26, 29, 32, 40, 65})  # not boards and chassis, which carry everything
ALL_REDUNDANT = frozenset({Kind.PSU, Kind.FAN, Kind.MEMORY})


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


def owners_of(family: IpmiFamily, sensors: Sequence[Sensor]) -> tuple[Owner, ...]:
    """The part of each sensor, in order. Equal numbers in different groups (DIMM A1 of P1 and of P2) stay apart."""
    kinds = [_kind_of(family, sensor) for sensor in sensors]
    names = [part_named(kind, sensor.name) for kind, sensor in zip(kinds, sensors, strict=True)]
    groups: dict[tuple[Kind, str | None], set[str | None]] = {}
    for kind, name in zip(kinds, names, strict=True):
        groups.setdefault((kind, name.number), set()).add(name.group)
    owners = []
    for sensor, kind, name in zip(sensors, kinds, names, strict=True):
        number = name.number or _instance_of(sensor, kind)
        if name.group and len(groups[kind, name.number]) > 1:
            number = f"{name.group}-{number}"
        rollup = _rollup(family, sensor, kind, number)
        plain = Kind.SYSTEM if is_redundancy(sensor.name) else kind
        text = sensor.name if sensor.event_type == THRESHOLD else name.text
        owners.append(Owner(plain, number, name_of(plain, number, text), rollup))
    return tuple(owners)


def entity_of(sensor: Sensor) -> Entity:
    """The entity a sensor belongs to."""
    return sensor.entity_id, sensor.entity_instance


def _kind_of(family: IpmiFamily, sensor: Sensor) -> Kind:
    if sensor.event_type != THRESHOLD and is_summary(sensor.name):
        return Kind.SYSTEM
    of_entity = KIND_OF_ENTITY.get(sensor.entity_id)
    if of_entity is Kind.PSU and not is_redundancy(sensor.name):
        return Kind.PSU
    if sensor.event_type == THRESHOLD:
        return PART_OF_READING.get(kind_of_reading(sensor), Kind.SYSTEM)
    specific = family.specific.get(sensor.sensor_type)
    if specific is not None and specific.by_entity:
        return of_entity or specific.kind
    return family.kind(sensor.sensor_type)


def _instance_of(sensor: Sensor, kind: Kind) -> str | None:
    """The entity instance, for parts whose sensors carry no number in the name."""
    fits = sensor.entity_id == NUMBERED_BY_ENTITY.get(kind) and sensor.entity_instance in PLAUSIBLE_INSTANCES
    return str(sensor.entity_instance) if fits and not is_redundancy(sensor.name) else None


def _rollup(family: IpmiFamily, sensor: Sensor, kind: Kind, number: str | None) -> frozenset[Kind]:
    if sensor.event_type != THRESHOLD and is_summary(sensor.name):
        return frozenset(Kind)
    if is_redundancy(sensor.name) or sensor.event_type == REDUNDANCY:
        return ALL_REDUNDANT if kind is Kind.SYSTEM else frozenset({kind})
    specific = family.specific.get(sensor.sensor_type)
    if specific and number is None and sensor.event_type == SENSOR_SPECIFIC:
        return specific.explained_by
    return frozenset()
