"""Whatever a device answers: the rules never raise, unknown never becomes ok, and nothing is told twice or left out."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from app.hardware.compare import Result, compare
from app.hardware.diagnostics import DiagnosticsDocument, Kind, Source
from app.hardware.facts import Facts, Fault, Feed, Link, Observation, Part, Wiring, join_facts, join_parts
from app.hardware.readings import IpmiAnswer, LogEntry, Sensor, SourceStatus, State
from app.hardware.rules import judge
from app.hardware.sources import bmc_answer
from tests.unit.hardware.answers import NOW, bmc

NAMES = ["PS1 Status", "PS2 Status", "PS Redundancy", "HDD3 Status", "P1-DIMMA1 ECC", "FAN3", "CPU1 Temp", "", "X\x00"]
BYTE = st.integers(0, 255)

sensors = st.builds(
    Sensor,
    number=BYTE,
    name=st.sampled_from(NAMES),
    sensor_type=st.sampled_from([1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 19, 35, 41, 192]),
    event_type=st.sampled_from([0x01, 0x03, 0x05, 0x07, 0x08, 0x0A, 0x0B, 0x6F, 0x70]),
    entity_id=st.sampled_from([3, 7, 10, 29, 32]),
    entity_instance=BYTE,
    unit=st.sampled_from([None, "Cel", "V", "W", "/min", "%", "odd"]),
    value=st.none() | st.floats(-1e9, 1e9),
    bits=st.none() | st.integers(0, 0x7FFF),
    thresholds=st.dictionaries(st.sampled_from(["lnr", "lcr", "lnc", "unc", "ucr", "unr"]), st.floats(-100, 100)),
    unavailable=st.none() | st.just("the BMC has no reading yet"),
)
entries = st.builds(
    LogEntry,
    record=st.integers(0, 0xFFFF),
    at=st.none()
    | st.datetimes(min_value=NOW.replace(tzinfo=None, year=1970)).map(lambda at: at.replace(tzinfo=NOW.tzinfo)),
    record_type=st.sampled_from([2, 0xC0, 0xE0]),
    sensor_type=st.sampled_from([1, 4, 5, 7, 8, 12, 13, 16, 19, 192]),
    sensor_number=BYTE,
    event_type=st.sampled_from([0x01, 0x0B, 0x6F, 0x70]),
    asserted=st.booleans(),
    data=st.tuples(BYTE, BYTE, BYTE),
    raw=st.just(b""),
)
answers = st.builds(
    lambda found, log, power: bmc(*found, log=log, power_on=power),
    st.lists(sensors, max_size=12),
    st.lists(entries, max_size=12),
    st.none() | st.booleans(),
)
observations = st.builds(
    Observation,
    state=st.sampled_from(State),
    words=st.sampled_from(["failed", "on battery", "off"]),
    source=st.just("ipmi"),
    object=st.sampled_from(["a", "b"]),
    read_at=st.just(NOW),
    fault=st.none() | st.sampled_from(Fault),
    measured=st.booleans(),
)
parts = st.builds(
    Part,
    kind=st.sampled_from(Kind),
    name=st.sampled_from(["a", "b", "Outlet 14"]),
    number=st.none() | st.sampled_from(["1", "2", "14"]),
    observations=st.lists(observations, min_size=1, max_size=3).map(tuple),
    value=st.none() | st.sampled_from(["on", "off", "up", "down", "admin_down"]),
    device=st.none() | st.just("PDU-A"),
    explained_by=st.sampled_from([frozenset(), frozenset({Kind.PSU}), frozenset(Kind)]),
)
WIRING = Wiring((Feed("1", "14", "PDU-A"), Feed("2", "2", "PDU-A")), (Link("eth0", "a", "PDU-A"),), frozenset({"14"}))


def documented(facts: Facts, power_on: bool | None = True) -> DiagnosticsDocument:
    judged, findings = judge(facts, WIRING, "S")
    source = Source("ipmi", "x", SourceStatus.OK)
    components = tuple(part.component for part in judged.parts)
    return DiagnosticsDocument("i", "S", NOW, 1, True, (source,), components=components, findings=findings)


@settings(max_examples=40, deadline=None)
@given(answers)
def test_any_answer_of_a_bmc_is_judged_and_survives_the_way_out_and_back(answer: IpmiAnswer) -> None:
    document = documented(bmc_answer(answer, "CZ1", NOW).facts)
    assert DiagnosticsDocument.from_dict(document.to_dict()) == document


@settings(max_examples=40, deadline=None)
@given(answers)
def test_sensor_without_a_value_is_never_ok_and_never_a_number(answer: IpmiAnswer) -> None:
    for reading in bmc_answer(answer, "CZ1", NOW).facts.readings:
        if reading.value is None:
            assert reading.state in {State.UNKNOWN, State.ABSENT}
            assert reading.reason


@settings(max_examples=40, deadline=None)
@given(answers)
def test_unknown_components_say_why(answer: IpmiAnswer) -> None:
    for part in bmc_answer(answer, "CZ1", NOW).facts.parts:
        assert part.component.state is not State.UNKNOWN or part.component.reason


@settings(max_examples=40, deadline=None)
@given(st.lists(parts, max_size=12))
def test_every_part_in_trouble_is_told_or_explained_and_nothing_is_told_twice(several: list[Part]) -> None:
    judged, findings = judge(Facts(parts=join_parts(several)), WIRING, "S")
    told = [(finding.device, finding.kind, finding.number or finding.component) for finding in findings]
    assert len(told) == len(set(told))
    causes = [finding.cause for finding in findings if finding.cause]
    assert len(causes) == len(set(causes))
    assert bool(findings) == any(part.in_trouble for part in judged.parts) or all(
        finding.kind is Kind.BMC for finding in findings
    )


@settings(max_examples=40, deadline=None)
@given(st.lists(parts, max_size=12))
def test_findings_stand_worst_first_and_are_never_ok(several: list[Part]) -> None:
    _judged, findings = judge(Facts(parts=join_parts(several)), WIRING, "S")
    ranks = [list(State).index(finding.state) for finding in findings]
    assert ranks == sorted(ranks)
    assert {finding.state for finding in findings} <= {State.CRITICAL, State.WARNING, State.UNKNOWN}
    assert all(finding.evidence and finding.advice and finding.title for finding in findings)


@settings(max_examples=40, deadline=None)
@given(st.lists(parts, max_size=8))
def test_nothing_is_repaired_when_nothing_changed(several: list[Part]) -> None:
    document = documented(join_facts([Facts(parts=join_parts(several))]))
    comparison = compare(document, document)
    assert comparison.gone == ()
    assert comparison.new == ()
    assert comparison.result is (Result.NOT_REPAIRED if document.findings else Result.REPAIRED)


@settings(max_examples=40, deadline=None)
@given(st.lists(parts, max_size=8), st.lists(parts, max_size=8))
def test_comparison_never_raises_and_repaired_means_that_nothing_new_broke(old: list[Part], new: list[Part]) -> None:
    before, after = documented(Facts(parts=join_parts(old))), documented(Facts(parts=join_parts(new)))
    comparison = compare(before.to_dict(), after.to_dict())
    assert (comparison.result is Result.NEW_FAULT) == bool(comparison.new)
    if comparison.result is Result.REPAIRED:
        assert comparison.left == ()
