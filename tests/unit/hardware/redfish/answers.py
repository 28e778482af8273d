"""Redfish answers without a network: a tree read as the protocol would read it, and changed as a fault would."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.hardware.diagnostics import Component, Finding, Reading
from app.hardware.facts import Facts, Part, Wiring, join_facts
from app.hardware.facts.redfish_facts import read_redfish
from app.hardware.families.redfish import makers_of
from app.hardware.protocols.redfish_walk import MEMBERS, Wanted, links_of, members_of
from app.hardware.readings import RedfishAnswer, Resource
from app.hardware.rules import judge
from app.hardware.vendors import redfish_families
from lab.redfish_trees import ROOT, Tree

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
Changes = Mapping[str, Mapping[str, Any]]


def answer_of(tree: Mapping[str, Mapping[str, Any]]) -> RedfishAnswer:
    """What reading this tree whole gives."""
    found = {ROOT: Resource("root", ROOT, tree[ROOT])}
    wanted = list(links_of("root", 0, tree[ROOT]))
    dangling = []
    while wanted:
        one = wanted.pop(0)
        body = tree.get(one.path)
        if body is None:
            dangling.append(one.part)
        elif one.role in MEMBERS:
            wanted += [member for member, _told in members_of(one, body)]
        elif one.path not in found:
            found[one.path] = Resource(one.role, one.path, body)
            wanted += [new for new in links_of(one.role, one.rank, body) if new.path not in found]
    return RedfishAnswer(tuple(found.values()), len(found), dangling=tuple(dangling))


def changed(tree: Tree, changes: Changes) -> Tree:
    """The tree with some properties of some resources changed; a pointer names a place within."""
    new = copy.deepcopy(tree)
    for path, properties in changes.items():
        for pointer, value in properties.items():
            *steps, last = pointer.split("/")
            place: Any = new[f"{ROOT}/{path}"]
            for step in steps:
                place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
            place[last] = value
    return new


def logged(tree: Tree, log: str, *entries: Mapping[str, Any]) -> Tree:
    """The tree with these entries in a log, the oldest first."""
    new = copy.deepcopy(tree)
    paths = [f"{ROOT}/{log}/Entries/{number}" for number in range(1, len(entries) + 1)]
    new[f"{ROOT}/{log}/Entries"]["Members"] = [{"@odata.id": path} for path in paths]
    new.update({path: {"@odata.id": path, **entry} for path, entry in zip(paths, entries, strict=True)})
    return new


def facts_of(tree: Tree, *others: Facts) -> Facts:
    """What a tree means, joined with what other sources said."""
    answer = answer_of(tree)
    return join_facts((*others, read_redfish(answer, redfish_families(makers_of(answer)), "redfish", NOW)))


def findings_of(tree: Tree, *others: Facts, wiring: Wiring | None = None) -> tuple[Finding, ...]:
    """The findings about a tree."""
    return judge(facts_of(tree, *others), wiring or Wiring(), "SRV-0042")[1]


def part(tree: Tree, name: str, *others: Facts) -> Part:
    """The part of this name."""
    return next(one for one in facts_of(tree, *others).parts if one.name == name)


def component(tree: Tree, name: str) -> Component:
    """The part of this name as the document shows it."""
    return part(tree, name).component


def reading(tree: Tree, name: str) -> Reading:
    """The reading of this name."""
    return next(one for one in facts_of(tree).readings if one.name == name)


def wanted(path: str, role: str) -> Wanted:
    """Something to ask for."""
    return Wanted(f"{ROOT}/{path}", role, 0)
