"""Any JSON, and any bytes, as a Redfish service's answers: nothing but our own errors, never unknown called ok.

    python -m tests.unit.hardware.redfish.fuzz SECONDS

runs for so long, in 256 MiB of memory, and ends with status 0 when nothing was found.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.core.errors import Malformed
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.facts import Wiring
from app.hardware.protocols.redfish_answers import ROOT, parsed
from app.hardware.readings import RedfishAnswer, RedfishTarget, Resource, SourceStatus, State
from app.hardware.rules import judge
from app.hardware.sources import redfish_answer
from lab.redfish_trees import older_model, present_model
from tests.unit.hardware.fuzzing import run
from tests.unit.hardware.redfish.answers import NOW, answer_of

ROUND = 50  # the library remembers every example of a round: small ones, so that the memory is our own
NOBODY = RedfishTarget("https://127.0.0.1", "diag", "")
RESOURCES = [*answer_of(present_model()).resources, *answer_of(older_model()).resources]
EXTRA = [
    Resource("log_entry", f"{ROOT}/Systems/1/LogServices/SEL/Entries/1", {}),
    Resource("simple_storage", f"{ROOT}/Systems/1/SimpleStorage/1", {}),
    Resource("supply_metrics", f"{ROOT}/Chassis/node/PowerSubsystem/PowerSupplies/1/Metrics", {}),
    Resource("environment", f"{ROOT}/Chassis/node/EnvironmentMetrics", {}),
]
NAMES = sorted(
    {name for resource in RESOURCES for name in resource.body}
    | {"Created", "Message", "Severity", "DateTime", "Members", "Devices", "Reading", "State", "Health", "Conditions"}
    | {"SpeedRPM", "DataSourceUri", "PowerWatts", "FanSpeedsPercent", "Links", "OriginOfCondition", "Resolved"}
)
WORDS = ["OK", "Critical", "Warning", "Absent", "Enabled", "DIMM A1", "Fan 1", "On", "Temperature", "Cel", "Percent"]
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.just(10**400), st.floats(), st.text(max_size=8), st.sampled_from(WORDS),
    st.just("\ud800"), st.just("0000-00-00T00:00:00Z"), st.just("9999-12-31T23:59:59-23:59"),
)  # fmt: skip
JSON: SearchStrategy[Any] = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=12,
)
BODIES = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=8)
CHANGES = st.lists(st.tuples(st.sampled_from([*RESOURCES, *EXTRA]), BODIES, st.booleans()), max_size=6)


def understood(resources: list[Resource]) -> DiagnosticsDocument:
    """What is told of an answer of these resources; it must survive the way out and back, as bytes."""
    facts = redfish_answer(RedfishAnswer(tuple(resources), len(resources)), NOBODY, "UM1", NOW).facts
    judged, findings = judge(facts, Wiring(), "S")
    document = DiagnosticsDocument(
        "i", "S", NOW, 1, True, (Source("redfish", "x", SourceStatus.OK),), facts.identity,
        components=tuple(part.component for part in judged.parts), readings=facts.readings, events=facts.events,
        findings=findings,
    )  # fmt: skip
    out = json.dumps(document.to_dict(), allow_nan=False, ensure_ascii=False).encode()
    assert DiagnosticsDocument.from_dict(json.loads(out)) == document
    for part in document.components:
        assert part.state is not State.UNKNOWN or part.reason
    for reading in document.readings:
        assert (reading.value is not None) or (reading.state is State.UNKNOWN and reading.reason)
    return document


def any_json(changes: list[tuple[Resource, Any, bool]]) -> None:
    """A healthy tree with arbitrary JSON in some of its resources, instead of what was there or over it."""
    known = {one.path: one for one in RESOURCES}
    for one, body, over in changes:
        known[one.path] = Resource(one.role, one.path, {**one.body, **body} if over else body)
    understood(list(known.values()))


def any_bytes(place: Resource, cut: int, changes: dict[int, int]) -> None:
    """A resource's bytes, some of them changed and the end cut off."""
    raw = bytearray(json.dumps(dict(place.body)).encode())
    for where, value in changes.items():
        raw[where % len(raw)] = value
    try:
        body = parsed(bytes(raw[:cut]), place.path)
    except Malformed:
        return
    known = {one.path: one for one in RESOURCES} | {place.path: Resource(place.role, place.path, body)}
    understood(list(known.values()))


def try_once(examples: int) -> None:
    """Try so many examples of both."""
    often = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    often(given(CHANGES)(any_json))()
    spoiled = st.dictionaries(st.integers(0, 600), st.integers(0, 255), max_size=4)
    often(given(st.sampled_from(RESOURCES), st.integers(1, 4000), spoiled)(any_bytes))()


if __name__ == "__main__":
    run(try_once, ROUND, float(sys.argv[1]))
