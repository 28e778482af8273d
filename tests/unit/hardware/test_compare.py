"""BEFORE against AFTER: gone needs proof, and what was fine before must be fine after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.hardware.beside import parts_beside
from app.hardware.compare import Result, compare
from app.hardware.diagnostics import (
    Component,
    DiagnosticsDocument,
    Event,
    Evidence,
    Finding,
    Kind,
    Power,
    Reading,
    Source,
)
from app.hardware.differences import Work
from app.hardware.readings import SourceStatus, State
from tests.unit.hardware.samples import TAKEN_AT, healthy_server, server_with_lost_input

PSU2 = ("psu", "2")


def finding(kind: Kind, number: str, state: State = State.CRITICAL, source: str = "ipmi") -> Finding:
    evidence = (Evidence(source, "sensor", "failed", TAKEN_AT),)
    return Finding(state, kind, f"{kind} {number}", number, f"{kind} {number} has failed", None, "", None, evidence)


def with_part(document: DiagnosticsDocument, name: str, **changes: Any) -> DiagnosticsDocument:
    parts = tuple(replace(part, **changes) if part.name == name else part for part in document.components)
    return replace(document, components=parts)


def without_part(document: DiagnosticsDocument, name: str) -> DiagnosticsDocument:
    return replace(document, components=tuple(part for part in document.components if part.name != name))


def with_source(document: DiagnosticsDocument, name: str, status: SourceStatus) -> DiagnosticsDocument:
    sources = tuple(replace(source, status=status) if source.name == name else source for source in document.sources)
    return replace(document, sources=sources)


def broken_drive(document: DiagnosticsDocument, state: State = State.CRITICAL) -> DiagnosticsDocument:
    sick = with_part(document, "Drive 0", state=state, reason="failed")
    return replace(sick, findings=(*document.findings, finding(Kind.DRIVE, "0", state)))


@pytest.fixture
def before() -> DiagnosticsDocument:
    faulty = server_with_lost_input()
    return replace(faulty, sources=faulty.sources[:2], complete=True)


@pytest.fixture
def after() -> DiagnosticsDocument:
    return healthy_server()


def test_fault_gone_and_nothing_new_is_repaired(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    comparison = compare(before, after, PSU2)
    assert comparison.result is Result.REPAIRED
    assert [one.title for one in comparison.gone] == ["PSU 2 has lost its input"]
    assert (comparison.left, comparison.new) == ((), ())
    assert {(one.what, one.before, one.after, one.expected) for one in comparison.changed} == {
        ("PSU2", "critical: input lost", "ok", True),
        ("Outlet 14 of PDU-A", "off", "on", True),
    }


def test_documents_are_compared_in_their_outward_form_too(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    told = compare(before.to_dict(), after.to_dict(), PSU2).to_dict()
    assert list(told) == ["result", "gone", "left", "new", "changed"]
    assert told["result"] == "repaired"
    assert told["changed"][0].keys() == {"what", "before", "after", "expected"}


def test_fault_that_is_still_there_is_not_repaired(before: DiagnosticsDocument) -> None:
    comparison = compare(before, before, PSU2)
    assert (comparison.result, len(comparison.left)) == (Result.NOT_REPAIRED, 1)


def test_without_a_named_finding_every_one_must_be_gone(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    two = broken_drive(before)
    assert compare(two, broken_drive(after)).result is Result.NOT_REPAIRED
    assert compare(two, broken_drive(after), PSU2).result is Result.REPAIRED
    assert compare(two, after).result is Result.REPAIRED


def test_new_finding_outweighs_the_repair(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    comparison = compare(before, broken_drive(after), PSU2)
    assert comparison.result is Result.NEW_FAULT
    assert [one.kind for one in comparison.new] == ["drive"]


def test_other_fault_that_became_graver_is_new(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    assert compare(broken_drive(before, State.WARNING), broken_drive(after), PSU2).result is Result.NEW_FAULT


def test_consequence_that_before_explained_away_is_not_new(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    sick = with_part(before, "Drive 0", state=State.WARNING, reason="in a degraded array")
    comparison = compare(sick, broken_drive(after, State.WARNING), PSU2)
    assert (comparison.result, comparison.new) == (Result.REPAIRED, ())
    assert [one.kind for one in comparison.left] == ["drive"]


@pytest.mark.parametrize(
    ("state", "reason"), [(State.UNKNOWN, "the BMC has no reading yet"), (State.ABSENT, "not there")]
)
def test_part_that_cannot_be_read_or_is_pulled_out_is_no_proof(
    before: DiagnosticsDocument, after: DiagnosticsDocument, state: State, reason: str
) -> None:
    comparison = compare(before, with_part(after, "PSU2", state=state, reason=reason), PSU2)
    assert comparison.result is Result.NOT_REPAIRED
    assert comparison.gone == ()


def test_part_that_vanished_is_no_proof(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    assert compare(before, without_part(after, "PSU2"), PSU2).result is Result.NOT_REPAIRED


def test_silent_bmc_after_the_work_is_no_proof(before: DiagnosticsDocument) -> None:
    silent = replace(
        before,
        sources=(Source("ipmi", "127.0.0.1:623", SourceStatus.TIMEOUT), before.sources[1]),
        components=before.components[-1:],
        findings=(),
    )
    assert compare(before, silent, PSU2).result is Result.NOT_REPAIRED


def test_switch_that_fell_silent_leaves_it_open_whether_something_new_broke(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    comparison = compare(before, with_source(after, "snmp:PDU-A", SourceStatus.TIMEOUT), PSU2)
    assert comparison.result is Result.NOT_REPAIRED
    assert any(one.what == "source snmp:PDU-A" and not one.expected for one in comparison.changed)


def test_module_that_is_missing_after_the_work_is_a_new_fault(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    comparison = compare(before, without_part(after, "DIMM_A1"), PSU2)
    assert comparison.result is Result.NEW_FAULT
    assert [one.title for one in comparison.new] == ["DIMM A1 is no longer there"]


def test_part_that_a_half_read_source_did_not_name_is_not_called_missing(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    half = with_source(without_part(after, "DIMM_A1"), "ipmi", SourceStatus.PARTIAL)
    assert compare(before, half, PSU2).result is Result.NOT_REPAIRED


def test_machine_that_stayed_off_is_a_new_fault(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    comparison = compare(before, replace(after, power=Power(on=False)), PSU2)
    assert comparison.result is Result.NEW_FAULT
    assert comparison.new[0].title == "The machine is off, and was on before"


def test_other_machine_proves_nothing(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    other = replace(after, identity=replace(after.identity, serial="CZ99999"))
    comparison = compare(before, other, PSU2)
    assert comparison.result is Result.NOT_REPAIRED
    assert any(one.what == "serial" and not one.expected for one in comparison.changed)
    assert compare(before, replace(after, device="SRV-0043"), PSU2).result is Result.NOT_REPAIRED


def test_new_serial_is_expected_on_the_repaired_part_and_nowhere_else(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    swapped = with_part(with_part(after, "PSU2", serial="NEW2"), "PSU1", serial="NEW1")
    changes = {one.what: one.expected for one in compare(before, swapped, PSU2).changed}
    assert (changes["serial of PSU2"], changes["serial of PSU1"]) == (True, False)


def test_link_that_came_back_slower_is_an_unexpected_change(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    def linked(document: DiagnosticsDocument, speed: float) -> DiagnosticsDocument:
        reading = Reading("speed", "Ethernet12", speed, "Mbit/s", State.OK, "snmp", TAKEN_AT, device="tor-1")
        return replace(document, readings=(*document.readings, reading))

    changes = compare(linked(before, 25000), linked(after, 1000), PSU2).changed
    assert [(one.before, one.after, one.expected) for one in changes if one.what == "speed of Ethernet12"] == [
        ("25000 Mbit/s", "1000 Mbit/s", False)
    ]


def test_finding_of_the_log_alone_is_gone_when_its_source_answered_in_full(after: DiagnosticsDocument) -> None:
    before = replace(after, findings=(finding(Kind.RAID_VOLUME, "Array", source="ipmi-sel"),))
    assert compare(before, after).result is Result.REPAIRED
    assert compare(before, with_source(after, "ipmi", SourceStatus.PARTIAL)).result is Result.NOT_REPAIRED


def test_fault_that_a_silent_before_could_not_show_needs_proof_in_after(after: DiagnosticsDocument) -> None:
    assert compare({}, after, PSU2).result is Result.REPAIRED
    assert compare({}, after, ("psu", "9")).result is Result.NOT_REPAIRED
    assert compare({}, {}, PSU2).result is Result.NOT_REPAIRED


def test_part_is_named_by_number_or_by_name(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    assert compare(before, after, ("psu", "psu2")).result is Result.REPAIRED


def test_bmc_that_answers_again_is_repaired(after: DiagnosticsDocument) -> None:
    seen = (Evidence("ipmi", "ipmi session", "no answer", TAKEN_AT),)
    title = "The BMC does not answer"
    silent = replace(
        after,
        sources=(Source("ipmi", "127.0.0.1:623", SourceStatus.TIMEOUT),),
        components=(Component(Kind.BMC, "BMC", None, State.UNKNOWN, "no answer", None, "ipmi"),),
        findings=(Finding(State.UNKNOWN, Kind.BMC, "BMC", None, title, None, "", None, seen),),
    )
    assert compare(silent, after, ("bmc", "BMC")).result is Result.REPAIRED
    assert compare(silent, silent, ("bmc", "BMC")).result is Result.NOT_REPAIRED


def test_what_is_no_diagnostics_document_is_refused(after: DiagnosticsDocument) -> None:
    with pytest.raises(Invalid, match=r"rackside\.diagnostics/1"):
        compare({"format": "something else"}, after)


def test_part_that_had_to_be_replaced_and_was_not_is_told(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    changes = {one.what: one for one in compare(before, after, PSU2, Work(replaced=True)).changed}
    assert changes["serial of PSU2"].after == "P2SN, the same"
    assert not changes["serial of PSU2"].expected


def test_new_serial_that_is_not_the_one_installed_is_unexpected(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    swapped = with_part(after, "PSU2", serial="NEW2")
    expected = {
        installed: next(
            one.expected
            for one in compare(before, swapped, PSU2, Work(True, "P2SN", installed)).changed
            if one.what == "serial of PSU2"
        )
        for installed in ("new2 ", "NEW3")
    }
    assert expected == {"new2 ": True, "NEW3": False}


def test_work_that_replaces_nothing_leaves_every_serial_as_it_was(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    swapped = with_part(after, "PSU2", serial="NEW2")
    changes = {one.what: one.expected for one in compare(before, swapped, PSU2, Work(replaced=False)).changed}
    assert changes["serial of PSU2"] is False


def test_fewer_modules_than_before_are_counted(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    changed = compare(before, without_part(after, "DIMM_A1"), PSU2).changed
    assert [(one.before, one.after, one.expected) for one in changed if one.what == "number of memory modules"] == [
        ("1", "0", False)
    ]


def test_modules_are_not_counted_by_a_source_that_answered_in_part(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    half = with_source(without_part(after, "DIMM_A1"), "ipmi", SourceStatus.PARTIAL)
    changed = compare(before, half, PSU2).changed
    assert not [one for one in changed if one.what.startswith("number of")]
    assert [(one.what, one.after) for one in changed if one.what == "DIMM_A1"] == [("DIMM_A1", "not read")]


def test_log_tells_what_came_since_before(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    ours = Event(TAKEN_AT, "PSU2", Kind.PSU, State.CRITICAL, "Input lost", "ipmi-sel", "12")
    other = Event(TAKEN_AT, "FAN1", Kind.FAN, State.CRITICAL, "Stopped", "ipmi-sel", "13")
    logged = replace(after, events=(*after.events, ours, other))
    changes = [one for one in compare(before, logged, PSU2).changed if one.what.startswith("event log")]
    assert [(one.what, one.after, one.expected) for one in changes] == [
        ("event log, PSU2", "critical: Input lost", True),
        ("event log, FAN1", "critical: Stopped", False),
    ]


def test_log_that_before_could_not_read_has_no_news(before: DiagnosticsDocument, after: DiagnosticsDocument) -> None:
    silent = replace(with_source(before, "ipmi", SourceStatus.TIMEOUT), events=())
    assert not [one for one in compare(silent, after).changed if one.what.startswith("event log")]


def test_redfish_log_alone_is_gone_when_redfish_answered_in_full(after: DiagnosticsDocument) -> None:
    told = replace(after, sources=(*after.sources, Source("redfish", "127.0.0.1:443", SourceStatus.OK)))
    before = replace(told, findings=(finding(Kind.RAID_VOLUME, "Array", source="redfish-log"),))
    assert compare(before, told).result is Result.REPAIRED


PARTS = healthy_server().components


@given(
    before=st.lists(st.sampled_from(list(State)), min_size=len(PARTS), max_size=len(PARTS)),
    after=st.lists(st.sampled_from([State.UNKNOWN, State.ABSENT, None]), min_size=len(PARTS), max_size=len(PARTS)),
    status=st.sampled_from(SourceStatus),
)
def test_what_is_not_read_as_well_is_never_gone(
    before: list[State], after: list[State | None], status: SourceStatus
) -> None:
    old = replace(
        healthy_server(),
        components=tuple(replace(part, state=state) for part, state in zip(PARTS, before, strict=True)),
        findings=tuple(
            finding(part.kind, part.number or part.name, state)
            for part, state in zip(PARTS, before, strict=True)
            if state in {State.CRITICAL, State.WARNING} and part.device is None
        ),
    )
    kept = tuple(replace(part, state=state) for part, state in zip(PARTS, after, strict=True) if state)
    new = with_source(replace(healthy_server(), components=kept), "ipmi", status)
    comparison = compare(old, new)
    seen_before = {(part.kind, part.number or part.name) for part in old.components}
    assert not [one for one in comparison.gone if (one.kind, one.number) in seen_before]
    assert not old.findings or comparison.result is not Result.REPAIRED
    for row in parts_beside(old, new):
        assert row.after.state is not State.UNKNOWN or row.verdict in {"cannot be read now", "the same"}
        if row.verdict == "no longer there":
            assert row.before.state in {State.OK, State.WARNING, State.CRITICAL}
            assert row.after.state is State.ABSENT or row.after.words == "not there"


def test_side_by_side_puts_what_changed_first_and_says_what_became_of_it(
    before: DiagnosticsDocument, after: DiagnosticsDocument
) -> None:
    swapped = with_part(without_part(after, "DIMM_A1"), "Drive 0", serial="NEW", state=State.UNKNOWN, reason="silent")
    rows = {row.name: row.verdict for row in parts_beside(before, swapped)}
    assert list(rows)[:2] == ["DIMM_A1", "Drive 0"]
    assert rows["DIMM_A1"] == "no longer there"
    assert rows["Drive 0"] == "cannot be read now"
    assert rows["PSU2"] == "well again"
    assert rows["PSU1"] == rows["FAN2"] == "the same"
