"""Which resources of a Redfish tree are worth asking for, and in which order: power and cooling first. Data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.hardware.protocols.redfish_answers import ROOT, below_root

MOST_MEMBERS: Final = 256
MOST_PAGES: Final = 4
MOST_ENTRIES: Final = 150  # of one log, the newest


@dataclass(frozen=True, slots=True)
class Follow:
    """A link of a resource: by which property, what is met there, how early it is wanted (0 first)."""

    name: str
    role: str
    rank: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A resource or a collection (`each`: the role of its members) to ask for."""

    path: str
    role: str
    rank: int

    @property
    def part(self) -> str:
        """Its name in a sentence."""
        return self.path.removeprefix(f"{ROOT}/")


# DSP2046: properties of each schema that link to what belongs to it. A role in the plural is a collection.
LINKS: Final[Mapping[str, tuple[Follow, ...]]] = {
    "root": (Follow("Systems", "systems", 0), Follow("Chassis", "chassis*", 0), Follow("Managers", "managers", 3)),
    "system": (
        Follow("Storage", "storages", 3),
        Follow("SimpleStorage", "simple_storages", 3),
        Follow("Memory", "memories", 4),
        Follow("Processors", "processors", 4),
        Follow("LogServices", "log_services", 5),
        Follow("EthernetInterfaces", "ethernets", 8),
    ),
    "chassis": (
        Follow("PowerSubsystem", "power_subsystem", 2),
        Follow("ThermalSubsystem", "thermal_subsystem", 2),
        Follow("Power", "power", 2),
        Follow("Thermal", "thermal", 2),
        Follow("Drives", "drives", 4),
        Follow("Sensors", "sensors", 6),
        Follow("NetworkAdapters", "network_adapters", 7),
        Follow("EnvironmentMetrics", "environment", 6),
    ),
    "manager": (Follow("LogServices", "log_services", 8),),
    "power_subsystem": (Follow("PowerSupplies", "power_supplies", 2), Follow("Batteries", "batteries", 6)),
    "thermal_subsystem": (Follow("Fans", "fans", 2),),
    "power_supply": (Follow("Metrics", "supply_metrics", 7),),
    "storage": (
        Follow("Drives", "drive", 3),
        Follow("Volumes", "volumes", 3),
        Follow("Controllers", "controllers", 4),
    ),
    "log_service": (Follow("Entries", "log_entries", 6),),
    "network_adapter": (Follow("Ports", "ports", 8), Follow("NetworkPorts", "ports", 8)),
}
MEMBERS: Final[Mapping[str, str]] = {
    "systems": "system",
    "chassis*": "chassis",
    "managers": "manager",
    "storages": "storage",
    "simple_storages": "simple_storage",
    "memories": "memory",
    "processors": "processor",
    "log_services": "log_service",
    "log_entries": "log_entry",
    "ethernets": "ethernet",
    "drives": "drive",
    "sensors": "sensor",
    "network_adapters": "network_adapter",
    "power_supplies": "power_supply",
    "batteries": "battery",
    "fans": "fan",
    "volumes": "volume",
    "controllers": "controller",
    "ports": "port",
}
NO_HARDWARE = ("security", "audit", "access", "debug", "dump", "journal", "postcode", "hostlogger", "faultlist")


def links_of(role: str, rank: int, body: Mapping[str, Any]) -> Iterator[Wanted]:
    """What to ask for next, given a resource; links that leave the service are left alone."""
    for follow in LINKS.get(role, ()):
        value = body.get(follow.name)
        for link in value[:MOST_MEMBERS] if isinstance(value, list) else [value]:
            path = below_root(link.get("@odata.id")) if isinstance(link, dict) else None
            if path and not (follow.role == "log_entries" and _no_hardware(body)):
                yield Wanted(path, follow.role, max(rank, follow.rank))


def members_of(wanted: Wanted, body: Mapping[str, Any]) -> list[tuple[Wanted, Mapping[str, Any] | None]]:
    """The members of a collection, with their body where the service already told it; of a log the newest."""
    members = body.get("Members")
    found: list[tuple[Wanted, Mapping[str, Any] | None]] = []
    for member in members if isinstance(members, list) else ():
        path = below_root(member.get("@odata.id")) if isinstance(member, dict) else None
        if path:
            told = member if set(member) - {"@odata.id", "@odata.etag", "@odata.type"} else None
            found.append((Wanted(path, MEMBERS[wanted.role], wanted.rank), told))
    if wanted.role != "log_entries":
        return found[:MOST_MEMBERS]
    return sorted(found, key=lambda one: _ordinal(one[0].path), reverse=True)[:MOST_ENTRIES]


def next_page(body: Mapping[str, Any]) -> str | None:
    """The path of a collection's next page, when it says that there is one."""
    return below_root(body.get("Members@odata.nextLink") or body.get("@odata.nextLink"))


def expanding(root: Mapping[str, Any]) -> str:
    """The query by which this service tells a collection with its members, "" when it offers none (DSP0266, 7.3)."""
    offered = root.get("ProtocolFeaturesSupported")
    expand = offered.get("ExpandQuery") if isinstance(offered, dict) else None
    if not isinstance(expand, dict):
        return ""
    levels = "($levels=1)" if expand.get("Levels") is True else ""
    if expand.get("NoLinks") is True:
        return f"?$expand=.{levels}"
    return f"?$expand=*{levels}" if expand.get("ExpandAll") is True else ""


def _no_hardware(body: Mapping[str, Any]) -> bool:
    """Whether a log service by its name tells of logins or dumps and not of hardware."""
    name = f"{body.get('Id')} {body.get('Name')}".casefold().replace(" ", "")
    return body.get("Id") == "SL" or any(word in name for word in NO_HARDWARE)


def _ordinal(path: str) -> tuple[int, str]:
    last = path.rpartition("/")[2]
    return (int(last) if last.isdecimal() and len(last) < 19 else 0, last)
