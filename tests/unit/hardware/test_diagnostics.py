"""The document's outward form is the contract's, and survives the way out and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.core.errors import Invalid
from app.hardware.diagnostics import DiagnosticsDocument
from tests.unit.hardware.samples import healthy_server, server_with_lost_input


def outward() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(json.dumps(server_with_lost_input().to_dict()))
    return loaded


def test_document_has_the_contracts_fields_in_the_contracts_order() -> None:
    assert list(outward()) == [
        "format", "id", "device", "taken_at", "duration_ms", "complete",
        "sources", "identity", "power", "components", "readings", "events", "findings",
    ]  # fmt: skip
    assert outward()["format"] == "rackside.diagnostics/1"


def test_instants_leave_as_utc_with_z_and_milliseconds() -> None:
    assert outward()["taken_at"] == "2026-11-23T08:00:00.120Z"
    assert outward()["readings"][0]["read_at"] == "2026-11-23T08:00:00.120Z"


def test_component_of_the_device_itself_has_exactly_the_contracts_fields() -> None:
    psu = next(part for part in outward()["components"] if part["name"] == "PSU2")
    assert psu == {
        "kind": "psu", "name": "PSU2", "number": "2", "state": "critical", "reason": "input lost",
        "serial": "P2SN", "source": "ipmi",
    }  # fmt: skip


def test_outlet_carries_its_value_and_the_device_it_belongs_to() -> None:
    outlet = next(part for part in outward()["components"] if part["kind"] == "outlet")
    assert (outlet["value"], outlet["device"]) == ("off", "PDU-A")


def test_finding_names_its_cause_and_its_evidence() -> None:
    (finding,) = outward()["findings"]
    assert finding["cause"] == {"kind": "outlet", "device": "PDU-A", "component": "14", "state": "off"}
    assert finding["job_kind"] == "outlet_check"
    assert finding["evidence"][0] == {
        "source": "ipmi", "object": "PS2 Status", "value": "input lost", "read_at": "2026-11-23T08:00:00.120Z",
    }  # fmt: skip


def test_unreadable_reading_is_null_and_unknown_with_a_reason() -> None:
    reading = next(r for r in outward()["readings"] if r["name"] == "PCH Temp")
    assert (reading["value"], reading["state"], reading["reason"]) == (None, "unknown", "the sensor is switched off")


@pytest.mark.parametrize("document", [healthy_server(), server_with_lost_input()])
def test_document_survives_the_way_out_and_back(document: DiagnosticsDocument) -> None:
    assert DiagnosticsDocument.from_dict(json.loads(json.dumps(document.to_dict()))) == document


def test_fields_that_a_newer_version_adds_are_ignored() -> None:
    raw = outward()
    raw["added_later"] = 1
    raw["components"][0]["added_later"] = 1
    assert DiagnosticsDocument.from_dict(raw) == server_with_lost_input()


@pytest.mark.parametrize(
    "break_it",
    [
        lambda raw: raw.pop("format"),
        lambda raw: raw.pop("taken_at"),
        lambda raw: raw.update(taken_at="2026-11-23T08:00:00"),
        lambda raw: raw.update(components=[1]),
        lambda raw: raw["components"][0].update(state="fine"),
        lambda raw: raw.update(sources=None),
    ],
)
def test_broken_document_is_refused_with_a_sentence(break_it: Any) -> None:
    raw = outward()
    break_it(raw)
    with pytest.raises(Invalid, match=r"diagnostics|format"):
        DiagnosticsDocument.from_dict(raw)
