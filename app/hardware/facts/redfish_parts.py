"""Redfish resources as parts a hand can touch, and the roll-ups above them. Pure: runs on recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.hardware.diagnostics import Kind
from app.hardware.facts import IN_TROUBLE, Fault, Observation, Part
from app.hardware.facts.json_values import text_at, value_at, word_at
from app.hardware.facts.redfish_naming import listed_name, number_in, numbers_of, own_name, serial_of
from app.hardware.facts.redfish_status import Saying, conditions_of, health_of, is_absent, observed_on
from app.hardware.families.redfish import Item, RedfishFamily, items_of
from app.hardware.readings import RedfishAnswer, State

KINDS: Mapping[str, Kind] = {
    "power_supply": Kind.PSU,
    "fan": Kind.FAN,
    "drive": Kind.DRIVE,
    "simple_device": Kind.DRIVE,
    "memory": Kind.MEMORY,
    "processor": Kind.CPU,
    "volume": Kind.RAID_VOLUME,
    "controller": Kind.RAID_CONTROLLER,
    "battery": Kind.BATTERY,
    "network_adapter": Kind.NIC,
}
WHOLE = frozenset(Kind)  # what sums up the whole machine: also other roll-ups
STORAGE = frozenset({Kind.DRIVE, Kind.RAID_VOLUME, Kind.RAID_CONTROLLER, Kind.BATTERY})
REDUNDANCY = {
    "supply_redundancy": (Kind.PSU, "Power supply redundancy"),
    "fan_redundancy": (Kind.FAN, "Fan redundancy"),
}


@dataclass(frozen=True, slots=True)
class Tree:
    """An answer taken apart: its items in order, the families that know its words, the number and name of each part."""

    items: tuple[Item, ...]
    families: tuple[RedfishFamily, ...]
    numbers: Mapping[str, str | None]
    names: Mapping[str, str]
    saying: Saying

    def of(self, *roles: str) -> tuple[Item, ...]:
        """The items of these roles."""
        return tuple(one for one in self.items if one.role in roles)

    def name(self, item: Item) -> str:
        """The name under which an item's part is listed."""
        return self.names[item.path]


def tree_of(answer: RedfishAnswer, families: tuple[RedfishFamily, ...], source: str, read_at: datetime) -> Tree:
    """Take an answer apart."""
    items = items_of(answer, families)
    numbers = numbers_of(items, KINDS, families)
    return Tree(items, families, numbers, _names(items, numbers), Saying(source, read_at))


def _names(items: Iterable[Item], numbers: Mapping[str, str | None]) -> dict[str, str]:
    """The name of every part; parts without a number that the service calls the same get their id beside it."""
    found: dict[str, str] = {}
    taken: set[tuple[Kind, str]] = set()
    for item in (one for one in items if one.role in KINDS):
        kind, number = KINDS[item.role], numbers[item.path]
        name = listed_name(item, kind, number)
        if number is None and (kind, name) in taken:
            name = f"{name} ({_last(item.path)})"
        taken.add((kind, name))
        found[item.path] = name
    return found


def read_parts(tree: Tree) -> tuple[Part, ...]:
    """Every part that says something of itself, and every roll-up; not yet joined."""
    single = [_part(tree, item) for item in tree.of(*KINDS) if item.role != "simple_device"]
    return (
        *single,
        *_controllers(tree),
        *_simple(tree),
        *_ports(tree),
        *_bmc(tree),
        *_intrusion(tree),
        *_redundancy(tree),
        *_rollups(tree),
    )


def _part(tree: Tree, item: Item) -> Part:
    kind = KINDS[item.role]
    seen = observed_on(item, kind, tree.families, tree.saying)
    explained = frozenset({Kind.DRIVE}) if kind is Kind.RAID_VOLUME else frozenset[Kind]()
    aliases = frozenset({own_name(item)})
    number = tree.numbers[item.path]
    return Part(kind, tree.name(item), number, seen, serial_of(item), aliases=aliases, explained_by=explained)


def _controllers(tree: Tree) -> Iterator[Part]:
    """A storage subsystem sums up its controllers, drives and volumes."""
    for item in tree.of("storage"):
        yield from _sum(tree, item, "Status", f"Storage {_last(item.path)}", STORAGE, Kind.RAID_CONTROLLER)


def _simple(tree: Tree) -> Iterator[Part]:
    """A simple storage controller speaks for drives that have neither serial number nor light of their own.

    A drive's warning is told as the controller's, by the drive's name: nothing proves which one to pull. Where the
    service has the storage model too, that one tells the same drives better.
    """
    for item in tree.of("simple_storage") if not tree.of("storage") else ():
        devices = [one for one in tree.of("simple_device") if one.parent == item.path]
        parts = [_part(tree, device) for device in devices]
        troubled = [seen for part in parts for seen in part.observations if seen.state in IN_TROUBLE]
        failed = any(seen.state is State.CRITICAL for seen in troubled)
        seen = (*(replace(one, fault=None) for one in troubled), *observed_on(item, Kind.SYSTEM, (), tree.saying))
        explained = frozenset({Kind.DRIVE}) if failed else frozenset[Kind]()
        yield Part(Kind.RAID_CONTROLLER, own_name(item), None, seen, explained_by=explained)
        for part in parts:
            by = frozenset[Kind]() if part.state is State.CRITICAL else frozenset({Kind.RAID_CONTROLLER})
            yield replace(part, explained_by=by)


def _ports(tree: Tree) -> Iterator[Part]:
    """Network ports that tell a health; a link that is down is a fact of the port and no fault by itself."""
    for item in tree.of("port", "ethernet"):
        if health_of(value_at(item.body, "Status")) is None or is_absent(item.body):
            continue
        if word_at(item.body, "EthernetInterfaceType") == "virtual":
            continue
        mac = text_at(item.body, "MACAddress")
        adapter = item.path.split("/")[-3] if item.role == "port" else ""
        label = text_at(item.body, "PortId") or text_at(item.body, "Id") or own_name(item)
        name = f"{adapter} port {label}" if adapter else label
        seen = observed_on(item, Kind.NIC, tree.families, tree.saying)
        yield Part(Kind.NIC, name, None, seen, aliases=frozenset({mac} if mac else ()))


def _bmc(tree: Tree) -> Iterator[Part]:
    managers = tree.of("manager")
    yield Part(Kind.BMC, "BMC", None, (tree.saying.observed(State.OK, "answers", tree.items[0]),))
    for place, item in enumerate(managers):
        seen = observed_on(item, Kind.BMC, tree.families, tree.saying)
        if place == 0 and seen[-1].state in IN_TROUBLE:
            yield Part(Kind.BMC, "BMC", None, seen)
        elif place:
            yield Part(Kind.BMC, f"Manager {_last(item.path)}", None, seen)


def _intrusion(tree: Tree) -> Iterator[Part]:
    for item in tree.of("chassis"):
        words = [seen for seen in observed_on(item, Kind.CHASSIS, tree.families, tree.saying)[:-1] if seen]
        if words:
            yield Part(Kind.CHASSIS, f"Intrusion sensor of chassis {_last(item.path)}", None, tuple(words))


def _redundancy(tree: Tree) -> Iterator[Part]:
    for item in tree.of(*REDUNDANCY):
        kind, name = REDUNDANCY[item.role]
        seen = observed_on(item, Kind.SYSTEM, (), tree.saying)
        lost = tuple(
            replace(one, fault=Fault.REDUNDANCY_LOST, words="redundancy is lost") if one.state in IN_TROUBLE else one
            for one in seen
        )
        yield Part(Kind.SYSTEM, f"{name} {item.place + 1}", None, lost, explained_by=frozenset({kind}))


def _rollups(tree: Tree) -> Iterator[Part]:
    for family in tree.families:
        for rule in family.rollups:
            for item in tree.of(rule.role):
                yield from _sum(tree, item, rule.pointer, rule.name, rule.explained_by, Kind.SYSTEM)
    for item in tree.of("system"):
        yield from _sum(tree, item, "Status", f"System {_last(item.path)}", WHOLE, Kind.SYSTEM)
    for item in tree.of("chassis"):
        yield from _sum(tree, item, "Status", f"Chassis {_last(item.path)}", WHOLE, Kind.CHASSIS)


def _sum(tree: Tree, item: Item, pointer: str, name: str, explained_by: Iterable[Kind], kind: Kind) -> Iterator[Part]:
    """A roll-up that tells a health; one that tells none is no part."""
    health = health_of(value_at(item.body, pointer), rolled_up=True)
    if health is None or is_absent(item.body):
        return
    words = "OK" if health is State.OK else conditions_of(item, pointer) or f"its state is {health}"
    seen: Observation = tree.saying.observed(health, words, item)
    yield Part(kind, name, None, (seen,), explained_by=frozenset(explained_by))


def _last(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2][:40]


def part_in(tree: Tree, text: str) -> Item | None:
    """The part that a sentence names by its number ("Power Supply 2 failed"), the most telling kind first."""
    for kind in (Kind.MEMORY, Kind.DRIVE, Kind.PSU, Kind.FAN, Kind.CPU):
        number = number_in(kind, text)
        if number is None:
            continue
        same = [one for one in tree.of(*KINDS) if KINDS[one.role] is kind and tree.numbers[one.path] == number]
        if same:
            return same[0]
    return None
