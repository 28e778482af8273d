"""What was found out, before anyone judges it: parts with what was observed on them, readings, log entries.

Vendor families turn protocol answers into `Facts`; rules turn facts and cabling into findings.
One part is one thing a hand can touch: several sensors, objects and log entries speak of it as observations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from enum import StrEnum

from app.hardware.diagnostics import Component, Event, Evidence, Kind, Reading
from app.hardware.readings import Identity, State

RANK = {state: place for place, state in enumerate(State)}  # worst first
IN_TROUBLE = frozenset({State.CRITICAL, State.WARNING})

SHORTEST_SERIAL = 5  # shorter ones are placeholders that many parts share

PartKey = tuple[str | None, Kind, str]  # device (None: the one examined), kind, number or name


class Fault(StrEnum):
    """What is wrong, in the words that rules decide by."""

    INPUT_LOST = "input_lost"
    FAILED = "failed"
    PREDICTED = "predicted"
    UNCORRECTABLE = "uncorrectable"
    CORRECTABLE = "correctable"
    ARRAY_DEGRADED = "array_degraded"  # said by a drive about its array, not about itself
    REBUILDING = "rebuilding"
    REDUNDANCY_LOST = "redundancy_lost"
    MISMATCHED = "mismatched"
    OPEN = "open"
    ON_BATTERY = "on_battery"
    OVERLOAD = "overload"
    LIMIT = "limit"  # a measured value beyond its limit
    OFF_IN_USE = "off_in_use"
    LOG_FULL = "log_full"


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one raw code of a device means: the state, plain words, the fault if it is one.

    `value` is what outlets and ports also carry (on, off, up, down, admin_down).
    """

    state: State
    words: str
    fault: Fault | None = None
    value: str | None = None


Codes = Mapping[int, Meaning]


@dataclass(frozen=True, slots=True)
class Observation:
    """One object of one source saying something about a part. `measured` ones never outvote the part's own status."""

    state: State
    words: str
    source: str
    object: str
    read_at: datetime
    fault: Fault | None = None
    measured: bool = False

    @property
    def evidence(self) -> Evidence:
        """This observation as a finding quotes it."""
        return Evidence(self.source, self.object, self.words, self.read_at)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing a hand can touch, or a roll-up. `aliases` are other names it answers to (a port's label).

    `explained_by` marks a roll-up: kinds of parts whose trouble is reason enough for this one; with `members`, names
    of the parts that it is made of, only theirs is.
    """

    kind: Kind
    name: str
    number: str | None
    observations: tuple[Observation, ...]
    serial: str | None = None
    value: str | None = None
    device: str | None = None
    aliases: frozenset[str] = frozenset()
    explained_by: frozenset[Kind] = frozenset()
    members: frozenset[str] = frozenset()

    @property
    def key(self) -> PartKey:
        """The same part in two facts has the same key."""
        return (self.device, self.kind, self.number or self.name)

    @property
    def deciding(self) -> Observation:
        """The observation that settles the state: the worst, where an unreadable measurement cannot hide a status."""
        said = [seen for seen in self.observations if not seen.measured]
        if not said:
            return min(self.observations, key=_rank)
        if all(seen.state is State.ABSENT for seen in said):
            return said[0]
        return min(said + [seen for seen in self.observations if seen.measured and seen.state in IN_TROUBLE], key=_rank)

    @property
    def state(self) -> State:
        """The part's state."""
        return self.deciding.state

    @property
    def in_trouble(self) -> bool:
        """Whether the part is warning or critical."""
        return self.state in IN_TROUBLE

    def has(self, fault: Fault) -> bool:
        """Whether an observation in trouble names this fault."""
        return any(seen.fault is fault and seen.state in IN_TROUBLE for seen in self.observations)

    def answers_to(self, name: str) -> bool:
        """Whether `name` (a number, a label) means this part, letter case aside."""
        wanted = name.casefold()
        return wanted in {alias.casefold() for alias in (self.number or "", self.name, *self.aliases)}

    @property
    def component(self) -> Component:
        """The part as the document shows it."""
        seen = self.deciding
        reason = seen.words if seen.state is not State.OK or seen.fault else None
        source = self.observations[0].source
        return Component(
            self.kind, self.name, self.number, seen.state, reason, self.serial, source, self.value, self.device
        )


def _rank(seen: Observation) -> tuple[int, bool]:
    return RANK[seen.state], seen.fault is None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that one or more sources said. `power_on` and `watts` are None where nobody could tell."""

    identity: Identity = field(default_factory=Identity)
    power_on: bool | None = None
    watts: float | None = None
    parts: tuple[Part, ...] = ()
    readings: tuple[Reading, ...] = ()
    events: tuple[Event, ...] = ()

    def of_device(self, device: str) -> Facts:
        """The same facts, marked as another device's than the one examined."""
        return replace(
            self,
            parts=tuple(replace(part, device=device) for part in self.parts),
            readings=tuple(replace(reading, device=device) for reading in self.readings),
        )


def join_facts(several: Iterable[Facts]) -> Facts:
    """One set of facts out of many: first answer wins for identity and power, the same part is told once.

    Readings of a part go by the one name that it then has.
    """
    joined = Facts()
    for facts in several:
        parts = join_parts((*joined.parts, *facts.parts))
        joined = Facts(
            _first_known(joined.identity, facts.identity),
            facts.power_on if joined.power_on is None else joined.power_on,
            facts.watts if joined.watts is None else joined.watts,
            parts,
            by_one_name((*joined.readings, *facts.readings), parts),
            (*joined.events, *facts.events),
        )
    return joined


def join_parts(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Every part once, in order of first mention, with all that was observed on it.

    The same part has the same kind and number, or, told by another source, the same kind and serial number.
    """
    found: dict[PartKey, Part] = {}
    for part in parts:
        key = part.key if part.key in found else _same_serial(found, part) or part.key
        known = found.get(key)
        found[key] = part if known is None else _join(known, part)
    return tuple(found.values())


def _same_serial(found: Mapping[PartKey, Part], part: Part) -> PartKey | None:
    """The part that another source already told of, under another number but with this serial number."""
    if part.serial is None or len(part.serial) < SHORTEST_SERIAL:
        return None
    sources = {seen.source for seen in part.observations}
    for key, known in found.items():
        same = (known.device, known.kind, known.serial) == (part.device, part.kind, part.serial)
        if same and sources.isdisjoint(seen.source for seen in known.observations):
            return key
    return None


def _join(first: Part, second: Part) -> Part:
    return replace(
        first,
        observations=(*first.observations, *second.observations),
        serial=first.serial or second.serial,
        value=first.value or second.value,
        aliases=first.aliases | second.aliases | {second.name},
        explained_by=first.explained_by | second.explained_by,
        members=first.members | second.members,
    )


def by_one_name(readings: Iterable[Reading], parts: Iterable[Part]) -> tuple[Reading, ...]:
    """Readings of parts that another source knows by another name, told by the name that stayed."""
    listed = tuple(parts)
    names = {(part.device, part.name) for part in listed}
    stayed = {(part.device, alias): part.name for part in listed for alias in part.aliases}
    return tuple(_renamed(reading, names, stayed) for reading in readings)


def _renamed(
    reading: Reading, names: Set[tuple[str | None, str]], stayed: Mapping[tuple[str | None, str], str]
) -> Reading:
    if reading.component is None or (key := (reading.device, reading.component)) in names or key not in stayed:
        return reading
    return replace(reading, component=stayed[key])


def _first_known(first: Identity, second: Identity) -> Identity:
    return Identity(*(getattr(first, f.name) or getattr(second, f.name) for f in fields(Identity)))


@dataclass(frozen=True, slots=True)
class Feed:
    """Which outlet of which PDU feeds which power supply."""

    psu: str
    outlet: str
    pdu: str


@dataclass(frozen=True, slots=True)
class Link:
    """Which port of which switch a port of the device, known by name or by `mac`, is plugged into."""

    port: str
    switch_port: str
    switch: str
    mac: str | None = None


@dataclass(frozen=True, slots=True)
class Wiring:
    """The cabling as the records have it, and what is known to be in use.

    `in_use` names outlets or ports of the examined device itself; `was_on` holds the keys of parts that
    earlier diagnostics saw on or up.
    """

    feeds: tuple[Feed, ...] = ()
    links: tuple[Link, ...] = ()
    in_use: frozenset[str] = frozenset()
    was_on: frozenset[PartKey] = frozenset()
