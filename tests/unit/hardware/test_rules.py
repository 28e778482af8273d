"""Findings: one per cause, worst first, with advice that is safe to follow."""

from __future__ import annotations

import pytest

from app.hardware.diagnostics import Cause, Evidence, Finding, Kind, Source
from app.hardware.facts import Facts, Feed, Link, Observation, Part, Wiring
from app.hardware.readings import Sensor, SourceStatus, State
from app.hardware.rules import judge
from app.hardware.vendors.apc import FAMILY as APC
from app.hardware.vendors.if_mib import FAMILY as PORTS
from tests.unit.hardware.answers import (
    CHASSIS,
    CPU,
    DRIVE,
    FAN,
    MEMORY,
    NOW,
    PSU,
    PSU_ENTITY,
    REDUNDANCY,
    TEMPERATURE,
    analog,
    bmc,
    discrete,
    entry,
    findings_of,
    integer,
    text,
    unreadable,
    values,
)

FED = Wiring(feeds=(Feed("1", "13", "PDU-B"), Feed("2", "14", "PDU-A")))
LINKED = Wiring(links=(Link("eth0", "Ethernet12", "tor-1"),))
RPDU2 = "1.3.6.1.4.1.318.1.1.26"
GOOD = discrete("PS1 Status", PSU, 0)
DARK = discrete("PS2 Status", PSU, 0, 3)
LOST = discrete("PS Redundancy", 0x08, 1, event_type=REDUNDANCY)


def outlet(on: bool, watts: int | None = None, number: int = 14, device: str = "PDU-A") -> Facts:
    objects = {f"{RPDU2}.9.2.3.1.5.{number}": integer(2 if on else 1)}
    if watts is not None:
        objects[f"{RPDU2}.9.4.3.1.7.{number}"] = integer(watts)
    return APC.facts(values(APC, objects, f"snmp:{device}")).of_device(device)


def port(admin: int, oper: int, device: str = "tor-1") -> Facts:
    table, extended = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
    objects = {f"{table}.7.7": integer(admin), f"{table}.8.7": integer(oper), f"{extended}.1.7": text("Ethernet12")}
    return PORTS.facts(values(PORTS, objects, f"snmp:{device}")).of_device(device)


def only(findings: tuple[Finding, ...]) -> Finding:
    assert len(findings) == 1, [finding.title for finding in findings]
    return findings[0]


def test_lost_input_because_its_outlet_is_off_is_one_finding_with_that_cause() -> None:
    finding = only(findings_of(bmc(GOOD, DARK, LOST), outlet(on=False), wiring=FED))
    assert (finding.state, finding.kind, finding.number, finding.title) == (
        "critical",
        "psu",
        "2",
        "PSU 2 has lost its input",
    )
    assert finding.cause == Cause(Kind.OUTLET, "PDU-A", "14", "off")
    assert finding.job_kind == "outlet_check"
    assert finding.advice == (
        "Ask who switched outlet 14 of PDU-A off, and why, before it is switched on. "
        "Do not pull PSU 1: the machine runs on it."
    )
    assert Evidence("snmp:PDU-A", "rPDU2OutletSwitchedStatusState.14", "off", NOW) in finding.evidence
    assert Evidence("ipmi", "PS2 Status", "input lost", NOW) in finding.evidence


def test_lost_input_with_the_outlet_on_and_nothing_drawn_is_the_cord() -> None:
    finding = only(findings_of(bmc(GOOD, DARK), outlet(on=True, watts=0), wiring=FED))
    assert (finding.job_kind, finding.cause) == ("cable_reseat", None)
    assert "re-seat the cord of PSU 2 at both ends" in finding.advice
    assert "Do not pull PSU 1" in finding.advice


def test_lost_input_while_its_outlet_delivers_power_says_that_the_record_is_wrong() -> None:
    finding = only(findings_of(bmc(GOOD, DARK), outlet(on=True, watts=231), wiring=FED))
    assert finding.job_kind == "visual_check"
    assert "does not feed PSU 2" in finding.advice
    assert "Unplug nothing" in finding.advice


def test_lost_input_with_an_unread_outlet_sends_to_the_outlet_first() -> None:
    finding = only(findings_of(bmc(GOOD, DARK), wiring=FED))
    assert (finding.job_kind, finding.cause) == ("outlet_check", None)
    assert finding.advice.startswith("Outlet 14 of PDU-A could not be read")


def test_lost_input_without_a_record_says_so() -> None:
    assert only(findings_of(bmc(GOOD, DARK))).advice.startswith("No record says which outlet feeds it")


def test_both_supplies_dark_at_one_outlet_are_one_finding() -> None:
    both = Wiring(feeds=(Feed("1", "14", "PDU-A"), Feed("2", "14", "PDU-A")))
    finding = only(findings_of(bmc(discrete("PS1 Status", PSU, 0, 3), DARK), outlet(on=False), wiring=both))
    assert finding.title == "PSU 1 has lost its input; PSU 2 has lost its input"
    assert "Pull nothing" in finding.advice


def test_failed_supply_is_swapped_and_the_good_one_is_left_alone() -> None:
    finding = only(findings_of(bmc(GOOD, discrete("PS2 Status", PSU, 0, 1), LOST)))
    assert (finding.title, finding.job_kind) == ("PSU 2 has failed", "psu_swap")
    assert finding.advice == "Swap PSU 2. Do not pull PSU 1: the machine runs on it."


def test_failed_supply_beside_an_unreadable_one_tells_to_pull_nothing() -> None:
    finding = only(findings_of(bmc(unreadable("PS1 Status", PSU), discrete("PS2 Status", PSU, 0, 1))))
    assert "Pull nothing: no other power supply is known to be good" in finding.advice


def test_predicted_failure_of_a_supply_is_a_warning() -> None:
    finding = only(findings_of(bmc(GOOD, discrete("PS2 Status", PSU, 0, 2))))
    assert (finding.state, finding.job_kind) == ("warning", "psu_swap")


def test_redundancy_that_a_supply_explains_is_silent_and_unexplained_is_told() -> None:
    assert [f.component for f in findings_of(bmc(GOOD, DARK, LOST))] == ["PSU2"]
    finding = only(findings_of(bmc(GOOD, discrete("PS2 Status", PSU, 0), LOST)))
    assert (finding.kind, finding.title) == ("system", "PS Redundancy: redundancy lost, and no part says why")


def test_empty_bay_is_no_fault_unless_redundancy_is_lost() -> None:
    empty = discrete("PS2 Status", PSU)
    assert findings_of(bmc(GOOD, empty)) == ()
    finding = only(findings_of(bmc(GOOD, empty, LOST)))
    assert (finding.kind, finding.number, finding.state, finding.job_kind) == ("psu", "2", "warning", "visual_check")


def test_outlet_that_is_off_matters_only_when_something_hangs_on_it() -> None:
    pdu = APC.facts(values(APC, {f"{RPDU2}.9.2.3.1.5.{n}": integer(1) for n in (4, 5)}))
    assert judge(pdu, Wiring(), "PDU-A")[1] == ()
    finding = only(judge(pdu, Wiring(in_use=frozenset({"4"})), "PDU-A")[1])
    assert (finding.kind, finding.number, finding.job_kind) == ("outlet", "4", "outlet_check")
    assert "before it is switched on" in finding.advice


def test_outlet_that_earlier_diagnostics_saw_on_is_a_finding() -> None:
    pdu = APC.facts(values(APC, {f"{RPDU2}.9.2.3.1.5.4": integer(1)}))
    assert only(judge(pdu, Wiring(was_on=frozenset({(None, Kind.OUTLET, "4")})), "PDU-A")[1]).number == "4"


def test_label_that_looks_like_a_number_never_stands_for_another_outlet() -> None:
    table = f"{RPDU2}.9.2.3.1"
    objects = {f"{table}.5.3": integer(1), f"{table}.3.3": text("14"), f"{table}.5.14": integer(2)}
    assert judge(APC.facts(values(APC, objects)), Wiring(in_use=frozenset({"14"})), "PDU-A")[1] == ()


def test_mapped_outlet_off_while_the_supply_has_input_says_the_record_is_wrong() -> None:
    finding = only(findings_of(bmc(GOOD, discrete("PS2 Status", PSU, 0)), outlet(on=False), wiring=FED))
    assert (finding.kind, finding.device, finding.state) == ("outlet", "PDU-A", "warning")
    assert finding.title == "Outlet 14 of PDU-A is off, yet PSU 2 has input"


def test_mapped_outlet_off_with_a_silent_bmc_is_an_outlet_finding() -> None:
    finding = only(judge(outlet(on=False), FED, "SRV-0042")[1])
    assert (finding.kind, finding.device, finding.number, finding.state) == ("outlet", "PDU-A", "14", "critical")


@pytest.mark.parametrize(
    ("sensor", "state", "title", "job_kind"),
    [
        (discrete("HDD3 Status", DRIVE, 0, 1), "critical", "Drive 3 has failed", "disk_swap"),
        (discrete("HDD3 Status", DRIVE, 0, 2), "warning", "Drive 3 predicts its failure", "disk_swap"),
        (discrete("DIMM_A1", MEMORY, 6, 1), "critical", "DIMM A1 had uncorrectable memory errors", "memory_swap"),
        (discrete("DIMM_A1", MEMORY, 6, 0), "warning", "DIMM A1 corrects memory errors", None),
        (discrete("CPU1 Status", CPU, 7, 0), "critical", "CPU 1 has failed: internal error (IERR)", "other_hands"),
        (discrete("Chassis Intru", CHASSIS, 0), "warning", "Chassis Intru: chassis opened", "visual_check"),
        (analog("FAN3", FAN, 0.0, "/min", lcr=420.0), "critical", "Fan 3 has failed", "other_hands"),
        (
            analog("Inlet Temp", TEMPERATURE, 48.0, "Cel", ucr=43.0),
            "critical",
            "Inlet Temp: 48 °C, above its critical limit of 43 °C",
            "visual_check",
        ),
        (
            analog("VBAT", 0x02, 2.1, "V", lcr=2.6),
            "critical",
            "VBAT: 2.1 V, below its critical limit of 2.6 V",
            None,
        ),
        (discrete("Watchdog", 0x23, 1), "warning", "Watchdog: watchdog reset the machine", None),
    ],
)
def test_single_parts_say_what_is_wrong_and_which_job_mends_it(
    sensor: Sensor, state: str, title: str, job_kind: str | None
) -> None:
    finding = only(findings_of(bmc(sensor)))
    assert (finding.state, finding.title, finding.job_kind) == (state, title, job_kind)


def test_drives_of_a_degraded_array_are_explained_by_the_failed_one() -> None:
    drives = [discrete(f"HDD{n} Status", DRIVE, 0, *((1,) if n == 3 else (5,))) for n in range(5)]
    assert only(findings_of(bmc(*drives))).number == "3"


def test_degraded_array_without_a_failed_drive_pulls_nothing() -> None:
    finding = only(findings_of(bmc(*[discrete(f"HDD{n} Status", DRIVE, 0, 5) for n in range(3)])))
    assert (finding.kind, finding.job_kind) == ("raid_volume", None)
    assert finding.advice.startswith("Pull nothing")


def test_machine_that_is_hot_because_a_fan_stands_still_is_told_as_the_fan() -> None:
    still = analog("FAN3", FAN, 0.0, "/min", lcr=420.0)
    hot = [analog(name, TEMPERATURE, 96.0, "Cel", ucr=95.0) for name in ("CPU1 Temp", "Exhaust Temp")]
    lost = discrete("Fan Redundancy", FAN, 1, event_type=REDUNDANCY)
    finding = only(findings_of(bmc(still, *hot, lost)))
    assert finding.title == "Fan 3 has failed, and it gets hot"
    assert {one.object for one in finding.evidence} == {"FAN3", "CPU1 Temp", "Exhaust Temp"}


def test_memory_roll_up_is_silent_beside_the_module_that_explains_it() -> None:
    rollup, dimm = discrete("Memory ECC", MEMORY, 0), discrete("P1-DIMMA1 ECC", MEMORY, 6)
    finding = only(findings_of(bmc(rollup, dimm, log=[entry(1, dimm, 1), entry(2, rollup, 0)])))
    assert finding.number == "A1"


def test_overall_health_is_silent_beside_a_part_and_told_when_nothing_explains_it() -> None:
    seen = Observation(State.CRITICAL, "critical", "snmp", "systemHealthStat.0", NOW)
    health = Part(Kind.SYSTEM, "System health", None, (seen,), explained_by=frozenset(Kind) - {Kind.SYSTEM})
    drive = Part(Kind.DRIVE, "Drive 3", "3", (Observation(State.WARNING, "worn", "snmp", "d.3", NOW),))
    assert only(judge(Facts(parts=(health, drive)), Wiring(), "S")[1]).kind == "drive"
    assert only(judge(Facts(parts=(health,)), Wiring(), "S")[1]).title == (
        "System health: critical, and no part says why"
    )


def test_port_down_where_a_server_hangs_is_a_cable_to_re_seat() -> None:
    finding = only(findings_of(bmc(GOOD), port(1, 2), wiring=LINKED))
    assert (finding.kind, finding.device, finding.number, finding.job_kind) == (
        "switch_port",
        "tor-1",
        "Ethernet12",
        "cable_reseat",
    )
    assert finding.title == "Port Ethernet12 of tor-1 has no link, and eth0 of SRV-0042 hangs on it"


def test_port_of_a_machine_that_is_off_is_no_finding() -> None:
    assert findings_of(bmc(GOOD, power_on=False), port(1, 2), wiring=LINKED) == ()


def test_port_that_its_administrator_switched_off_needs_no_hands() -> None:
    finding = only(findings_of(bmc(GOOD), port(2, 2), wiring=LINKED))
    assert (finding.state, finding.job_kind) == ("warning", None)


def test_port_that_nobody_uses_is_a_fact_and_nothing_more() -> None:
    assert findings_of(bmc(GOOD), port(1, 2)) == ()


@pytest.mark.parametrize(
    ("status", "title", "job_kind"),
    [
        (SourceStatus.TIMEOUT, "The BMC does not answer", "visual_check"),
        (SourceStatus.UNREACHABLE, "The BMC does not answer", "visual_check"),
        (SourceStatus.AUTH_REFUSED, "The BMC does not let us read it", None),
    ],
)
def test_bmc_that_cannot_be_read_is_a_finding_of_state_unknown(
    status: SourceStatus, title: str, job_kind: str | None
) -> None:
    seen = Observation(State.UNKNOWN, "no answer", "ipmi", "ipmi session", NOW)
    source = Source("ipmi", "127.0.0.1:623", status, "no answer", "Check this.")
    facts = Facts(parts=(Part(Kind.BMC, "BMC", None, (seen,)),))
    finding = only(judge(facts, Wiring(), "SRV-0042", (source,))[1])
    assert (finding.state, finding.kind, finding.title, finding.advice, finding.job_kind) == (
        "unknown",
        "bmc",
        title,
        "Check this.",
        job_kind,
    )


def test_worst_findings_stand_first() -> None:
    found = findings_of(bmc(discrete("HDD3 Status", DRIVE, 0, 2), discrete("DIMM_A1", MEMORY, 6, 1), DARK))
    assert [finding.state for finding in found] == ["critical", "critical", "warning"]


def test_healthy_server_has_no_findings() -> None:
    answer = bmc(
        GOOD,
        discrete("PS2 Status", PSU, 0),
        discrete("PS Redundancy", PSU, 0, event_type=REDUNDANCY),
        analog("PS1 Fan", FAN, 5000.0, "/min", bits=0, entity=PSU_ENTITY, lcr=600.0),
        analog("FAN1", FAN, 7070.0, "/min", bits=0, lcr=980.0),
        analog("Inlet Temp", TEMPERATURE, 24.0, "Cel", bits=0, ucr=43.0),
        analog("PCH Temp", TEMPERATURE, None, "Cel"),
        discrete("CPU1 Status", CPU, 7),
        discrete("DIMM_A1", MEMORY, 6),
        discrete("Drive 0", DRIVE, 0),
        discrete("Drive 1", DRIVE),
        discrete("Intrusion", CHASSIS),
        discrete("Watchdog", 0x23),
    )
    assert findings_of(answer, outlet(on=True, watts=180), wiring=FED) == ()
