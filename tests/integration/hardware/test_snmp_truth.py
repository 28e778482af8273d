"""Real agents, recorded: every fault found, no false alarm, and what they measure read as it is.

The recordings belong to others and are no part of the product: where they do not stand beside the checkout, these
tests are left out.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.hardware.collect_agent import AgentFacts
from app.hardware.diagnostics import Finding
from app.hardware.facts import Facts, Wiring
from app.hardware.families.snmp import SnmpFamily
from app.hardware.readings import State
from app.hardware.rules import judge
from app.hardware.vendors import FAMILIES
from tests.unit.hardware.vendors.recorded import read_recorded

RECORDINGS = Path(__file__).resolve().parents[4] / "shared" / "recordings" / "snmp"
pytestmark = pytest.mark.skipif(not RECORDINGS.is_dir(), reason="the recordings do not stand beside this checkout")

ROLES = {"apc_ats": "ats"}
ROLE_BY_WORD = (
    ("ups", ("smart", "smx", "ups")),
    ("pdu", ("pdu", "ap8959", "sentry", "panduit")),
    ("server", ("drac", "ilo", "imm", "cimc", "linux", "supermicro")),
)
KINDS = {"fanspeed": "fan", "runtime": "runtime"}
JUDGED = ("temperature", "fanspeed", "voltage", "current", "power", "load", "charge", "runtime")
UNITS = {"C": "Cel", "rpm": "/min", "min": "s"}
# Instances that the MIB does not have.
NO_OBJECT = frozenset({"1.3.6.1.4.1.534.1.8.2.0.0", "1.3.6.1.4.1.534.1.8.2.0.0.0"})
# What others compute out of dates is no object that the device measures.
NOT_MEASURED = ("318.1.1.1.2.2.21.", "318.1.1.1.2.1.3.")
SEVERITY = frozenset({"ok", "warning", "critical"})
ENOUGH = 0.98
# Graded as a fault by others and not by the makers' MIBs: an inverter that rests, an empty bay.
OTHERWISE_GRADED = frozenset({"upsmgOutputInverterOff", "upsAdvTestDiagnosticsResults", "os10PowerSupplyOperStatus"})


# Objects that families read otherwise than by rows, as their evidence quotes them.
READ_BY_HAND = {
    "1.3.6.1.4.1.21317.1.3.1.2": "sensorReading",
    "1.3.6.1.4.1.3582.4.1.4.1.2.1.4": "alarmState",
    "1.3.6.1.4.1.13742.6.5.4.3.1.4": "measurementsOutletSensorState",
    "1.3.6.1.4.1.13742.6.5.5.3.1.4": "measurementsExternalSensorState",
    "1.3.6.1.4.1.14988.1.1.3.100.1.3": "mtxrGaugeValue",
}


def devices() -> list[str]:
    return sorted(path.stem for path in (RECORDINGS / "devices").glob("*.snmprec"))


def role_of(device: str) -> str:
    words = ((role, word) for role, several in ROLE_BY_WORD for word in several)
    return ROLES.get(device) or next((role for role, word in words if word in device), "switch")


def loaded(*path: str) -> Any:
    file = RECORDINGS.joinpath(*path)
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


@cache
def read(folder: str, name: str, role: str) -> AgentFacts:
    text = (RECORDINGS / folder / f"{name}.snmprec").read_text(encoding="utf-8", errors="surrogateescape")
    return read_recorded(text.splitlines(), role)


def findings(facts: Facts, in_use: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    return judge(facts, Wiring(in_use=in_use), "device")[1]


def says(finding: Finding, kind: str, word: str) -> bool:
    told = (finding.number or "", finding.component, finding.title, *(one.object for one in finding.evidence))
    return finding.kind == kind and any(word.casefold() in text.casefold() for text in told)


@pytest.mark.parametrize("fault", loaded("faults", "TRUTH.json") or [], ids=lambda fault: fault["file"])
def test_every_fault_is_found_once_with_its_kind_number_and_state(fault: dict[str, Any]) -> None:
    device = fault["device"]
    facts = read("faults", fault["file"], role_of(device)).facts
    found = findings(facts, frozenset(fault.get("in_use", ())))
    (hit,) = (f for f in found if f.kind == fault["contract_kind"] and fault["number"] in (f.number, f.component))
    assert hit.state in fault["accept"]
    others = {f.title for f in found} - {hit.title}
    assert others <= {f.title for f in findings(read("devices", device, role_of(device)).facts)}


@pytest.mark.parametrize("device", devices())
def test_healthy_device_has_the_findings_that_are_due_and_no_other(device: str) -> None:
    truth = [one for one in loaded("TRUTH_HEALTHY.json").get(device, []) if one["state"] != "absent"]
    found = findings(read("devices", device, role_of(device)).facts)
    for due in (one for one in truth if one["must"]):
        assert [f for f in found if says(f, due["kind"], due["component"]) and f.state == due["state"]], due
    allowed = [(one["kind"], word.strip()) for one in truth for word in one["component"].split(",")]
    assert [f.title for f in found if not any(says(f, kind, word) for kind, word in allowed)] == []


def readings_left_out(device: str) -> Iterator[str]:
    """The expected readings that no reading has the kind, unit and value of; every reading serves one expectation."""
    had = Counter(key_of(r.kind, r.unit, r.value) for r in facts_of(device).readings if r.value is not None)
    for one in expected_readings(device):
        value = float(one["value"]) * (60 if one["unit"] == "min" else 1)
        key = key_of(KINDS.get(one["class"], one["class"]), UNITS.get(one["unit"], one["unit"]), value)
        if had[key] > 0:
            had[key] -= 1
        else:
            yield f"{one['class']} {one['descr']} = {one['value']} {one['unit']} ({one['oid']})"


def key_of(kind: str, unit: str | None, value: float) -> tuple[str, str | None, str]:
    """What makes two readings the same: five digits of the value are more than any of these sensors has."""
    return kind, unit, f"{value:.5g}"


def expected_readings(device: str) -> list[dict[str, Any]]:
    sensors = loaded("expected", f"{device}.json").get("sensors", [])
    return [s for s in sensors if s["class"] in JUDGED and not any(oid in s["oid"] for oid in NOT_MEASURED)]


def expected_states(device: str) -> list[dict[str, Any]]:
    return [s for s in loaded("expected", f"{device}.json").get("states", []) if s["oid"] not in NO_OBJECT]


def facts_of(device: str) -> Facts:
    return read("devices", device, role_of(device)).facts


def states_left_out(device: str) -> Iterator[str]:
    """The expected states whose object no part's observation quotes; and those that say ok of what is not, or back."""
    seen = {o.object: o.state for part in facts_of(device).parts for o in part.observations}
    for one in expected_states(device):
        state = next((seen[name] for name in evidence_names(one["oid"]) if name in seen), None)
        if state is None or not agrees(one, state):
            yield f"{one['type']} {one['descr']} raw {one['raw']} is {one['severity']}, we say {state} ({one['oid']})"


def agrees(expected: dict[str, Any], state: State) -> bool:
    """Ok is ok and trouble is not; what others call unknown (an outlet that is off) is only to be read."""
    if expected["severity"] not in SEVERITY or expected["type"] in OTHERWISE_GRADED:
        return True
    return bool(expected["severity"] == "ok") == (state is State.OK)


def evidence_names(oid: str) -> Iterator[str]:
    """How our families quote this object: by the name of its column and its index."""
    for family in (one for one in FAMILIES if isinstance(one, SnmpFamily)):
        for row in family.statuses:
            column = row.column.removesuffix(".0")
            if oid.startswith(f"{column}."):
                yield f"{row.object}.{oid[len(column) + 1 :]}"
    for column, name in READ_BY_HAND.items():
        if oid.startswith(f"{column}."):
            yield f"{name}.{oid[len(column) + 1 :]}"


@pytest.mark.parametrize("device", devices())
def test_nearly_all_that_a_device_measures_is_read_with_its_value_and_unit(device: str) -> None:
    expected, left = expected_readings(device), list(readings_left_out(device))
    assert len(left) <= len(expected) * (1 - ENOUGH), left


@pytest.mark.parametrize("device", devices())
def test_nearly_all_states_are_read_as_their_mib_means_them(device: str) -> None:
    expected, left = expected_states(device), list(states_left_out(device))
    assert len(left) <= len(expected) * (1 - ENOUGH), left
