"""Parts and findings out of Redfish trees: every fault named once, and no alarm for what real trees say in health."""

from __future__ import annotations

import pytest

from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Fault, Feed, Observation, Part, Wiring
from app.hardware.readings import State
from lab.redfish_trees import Tree, older_model, present_model
from tests.unit.hardware.redfish.answers import NOW, Changes, changed, component, facts_of, findings_of, part

STORE = "Systems/node/Storage/RAID"
SUPPLIES = "Chassis/node/PowerSubsystem/PowerSupplies"
FANS = "Chassis/node/ThermalSubsystem/Fans"
SENSORS = "Chassis/node/Sensors"
CRITICAL, WARNING = {"State": "Enabled", "Health": "Critical"}, {"State": "Enabled", "Health": "Warning"}
WHOLE_MACHINE: Changes = {
    "Systems/node": {"Status": {**CRITICAL, "HealthRollup": "Critical"}},
    "Chassis/node": {"Status": CRITICAL},
}
FAULTS: list[tuple[Changes, str, str | None, str, str]] = [
    (
        {f"{SUPPLIES}/2": {"Status": CRITICAL, "LineInputStatus": "LossOfInput"}},
        "psu",
        "2",
        "critical",
        "lost its input",
    ),
    ({f"{SUPPLIES}/1": {"Status": CRITICAL}}, "psu", "1", "critical", "has failed"),
    (
        {f"{FANS}/1": {"Status": CRITICAL}, f"{SENSORS}/fan1": {"Status": CRITICAL, "Reading": 0}},
        "fan",
        "1",
        "critical",
        "has failed",
    ),
    (
        {f"{STORE}/Drives/3": {"Status": WARNING, "FailurePredicted": True}},
        "drive",
        "3",
        "warning",
        "predicts its failure",
    ),
    (
        {
            f"{STORE}/Drives/1": {"Status": CRITICAL, "StatusIndicator": "Fail"},
            f"{STORE}/Volumes/1": {"Status": WARNING},
        },
        "drive",
        "1",
        "critical",
        "has failed",
    ),
    ({"Systems/node/Memory/DIMM_A1": {"Status": CRITICAL}}, "memory", "A1", "critical", "a critical state"),
    ({"Systems/node/Processors/CPU1": {"Status": CRITICAL}}, "cpu", "1", "critical", "has failed"),
    ({f"{STORE}": {"StorageControllers/0/Status": CRITICAL}}, "raid_controller", None, "critical", "has failed"),
    (
        {"Chassis/node": {"PhysicalSecurity": {"IntrusionSensor": "HardwareIntrusion"}}},
        "chassis",
        None,
        "warning",
        "was opened",
    ),
]


@pytest.mark.parametrize(("changes", "kind", "number", "state", "words"), FAULTS)
def test_fault_is_one_finding_with_its_kind_number_and_state_under_its_rollups(
    changes: Changes, kind: str, number: str | None, state: str, words: str
) -> None:
    rollups = WHOLE_MACHINE if state == "critical" else {"Systems/node": {"Status": WARNING}}
    both = {path: {**rollups.get(path, {}), **changes.get(path, {})} for path in (*rollups, *changes)}
    (finding,) = findings_of(changed(present_model(), both))
    assert (finding.kind, finding.number, finding.state) == (kind, number, state)
    assert words in finding.title
    assert finding.evidence


@pytest.mark.parametrize("tree", [present_model(), older_model()], ids=["present", "older"])
def test_healthy_tree_with_absent_bays_marked_critical_and_dangling_links_has_no_finding(tree: Tree) -> None:
    assert findings_of(tree) == ()


def test_empty_bay_is_absent_whatever_health_stands_beside_it() -> None:
    assert component(present_model(), "PSU3").state is State.ABSENT
    assert component(present_model(), "DIMM_A2").state is State.ABSENT


def test_part_that_tells_no_health_is_unknown_and_no_alarm() -> None:
    assert (part := component(present_model(), "DIMM_B1")).state is State.UNKNOWN
    assert part.reason == "it tells no health"


def test_part_that_is_offline_is_not_ok_although_its_health_is() -> None:
    tree = changed(present_model(), {f"{SUPPLIES}/2": {"Status": {"State": "UnavailableOffline", "Health": "OK"}}})
    assert component(tree, "PSU2").state is State.UNKNOWN


def test_rollup_that_nothing_explains_is_one_finding() -> None:
    (finding,) = findings_of(changed(present_model(), WHOLE_MACHINE))
    assert finding.state is State.CRITICAL
    assert "no part says why" in finding.title


def test_narrower_rollup_explains_the_machines() -> None:
    changes = {**WHOLE_MACHINE, "Systems/node": {"Status": CRITICAL, "MemorySummary": {"Status": CRITICAL}}}
    (finding,) = findings_of(changed(present_model(), changes))
    assert "memory" in finding.title


def test_warning_does_not_explain_a_machine_that_is_critical() -> None:
    titles = [
        f.title for f in findings_of(changed(present_model(), {**WHOLE_MACHINE, f"{SUPPLIES}/1": {"Status": WARNING}}))
    ]
    assert len(titles) == 2
    assert "no part says why" in titles[0]


def test_array_without_a_failed_drive_is_told_and_nothing_is_pulled() -> None:
    (finding,) = findings_of(changed(present_model(), {f"{STORE}/Volumes/1": {"Status": WARNING}}))
    assert finding.kind is Kind.RAID_VOLUME
    assert finding.job_kind is None


def test_older_model_names_the_supply_by_its_makers_bay_and_words() -> None:
    lost: Changes = {
        "Chassis/1/Power": {
            "PowerSupplies/1/Status": {"State": "UnavailableOffline", "Health": "Critical"},
            "PowerSupplies/1/Oem/Hpe/PowerSupplyStatus/State": "NoPowerInput",
            "Redundancy/0/Status": CRITICAL,
        },
        "Systems/1": {"Oem/Hpe/AggregateHealthStatus/PowerSupplies/Status/Health": "Critical", "Status": CRITICAL},
        "Chassis/1": {"Status": CRITICAL},
    }
    (finding,) = findings_of(changed(older_model(), lost))
    assert (finding.number, finding.title, finding.job_kind) == ("2", "PSU 2 has lost its input", "outlet_check")


def test_supply_in_trouble_with_no_volts_at_its_input_has_lost_it_without_a_makers_word() -> None:
    lost = {"Chassis/1/Power": {"PowerSupplies/0/Status/Health": "Critical", "PowerSupplies/0/LineInputVoltage": 0}}
    (finding,) = findings_of(changed(older_model(), lost))
    assert finding.title == "PSU 1 has lost its input"


def test_supply_that_is_well_but_does_not_measure_its_input_is_no_alarm() -> None:
    assert findings_of(changed(older_model(), {"Chassis/1/Power": {"PowerSupplies/0/LineInputVoltage": 0}})) == ()


def test_equal_sockets_of_two_processors_stay_apart() -> None:
    memory = [one for one in facts_of(older_model()).parts if one.kind is Kind.MEMORY]
    assert [(one.name, one.number) for one in memory] == [
        ("PROC 1 DIMM 1", "P1-1"),
        ("PROC 1 DIMM 2", "P1-2"),
        ("PROC 2 DIMM 1", "P2-1"),
        ("PROC 2 DIMM 2", "P2-2"),
    ]


def test_dead_outlet_is_the_cause_of_the_supply_its_redundancy_and_all_rollups() -> None:
    off = Observation(State.OK, "off", "snmp:PDU-A", "outlet state", NOW)
    outlet = Facts(parts=(Part(Kind.OUTLET, "Outlet 14", "14", (off,), value="off", device="PDU-A"),))
    lost = {**WHOLE_MACHINE, f"{SUPPLIES}/2": {"Status": CRITICAL, "LineInputStatus": "LossOfInput"}}
    (finding,) = findings_of(changed(present_model(), lost), outlet, wiring=Wiring(feeds=(Feed("2", "14", "PDU-A"),)))
    assert finding.cause is not None
    assert (finding.cause.device, finding.cause.component, finding.cause.state) == ("PDU-A", "14", "off")


def ipmi(state: State, words: str, *, number: str | None = "2", serial: str | None = None) -> Facts:
    fault = Fault.FAILED if state is State.CRITICAL else None
    seen = Observation(state, words, "ipmi", "PS2 Status", NOW, fault)
    return Facts(parts=(Part(Kind.PSU, "PSU2" if number else "Supply", number, (seen,), serial),))


def test_part_seen_by_two_sources_is_one_with_the_worst_state_and_all_evidence() -> None:
    tree = changed(present_model(), {f"{SUPPLIES}/2": {"Status": CRITICAL}})
    (finding,) = findings_of(tree, ipmi(State.CRITICAL, "failed"))
    assert {evidence.source for evidence in finding.evidence} == {"ipmi", "redfish"}
    assert [one.name for one in facts_of(tree, ipmi(State.CRITICAL, "failed")).parts].count("PSU2") == 1


def test_source_that_sees_no_trouble_is_quoted_beside_the_one_that_does() -> None:
    tree = changed(present_model(), {f"{SUPPLIES}/2": {"Status": CRITICAL}})
    (finding,) = findings_of(tree, ipmi(State.OK, "present"))
    assert ("ipmi", "present") in {(one.source, one.value) for one in finding.evidence}


def test_part_without_a_number_is_known_by_its_serial_number() -> None:
    joined = part(present_model(), "Supply", ipmi(State.OK, "present", number=None, serial="PS00002"))
    assert {seen.source for seen in joined.observations} == {"ipmi", "redfish"}
    assert all(
        one.name != "PSU2"
        for one in facts_of(present_model(), ipmi(State.OK, "x", number=None, serial="PS00002")).parts
    )


def test_identity_and_power_are_read() -> None:
    facts = facts_of(present_model())
    assert (facts.identity.manufacturer, facts.identity.serial, facts.identity.bmc_firmware) == (
        "Umbra",
        "UM10042",
        "2.14",
    )
    assert facts.power_on is True
    assert facts_of(older_model()).watts == 231
