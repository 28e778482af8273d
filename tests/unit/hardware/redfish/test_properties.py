"""Whatever JSON stands in any resource: nothing is raised, and nothing that was not said is ok."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.hardware.diagnostics import Kind
from app.hardware.facts import Wiring
from app.hardware.families_redfish import makers_of
from app.hardware.protocols.redfish_http import below_root
from app.hardware.protocols.redfish_walk import LINKS, MEMBERS, Wanted, expanding, links_of, members_of, next_page
from app.hardware.readings import RedfishAnswer, Resource, State
from app.hardware.redfish_facts import clock_skew_s, read_redfish, sentences
from app.hardware.redfish_naming import number_in
from app.hardware.rules import judge
from app.hardware.vendors import redfish_families
from lab.redfish_trees import ROOT, older_model, present_model
from tests.unit.hardware.redfish.answers import NOW, answer_of

NAMES = sorted(
    {name for tree in (present_model(), older_model()) for body in tree.values() for name in body}
    | {"Created", "Message", "Severity", "DateTime", "Members", "Devices", "Reading", "State", "Health", "Conditions"}
)
WORDS = st.sampled_from(
    ["OK", "Critical", "Warning", "Absent", "Enabled", "DIMM A1", "Fan 1", "On", "Temperature", "Cel"]
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=8), WORDS,
    st.just("\ud800"), st.just("0000-00-00T00:00:00Z"), st.just("9999-12-31T23:59:59-23:59"),
)  # fmt: skip
JSON = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)
RESOURCES = [*answer_of(present_model()).resources, *answer_of(older_model()).resources]
ENTRY = Resource("log_entry", f"{ROOT}/Systems/1/LogServices/SEL/Entries/1", {})
EXTRA = [
    ENTRY,
    Resource("simple_storage", f"{ROOT}/Systems/1/SimpleStorage/1", {}),
    Resource("sensor", f"{ROOT}/S/1", {}),
]


def understood(answer: RedfishAnswer) -> Any:
    facts = read_redfish(answer, redfish_families(makers_of(answer)), "redfish", NOW)
    judge(facts, Wiring(), "device")
    clock_skew_s(answer, NOW)
    return facts


@given(st.lists(st.tuples(st.sampled_from([*RESOURCES, *EXTRA]), BODIES), max_size=6), st.booleans())
@settings(max_examples=300, deadline=None)
def test_arbitrary_json_in_any_resource_raises_nothing(changes: list[tuple[Resource, Any]], keep: bool) -> None:
    new = {one.path: Resource(one.role, one.path, {**one.body, **body} if keep else body) for one, body in changes}
    resources = {one.path: one for one in RESOURCES} | new
    understood(RedfishAnswer(tuple(resources.values()), 9))


@given(st.sampled_from([one for one in RESOURCES if "Status" in one.body]), JSON)
@settings(max_examples=200, deadline=None)
def test_part_is_ok_only_when_its_health_is_the_word_ok(resource: Resource, status: Any) -> None:
    only = Resource(resource.role, resource.path, {"Name": "One", "Status": status})
    facts = understood(RedfishAnswer((Resource("root", ROOT, {}), only), 2))
    says_ok = isinstance(status, dict) and any(
        str(status.get(name)).strip().casefold() == "ok" for name in ("Health", "HealthRollup")
    )
    well = [part.name for part in facts.parts if part.state is State.OK and part.kind is not Kind.BMC]
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
