"""The log of a Redfish service: what it took back is history, what stands is on its part."""

from __future__ import annotations

from typing import Any

import pytest

from app.hardware.readings import State
from lab.redfish_trees import ROOT, link, older_model, present_model
from tests.unit.hardware.redfish.answers import changed, facts_of, findings_of, logged

SEL, IML = "Systems/node/LogServices/SEL", "Systems/1/LogServices/IML"
DIMM: dict[str, Any] = {"Links": {"OriginOfCondition": link("Systems/node/Memory/DIMM_A1")}}
DRIVE: dict[str, Any] = {"Links": {"OriginOfCondition": link("Systems/node/Storage/RAID/Drives/1")}}


def entry(message: str, severity: str = "Critical", at: str = "2026-11-20T03:15:02Z", **more: Any) -> dict[str, Any]:
    return {"Message": message, "Severity": severity, "Created": at, **more}


def test_uncorrectable_errors_stand_on_their_module_and_are_told_once() -> None:
    errors = [entry("Uncorrectable ECC error", at=f"2026-11-20T03:1{n}:00Z", **DIMM) for n in (1, 5)]
    (finding,) = findings_of(logged(present_model(), SEL, *errors))
    assert (finding.kind, finding.number, finding.state) == ("memory", "A1", State.CRITICAL)
    assert "2 times in the log, last at 2026-11-20T03:15:00.000Z" in finding.evidence[0].value


def test_module_is_found_by_its_number_when_the_entry_has_no_link() -> None:
    (finding,) = findings_of(logged(present_model(), SEL, entry("Uncorrectable memory error in DIMM B1")))
    assert finding.number == "B1"


@pytest.mark.parametrize(
    "over",
    [
        {"Resolved": True},
        {"Oem": {"Hpe": {"Repaired": True}}},
        {"EntryCode": "Deassert"},
        {"Created": "2012-03-07T14:44:00Z"},
    ],
    ids=["resolved", "repaired", "taken back", "long ago"],
)
def test_entry_that_is_over_is_history_and_no_finding(over: dict[str, Any]) -> None:
    tree = logged(present_model(), SEL, {**entry("Uncorrectable ECC error", **DIMM), **over})
    assert findings_of(tree) == ()
    assert len(facts_of(tree).events) == 1


def test_cleared_log_ends_what_stood_in_it() -> None:
    entries = (
        entry("Uncorrectable ECC error", **DIMM),
        entry("System event log was cleared", "OK", "2026-11-21T08:00:00Z"),
    )
    assert findings_of(logged(present_model(), SEL, *entries)) == ()


def test_part_that_says_it_is_well_makes_its_entries_history() -> None:
    assert findings_of(logged(present_model(), SEL, entry("Drive failed", **DRIVE))) == ()


def test_part_that_tells_no_health_is_judged_by_its_log() -> None:
    mute = changed(present_model(), {"Systems/node/Storage/RAID/Drives/1": {"Status": {"State": "Enabled"}}})
    (finding,) = findings_of(logged(mute, SEL, entry("Drive failed", **DRIVE)))
    assert finding.kind == "drive"
    well = entry("Drive is well again", "OK", "2026-11-21T00:00:00Z", **DRIVE)
    assert findings_of(logged(mute, SEL, entry("Drive failed", **DRIVE), well)) == ()


def test_entry_of_an_unset_clock_has_no_instant() -> None:
    tree = logged(older_model(), IML, entry("Fan 1 degraded", "Warning", "0000-00-00T00:00:00Z"))
    (event,) = facts_of(tree).events
    assert (event.at, event.component, event.record) == (None, "FAN1", "IML 1")


def test_logins_are_not_told_and_the_newest_event_comes_first() -> None:
    entries = (
        entry("Drive failed", at="2026-11-18T00:00:00Z", **DRIVE),
        entry("Browser login: admin", "OK", "2026-11-19T00:00:00Z"),
        entry("Drive is back", "OK", "2026-11-20T00:00:00Z", **DRIVE),
    )
    events = facts_of(logged(present_model(), SEL, *entries)).events
    assert [(event.record, event.over) for event in events] == [("SEL 3", False), ("SEL 1", True)]


def test_origin_that_is_no_part_is_an_event_and_no_finding() -> None:
    odd = entry("Something odd", Links={"OriginOfCondition": {"@odata.id": f"{ROOT}/Chassis/node/Thermal"}})
    assert findings_of(logged(present_model(), SEL, odd)) == ()
