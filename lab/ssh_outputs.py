"""What the tools of a host print: a healthy two-socket server with four drives, and the parts of it to make faulty."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from lab.ssh_host import Host, Said

SCAN = "smartctl --scan-open --json"
LSBLK = "lsblk --json --bytes --nodeps --output NAME,TYPE,SIZE,MODEL,SERIAL,TRAN,STATE"
MDSTAT = "cat /proc/mdstat"
MDADM = "mdadm --detail --export /dev/md0"
EDAC = "grep -rs . /sys/devices/system/edac/mc"
DMIDECODE = "dmidecode -t 1 -t 17"
LINKS = "ip -json -details -statistics link"
NVME_LIST = "nvme list -o json"
STORCLI, STORCLI_DRIVES = "storcli64 /call show all J", "storcli64 /call/eall/sall show all J"
DRIVES = (("/dev/sda", "sat"), ("/dev/sdb", "sat"), ("/dev/nvme0", "nvme"), ("/dev/nvme1", "nvme"))
MODULES = ("DIMM_A1", "DIMM_A2", "DIMM_B1", "DIMM_B2")


def smart_of(device: str, kind: str = "sat") -> str:
    """Return the line that asks one drive."""
    return f"smartctl --json -a -d {kind} {device}"


def as_json(value: object) -> str:
    """Return a value as the tools write JSON."""
    return json.dumps(value, indent=2) + "\n"


def attribute(number: int, name: str, raw: str, *, when_failed: str = "", prefailure: bool = False) -> dict[str, Any]:
    """Return one row of an ATA drive's attribute table."""
    flags = {"value": 51 if prefailure else 50, "prefailure": prefailure, "updated_online": True}
    value = {"value": int(raw.split(maxsplit=1)[0]), "string": raw}
    limits = {"value": 100, "worst": 100, "thresh": 10 if prefailure else 0}
    return {"id": number, "name": name, **limits, "when_failed": when_failed, "flags": flags, "raw": value}


def ata_drive(
    serial: str,
    *,
    passed: bool = True,
    attributes: Sequence[dict[str, Any]] = (),
    self_test: str | None = None,
    version: Sequence[int] = (7, 3),
    heat: int = 31,
) -> str:
    """Return smartctl's answer for a SATA disk. `self_test` is how the last one failed."""
    status = 0 if passed else 8
    rows = [
        attribute(5, "Reallocated_Sector_Ct", "0", prefailure=True),
        attribute(9, "Power_On_Hours", "20143"),
        attribute(190, "Airflow_Temperature_Cel", f"{heat} (Min/Max 22/41)", when_failed="past"),
        attribute(197, "Current_Pending_Sector", "0"),
        attribute(198, "Offline_Uncorrectable", "0"),
    ]
    changed = {row["id"]: row for row in attributes}
    answer: dict[str, Any] = {
        "json_format_version": [1, 0],
        "smartctl": {"version": list(version), "argv": ["smartctl"], "exit_status": status},
        "device": {"name": "/dev/sda", "type": "sat", "protocol": "ATA"},
        "model_name": "EXAMPLE HD4000",
        "serial_number": serial,
        "rotation_rate": 7200,
        "smart_status": {"passed": passed},
        "ata_smart_attributes": {
            "revision": 16,
            "table": [changed.pop(row["id"], row) for row in rows] + list(changed.values()),
        },
        "power_on_time": {"hours": 20143},
        "temperature": {"current": heat},
    }
    if list(version) >= [7, 2]:
        answer["smart_support"] = {"available": True, "enabled": True}
    if self_test is not None:
        test = {"type": {"string": "Short offline"}, "status": {"value": 121, "string": self_test, "passed": False}}
        answer["ata_smart_self_test_log"] = {"standard": {"revision": 1, "table": [test], "count": 1}}
    return as_json(answer)


def nvme_drive(
    serial: str, *, warning: int = 0, used: int = 3, spare: int = 100, media_errors: int = 0, version: int = 3
) -> str:
    """Return smartctl's answer for an NVMe drive, as version 7.`version` writes it."""
    log = {
        "critical_warning": warning,
        "temperature": 38,
        "available_spare": spare,
        "available_spare_threshold": 10,
        "percentage_used": used,
        "media_errors": media_errors,
    }
    answer: dict[str, Any] = {
        "smartctl": {"version": [7, version], "exit_status": 8 if warning else 0},
        "device": {"name": "/dev/nvme0", "type": "nvme", "protocol": "NVMe"},
        "model_name": "EXAMPLE NV960",
        "serial_number": serial,
        "smart_status": {"passed": warning == 0, "nvme": {"value": warning}},
        "nvme_smart_health_information_log": log,
        "temperature": {"current": 38},
        "power_on_time": {"hours": 9000},
    }
    if version >= 4:
        answer["spare_available"] = {"current_percent": spare, "threshold_percent": 10}
        answer["endurance_used"] = {"current_percent": used}
    return as_json(answer)


def sas_drive(serial: str, *, asc: int = 0, ascq: int = 0, defects: int = 4, uncorrected: int = 0) -> str:
    """Return smartctl's answer for a SAS disk."""
    passed = asc == 0
    health: dict[str, Any] = {"passed": passed}
    if not passed:
        health["scsi"] = {"asc": asc, "ascq": ascq, "ie_string": "FAILURE PREDICTION THRESHOLD EXCEEDED"}
    counted = {"errors_corrected_by_eccfast": 12, "total_uncorrected_errors": uncorrected}
    return as_json(
        {
            "smartctl": {"version": [7, 4], "exit_status": 0 if passed else 8},
            "device": {"name": "/dev/bus/0", "type": "megaraid,8", "protocol": "SCSI"},
            "scsi_vendor": "EXAMPLE",
            "scsi_model_name": "EXAMPLE SAS600",
            "serial_number": serial,
            "smart_support": {"available": True, "enabled": True},
            "smart_status": health,
            "temperature": {"current": 35, "drive_trip": 60},
            "scsi_grown_defect_list": defects,
            "scsi_error_counter_log": {"read": counted},
            "power_on_time": {"hours": 100},
        }
    )


def scan(*drives: tuple[str, str]) -> str:
    """Return smartctl's list of devices: name and type of each."""
    found = [{"name": name, "info_name": name, "type": kind, "protocol": "ATA"} for name, kind in drives]
    return as_json({"smartctl": {"version": [7, 3], "exit_status": 0}, "devices": found})


def lsblk(*drives: tuple[str, str, str, str | None]) -> str:
    """Return lsblk's list: name, serial, transport and state of each drive."""
    rows = [
        {"name": name, "type": "disk", "size": 4 * 10**12, "serial": serial, "tran": tran, "state": state}
        for name, serial, tran, state in drives
    ]
    return as_json({"blockdevices": rows})


def mdstat(members: str = "sdb1[1] sda1[0]", places: str = "[2/2] [UU]", work: str = "", level: str = "raid1") -> str:
    """Return a /proc/mdstat with one array."""
    doing = f"      {work}\n" if work else ""
    return (
        "Personalities : [raid1] [raid6] [raid5] [raid4]\n"
        f"md0 : active {level} {members}\n"
        f"      3906885440 blocks super 1.2 {places}\n{doing}"
        "      bitmap: 2/30 pages [8KB], 65536KB chunk\n\nunused devices: <none>\n"
    )


def edac(counts: Mapping[str, tuple[int, int]], seconds: int = 86400 * 200) -> str:
    """Return the kernel's counters: for each module's label its uncorrectable and corrected errors."""
    root = "/sys/devices/system/edac/mc/mc0"
    lines = [f"{root}/mc_name:Skylake Socket#0 IMC#0", f"{root}/seconds_since_reset:{seconds}"]
    lines += [f"{root}/ue_count:{sum(pair[0] for pair in counts.values())}"]
    lines += [f"{root}/ce_count:{sum(pair[1] for pair in counts.values())}"]
    for place, (label, (uncorrected, corrected)) in enumerate(counts.items()):
        lines += [f"{root}/dimm{place}/dimm_label:{label}", f"{root}/dimm{place}/size:16384"]
        lines += [f"{root}/dimm{place}/dimm_ue_count:{uncorrected}", f"{root}/dimm{place}/dimm_ce_count:{corrected}"]
    return "\n".join(lines) + "\n"


def dmidecode(modules: Mapping[str, str | None], serial: str = "CZ10042") -> str:
    """Return the firmware's tables: for each place its module's serial number, None where none is."""
    head = "# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 3.3.0 present.\n\n"
    system = f"Manufacturer: EXAMPLE\n\tProduct Name: R200\n\tSerial Number: {serial}\n"
    told = [f"Handle 0x0100, DMI type 1, 27 bytes\nSystem Information\n\t{system}"]
    for place, (locator, module) in enumerate(modules.items()):
        size = "16 GB" if module else "No Module Installed"
        fields = f"Size: {size}\n\tLocator: {locator}\n\tSerial Number: {module or 'NO DIMM'}\n"
        told.append(f"Handle 0x11{place:02X}, DMI type 17, 92 bytes\nMemory Device\n\t{fields}")
    return head + "\n".join(told)


def links(*ports: tuple[str, str], virtual: Sequence[str] = ("bond0", "docker0")) -> str:
    """Return ip's list: each port with up, down or admin_down; and ports that only the kernel made."""
    flags = {
        "up": ["BROADCAST", "UP", "LOWER_UP"],
        "down": ["NO-CARRIER", "BROADCAST", "UP"],
        "admin_down": ["BROADCAST"],
    }
    rows: list[dict[str, Any]] = [{"ifname": "lo", "flags": ["UP"], "operstate": "UNKNOWN", "link_type": "loopback"}]
    for place, (name, state) in enumerate(ports):
        rows.append(
            {
                "ifindex": place + 2,
                "ifname": name,
                "flags": flags[state],
                "operstate": "UP" if state == "up" else "DOWN",
                "link_type": "ether",
                "address": f"02:00:00:00:00:{place + 1:02x}",
                "stats64": {"rx": {"bytes": 1, "errors": 0}, "tx": {"bytes": 1, "errors": 0}},
            }
        )
    rows += [
        {"ifname": name, "flags": ["UP"], "operstate": "DOWN", "link_type": "ether", "linkinfo": {"info_kind": "bond"}}
        for name in virtual
    ]
    return as_json(rows)


def ethtool(port: str, speed: int | None = 10000, partner: int = 10000) -> str:
    """Return what ethtool says of a port, both ends of which offer 1000 and `partner` Mbit/s at most."""
    rate = f"{speed}Mb/s" if speed else "Unknown!"
    return (
        f"Settings for {port}:\n\tSupported ports: [ TP ]\n\tSupported link modes:   1000baseT/Full\n"
        "\t                        10000baseT/Full\n\tAdvertised link modes:  1000baseT/Full\n"
        "\t                        10000baseT/Full\n\tAdvertised pause frame use: Symmetric\n"
        "\tLink partner advertised link modes:  1000baseT/Full\n"
        f"\t                                     {partner}baseT/Full\n"
        f"\tLink partner advertised auto-negotiation: Yes\n\tSpeed: {rate}\n\tDuplex: Full\n"
        f"\tLink detected: {'yes' if speed else 'no'}\n"
    )


def nvme_log(*, warning: object = 0, used: int = 3, spare: int = 100) -> str:
    """Return what nvme-cli says of a drive's health."""
    return as_json(
        {
            "critical_warning": warning,
            "temperature": 311,
            "avail_spare": spare,
            "spare_thresh": 10,
            "percent_used": used,
        }
    )


def healthy(name: str = "host") -> Host:
    """Return a server on which nothing is wrong: two mirrored SATA disks, two NVMe drives, four modules, two ports."""
    lines = {
        SCAN: Said(scan(*DRIVES), root=True),
        smart_of("/dev/sda"): Said(ata_drive("WX10001"), root=True),
        smart_of("/dev/sdb"): Said(ata_drive("WX10002", version=(7, 0)), root=True),
        smart_of("/dev/nvme0", "nvme"): Said(nvme_drive("NV10001"), root=True),
        smart_of("/dev/nvme1", "nvme"): Said(nvme_drive("NV10002", version=4), root=True),
        LSBLK: Said(
            lsblk(
                ("sda", "WX10001", "sata", "running"),
                ("sdb", "WX10002", "sata", "running"),
                ("nvme0n1", "NV10001", "nvme", "live"),
                ("nvme1n1", "NV10002", "nvme", None),
                ("sdc", "000000", "usb", "running"),
            )
        ),
        MDSTAT: Said(mdstat()),
        MDADM: Said(
            "MD_LEVEL=raid1\nMD_DEVICES=2\nMD_DEVICE_dev_sda1_ROLE=0\nMD_DEVICE_dev_sdb1_ROLE=1\n", root=True
        ),
        EDAC: Said(edac({**dict.fromkeys(MODULES, (0, 0)), "DIMM_A2": (0, 2)})),
        DMIDECODE: Said(
            dmidecode({**{label: f"M10000{label[-2:]}" for label in MODULES}, "DIMM_C1": None}),
            root=True,
        ),
        LINKS: Said(links(("eno1", "up"), ("eno2", "down"))),
        "ethtool eno1": Said(ethtool("eno1")),
        "ethtool eno2": Said(ethtool("eno2", None)),
        NVME_LIST: Said(
            as_json({"Devices": [
                {"DevicePath": "/dev/nvme0n1", "SerialNumber": "NV10001"},
                {"DevicePath": "/dev/nvme1n1", "SerialNumber": "NV10002"},
            ]}),
            root=True,
        ),
        "nvme smart-log -o json /dev/nvme0": Said(nvme_log(), root=True),
        "nvme smart-log -o json /dev/nvme1": Said(nvme_log(warning={"value": 0}), root=True),
    }  # fmt: skip
    return Host(name, lines)
