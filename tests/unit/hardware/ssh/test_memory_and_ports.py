"""Memory modules and network ports of a host."""

from __future__ import annotations

import pytest

from app.hardware.diagnostics import Cause, Kind
from app.hardware.facts import Facts, Link, Observation, Part, Wiring, join_facts
from app.hardware.readings import State
from app.hardware.vendors.linux_memory import errors, numbers_of
from lab.ssh_host import Host, Said
from lab.ssh_outputs import DMIDECODE, EDAC, LINKS, dmidecode, edac, ethtool, healthy, links
from tests.unit.hardware.answers import NOW
from tests.unit.hardware.ssh.hosts import facts_of, findings_of, part, read, with_line

LINKED = Wiring(links=(Link("eno1", "Ethernet12", "tor-1", "02:00:00:00:00:01"),))
DOWN = with_line(healthy(), LINKS, links(("eno1", "down"), ("eno2", "down")))


def counted(uncorrected: int, corrected: int, days: int = 200) -> Host:
    counts = {"DIMM_A1": (0, 0), "DIMM_A2": (uncorrected, corrected)}
    return with_line(healthy(), EDAC, edac(counts, days * 86400))


def port(value: str) -> Facts:
    seen = Observation(State.OK, value, "snmp:tor-1", "ifOperStatus.12", NOW)
    return Facts(parts=(Part(Kind.SWITCH_PORT, "Ethernet12", "Ethernet12", (seen,), value=value),)).of_device("tor-1")


@pytest.mark.parametrize(
    ("host", "state"),
    [
        (counted(1, 0), State.CRITICAL),
        (counted(0, 40), State.WARNING),
        (counted(0, 3, days=1), State.WARNING),
        (counted(0, 3, days=0), State.WARNING),
    ],
)
def test_memory_errors_are_a_finding_on_their_module(host: Host, state: State) -> None:
    (finding,) = findings_of(host)
    assert (finding.kind, finding.number, finding.component, finding.state) == ("memory", "A2", "DIMM_A2", state)


def test_few_corrected_errors_over_months_alarm_nobody() -> None:
    assert findings_of(counted(0, 3)) == ()
    assert "3 corrected memory errors in 200 days" in [one.words for one in part(counted(0, 3), "DIMM_A2").observations]


def test_errors_that_no_module_has_are_told_of_the_controller() -> None:
    text = edac({"DIMM_A1": (0, 0)}).replace("mc0/ue_count:0", "mc0/ue_count:2")
    (finding,) = findings_of(with_line(healthy(), EDAC, text))
    assert (finding.kind, finding.state) == ("memory", State.CRITICAL)
    assert "no part says why" in finding.title


def test_counter_that_is_no_number_counts_nothing() -> None:
    assert errors(0, 0, 1).state is State.OK
    text = edac({"DIMM_A1": (0, 0)}).replace("dimm_ce_count:0", "dimm_ce_count:lots")
    assert findings_of(with_line(healthy(), EDAC, text)) == ()


def test_modules_of_two_processors_stay_apart() -> None:
    assert numbers_of(["P1-DIMMA1", "P2-DIMMA1", "A1"]) == [
        ("P1-A1", "DIMM_P1-A1"),
        ("P2-A1", "DIMM_P2-A1"),
        (None, "A1"),
    ]
    assert numbers_of(["CPU_SrcID#0_MC#0_Chan#0_DIMM#0", "CPU_SrcID#0_MC#0_Chan#1_DIMM#0"])[0][0] is None
    assert numbers_of(["A1", "B12"]) == [("A1", "DIMM_A1"), ("B12", "DIMM_B12")]


def test_firmware_tells_modules_serials_empty_places_and_the_machine() -> None:
    facts = facts_of(healthy())
    modules = {one.number: (one.serial, one.state) for one in facts.parts if one.kind is Kind.MEMORY}
    assert modules["A1"] == ("M10000A1", State.OK)
    assert modules["C1"] == (None, State.ABSENT)
    assert (facts.identity.serial, facts.power_on) == ("CZ10042", True)


def test_machine_that_was_never_given_a_serial_has_none() -> None:
    host = with_line(healthy(), DMIDECODE, dmidecode({}, serial="To Be Filled By O.E.M."))
    assert facts_of(host).identity.serial is None


def test_port_without_a_link_is_a_finding_only_when_something_hangs_on_it() -> None:
    assert findings_of(DOWN) == ()
    (finding,) = findings_of(DOWN, LINKED)
    assert (finding.kind, finding.component, finding.job_kind) == ("nic", "eno1", "cable_reseat")


def test_port_is_found_by_its_address_when_it_was_renamed() -> None:
    renamed = Wiring(links=(Link("eth0", "Ethernet12", "tor-1", "02:00:00:00:00:01"),))
    assert [one.component for one in findings_of(DOWN, renamed)] == ["eno1"]


def test_port_that_only_the_kernel_made_is_no_part() -> None:
    assert [one.name for one in facts_of(healthy()).parts if one.kind is Kind.NIC] == ["eno1", "eno2"]


@pytest.mark.parametrize(
    ("host", "far", "title", "job"),
    [
        (DOWN, "down", "Port eno1 has no link, nor has port Ethernet12 of tor-1", "cable_reseat"),
        (
            DOWN,
            "admin_down",
            "Port eno1 has no link: port Ethernet12 of tor-1 is switched off by its administrator",
            None,
        ),
        (DOWN, "up", "Port eno1 has no link, though port Ethernet12 of tor-1 has one", "visual_check"),
        (
            with_line(healthy(), LINKS, links(("eno1", "admin_down"))),
            "down",
            "Port eno1 is switched off on the host",
            None,
        ),
    ],
)
def test_both_ends_of_a_cable_are_one_finding(host: Host, far: str, title: str, job: str | None) -> None:
    (finding,) = findings_of(host, LINKED, join_facts((facts_of(host), port(far))))
    assert (finding.title, finding.job_kind) == (title, job)
    caused = title.startswith("Port eno1 has no link") and far != "up"
    assert finding.cause == (Cause(Kind.SWITCH_PORT, "tor-1", "Ethernet12", far) if caused else None)


def test_port_slower_than_both_ends_offer_is_a_finding() -> None:
    (finding,) = findings_of(with_line(healthy(), "ethtool eno1", ethtool("eno1", 1000)))
    assert finding.title == "Port eno1 runs at 1000 Mbit/s though both ends offer 10000"


def test_port_as_fast_as_its_switch_is_well() -> None:
    assert findings_of(with_line(healthy(), "ethtool eno1", ethtool("eno1", 1000, partner=1000))) == ()


def test_speed_is_read() -> None:
    speeds = [one for one in facts_of(healthy()).readings if one.kind == "speed"]
    assert [(one.component, one.value, one.unit) for one in speeds] == [("eno1", 10000.0, "Mbit/s")]


def test_missing_tools_are_stated_and_no_problem() -> None:
    said = read(healthy().without("ethtool", "nvme", "storcli64", "mdadm"))
    assert (said.problems, said.notes) == ((), ("not on this host: mdadm, ethtool",))


def test_ordinary_account_without_sudo_says_what_needs_root() -> None:
    host = Host("ordinary", healthy().lines, uid=1000, sudo=False)
    said = read(host)
    assert said.advice is not None
    assert "sudo" in said.advice
    assert len(said.problems) == 1
    assert all(tool in said.problems[0] for tool in ("smartctl", "dmidecode"))
    assert findings_of(host) == ()


def test_ordinary_account_with_sudo_reads_all() -> None:
    assert read(Host("ordinary", healthy().lines, uid=1000)).problems == ()


def test_hanging_command_is_named_and_the_rest_is_read() -> None:
    said = read(healthy().but(**{DMIDECODE: Said(hangs=True)}))
    assert said.problems == ("dmidecode: it did not end in time",)
    assert len([one for one in said.facts.parts if one.kind is Kind.DRIVE]) == 4


def test_answer_that_is_no_json_is_named() -> None:
    assert read(with_line(healthy(), LINKS, 'Option "-json" is unknown')).problems == ("ip: its answer is no JSON",)


def test_host_without_any_tool_is_told_as_such() -> None:
    said = read(Host("bare", {}))
    assert (said.is_known, said.facts.parts) == (False, ())
