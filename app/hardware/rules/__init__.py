"""From facts and cabling to findings: what a person must know, one per cause, worst first. Pure.

Each rule looks at the parts in trouble that no earlier rule has explained, and claims what its finding explains.
Order is therefore meaning: causes before consequences, single parts before roll-ups, the unexplained last.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from app.hardware.diagnostics import Finding, Kind, Source
from app.hardware.facts import RANK, Facts, Fault, Part, PartKey, Wiring
from app.hardware.readings import State
from app.hardware.rules.network import interfaces, switch_ports
from app.hardware.rules.parts import arrays, fans, leftovers, rollups, silent_bmc, single_parts
from app.hardware.rules.power import empty_supplies, outlets, power_supplies, uninterruptible
from app.hardware.rules.scene import Scene, find_part, near_end

RULES = (
    power_supplies,
    outlets,
    uninterruptible,
    fans,
    interfaces,
    single_parts,
    arrays,
    switch_ports,
    empty_supplies,
    leftovers,
    rollups,
    silent_bmc,
)
NOT_CONNECTED = frozenset({"off", "down", "admin_down"})


def judge(
    facts: Facts, wiring: Wiring, device: str, sources: Iterable[Source] = ()
) -> tuple[Facts, tuple[Finding, ...]]:
    """The facts with outlets and ports judged by what hangs on them, and the findings, worst first."""
    judged = replace(facts, parts=judge_use(facts, wiring))
    return judged, find(Scene(judged, wiring, device, tuple(sources)))


def find(scene: Scene) -> tuple[Finding, ...]:
    """Apply every rule in order; nothing is told twice, nothing in trouble is left untold or unexplained."""
    claimed: set[PartKey] = set()
    found: list[Finding] = []
    for rule in RULES:
        left = tuple(part for part in scene.facts.parts if part.key not in claimed)
        for claim in rule(scene, left):
            claimed |= claim.explains
            if claim.finding:
                found.append(claim.finding)
    return tuple(sorted(merge_same_cause(found), key=lambda finding: RANK[finding.state]))


def merge_same_cause(findings: Iterable[Finding]) -> list[Finding]:
    """Findings that have one and the same cause become one: the first names them all."""
    merged: list[Finding] = []
    for finding in findings:
        place = next((i for i, other in enumerate(merged) if finding.cause and other.cause == finding.cause), None)
        if place is None:
            merged.append(finding)
            continue
        first = merged[place]
        evidence = tuple(dict.fromkeys((*first.evidence, *finding.evidence)))
        state = min(first.state, finding.state, key=RANK.__getitem__)
        title = f"{first.title}; {finding.title}"
        merged[place] = replace(first, state=state, title=title, evidence=evidence)
    return merged


def judge_use(facts: Facts, wiring: Wiring) -> tuple[Part, ...]:
    """An outlet that is off, or a port that is down, is in trouble when something hangs on it; else it is a fact."""
    used = _keys_in_use(facts, wiring)
    return tuple(
        _in_trouble(part) if part.key in used and part.value in NOT_CONNECTED and part.state is State.OK else part
        for part in facts.parts
    )


def _keys_in_use(facts: Facts, wiring: Wiring) -> set[PartKey]:
    parts = facts.parts
    fed = [find_part(parts, Kind.OUTLET, feed.outlet, feed.pdu) for feed in wiring.feeds]
    linked = [find_part(parts, Kind.SWITCH_PORT, link.switch_port, link.switch) for link in wiring.links]
    linked += [near_end(parts, link) for link in wiring.links]
    named = [find_part(parts, kind, name, None) for name in wiring.in_use for kind in (Kind.OUTLET, Kind.SWITCH_PORT)]
    dark = facts.power_on is False  # a machine that is off has no link, and that is no fault of the port
    found = [*fed, *([] if dark else linked), *named]
    return {part.key for part in found if part is not None} | set(wiring.was_on)


def _in_trouble(part: Part) -> Part:
    seen = part.deciding
    mild = part.value == "admin_down" or (part.kind is Kind.SWITCH_PORT and part.device is None)
    state = State.WARNING if mild else State.CRITICAL
    judged = replace(seen, state=state, fault=Fault.OFF_IN_USE)
    return replace(part, observations=(judged, *(other for other in part.observations if other is not seen)))
