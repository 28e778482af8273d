"""The vocabulary of an IPMI vendor file. Pure: runs on recordings.

A family is data: for each sensor type, and for each generic event type, what every state bit means.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault, Meaning
from app.hardware.facts.naming import Asserted, what_asserted_means
from app.hardware.readings import State

THRESHOLD = 0x01
DIGITAL = 0x03
PRESENCE = 0x08
REDUNDANCY = 0x0B
SENSOR_SPECIFIC = 0x6F
OEM_SENSOR_TYPES = range(0xC0, 0x100)
OEM_EVENT_TYPES = range(0x70, 0x80)
# What "asserted" and "not asserted" mean where the sensor's name says what it watches.
DIGITAL_WORDS: Mapping[Asserted, Codes] = {
    Asserted.FAULT: {
        0: Meaning(State.OK, "no fault asserted"),
        1: Meaning(State.CRITICAL, "fault asserted", Fault.FAILED),
    },
    Asserted.STRAIN: {0: Meaning(State.OK, "not asserted"), 1: Meaning(State.WARNING, "asserted")},
    Asserted.PRESENCE: {0: Meaning(State.ABSENT, "not there"), 1: Meaning(State.OK, "there")},
    Asserted.GOOD: {
        0: Meaning(State.UNKNOWN, "not asserted, which may be on purpose"),
        1: Meaning(State.OK, "asserted"),
    },
}


@dataclass(frozen=True, slots=True)
class SensorType:
    """What the state bits of one sensor type mean, and the kind of part it speaks of.

    `presence` is the bit that says the part is there; `empty_without` when a part without it is an empty bay even
    if no other sensor of the type uses the bit. `momentary` bits report a happening and not a lasting state: their
    log entries stand until the log itself takes them back. `passing`: its entries tell what happened and leave
    nothing to be mended. `ended_by_boot`: a system that booted afterwards ends its entries. `by_entity`: the entity
    says which kind of part is meant. `explained_by`: kinds whose trouble explains it.
    """

    kind: Kind
    bits: Codes
    presence: int | None = None
    empty_without: bool = False
    momentary: frozenset[int] = frozenset()
    passing: bool = False
    ended_by_boot: bool = False
    by_entity: bool = False
    explained_by: frozenset[Kind] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class IpmiFamily:
    """Sensor tables of one maker's BMCs. `identified_by` are beginnings of the maker's name; () fits everybody.

    `module_of` reads the memory slot out of the three data bytes of a log entry, where the maker puts it there.
    """

    name: str
    title: str
    identified_by: tuple[str, ...]
    specific: Mapping[int, SensorType]
    generic: Mapping[int, Codes]
    threshold_events: Codes
    plain_kinds: Mapping[int, Kind]  # sensor types without bits of their own: temperature, fan ...
    module_of: Callable[[int, int, int], str | None] | None = None

    def meaning(self, sensor_type: int, event_type: int, bit: int, sensor_name: str = "") -> Meaning | None:
        """What one bit means; None when the tables do not know it."""
        if event_type == THRESHOLD:
            return self.threshold_events.get(bit)
        if event_type == SENSOR_SPECIFIC:
            specific = self.specific.get(sensor_type)
            return specific.bits.get(bit) if specific else None
        named = DIGITAL_WORDS.get(what_asserted_means(sensor_name)) if event_type == DIGITAL else None
        return (named or self.generic.get(event_type, {})).get(bit)

    def kind(self, sensor_type: int) -> Kind:
        """The kind of part that a sensor of this type speaks of."""
        specific = self.specific.get(sensor_type)
        return specific.kind if specific else self.plain_kinds.get(sensor_type, Kind.SYSTEM)

    def says_presence(self, sensor_type: int, event_type: int, sensor_name: str) -> bool:
        """Whether a sensor has no other work than to say whether its part is there."""
        if event_type == DIGITAL:
            return what_asserted_means(sensor_name) is Asserted.PRESENCE
        specific = self.specific.get(sensor_type)
        return event_type == PRESENCE or (event_type == SENSOR_SPECIFIC and specific is not None and specific.by_entity)


def why_unknown(sensor_type: int, event_type: int, bit: int | None = None) -> str:
    """Why a state has no words: whose code it is, and which."""
    if sensor_type in OEM_SENSOR_TYPES:
        code = f"sensor type 0x{sensor_type:02x}"
    elif event_type in OEM_EVENT_TYPES:
        code = f"event type 0x{event_type:02x}"
    else:
        where = f"state {bit} of " if bit is not None else "states of "
        return f"{where}sensor type 0x{sensor_type:02x}, event type 0x{event_type:02x}: not in the standard's tables"
    where = f"state {bit} of " if bit is not None else ""
    return f"{where}the maker's own {code}: only the maker knows what it means"
