"""The vocabulary of a Redfish vendor file: what its own properties mean, where its numbers stand. Data, and pure.

The standard's own properties are the generic family's (DMTF DSP2046); a maker's family adds what stands under Oem.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from app.hardware.diagnostics import Kind
from app.hardware.facts import Meaning
from app.hardware.facts.json_values import Body, objects_at, text_at, value_at
from app.hardware.readings import RedfishAnswer


@dataclass(frozen=True, slots=True)
class Word:
    """A property whose words have a meaning: of which role, where it stands, word (lower case) -> meaning.

    A word that the table does not know tells nothing: the part's health decides.
    """

    role: str
    pointer: str
    meanings: Mapping[str, Meaning]


@dataclass(frozen=True, slots=True)
class Embedded:
    """Parts that stand inside another resource as a list: in which role, where, and what each of them is."""

    role: str
    pointer: str
    as_role: str


@dataclass(frozen=True, slots=True)
class RollUp:
    """A status that sums up several parts: in which role, where its Status stands, its name, what explains it."""

    role: str
    pointer: str
    name: str
    explained_by: frozenset[Kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class RedfishFamily:
    """What one maker's services say beyond the standard. `identified_by`: beginnings of its name; () fits everybody.

    `numbers` tells for a role where the number printed on the chassis stands.
    """

    name: str
    title: str
    identified_by: tuple[str, ...]
    words: tuple[Word, ...] = ()
    embedded: tuple[Embedded, ...] = ()
    rollups: tuple[RollUp, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)

    def fits(self, makers: Iterable[str]) -> bool:
        """Whether it is for a service of one of these makers."""
        return not self.identified_by or any(maker.casefold().startswith(self.identified_by) for maker in makers)


@dataclass(frozen=True, slots=True)
class Item:
    """One part of an answer: a resource, or what stands in a list of one (`embedded`, the `place`th, from 0)."""

    role: str
    path: str
    body: Body
    embedded: bool = False
    place: int = 0

    @property
    def parent(self) -> str:
        """The path of the resource it stands in or below."""
        return self.path.partition("#")[0] if self.embedded else self.path.rpartition("/")[0]


def makers_of(answer: RedfishAnswer) -> tuple[str, ...]:
    """Every name by which a service says whose it is: vendor, manufacturer, keys of its own properties."""
    found: list[str] = []
    for resource in answer.of("root", "system", "chassis", "manager"):
        found += [name for name in (text_at(resource.body, "Vendor"), text_at(resource.body, "Manufacturer")) if name]
        own = value_at(resource.body, "Oem")
        found += [name for name in own if isinstance(name, str)] if isinstance(own, Mapping) else []
    return tuple(dict.fromkeys(found))


def items_of(answer: RedfishAnswer, families: Iterable[RedfishFamily]) -> tuple[Item, ...]:
    """All parts of an answer: resources first, then what stands inside of them."""
    known = tuple(families)
    resources = tuple(Item(one.role, one.path, one.body) for one in answer.resources)
    return (*resources, *(item for one in resources for item in _inside(one, known)))


def _inside(outer: Item, families: tuple[RedfishFamily, ...]) -> Iterator[Item]:
    for rule in (rule for family in families for rule in family.embedded if rule.role == outer.role):
        for place, body in enumerate(objects_at(outer.body, rule.pointer)):
            yield Item(rule.as_role, f"{outer.path}#/{rule.pointer}/{place}", body, embedded=True, place=place)
