"""What a rule sees, and what it answers with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.hardware.diagnostics import Cause, Evidence, Finding, Kind, Source
from app.hardware.facts import IN_TROUBLE, RANK, Facts, Feed, Link, Part, PartKey, Wiring
from app.hardware.facts.naming import spoken
from app.hardware.readings import State

MOST_EVIDENCE = 12
KERNEL_NAMED = {Kind.DRIVE: "drive", Kind.NIC: "port", Kind.RAID_VOLUME: "array"}  # sda, eno1, md0


@dataclass(frozen=True, slots=True)
class Scene:
    """All that was found out about one device, and how it is cabled."""

    facts: Facts
    wiring: Wiring
    device: str
    sources: tuple[Source, ...] = ()

    def own(self, kind: Kind) -> tuple[Part, ...]:
        """The device's own parts of a kind."""
        return tuple(part for part in self.facts.parts if part.kind is kind and part.device is None)

    def outlet_of(self, feed: Feed) -> Part | None:
        """The outlet that a feed means, if its PDU was read."""
        return find_part(self.facts.parts, Kind.OUTLET, feed.outlet, feed.pdu)

    def port_of(self, link: Link) -> Part | None:
        """The switch port that a link means, if its switch was read."""
        return find_part(self.facts.parts, Kind.SWITCH_PORT, link.switch_port, link.switch)

    def measured(self, part: Part, kind: str) -> float | None:
        """What a part measures, by kind of reading; None when it does not, or could not be read."""
        values = (
            reading.value
            for reading in self.facts.readings
            if reading.kind == kind and reading.component == part.name and reading.device == part.device
        )
        return next((value for value in values if value is not None), None)


@dataclass(frozen=True, slots=True)
class Claim:
    """A rule's answer: the finding (None: explained, and silent) and the parts that it explains."""

    finding: Finding | None
    explains: frozenset[PartKey]


def find_part(parts: Iterable[Part], kind: Kind, name: str, device: str | None) -> Part | None:
    """The part with this number, else the one with this label: a label that looks like a number never wins."""
    there = [part for part in parts if part.kind is kind and part.device == device]
    numbered = [part for part in there if part.number is not None and part.number.casefold() == name.casefold()]
    return next(iter([*numbered, *(part for part in there if part.answers_to(name))]), None)


def near_end(parts: Iterable[Part], link: Link) -> Part | None:
    """The device's own port that a link means: by its address, which no renaming changes, else by its name."""
    there = tuple(parts)
    by_address = find_part(there, Kind.NIC, link.mac, None) if link.mac else None
    return by_address or find_part(there, Kind.NIC, link.port, None)


def said_of(part: Part) -> str:
    """The part in a sentence, with its device when that is another one: "PSU 2", "outlet 14 of PDU-A"."""
    name = spoken(part.kind, part.number, part.name)
    if part.number is None and part.name[:1].islower() and part.kind in KERNEL_NAMED:
        name = f"{KERNEL_NAMED[part.kind]} {name}"
    return f"{name[:1].lower()}{name[1:]} of {part.device}" if part.device else name


def capitalised(sentence: str) -> str:
    """A sentence with a capital at its beginning."""
    return sentence[:1].upper() + sentence[1:]


def claim(
    part: Part,
    title: str,
    advice: str,
    job_kind: str | None,
    *,
    cause: Cause | None = None,
    with_parts: Iterable[Part] = (),
    state: State | None = None,
    kind: Kind | None = None,
) -> Claim:
    """A finding about `part` that also explains `with_parts`; evidence is what was seen on all of them."""
    others = tuple(with_parts)
    finding = Finding(
        state=state or part.state,
        kind=kind or part.kind,
        component=part.name,
        number=part.number,
        title=title,
        cause=cause,
        advice=advice,
        job_kind=job_kind,
        evidence=evidence_of((part, *others)),
        device=part.device,
    )
    return Claim(finding, frozenset(one.key for one in (part, *others)))


def evidence_of(parts: Iterable[Part]) -> tuple[Evidence, ...]:
    """What was seen on these parts: what is in trouble, worst first; then what sources say that see no trouble."""
    told: list[Evidence] = []
    for part in parts:
        troubled = sorted((o for o in part.observations if o.state in IN_TROUBLE), key=lambda seen: RANK[seen.state])
        sources = {seen.source for seen in troubled}
        others = {seen.source: seen for seen in part.observations if seen.source not in sources and not seen.measured}
        told += [seen.evidence for seen in troubled or [part.deciding]]
        told += [seen.evidence for seen in others.values()] if troubled else []
    return tuple(dict.fromkeys(told))[:MOST_EVIDENCE]
