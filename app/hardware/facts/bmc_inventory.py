"""Serial numbers of parts, out of the inventories that a BMC keeps of them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.hardware.diagnostics import Kind
from app.hardware.facts import Observation, Part, PartKey
from app.hardware.facts.bmc_parts import KIND_OF_ENTITY, Owner, entity_of
from app.hardware.facts.naming import name_of, part_named
from app.hardware.readings import InventoryItem, IpmiAnswer, State

SWAPPABLE = frozenset({Kind.PSU, Kind.DRIVE, Kind.MEMORY, Kind.FAN, Kind.CPU, Kind.BATTERY})
UNTOLD = "its inventory names it, no sensor tells how it is"


def with_serials(
    parts: Sequence[Part], answer: IpmiAnswer, owners: Sequence[Owner], source: str, read_at: datetime
) -> tuple[Part, ...]:
    """The parts with their serial numbers, and those that only the inventory knows, whose state is unknown."""
    serials: dict[PartKey, str] = {}
    extra: list[Part] = []
    known = {part.key for part in parts}
    for item in answer.inventory:
        owner = _owner(item, answer, owners) if item.serial else None
        if owner is None or item.serial is None:
            continue
        key = (None, owner.kind, owner.number or owner.name)
        serials[key] = item.serial
        if key not in known:
            seen = Observation(State.UNKNOWN, UNTOLD, source, f"inventory {item.name}", read_at)
            extra.append(owner.part(seen))
    return tuple(replace(part, serial=serials.get(part.key, part.serial)) for part in (*parts, *extra))


def unread_inventories(answer: IpmiAnswer) -> tuple[str, ...]:
    """Inventories of parts that could not be read, in words."""
    return tuple(f"inventory of {item.name}: {item.unavailable}" for item in answer.inventory if item.unavailable)


def _owner(item: InventoryItem, answer: IpmiAnswer, owners: Sequence[Owner]) -> Owner | None:
    """The part that an inventory speaks of: by its own name's number, else by the sensors of the same entity."""
    kind = KIND_OF_ENTITY.get(item.entity_id)
    if kind is None or kind not in SWAPPABLE:
        return None
    entity = (item.entity_id, item.entity_instance)
    same = {
        owner
        for sensor, owner in zip(answer.sensors, owners, strict=True)
        if owner.kind is kind and entity_of(sensor) == entity and not owner.rollup
    }
    named = part_named(kind, item.name)
    fitting = {owner for owner in owners if owner.kind is kind and _fits(owner, named.number, named.group)}
    found = fitting or same
    if len({owner.number or owner.name for owner in found}) == 1:
        return next(iter(found))
    grouped = any((owner.number or "").endswith(f"-{named.number}") for owner in owners if owner.kind is kind)
    if found or named.number is None or grouped:
        return None  # several parts answer to it: a serial number beside the wrong one is worse than none
    return Owner(kind, named.number, name_of(kind, named.number, item.name))


def _fits(owner: Owner, number: str | None, group: str | None) -> bool:
    return number is not None and owner.number in {number, f"{group}-{number}"}
