"""What a Redfish service measures: sensors of the new model and of the old one, each value once. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import IN_TROUBLE, Fault, Part
from app.hardware.facts.json_values import number_at, objects_at, text_at, value_at, word_at
from app.hardware.facts.limits import PART_OF_READING, judge_sensor, nearest_limits, quantity
from app.hardware.facts.redfish_naming import number_in, own_name
from app.hardware.facts.redfish_parts import KINDS, Tree
from app.hardware.facts.redfish_status import AT_REST, health_of, is_absent
from app.hardware.facts.redfish_units import (
    EXCERPTS,
    KIND_OF_TYPE,
    KIND_OF_UNIT,
    LIMITS,
    OLD_MODEL,
    OWN_VALUES,
    UNIT_OF_KIND,
    UNITS,
)
from app.hardware.families.redfish import Item
from app.hardware.readings import Sensor, State

FROM_SUPPLY, ENTITY_PSU = frozenset({Kind.PSU}), 10


@dataclass(frozen=True, slots=True)
class Measured:
    """One measured value: a reading, and the part it makes or belongs to."""

    reading: Reading
    part: Part | None = None


def read_measures(tree: Tree, power_on: bool | None) -> tuple[Measured, ...]:
    """Every value that the service measures. Absent sensors are left out; an unreadable one is unknown, never 0."""
    owners, sensed = _owners(tree), {item.path for item in tree.of("sensor") if not is_absent(item.body)}
    found = [_sensor(tree, item, owners.get(item.path), power_on) for item in tree.of("sensor") if item.path in sensed]
    modelled = {one.part.kind for one in found if one.part is not None}
    found += [_old(tree, item, modelled, power_on) for item in tree.of(*OLD_MODEL) if not is_absent(item.body)]
    found += [_old_fan(tree, item) for item in tree.of("fan") if item.embedded and not is_absent(item.body)]
    found += [one for item in tree.items for one in _own_values(tree, item)]
    return (*found, *(one for item in tree.items for one in _excerpts(tree, item, sensed)))


def watts_of(tree: Tree) -> float | None:
    """What the machine draws, by the chassis' own meter; None when it has none."""
    told = [number_at(item.body, "PowerWatts/Reading") for item in tree.of("environment")]
    told += [number_at(item.body, "PowerConsumedWatts") for item in tree.of("power_control")]
    return next((watts for watts in told if watts is not None), None)


def _owners(tree: Tree) -> dict[str, Item]:
    """Which part a sensor measures: by the link from the part, else by the number of a supply in its name."""
    found: dict[str, Item] = {}
    parts = {item.path: item for item in tree.of(*KINDS)}
    for item in tree.of("fan", "battery", "supply_metrics"):
        owner = parts.get(item.parent) if item.role == "supply_metrics" else item
        for value in item.body.values():
            link = text_at(value, "DataSourceUri") if isinstance(value, Mapping) else None
            if link and owner:
                found.setdefault(link, owner)
    supplies = {tree.numbers[item.path]: item for item in reversed(tree.of("power_supply"))}
    for item in tree.of("sensor"):
        number = number_in(Kind.PSU, own_name(item))
        if number in supplies:
            found.setdefault(item.path, supplies[number])
    return found


def _sensor(tree: Tree, item: Item, owner: Item | None, power_on: bool | None) -> Measured:
    unit = UNITS.get(word_at(item.body, "ReadingUnits") or "")
    kind = KIND_OF_TYPE.get(word_at(item.body, "ReadingType") or "") or KIND_OF_UNIT.get(unit or "", "")
    if not kind:
        kind = _kind_of_percent(item, owner) if unit == "%" else word_at(item.body, "ReadingType") or "other"
    unit = unit or UNIT_OF_KIND.get(kind) or text_at(item.body, "ReadingUnits")
    return _measured(tree, item, kind, unit, number_at(item.body, "Reading"), owner, power_on)


def _kind_of_percent(item: Item, owner: Item | None) -> str:
    name = own_name(item).casefold()
    if "fan" in name or (owner is not None and owner.role == "fan"):
        return "fan"
    if "charge" in name:
        return "charge"
    return "health" if "health" in name else "load"


def _old(tree: Tree, item: Item, modelled: set[Kind], power_on: bool | None) -> Measured:
    """A value of the old model; where the new one has sensors of its kind, theirs explain its trouble."""
    kind, unit, pointer = OLD_MODEL[item.role]
    one = _measured(tree, item, kind, unit, number_at(item.body, pointer), None, power_on)
    if one.part is None or one.part.kind not in modelled:
        return one
    part = one.part
    return Measured(
        one.reading, Part(part.kind, part.name, None, part.observations, explained_by=frozenset({part.kind}))
    )


def _old_fan(tree: Tree, item: Item) -> Measured:
    unit = UNITS.get(word_at(item.body, "ReadingUnits") or "", "/min")
    return _plain(tree, item, own_name(item), "fan", unit, number_at(item.body, "Reading"))


def _measured(
    tree: Tree, item: Item, kind: str, unit: str | None, value: float | None, owner: Item | None, power_on: bool | None
) -> Measured:
    state, words = _judged(item, owner, unit, value, power_on)
    name = own_name(item)
    component = tree.name(owner) if owner else None
    saying, reason = tree.saying, None if state is State.OK else words
    lower, upper = nearest_limits(_limits(item))
    reading = Reading(
        kind, name, value, unit, state, saying.source, saying.read_at, reason, component, lower=lower, upper=upper
    )
    fault = Fault.LIMIT if state in IN_TROUBLE else None
    seen = (saying.observed(state, words, item, fault, measured=True),)
    if owner is not None:
        told = Part(KINDS[owner.role], component or name, tree.numbers[owner.path], seen) if fault else None
        return Measured(reading, told)
    part_kind = PART_OF_READING.get(kind, Kind.SYSTEM)
    return Measured(reading, Part(part_kind, name, None, seen) if part_kind is not Kind.SYSTEM or fault else None)


def _judged(
    item: Item, owner: Item | None, unit: str | None, value: float | None, power_on: bool | None
) -> tuple[State, str]:
    """The service's own health of a value; where it tells none, the limits that are believable."""
    resting = AT_REST.get(word_at(item.body, "Status/State") or "")
    health = health_of(value_at(item.body, "Status"))
    if value is None:
        return State.UNKNOWN, f"it says that it is {resting}" if resting else "the service tells no value"
    if health in IN_TROUBLE:
        assert health is not None  # it is one of the two
        return health, f"{quantity(value, unit)}, which it calls {health}"
    if resting:
        return State.UNKNOWN, f"it says that it is {resting}"
    if health is State.OK:
        return State.OK, quantity(value, unit)
    entity = ENTITY_PSU if owner is not None and KINDS[owner.role] in FROM_SUPPLY else 0
    return judge_sensor(Sensor(0, own_name(item), 0, 1, entity, 0, unit, value, thresholds=_limits(item)), power_on)


def _limits(item: Item) -> dict[str, float]:
    """The limits that mean something: services write 0 or -1 where there is none."""
    found = {}
    for name, pointers in LIMITS.items():
        limit = next((value for value in (number_at(item.body, one) for one in pointers) if value is not None), None)
        if limit is not None and limit > 0:
            found[name] = limit
    return found


def _own_values(tree: Tree, item: Item) -> Iterator[Measured]:
    told: set[str] = set()
    for pointer, kind, unit, word in OWN_VALUES.get(item.role, ()):
        value = number_at(item.body, pointer)
        if value is not None and not is_absent(item.body) and word not in told:
            told.add(word)
            yield _plain(tree, item, f"{_listed(tree, item)} {word}", kind, unit, value)


def _excerpts(tree: Tree, item: Item, sensed: set[str]) -> Iterator[Measured]:
    for pointer, kind, unit, word in EXCERPTS.get(item.role, ()):
        excerpt = value_at(item.body, pointer)
        value = number_at(excerpt, "Reading")
        if value is not None and text_at(excerpt, "DataSourceUri") not in sensed and not is_absent(item.body):
            yield _plain(tree, item, f"{_listed(tree, item)} {word}", kind, unit, value)
    if item.role == "environment":
        for fan in objects_at(item.body, "FanSpeedsPercent"):
            value = number_at(fan, "Reading")
            if value is not None and text_at(fan, "DataSourceUri") not in sensed:
                name = text_at(fan, "DeviceName") or "Fan"
                yield _plain(tree, item, name, "fan", "%", value)


def _listed(tree: Tree, item: Item) -> str:
    owner = _owner(tree, item)
    return tree.name(owner) if owner.role in KINDS else own_name(owner)


def _owner(tree: Tree, item: Item) -> Item:
    """The part that a value belongs to: metrics belong to the supply above them."""
    if item.role != "supply_metrics":
        return item
    return next((one for one in tree.of("power_supply") if one.path == item.parent), item)


def _plain(tree: Tree, item: Item, name: str, kind: str, unit: str, value: float | None) -> Measured:
    """A value without a judgement of its own: its part's status has it."""
    component = tree.name(_owner(tree, item)) if _owner(tree, item).role in KINDS else None
    state, reason = (State.OK, None) if value is not None else (State.UNKNOWN, "the service tells no value")
    saying = tree.saying
    return Measured(Reading(kind, name, value, unit, state, saying.source, saying.read_at, reason, component))
