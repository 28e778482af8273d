"""Whatever stands in any resource: nothing is raised but ours, and nothing that was not said is ok."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.hardware.diagnostics import Kind
from app.hardware.facts.redfish_facts import sentences
from app.hardware.facts.redfish_naming import number_in
from app.hardware.protocols.redfish_answers import ROOT, below_root
from app.hardware.protocols.redfish_walk import LINKS, MEMBERS, Wanted, expanding, links_of, members_of, next_page
from app.hardware.readings import Resource, State
from tests.unit.hardware.fuzzing import finds_nothing
from tests.unit.hardware.redfish.fuzz import BODIES, JSON, RESOURCES, try_once, understood


def test_any_json_and_any_bytes_are_understood_or_refused_in_our_own_words() -> None:
    try_once(50)


@pytest.mark.proof
def test_any_json_for_ten_minutes_in_256_mib() -> None:
    finds_nothing("tests.unit.hardware.redfish.fuzz")


@given(st.sampled_from([one for one in RESOURCES if "Status" in one.body]), JSON)
@settings(max_examples=200, deadline=None)
def test_part_is_ok_only_when_its_health_is_the_word_ok(resource: Resource, status: Any) -> None:
    only = Resource(resource.role, resource.path, {"Name": "One", "Status": status})
    document = understood([Resource("root", ROOT, {}), only])
    says_ok = isinstance(status, dict) and any(
        str(status.get(name)).strip().casefold() == "ok" for name in ("Health", "HealthRollup")
    )
    well = [part.name for part in document.components if part.state is State.OK and part.kind is not Kind.BMC]
    assert says_ok or not well


@given(st.sampled_from(sorted({*LINKS, *MEMBERS})), BODIES)
@settings(deadline=None)
def test_links_of_arbitrary_json_stay_below_the_root(role: str, body: Any) -> None:
    followed = [one.path for one in links_of(role, 0, body)]
    if role in MEMBERS:
        followed += [one.path for one, _told in members_of(Wanted(ROOT, role, 0), body)]
    expanding(body)
    assert all(path.startswith(ROOT) for path in [*followed, next_page(body) or ROOT])


@given(st.text())
def test_link_is_below_the_root_or_none(link: str) -> None:
    path = below_root(link)
    assert path is None or (path.startswith(ROOT) and ".." not in path.split("/"))


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=9), max_size=40), st.text(), st.sampled_from(list(Kind)))
def test_names_and_sentences_are_made_of_anything(problems: dict[str, str], text: str, kind: Kind) -> None:
    assert len(sentences(problems)) == len(set(problems.values()))
    number_in(kind, text)
