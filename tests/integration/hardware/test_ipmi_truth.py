"""IPMI against the truth: every fault that is ordered is named to its part, and two other programs see the same.

The oracles are ipmitool and FreeIPMI, which read the same BMCs.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.core.clock import true_now
from app.hardware.collect import collect
from app.hardware.compare import Result, compare
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.readings import IpmiTarget
from app.hardware.target import Device, ProbeTarget
from lab.bmc import BmcServer
from lab.fixtures import HEALTHY
from lab.fleet import Fleet, running
from lab.ipmi_faults import Relay, Trouble
from lab.machines import (
    DAY,
    MEMORY_PRESENT,
    Analog,
    Bmc,
    Event,
    bay_drives,
    changed,
    drive_failing,
    ecc,
    lid_open,
    modules,
    psu_input_lost,
    supplies,
)
from lab.processes import started
from lab.rarer_faults import rolled_up
from lab.snmp_devices import Outlet, Pdu
from lab.tools import missing
from tests.conftest import NEEDS_PACKAGE
from tests.integration.hardware.ordered_faults import FAULTS, Finding

NEEDED = missing("ipmi_sim", "snmpd")
pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"{NEEDS_PACKAGE}: {', '.join(NEEDED)}")

NAMED = {"too_hot": "Inlet Temp", "voltage_low": "12V", "cable_wrong": "SAS Cable", "bus_error": "PCI Bus"}
PDU = Pdu("PDU-A", "P1", tuple(Outlet(n, f"Outlet {n}", on=n != 14, watts=180) for n in range(1, 25)))
TOOLS = {"ipmitool": "ipmitool", "ipmi-sensors": "freeipmi-tools", "ipmi-sel": "freeipmi-tools"}
STATES = {"Nominal": "ok", "Warning": "warning", "Critical": "critical"}
# Where we judge otherwise than FreeIPMI does unasked: its limits for warnings count as nominal, and it calls a
# prediction, a degraded array, an open lid and a wrong cable critical, though everything still works.
MILDER = {"psu_predicted", "psu_mismatched", "drive_predictive", "array_degraded"}
MILDER |= {"memory_mismatched", "cable_wrong", "lid_open"}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A BMC for each fault, and a PDU with a dark outlet."""
    parts = (*supplies(), *modules(), *bay_drives())
    bmcs = [Bmc(name, f"CZ-{name}", name, faults=(fault,)) for name, (fault, _) in FAULTS.items()]
    everything = Bmc("inventory", "CZ-I", "I", parts=parts)
    with running(
        [*bmcs, everything, replace(HEALTHY, name="healthy")], [PDU], tmp_path_factory.mktemp("truth")
    ) as hall:
        yield hall


def server(bmc: BmcServer, target: IpmiTarget | None = None) -> ProbeTarget:
    return ProbeTarget(Device("server", bmc.bmc.name, ipmi=target or bmc.target()))


def take(bmc: BmcServer, earlier: DiagnosticsDocument | None = None) -> DiagnosticsDocument:
    return collect(server(bmc), true_now, earlier=earlier)


def found(document: DiagnosticsDocument) -> list[Finding]:
    return [(one.kind, one.number, one.state) for one in document.findings]


def oracle(bmc: BmcServer, tool: str, *options: str) -> str:
    """What another program says of this BMC; the test is skipped by name where it is not installed."""
    if shutil.which(tool) is None:
        pytest.skip(f"{NEEDS_PACKAGE}: {TOOLS[tool]}")
    target = bmc.target()
    if tool == "ipmitool":
        account = ["-I", "lanplus", "-C", "3", "-H", target.address, "-p", str(target.port)]
        account += ["-U", target.username, "-P", target.password]
    else:
        account = ["-D", "LAN_2_0", "-W", "opensesspriv", "-I", "3", "-h", f"{target.address}:{target.port}"]
        account += ["-u", target.username, "-p", target.password, "--quiet-cache", "--sdr-cache-recreate"]
    home = {"HOME": str(bmc.folder), "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "TZ": "UTC"}
    command = [tool, *account, *options]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30, env=home).stdout


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_that_is_ordered_is_named_to_its_part_and_nothing_else_is(fleet: Fleet, name: str) -> None:
    document = take(fleet.bmcs[name])
    assert found(document) == [FAULTS[name][1]]
    assert document.findings[0].component == NAMED.get(name, document.findings[0].component)
    assert document.complete


@pytest.mark.parametrize("name", ["psu_input_lost", "drive_failed", "fan_failed", "cpu_ierr", "ecc_uncorrectable"])
def test_the_log_names_the_same_part(fleet: Fleet, name: str) -> None:
    document = take(fleet.bmcs[name])
    newest = [event for event in document.events if event.at and true_now() - event.at < timedelta(hours=2)]
    assert document.findings[0].component in {event.component for event in newest}


def test_crossed_limit_is_told_with_its_value_and_its_unit(fleet: Fleet) -> None:
    event = take(fleet.bmcs["too_hot"]).events[0]
    assert (event.component, event.text) == (
        "Inlet Temp",
        "Rose above its upper critical limit: 48 °C, limit 43 °C",
    )
    assert take(fleet.bmcs["psu_mismatched"]).events[0].text == "Configuration error: power ratings differ"


def test_every_value_agrees_with_ipmitool_and_freeipmi(fleet: Fleet) -> None:
    bmc = fleet.bmcs["too_hot"]
    ours = {reading.name: reading.value for reading in take(bmc).readings}
    lines = [line.split("|") for line in oracle(bmc, "ipmitool", "sensor").splitlines()]
    ipmitool = {fields[0].strip(): fields[1].strip() for fields in lines}
    freeipmi = {row["Name"]: row["Reading"] for row in sensors_of(bmc)}
    assert len(ours) > 20
    for name, value in ours.items():
        if value is None:
            assert (ipmitool[name], freeipmi[name]) == ("na", "N/A")
        else:
            assert value == pytest.approx(float(ipmitool[name]), abs=0.001), name
            assert value == pytest.approx(float(freeipmi[name]), abs=0.01), name


def sensors_of(bmc: BmcServer) -> list[dict[str, str]]:
    text = oracle(bmc, "ipmi-sensors", "--output-sensor-state", "--comma-separated-output")
    return list(csv.DictReader(text.splitlines()))


@pytest.mark.parametrize("name", FAULTS)
def test_every_state_agrees_with_freeipmi_or_is_milder_for_a_reason(fleet: Fleet, name: str) -> None:
    bmc = fleet.bmcs[name]
    theirs = {row["Name"]: STATES.get(row["State"]) for row in sensors_of(bmc)}
    document = take(bmc)
    ours = {said.object: document.findings[0].state for said in document.findings[0].evidence if said.source == "ipmi"}
    judged = {sensor: theirs[sensor] for sensor in ours if theirs.get(sensor)}
    assert judged
    if name in MILDER:
        assert set(judged.values()) == {"critical"}
        assert document.findings[0].state == "warning"
    elif name not in {"fan_slow", "psu_out"}:
        assert document.findings[0].state in judged.values()


def test_healthy_machine_is_nominal_to_freeipmi_and_has_no_finding(fleet: Fleet) -> None:
    bmc = fleet.bmcs["healthy"]
    assert {row["State"] for row in sensors_of(bmc)} == {"Nominal", "N/A"}
    assert take(bmc).findings == ()


def test_log_agrees_with_freeipmi_entry_by_entry(fleet: Fleet) -> None:
    bmc = fleet.bmcs["psu_input_lost"]
    text = oracle(bmc, "ipmi-sel", "--comma-separated-output", "--output-event-state")
    theirs = list(csv.DictReader(text.splitlines()))
    ours = list(reversed(take(bmc).events))
    assert [row["ID"] for row in theirs] == [event.record for event in ours]
    for row, event in zip(theirs, ours, strict=True):
        assert event.at is not None
        assert f"{event.at:%H:%M:%S}" == row["Time"]
        if STATES.get(row["State"]) == "critical":
            assert event.severity in {"critical", "warning"} or event.text.startswith("Over")


def test_serial_numbers_of_parts_are_those_of_their_inventories(fleet: Fleet) -> None:
    bmc = fleet.bmcs["inventory"]
    document = take(bmc)
    serials = {part.name: part.serial for part in document.components if part.serial}
    assert (serials["PSU1"], serials["PSU2"]) == ("PSN10001", "PSN20001")
    assert (serials["DIMM_A1"], serials["DIMM_D2"]) == ("A1000001", "A1000008")
    assert (serials["Drive 0"], serials["Drive 5"]) == ("ZC0000", "ZC0005")
    assert len(serials) == 2 + 8 + 6
    assert document.complete
    printed = oracle(bmc, "ipmitool", "fru", "print", "1")
    assert "PSN10001" in printed


@pytest.mark.parametrize("code", [0xC0, 0xC3])
def test_sensor_that_is_busy_or_times_out_is_read_at_the_second_try(fleet: Fleet, code: int) -> None:
    bmc = fleet.bmcs["psu_input_lost"]
    with Relay(bmc.port, Trouble(code=code, spoils_every=10)) as relay:
        document = collect(server(bmc, through(relay, bmc)), true_now)
    assert relay.spoiled > 0
    assert found(document) == [("psu", "2", "critical")]
    assert [part.name for part in document.components if part.state == "unknown"] == ["Riser2 Temp"]
    assert document.complete


@pytest.mark.parametrize("code", [0xCB, 0xD5])
def test_sensor_that_is_refused_is_unknown_with_its_reason_and_none_is_ok(fleet: Fleet, code: int) -> None:
    bmc = fleet.bmcs["healthy"]
    names = {part.name for part in take(bmc).components}
    with Relay(bmc.port, Trouble(code=code)) as relay:
        document = collect(server(bmc, through(relay, bmc)), true_now)
    assert names <= {part.name for part in document.components}
    read = {part.name: (part.state, part.reason) for part in document.components if part.name != "BMC"}
    assert {state for state, _ in read.values()} == {"unknown"}
    assert all(f"0x{code:02X}" in str(reason) or name == "Riser2 Temp" for name, (_, reason) in read.items())
    assert {(reading.value, reading.state.value) for reading in document.readings} == {(None, "unknown")}


def through(relay: Relay, bmc: BmcServer) -> IpmiTarget:
    """The BMC behind the relay, without signatures, so that the relay can change its answers."""
    return replace(bmc.target(), port=relay.port, cipher_suites=(1,))


def test_chain_from_outlet_to_summary_is_one_finding_with_its_cause(tmp_path: Path) -> None:
    fault = rolled_up(psu_input_lost(2))
    with running([Bmc("SRV-0042", "CZ42", "AT-42", faults=(fault,))], [PDU], tmp_path) as hall:
        document = probed(hall)
    troubled = {part["name"] for part in document["components"] if part["state"] == "critical"}
    assert {"PSU2", "Outlet 14", "PS Redundancy", "System Health"} <= troubled
    (finding,) = document["findings"]
    assert (finding["kind"], finding["number"], finding["state"]) == ("psu", "2", "critical")
    assert finding["cause"] == {"kind": "outlet", "device": "PDU-A", "component": "14", "state": "off"}
    assert finding["job_kind"] == "outlet_check"


def probed(hall: Fleet) -> dict[str, Any]:
    """What the command says, started as a person does."""
    bmc, pdu = hall.bmcs["SRV-0042"].target(), hall.agents["PDU-A"].target()
    ipmi = {"address": bmc.address, "port": bmc.port, "username": bmc.username, "password": bmc.password}
    feeder = {
        "name": "PDU-A",
        "snmp": {"address": pdu.address, "port": pdu.port, "version": "2c", "community": pdu.community},
    }
    feeds = [{"psu": psu, "outlet": outlet, "pdu": feeder} for psu, outlet in (("1", "13"), ("2", "14"))]
    target = {"device": {"role": "server", "name": "SRV-0042", "ipmi": ipmi}, "power": feeds}
    command = [sys.executable, "-m", "app", "probe", "-", "--json"]
    done = subprocess.run(command, input=json.dumps(target), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (2, "")
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_replaced_module_takes_its_old_errors_along_and_they_never_come_back(tmp_path: Path) -> None:
    history = (Event("DIMM_A1", 1, 3 * DAY),)
    with started([BmcServer(Bmc("S", "CZ", "A", history=history, parts=modules()), tmp_path)]) as (bmc,):
        before = take(bmc)
        untouched = take(bmc, before)
        bmc.replace_part("DIMM_A1", "B7000001")
        alone = take(bmc)
        after = take(bmc, before)
        later = take(bmc, after)
        bmc.inject(ecc("A1", uncorrectable=True))
        bmc.clear_fault(ecc("A1", uncorrectable=True))
        bmc.set_bits("DIMM_A1", {MEMORY_PRESENT, 0})
        again = take(bmc, later)
    assert found(before) == found(untouched) == found(alone) == [("memory", "A1", "critical")]
    assert (found(after), found(later)) == ([], [])
    assert compare(before, after, ("memory", "A1")).result is Result.REPAIRED
    assert compare(before, alone, ("memory", "A1")).result is Result.REPAIRED
    assert compare(before, untouched, ("memory", "A1")).result is Result.NOT_REPAIRED
    assert found(again) == [("memory", "A1", "warning")]


def test_swapped_drive_needs_no_cleared_log(tmp_path: Path) -> None:
    fault = drive_failing(3, "fault")
    with started([BmcServer(Bmc("S", "CZ", "A", faults=(fault,), parts=bay_drives()), tmp_path)]) as (bmc,):
        before = take(bmc)
        bmc.set_bits("Drive 3", ())
        pulled = take(bmc)
        bmc.replace_part("Drive 3 FRU", "NEW0003")
        bmc.clear_fault(fault)
        after = take(bmc)
    assert found(before) == [("drive", "3", "critical")]
    assert next(part.state for part in pulled.components if part.name == "Drive 3") == "absent"
    verdict = compare(before, after, ("drive", "3"))
    assert verdict.result is Result.REPAIRED
    assert ("serial of Drive 3", "ZC0003", "NEW0003", True) in {
        (one.what, one.before, one.after, one.expected) for one in verdict.changed
    }


def test_analog_sensors_of_the_lab_are_all_read(fleet: Fleet) -> None:
    ordered = {one.name for one in changed(HEALTHY.sensors, ()) if isinstance(one, Analog)}
    assert {reading.name for reading in take(fleet.bmcs["healthy"]).readings} == ordered


def test_log_that_ran_full_is_told_and_cleared_it_is_read_anew(tmp_path: Path) -> None:
    with started([BmcServer(Bmc("S", "CZ", "A", log_capacity=8), tmp_path)]) as (bmc,):
        for _ in range(4):
            bmc.inject(lid_open())
            bmc.clear_fault(lid_open())
        full = take(bmc)
        oracle(bmc, "ipmitool", "sel", "clear")
        bmc.inject(lid_open())
        cleared = take(bmc, full)
    assert [(one.kind, one.state) for one in full.findings] == [("bmc", "warning")]
    assert "event log is full" in full.findings[0].title
    assert found(cleared) == [("chassis", None, "warning")]
    assert [event.text for event in cleared.events] == ["Chassis opened"]


def test_clock_that_is_off_is_told_and_the_times_are_ours(tmp_path: Path) -> None:
    fault = drive_failing(3, "fault", minutes_ago=90)
    with started([BmcServer(Bmc("S", "CZ", "A", faults=(fault,), clock_skew_s=-9 * 3600), tmp_path)]) as (bmc,):
        document = take(bmc)
    assert "540 minutes behind ours" in str(document.sources[0].detail)
    (event,) = (one for one in document.events if one.component == "Drive 3")
    assert event.at is not None
    assert timedelta(minutes=88) < true_now() - event.at < timedelta(minutes=92)


def test_log_of_a_clock_that_was_never_set_still_counts(tmp_path: Path) -> None:
    history = (Event("DIMM_A1", 1, 60, unset_clock=True),)
    with started([BmcServer(Bmc("S", "CZ", "A", history=history), tmp_path)]) as (bmc,):
        document = take(bmc)
    assert document.events[0].at is None
    assert found(document) == [("memory", "A1", "critical")]
