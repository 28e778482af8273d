"""Every family finds its faults, leaves empty places alone and reads what its agents measure."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.hardware import collect_agent, vendors
from app.hardware.collect_agent import ONLY_STANDARD
from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Wiring
from app.hardware.families.snmp import SnmpFamily
from app.hardware.rules import judge
from tests.unit.hardware.vendors.recorded import NOW, RecordedAgent, read_recorded
from tests.unit.hardware.vendors.samples import SAMPLES, Sample

RFC1628 = "1.3.6.1.2.1.33.1"
NAMED = {"apc", "apc_ats", "apc_ups", "entity_mib", "if_mib", "ups_mib"}  # these have files of their own

ACME = '''
"""Acme PDUs."""
from app.hardware.diagnostics import Kind
from app.hardware.families.snmp import SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON

FAMILY = SnmpFamily(
    name="acme_pdu", title="Acme PDU (ACME-MIB)", identified_by=("1.3.6.1.4.1.99999",),
    statuses=(
        Status(
            column="1.3.6.1.4.1.99999.1.4", object="acmeOutletState", kind=Kind.OUTLET, codes={7: OFF, 9: ON},
            label="Outlet",
        ),
    ),
)
'''


def judged(facts: Facts, in_use: frozenset[str] = frozenset()) -> tuple[Facts, list[str]]:
    known, findings = judge(facts, Wiring(in_use=in_use), "device")
    return known, [finding.title.replace(",", ";") for finding in findings]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda one: f"{one.family}-{one.object_id}")
def test_family_tells_faults_from_empty_places_and_reads_its_values(sample: Sample) -> None:
    said = read_recorded(sample.recorded, sample.role)
    facts, findings = judged(said.facts, sample.in_use)
    parts = {f"{part.kind} {part.number or part.name} {part.state}" for part in facts.parts}
    readings = {f"{r.kind} {r.name} {float(r.value or 0)} {r.unit}" for r in facts.readings}
    assert parts == sample.parts - {""}
    assert set(findings) == sample.findings
    assert readings >= sample.readings
    assert said.makers


def test_every_family_of_a_maker_has_a_sample() -> None:
    families = {family.name for family in vendors.FAMILIES if isinstance(family, SnmpFamily)}
    assert families - NAMED == {sample.family for sample in SAMPLES}


def test_adding_a_vendor_is_one_file_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme_pdu.py").write_text(ACME)
    monkeypatch.setattr(vendors, "__path__", [*vendors.__path__, str(tmp_path)])
    monkeypatch.setattr(vendors, "FAMILIES", vendors._scan())
    monkeypatch.delitem(sys.modules, "app.hardware.vendors.acme_pdu")
    said = read_recorded(
        ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99999.5", "1.3.6.1.4.1.99999.1.4.1|2|9", "1.3.6.1.4.1.99999.1.4.2|2|7"], "pdu"
    )
    assert [(part.number, part.value) for part in said.facts.parts] == [("1", "on"), ("2", "off")]
    assert said.makers == ("Acme PDU (ACME-MIB)",)


def test_agent_of_an_unknown_maker_is_read_by_the_standards_and_says_so() -> None:
    said = read_recorded(
        ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99998.1", "1.3.6.1.2.1.2.2.1.2.1|4|ge1", "1.3.6.1.2.1.2.2.1.8.1|2|1"],
        "switch",
    )
    assert [part.name for part in said.facts.parts] == ["ge1"]
    assert said.problems == (ONLY_STANDARD,)


def test_ups_that_speaks_the_standard_alone_is_read_whole() -> None:
    said = read_recorded(["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.99998.1", f"{RFC1628}.4.1.0|2|3"], "ups")
    assert said.is_known
    assert said.problems == ()


def test_columns_beside_an_empty_one_are_not_asked_for() -> None:
    agent = RecordedAgent(["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.674.10903.1"])
    collect_agent.read_agent(agent, "pdu", "snmp", NOW)
    family = next(one for one in vendors.FAMILIES if one.name == "dell_pdu")
    assert isinstance(family, SnmpFamily)
    assert agent.asked < len(family.objects()) + 6


def test_port_that_is_down_with_a_neighbour_is_in_use_and_known_by_it() -> None:
    lines = [
        "1.3.6.1.2.1.2.2.1.2.7|4|ge7",
        "1.3.6.1.2.1.2.2.1.7.7|2|1",
        "1.3.6.1.2.1.2.2.1.8.7|2|2",
        "1.0.8802.1.1.2.1.3.7.1.3.7|4|ge7",
        "1.0.8802.1.1.2.1.4.1.1.9.120.7.1|4|srv-0042",
    ]
    facts, findings = judged(read_recorded(lines, "switch").facts)
    assert findings == ["Port ge7 has no link; but in use"]
    assert facts.parts[0].answers_to("SRV-0042")


def test_degraded_volume_without_a_failed_drive_is_told_once_and_the_controllers_verdict_not_again() -> None:
    lines = ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.232.9.4.11", *(f"1.3.6.1.4.1.232.{line}" for line in (
        "3.2.3.1.1.4.0.1|2|5", "3.2.2.1.1.6.0|2|3", "6.1.3.0|2|3", "3.2.5.1.1.6.0.1|2|2"))]  # fmt: skip
    facts, findings = judged(read_recorded(lines, "server").facts)
    assert findings == ["Volume 1: runs without redundancy; and no part says why"]
    assert {part.kind for part in facts.parts if part.in_trouble} == {
        Kind.RAID_VOLUME,
        Kind.RAID_CONTROLLER,
        Kind.SYSTEM,
    }


def test_bays_that_several_boxes_have_are_told_apart_by_their_box() -> None:
    drive = "1.3.6.1.4.1.232.3.2.5.1.1"
    lines = ["1.3.6.1.2.1.1.2.0|6|1.3.6.1.4.1.232.9.4.11"]
    for index, place in (("0.1", "Port 1I Box 1 Bay 3"), ("0.2", "Port 1I Box 2 Bay 3")):
        lines += [f"{drive}.6.{index}|2|2", f"{drive}.64.{index}|4|{place}"]
    assert [part.number for part in read_recorded(lines, "server").facts.parts] == ["1:3", "2:3"]
