"""Recorded Redfish trees: every fault laid over them is found with kind, number and state, and nothing else is.

The recordings are input only and are not part of the repository: without them these tests are skipped.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.hardware.collect import collect
from app.hardware.diagnostics import DiagnosticsDocument, Finding
from app.hardware.readings import RedfishTarget
from app.hardware.target import Device, ProbeTarget
from lab.redfish import ROOT, Service
from tests.unit.hardware.redfish.answers import NOW

RECORDINGS = Path(__file__).parents[3].parent / "shared" / "recordings" / "redfish"
pytestmark = pytest.mark.skipif(not RECORDINGS.exists(), reason="the recordings are not here")
TREES = ("hpe-dl360", "public-rackmount1")
MEASURED: dict[str, list[tuple[str, float, str, str]]] = {
    "hpe-dl360": [
        ("temperature", 21, "Cel", "01-Inlet Ambient"),
        ("fan", 26, "%", "Fan 7"),
        ("voltage", 208, "V", "PSU2 input voltage"),
        ("power", 75, "W", "PSU1 output power"),
    ],
    "public-rackmount1": [
        ("temperature", 24.8, "Cel", "Front Panel Intake Temperature"),
        ("temperature", 41, "Cel", "CPU1 Temp"),
        ("fan", 45, "%", "Chassis Fan #1"),
        ("fan", 2200, "/min", "FAN1 speed"),
        ("fan", 2100, "/min", "BaseBoard System Fan"),
        ("voltage", 119.27, "V", "Power Supply #1 Input Voltage"),
        ("current", 8.92, "A", "Power Supply #1 Input Current"),
        ("frequency", 60.1, "Hz", "Power Supply #1 Frequency"),
        ("energy", 7855, "kW.h", "Power Supply #1 Energy"),
        ("voltage", 12, "V", "VRM1 Voltage"),
    ],
}


def loaded(name: str) -> Any:
    file = RECORDINGS / name
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


def tree_of(folder: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for file in folder.rglob("index.json"):
        below = file.parent.relative_to(folder).as_posix()
        found[ROOT if below == "." else f"{ROOT}/{below}"] = json.loads(file.read_text(encoding="utf-8"))
    return found


@cache
def probed(base: str, fault: str = "") -> DiagnosticsDocument:
    tree = tree_of(RECORDINGS / base) | (tree_of(RECORDINGS / "faults" / fault) if fault else {})
    with Service(tree) as service:
        account = RedfishTarget(service.url, service.username, service.password, fingerprint=service.fingerprint)
        document = collect(ProbeTarget(Device("server", base, redfish=account)), lambda: NOW)
        assert service.sessions == {}
    return document


@pytest.mark.parametrize("fault", loaded("faults/TRUTH.json"), ids=lambda fault: fault["file"])
def test_every_fault_is_found_once_with_its_kind_number_and_state(fault: dict[str, Any]) -> None:
    found = probed(fault["base"], fault["file"]).findings
    (hit,) = (f for f in found if f.kind == fault["contract_kind"] and f.number == fault["number"])
    assert hit.state == fault["expected_state"]
    others = {f.title for f in found} - {hit.title}
    assert others <= {f.title for f in probed(fault["base"]).findings}


@pytest.mark.parametrize("base", TREES)
def test_unchanged_tree_has_the_findings_that_are_due_and_no_other(base: str) -> None:
    truth, found = loaded("TRUTH_HEALTHY.json")[base], probed(base).findings
    for due in (one for one in truth if one["must"]):
        assert [f for f in found if says(f, due)], due
    assert [f.title for f in found if not any(says(f, one) for one in truth)] == []


def says(finding: Finding, truth: dict[str, Any]) -> bool:
    told = (finding.component, finding.title, *(one.object for one in finding.evidence))
    same = finding.kind == truth["kind"] and finding.state == truth["state"]
    return same and any(truth["component"] in text for text in told)


@pytest.mark.parametrize("base", TREES)
def test_tree_is_read_whole_with_its_values_in_few_requests(base: str) -> None:
    document = probed(base)
    assert document.complete
    assert document.sources[0].requests < 40
    readings = {(one.kind, one.value, one.unit, one.name) for one in document.readings}
    assert [expected for expected in MEASURED[base] if expected not in readings] == []
    assert document.identity.serial
    assert document.power.on is True
