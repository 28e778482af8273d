"""Drives: SMART of every kind of drive and version of smartctl, the kernel's own view, NVMe, arrays, controllers."""

from __future__ import annotations

import pytest

from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Observation, Part, join_facts
from app.hardware.readings import State
from app.hardware.vendors.linux_md import arrays_of, disk_of, meaning_of
from lab.ssh_host import Host, Said
from lab.ssh_outputs import (
    LSBLK,
    MDSTAT,
    NVME_LIST,
    SCAN,
    STORCLI,
    STORCLI_DRIVES,
    as_json,
    ata_drive,
    attribute,
    healthy,
    lsblk,
    mdstat,
    nvme_drive,
    nvme_log,
    sas_drive,
    scan,
    smart_of,
)
from tests.unit.hardware.answers import NOW
from tests.unit.hardware.ssh.hosts import facts_of, findings_of, part, with_line

SDA, NVME0 = smart_of("/dev/sda"), smart_of("/dev/nvme0", "nvme")
FAILING = ata_drive("WX10001", passed=False)
DEGRADED = mdstat("sdb1[1](F) sda1[0]", "[2/1] [U_]")
REBUILDING = mdstat(
    "sdc1[2] sda1[0]", "[2/1] [U_]", "[==>....]  recovery = 12.6% (37043392/292945152) finish=127.5min speed=33440K/sec"
)


def only_drive(answer: str, device: str = "/dev/sda", kind: str = "sat") -> Host:
    return Host("one", {SCAN: Said(scan((device, kind))), smart_of(device, kind): Said(answer)})


def test_healthy_host_has_no_findings() -> None:
    parts = facts_of(healthy()).parts
    assert findings_of(healthy()) == ()
    assert {part.kind for part in parts} == {Kind.DRIVE, Kind.RAID_VOLUME, Kind.MEMORY, Kind.NIC}
    assert {one.state for one in parts} == {State.OK, State.ABSENT}


def test_virtual_media_of_the_bmc_is_no_drive() -> None:
    drives = [one.name for one in facts_of(healthy()).parts if one.kind is Kind.DRIVE]
    assert sorted(drives) == ["nvme0", "nvme1", "sda", "sdb"]


@pytest.mark.parametrize(
    ("answer", "state", "words"),
    [
        (FAILING, State.CRITICAL, "about to fail"),
        (
            ata_drive("W", attributes=[attribute(197, "Current_Pending_Sector", "8")]),
            State.WARNING,
            "8 sectors waiting",
        ),
        (ata_drive("W", attributes=[attribute(5, "Reallocated_Sector_Ct", "1368")]), State.WARNING, "1368 reallocated"),
        (ata_drive("W", attributes=[attribute(198, "Offline_Uncorrectable", "1")]), State.WARNING, "cannot be read"),
        (
            ata_drive("W", attributes=[attribute(5, "Reallocated_Sector_Ct", "1", when_failed="now", prefailure=True)]),
            State.CRITICAL,
            "maker's limit",
        ),
        (ata_drive("W", self_test="Completed: read failure"), State.WARNING, "self-test"),
        (nvme_drive("N", warning=0b1), State.CRITICAL, "spare space"),
        (nvme_drive("N", warning=0b100), State.CRITICAL, "reliability"),
        (nvme_drive("N", warning=0b1000), State.CRITICAL, "read-only"),
        (nvme_drive("N", spare=4), State.CRITICAL, "4 % of its spare"),
        (nvme_drive("N", used=104, version=4), State.WARNING, "104 % of its rated life"),
        (nvme_drive("N", media_errors=40), State.WARNING, "40 errors"),
        (sas_drive("S", asc=0x5D, ascq=0x10), State.CRITICAL, "predicts its failure"),
        (sas_drive("S", defects=1200), State.WARNING, "1200 grown defects"),
        (sas_drive("S", uncorrected=25), State.WARNING, "25 errors"),
    ],
)
def test_drive_that_fails_or_predicts_it_is_one_finding_with_its_reason(answer: str, state: State, words: str) -> None:
    (finding,) = findings_of(only_drive(answer))
    assert (finding.kind, finding.component, finding.state, finding.job_kind) == ("drive", "sda", state, "disk_swap")
    assert any(words in evidence.value for evidence in finding.evidence)


@pytest.mark.parametrize(
    "answer",
    [
        ata_drive("W", attributes=[attribute(5, "Reallocated_Sector_Ct", "3")]),
        ata_drive("W", attributes=[attribute(1, "Raw_Read_Error_Rate", "239414856")]),
        ata_drive("W", attributes=[attribute(5, "Reallocated_Sector_Ct", "2 (0 5000)", when_failed="past")]),
        nvme_drive("N", used=99, spare=10, media_errors=1),
        sas_drive("S", defects=20),
    ],
)
def test_drive_with_the_marks_of_age_alarms_nobody(answer: str) -> None:
    assert findings_of(only_drive(answer)) == ()


@pytest.mark.parametrize("answer", [nvme_drive("N", warning=0b10), sas_drive("S", asc=0x0B, ascq=0x01)])
def test_hot_drive_is_hot_and_not_failing(answer: str) -> None:
    (finding,) = findings_of(only_drive(answer))
    assert (finding.state, finding.job_kind) == (State.WARNING, None)


@pytest.mark.parametrize(
    "answer",
    [
        as_json({"smartctl": {"exit_status": 2, "messages": [{"string": "Smartctl open device failed: busy"}]}}),
        as_json({"smartctl": {"exit_status": 0}, "temperature": {"current": 30}}),
        "",
        "{",
        "[1, 2]",
    ],
)
def test_drive_that_says_nothing_of_its_health_is_unknown_with_a_reason(answer: str) -> None:
    drive = part(only_drive(answer), "sda")
    assert drive.state is State.UNKNOWN
    assert drive.component.reason


def test_warning_that_the_tables_do_not_know_is_told_and_swaps_nothing() -> None:
    (finding,) = findings_of(only_drive(nvme_drive("N", warning=0b1000_0000)))
    assert (finding.state, finding.job_kind) == (State.WARNING, None)
    assert any("not in the tables" in evidence.value for evidence in finding.evidence)


def test_volume_of_a_controller_is_no_drive() -> None:
    volume = as_json({"smartctl": {"exit_status": 4}, "smart_support": {"available": False}, "scsi_product": "PERC"})
    assert [one for one in facts_of(only_drive(volume)).parts if one.kind is Kind.DRIVE] == []


def test_drive_name_that_is_no_device_is_never_run() -> None:
    for name in ("/dev/sda; reboot", "/dev/$(id)", "/etc/passwd", "/dev/../etc", "--help", "/dev/sda\n", 7):
        host = Host("one", {SCAN: Said(as_json({"devices": [{"name": name, "type": "sat"}]}))})
        assert [one for one in facts_of(host).parts if one.kind is Kind.DRIVE] == []


def test_drive_that_the_kernel_gave_up_is_found_without_smart() -> None:
    host = with_line(healthy().without("smartctl"), LSBLK, lsblk(("sda", "WX1", "sata", "offline")))
    (finding,) = findings_of(host)
    assert (finding.component, finding.state) == ("sda", State.CRITICAL)


def test_drive_whose_health_nobody_could_read_is_unknown_and_no_finding() -> None:
    host = healthy().without("smartctl", "nvme")
    assert part(host, "sda").state is State.UNKNOWN
    assert findings_of(host) == ()


def test_worst_of_two_tools_counts_and_both_are_evidence() -> None:
    (finding,) = findings_of(with_line(healthy(), "nvme smart-log -o json /dev/nvme0", nvme_log(warning=4)))
    assert (finding.component, finding.state) == ("nvme0", State.CRITICAL)
    assert len([one for one in part(healthy(), "nvme0").observations if not one.measured]) == 2


def test_newer_list_of_nvme_drives_is_read_too() -> None:
    controllers = [{"Controller": "nvme0", "SerialNumber": "NV10001", "Namespaces": []}]
    newer = as_json({"Devices": [{"HostNQN": "x", "Subsystems": [{"Controllers": controllers}]}]})
    host = healthy().without("smartctl").but(**{NVME_LIST: Said(newer)})
    assert part(host, "nvme0").state is State.OK


def test_thrown_out_drive_explains_its_array() -> None:
    (finding,) = findings_of(with_line(healthy(), MDSTAT, DEGRADED))
    assert (finding.kind, finding.component, finding.job_kind) == ("drive", "sdb", "disk_swap")
    assert "degraded" in finding.evidence[0].value


def test_another_drives_trouble_does_not_explain_an_array() -> None:
    host = with_line(healthy(), MDSTAT, mdstat("sda1[0]", "[2/1] [U_]"))
    host = with_line(host, NVME0, nvme_drive("NV10001", warning=4))
    assert {(one.kind, one.component) for one in findings_of(host)} == {("drive", "nvme0"), ("raid_volume", "md0")}


def test_degraded_array_without_a_failed_drive_says_to_pull_nothing() -> None:
    (finding,) = findings_of(with_line(healthy(), MDSTAT, mdstat("sda1[0]", "[2/1] [U_]")))
    assert (finding.kind, finding.state, finding.job_kind) == ("raid_volume", State.WARNING, None)
    assert "Pull nothing" in finding.advice


def test_running_rebuild_is_said_with_its_progress() -> None:
    (finding,) = findings_of(with_line(healthy(), MDSTAT, REBUILDING))
    assert "rebuilding (12.6 %, about 127 min left)" in finding.title
    assert finding.advice.startswith("Wait")
    readings = facts_of(with_line(healthy(), MDSTAT, REBUILDING)).readings
    assert [one.value for one in readings if one.kind == "progress"] == [12.6]


@pytest.mark.parametrize(
    ("text", "state", "words"),
    [
        (mdstat(), State.OK, "all drives at work"),
        (mdstat(work="[>..]  check =  5.0% (1/2) finish=9.1min speed=1K/sec"), State.OK, "checking (5.0 %"),
        (mdstat(work="resync=DELAYED"), State.OK, "resyncing (waiting"),
        (mdstat("sdb1[1](S) sda1[0]", "[1/1] [U]"), State.OK, "all drives at work"),
        ("md1 : inactive sdb1[1] sda1[0]\n      12 blocks\n", State.CRITICAL, "not running"),
        ("md1 : inactive sdb1[1](S) sda1[0](S)\n      12 blocks\n", State.UNKNOWN, "stand by"),
        ("md1 : active raid0 sdb1[1](F) sda1[0]\n      12 blocks 512k chunks\n", State.CRITICAL, "has failed"),
        ("md127 : active (auto-read-only) raid1 sdb1[1] sda1[0]\n      1 blocks [2/2] [UU]\n", State.OK, "at work"),
        ("md2 : active raid6 sd[4] a[1]\n      1 blocks [4/2] [UU__]\n", State.WARNING, "2 of 4"),
    ],
)
def test_array_is_judged_by_its_places(text: str, state: State, words: str) -> None:
    (array,) = arrays_of(text)
    assert meaning_of(array).state is state
    assert words in meaning_of(array).words


def test_partitions_are_on_their_drives() -> None:
    names = {"sda1": "sda", "sdaa12": "sdaa", "nvme0n1p2": "nvme0", "nvme1n1": "nvme1", "sdb": "sdb", "dm-0": "dm-0"}
    assert {name: disk_of(name) for name in names} == names


def controller(drive: str = "Onln", volume: str = "Optl", state: str = "Optimal", detail: object = None) -> Host:
    """A RAID controller with a mirror of two drives in slots 0 and 1 of enclosure 252."""
    slots = [{"EID:Slt": f"252:{slot}", "DID": 8 + slot, "DG": 0, "State": "Onln"} for slot in range(2)]
    slots[1]["State"] = drive
    whole = {
        "Status": {"Controller Status": state},
        "VD LIST": [{"DG/VD": "0/0", "TYPE": "RAID1", "State": volume}],
        "PD LIST": slots,
        "Cachevault_Info": [{"Model": "CVPM02", "State": "Optimal"}],
    }
    details = {"Media Error Count": 0, "Predictive Failure Count": 0, "Drive Temperature": " 34C (93.20 F)"}
    details |= detail if isinstance(detail, dict) else {}
    each = {
        f"Drive /c0/e252/s{slot} - Detailed Information": {
            f"Drive /c0/e252/s{slot} State": details if slot else {},
            f"Drive /c0/e252/s{slot} Device attributes": {"SN": f"  SAS1000{slot}"},
        }
        for slot in range(2)
    }
    of = {"Command Status": {"Controller": 0, "Status": "Success"}}
    return Host(
        "raid",
        {
            STORCLI: Said(as_json({"Controllers": [{**of, "Response Data": whole}]})),
            STORCLI_DRIVES: Said(as_json({"Controllers": [{**of, "Response Data": each}]})),
            SCAN: Said(scan(("/dev/bus/0", "megaraid,9"))),
            smart_of("/dev/bus/0", "megaraid,9"): Said(sas_drive("SAS10001")),
        },
    )


def test_healthy_controller_has_no_findings() -> None:
    assert findings_of(controller()) == ()


def test_drive_is_one_part_by_bay_and_serial_whichever_tool_tells_of_it() -> None:
    drives = [one for one in facts_of(controller()).parts if one.kind is Kind.DRIVE]
    assert [(one.name, one.number, one.serial) for one in drives] == [
        ("Drive 1", "1", "SAS10001"),
        ("Drive 0", "0", "SAS10000"),
    ]
    heat = [one for one in facts_of(controller()).readings if one.kind == "temperature"]
    assert [one.component for one in heat] == ["Drive 1"]


@pytest.mark.parametrize(
    ("host", "found"),
    [
        (controller(drive="Failed", volume="Dgrd", state="Needs Attention"), {("drive", "1", State.CRITICAL)}),
        (controller(drive="Offln", volume="Dgrd"), {("drive", "1", State.CRITICAL)}),
        (controller(detail={"Predictive Failure Count": 2}), {("drive", "1", State.WARNING)}),
        (controller(detail={"S.M.A.R.T alert flagged by drive": "Yes"}), {("drive", "1", State.WARNING)}),
        (controller(volume="Dgrd"), {("raid_volume", None, State.WARNING)}),
        (controller(volume="OfLn"), {("raid_volume", None, State.CRITICAL)}),
        (controller(state="Needs Attention"), {("raid_controller", "0", State.WARNING)}),
    ],
)
def test_controllers_fault_is_found_once(host: Host, found: set[tuple[str, str | None, State]]) -> None:
    assert {(one.kind, one.number, one.state) for one in findings_of(host)} == found


def test_same_drive_by_bmc_and_host_is_one_part_with_the_worst_state_and_all_evidence() -> None:
    said = Observation(State.OK, "ok", "redfish", "Drives/3", NOW)
    bmc = Facts(parts=(Part(Kind.DRIVE, "Drive 3", "3", (said,), "WX10001"),))
    host = facts_of(with_line(healthy(), SDA, FAILING))
    both = join_facts((bmc, host))
    drive = next(one for one in both.parts if one.number == "3")
    assert (drive.state, drive.name) == (State.CRITICAL, "Drive 3")
    assert {seen.source for seen in drive.observations} == {"redfish", "ssh"}
    assert {one.component for one in both.readings if one.name.startswith("sda")} == {"Drive 3"}
    (finding,) = findings_of(healthy(), more=both)
    assert (finding.number, finding.component) == ("3", "Drive 3")


def test_host_without_smart_does_not_hide_what_the_bmc_says_of_a_drive() -> None:
    said = Observation(State.OK, "ok", "redfish", "Drives/3", NOW)
    bmc = Facts(parts=(Part(Kind.DRIVE, "Drive 3", "3", (said,), "WX10001"),))
    both = join_facts((bmc, facts_of(healthy().without("smartctl"))))
    assert next(one for one in both.parts if one.number == "3").state is State.OK
