"""The probe over the wire: real BMCs and agents on loopback, faults to order, one process as a script starts it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import true_now
from app.hardware.cli_probe import exit_status
from app.hardware.collect import collect
from app.hardware.compare import Result, compare
from app.hardware.diagnostics import Cause, DiagnosticsDocument, Kind
from app.hardware.readings import IpmiTarget
from app.hardware.target import Device, Neighbour, NetworkLink, PowerFeed, ProbeTarget
from lab.fleet import Fleet, running
from lab.machines import Bmc, drive_failing, ecc, fan_failed, lid_open, psu_failed, psu_input_lost, too_hot
from lab.snmp_devices import Outlet, Pdu, Port, Switch, Ups
from lab.tools import missing
from tests.conftest import NEEDS_PACKAGE

NEEDED = missing("ipmi_sim", "snmpd")
pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"{NEEDS_PACKAGE}: {', '.join(NEEDED)}")

BMCS = (
    Bmc("healthy", "CZ1", "SRV-1"),
    Bmc("dark-psu", "CZ2", "SRV-2", faults=(psu_input_lost(2),)),
    Bmc(
        "many-faults",
        "CZ3",
        "SRV-3",
        faults=(
            psu_failed(1),
            ecc("A1", uncorrectable=True),
            ecc("B1"),
            drive_failing(3),
            fan_failed(3),
            too_hot(),
            lid_open(),
        ),
    ),
)
DEVICES = (
    Pdu("PDU-A", "P1", tuple(Outlet(n, f"Outlet {n}", on=n != 14, watts=180) for n in range(1, 25))),
    Ups("UPS-1", "U1"),
    Switch("tor-1", "W1", tuple(Port(n, f"Ethernet{n}", up=n != 2) for n in range(1, 9))),
)


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with running(BMCS, DEVICES, tmp_path_factory.mktemp("fleet")) as found:
        yield found


def server(fleet: Fleet, name: str, **more: Any) -> ProbeTarget:
    return ProbeTarget(Device("server", name, ipmi=fleet.bmcs[name].target()), **more)


def pdu(fleet: Fleet) -> Neighbour:
    return Neighbour("PDU-A", fleet.agents["PDU-A"].target())


def switch(fleet: Fleet) -> Neighbour:
    return Neighbour("tor-1", fleet.agents["tor-1"].target("3"))


def take(target: ProbeTarget) -> DiagnosticsDocument:
    return collect(target, true_now)


def probed(target: dict[str, Any], *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a script does, the target on its standard input."""
    command = [sys.executable, "-m", "app", "probe", "-", *options]
    return subprocess.run(command, input=json.dumps(target), capture_output=True, text=True, timeout=30, check=False)


def as_json(bmc: IpmiTarget, **more: Any) -> dict[str, Any]:
    ipmi = {"address": bmc.address, "port": bmc.port, "username": bmc.username, "password": bmc.password}
    return {"device": {"role": "server", "name": "SRV-0042", "ipmi": ipmi}, **more}


def test_healthy_server_has_no_findings_and_is_complete(fleet: Fleet) -> None:
    document = take(server(fleet, "healthy"))
    assert (document.findings, document.complete, exit_status(document)) == ((), True, 0)
    assert (document.power.on, document.identity.serial) == (True, "CZ1")
    assert {part.kind for part in document.components} >= {"psu", "fan", "drive", "memory", "cpu", "chassis", "bmc"}


def test_empty_bays_are_absent_and_the_unreadable_sensor_unknown(fleet: Fleet) -> None:
    states = {part.name: part.state for part in take(server(fleet, "healthy")).components}
    assert (states["Drive 5"], states["Drive 6"], states["Riser2 Temp"]) == ("ok", "absent", "unknown")


def test_lost_input_with_its_outlet_off_is_exactly_one_finding_with_its_cause(fleet: Fleet) -> None:
    feeds = (PowerFeed("1", "13", pdu(fleet)), PowerFeed("2", "14", pdu(fleet)))
    document = take(server(fleet, "dark-psu", power=feeds))
    (finding,) = document.findings
    assert (finding.kind, finding.number, finding.state) == ("psu", "2", "critical")
    assert finding.cause == Cause(Kind.OUTLET, "PDU-A", "14", "off")
    assert finding.job_kind == "outlet_check"
    assert [source.name for source in document.sources] == ["ipmi", "snmp:PDU-A"]
    assert exit_status(document) == 2


def test_every_fault_at_once_gives_one_finding_for_each_and_no_more(fleet: Fleet) -> None:
    found = {(one.kind, one.number): one.state for one in take(server(fleet, "many-faults")).findings}
    assert found == {
        ("psu", "1"): "critical",
        ("memory", "A1"): "critical",
        ("fan", "3"): "critical",
        ("memory", "B1"): "warning",
        ("drive", "3"): "warning",
        ("chassis", None): "warning",
    }


def test_log_of_old_troubles_is_history_with_the_parts_names(fleet: Fleet) -> None:
    document = take(server(fleet, "healthy"))
    assert ("PSU2", "Input lost", True) in {(one.component, one.text, one.over) for one in document.events}


def test_port_without_a_link_where_the_server_hangs_is_found_over_snmpv3(fleet: Fleet) -> None:
    links = (NetworkLink("eth0", "Ethernet1", switch(fleet)), NetworkLink("eth1", "Ethernet2", switch(fleet)))
    document = take(server(fleet, "healthy", network=links))
    assert [(one.kind, one.device, one.number) for one in document.findings] == [("switch_port", "tor-1", "Ethernet2")]
    assert {part.value for part in document.components if part.kind == "switch_port"} == {"up", "down"}


def test_outlet_of_a_pdu_matters_when_in_use(fleet: Fleet) -> None:
    agent = fleet.agents["PDU-A"].target()
    assert take(ProbeTarget(Device("pdu", "PDU-A", snmp=agent))).findings == ()
    (finding,) = take(ProbeTarget(Device("pdu", "PDU-A", snmp=agent, in_use=frozenset({"14", "13"})))).findings
    assert (finding.kind, finding.number) == ("outlet", "14")


def test_outlet_that_was_on_in_earlier_diagnostics_is_found_without_any_record(fleet: Fleet) -> None:
    target = ProbeTarget(Device("pdu", "PDU-A", snmp=fleet.agents["PDU-A"].target()))
    earlier = take(target)
    turned = tuple(replace(part, value="on") if part.number == "14" else part for part in earlier.components)
    document = collect(target, true_now, earlier=replace(earlier, components=turned))
    assert [one.number for one in document.findings] == ["14"]


def test_ups_on_battery_is_critical_and_back_on_mains_repaired(fleet: Fleet) -> None:
    agent = fleet.agents["UPS-1"]
    device = DEVICES[1]
    target = ProbeTarget(Device("ups", "UPS-1", snmp=agent.target()))
    assert isinstance(device, Ups)
    agent.update(device.on_battery())
    before = take(target)
    agent.update(device.on_mains())
    after = take(target)
    assert [one.title for one in before.findings] == ["The UPS runs on battery"]
    assert compare(before, after).result is Result.REPAIRED


def test_repair_is_proved_by_the_machine_itself(tmp_path: Path) -> None:
    fault = drive_failing(3, "fault")
    with running([Bmc("repaired", "CZ4", "SRV-4")], [], tmp_path) as fleet:
        bmc = fleet.bmcs["repaired"]
        bmc.inject(fault)
        before = take(server(fleet, "repaired"))
        bmc.clear_fault(fault)
        after = take(server(fleet, "repaired"))
        bmc.inject(fan_failed(2))
        worse = take(server(fleet, "repaired"))
    assert [(one.kind, one.number) for one in before.findings] == [("drive", "3")]
    assert compare(before, before, ("drive", "3")).result is Result.NOT_REPAIRED
    assert compare(before, after, ("drive", "3")).result is Result.REPAIRED
    assert compare(before, worse, ("drive", "3")).result is Result.NEW_FAULT


def test_hanging_bmc_ends_inside_the_deadline_and_hides_nothing_else(tmp_path: Path) -> None:
    with running([Bmc("hangs", "CZ5", "SRV-5")], [DEVICES[0]], tmp_path) as fleet:
        fleet.bmcs["hangs"].hang()
        feeds = (PowerFeed("1", "13", pdu(fleet)),)
        began = time.monotonic()
        document = take(server(fleet, "hangs", power=feeds, deadline_s=2.0))
        elapsed_s = time.monotonic() - began
        fleet.bmcs["hangs"].resume()
    assert elapsed_s < 2.5
    assert {source.name: source.status.value for source in document.sources} == {
        "ipmi": document.sources[0].status.value,
        "snmp:PDU-A": "ok",
    }
    assert document.sources[0].status in {"unreachable", "timeout"}
    assert [(one.kind, one.state) for one in document.findings] == [("bmc", "unknown")]
    assert [part.value for part in document.components if part.kind == "outlet"] == ["on"]
    assert exit_status(document) == 4


def test_wrong_password_is_told_as_such_and_exits_3(fleet: Fleet) -> None:
    bmc = replace(fleet.bmcs["healthy"].target(), password="wrong")
    result = probed(as_json(bmc, deadline_s=5), "--json")
    document = json.loads(result.stdout)
    assert result.returncode == 3
    assert [source["status"] for source in document["sources"]] == ["auth_refused"]
    assert document["sources"][0]["advice"]
    assert "wrong" not in result.stdout.replace("wrongly", "")


@pytest.mark.parametrize(("name", "status"), [("healthy", 0), ("dark-psu", 2)])
def test_exit_status_of_the_command_tells_what_was_found(fleet: Fleet, name: str, status: int) -> None:
    result = probed(as_json(fleet.bmcs[name].target()), "--json")
    assert (result.returncode, result.stderr) == (status, "")
    assert json.loads(result.stdout)["format"] == "rackside.diagnostics/1"


def test_watching_tells_on_standard_error_what_arrives(fleet: Fleet) -> None:
    result = probed(as_json(fleet.bmcs["healthy"].target()), "--watch")
    assert "ipmi reading: power on" in result.stderr
    assert "Nothing found." in result.stdout
