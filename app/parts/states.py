"""The ways of a spare and of a removed part, each as one table. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class PartKind(StrEnum):
    """What it is; the same words as a finding's kinds."""

    DRIVE = "drive"
    PSU = "psu"
    MEMORY = "memory"
    FAN = "fan"
    NIC = "nic"
    CABLE = "cable"
    OTHER = "other"

    @property
    def words(self) -> str:
        """As people say it."""
        return _KIND_WORDS[self]


class SpareState(StrEnum):
    """Where a spare stands."""

    EXPECTED = "expected"
    IN_STOCK = "in_stock"
    RESERVED = "reserved"
    INSTALLED = "installed"
    DEAD = "dead"

    @property
    def words(self) -> str:
        """As people say it."""
        return _SPARE_WORDS[self]


class Custody(StrEnum):
    """In whose hands a removed part is."""

    REMOVED = "removed"
    BAGGED = "bagged"
    IN_CAGE = "in_cage"
    WIPED = "wiped"
    DESTROYED = "destroyed"
    CERTIFIED = "certified"
    RETURNING = "returning"
    RETURNED = "returned"

    @property
    def words(self) -> str:
        """As people say it."""
        return _CUSTODY_WORDS[self]


class Hop(StrEnum):
    """What is done to a removed part; each is one scan and one row of its record."""

    BAG = "bag"
    STORE = "store"
    WIPE = "wipe"
    DESTROY = "destroy"
    CERTIFY = "certify"
    RETURN = "return"
    SEND = "send"

    @property
    def words(self) -> str:
        """As the button says it."""
        return _HOP_WORDS[self]


@dataclass(frozen=True, slots=True)
class Way:
    """From where a hop may be made and where it leads."""

    sources: frozenset[Custody]
    target: Custody


_DRIVES: Final[Mapping[Hop, Way]] = {
    Hop.BAG: Way(frozenset({Custody.REMOVED}), Custody.BAGGED),
    Hop.STORE: Way(frozenset({Custody.BAGGED}), Custody.IN_CAGE),
    Hop.WIPE: Way(frozenset({Custody.IN_CAGE}), Custody.WIPED),
    Hop.DESTROY: Way(frozenset({Custody.IN_CAGE, Custody.WIPED}), Custody.DESTROYED),
    Hop.CERTIFY: Way(frozenset({Custody.WIPED, Custody.DESTROYED}), Custody.CERTIFIED),
    Hop.RETURN: Way(frozenset({Custody.WIPED, Custody.CERTIFIED, Custody.RETURNING}), Custody.RETURNING),
    Hop.SEND: Way(frozenset({Custody.RETURNING}), Custody.RETURNED),
}
"""A drive holds a customer's data: sealed before it is carried, and with the maker only once it is wiped."""

_OTHERS: Final[Mapping[Hop, Way]] = {
    Hop.STORE: Way(frozenset({Custody.REMOVED}), Custody.IN_CAGE),
    Hop.DESTROY: Way(frozenset({Custody.IN_CAGE}), Custody.DESTROYED),
    Hop.RETURN: Way(frozenset({Custody.REMOVED, Custody.IN_CAGE, Custody.RETURNING}), Custody.RETURNING),
    Hop.SEND: Way(frozenset({Custody.RETURNING}), Custody.RETURNED),
}


def holds_data(kind: str) -> bool:
    """True for what a customer's data is on."""
    return kind == PartKind.DRIVE


def ways_of(kind: str) -> Mapping[Hop, Way]:
    """The hops of a removed part of that kind."""
    return _DRIVES if holds_data(kind) else _OTHERS


def hops_from(kind: str, state: str) -> list[Hop]:
    """What may be done next, in the usual order."""
    return [hop for hop, way in ways_of(kind).items() if state in way.sources]


def ends(kind: str) -> frozenset[Custody]:
    """Where nothing more is waited for."""
    done = {Custody.CERTIFIED, Custody.RETURNED}
    return frozenset(done if holds_data(kind) else done | {Custody.DESTROYED})


_KIND_WORDS: Final = {
    PartKind.DRIVE: "drive",
    PartKind.PSU: "power supply",
    PartKind.MEMORY: "memory module",
    PartKind.FAN: "fan",
    PartKind.NIC: "network card or optic",
    PartKind.CABLE: "cable",
    PartKind.OTHER: "other part",
}
_SPARE_WORDS: Final = {
    SpareState.EXPECTED: "expected",
    SpareState.IN_STOCK: "in stock",
    SpareState.RESERVED: "reserved",
    SpareState.INSTALLED: "installed",
    SpareState.DEAD: "dead on arrival",
}
_CUSTODY_WORDS: Final = {
    Custody.REMOVED: "out of the machine",
    Custody.BAGGED: "in a sealed bag",
    Custody.IN_CAGE: "in the cage",
    Custody.WIPED: "wiped",
    Custody.DESTROYED: "destroyed",
    Custody.CERTIFIED: "certified",
    Custody.RETURNING: "to be returned",
    Custody.RETURNED: "returned",
}
_HOP_WORDS: Final = {
    Hop.BAG: "Seal it in a bag",
    Hop.STORE: "Put it into the cage",
    Hop.WIPE: "It is wiped",
    Hop.DESTROY: "It is destroyed",
    Hop.CERTIFY: "Sign the certificate",
    Hop.RETURN: "Return it to the maker",
    Hop.SEND: "It is on its way",
}
