"""Dell PowerEdge through iDRAC 7 and newer.

Source: IDRAC-MIB-SMIv2 (1.3.6.1.4.1.674.10892.5); the overall status of older firmware from DELL-RAC-MIB (.10892.2).
A drive that predicts its failure stays online: only physicalDiskSmartAlertIndication tells.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import ALL_PARTS, Measure, SnmpFamily, Status, Where
from app.hardware.vendors._dell import OBJECT_STATUS, probe_measures, probe_statuses
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

IDRAC = "1.3.6.1.4.1.674.10892.5"
RAC = "1.3.6.1.4.1.674.10892.2"
STORAGE = f"{IDRAC}.5.1.20"
DISK = f"{STORAGE}.130.4.1"
BAY = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+)\s*$")  # physicalDiskName: "Physical Disk 0:1:13"

DISK_STATE = {
    1: unknown(),
    2: ok("ready"),
    3: ok("online"),
    4: warning("holds the data of another array"),
    5: critical("offline"),
    6: critical("blocked", Fault.FAILED),
    7: critical("failed", Fault.FAILED),
    8: ok("no RAID"),
    9: warning("was pulled, and its array still expects it"),
    10: warning("worn out: it can only be read", Fault.PREDICTED),
}
SMART = {0: ok("no alert"), 1: warning("predicts its failure", Fault.PREDICTED)}
DISK_WORK = {
    1: ok("nothing under way"),
    2: warning("rebuilding", Fault.REBUILDING),
    3: ok("being cleared"),
    4: warning("copying back", Fault.REBUILDING),
}
VOLUME_STATE = {
    1: unknown(),
    2: ok("online"),
    3: critical("failed", Fault.FAILED),
    4: warning("degraded", Fault.ARRAY_DEGRADED),
}
BATTERY_STATE = {
    1: unknown(),
    2: ok("ready"),
    3: critical("failed", Fault.FAILED),
    4: warning("degraded", Fault.PREDICTED),
    5: absent("missing"),
    6: ok("charging"),
    7: warning("below its threshold", Fault.PREDICTED),
}
POWER = {1: unknown(), 2: unknown(), 3: ok("off", "off"), 4: ok("on", "on")}


def _storage(arc: str, mib: str, kind: Kind, codes: Codes, label: str, name: int | None = 2) -> Status:
    table, column = arc.rpartition(".")[0], f"{STORAGE}.{arc}"
    return Status(
        column=column, object=mib, kind=kind, codes=codes, label=label,
        name_column=f"{STORAGE}.{table}.{name}" if name else None,
        explained_by=frozenset({Kind.DRIVE}) if kind is Kind.RAID_VOLUME else frozenset(),
    )  # fmt: skip


def _disk(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{DISK}.{arc}", object=mib, kind=Kind.DRIVE, codes=codes, label="Drive", number_column=f"{DISK}.2",
        bay=BAY, serial_column=f"{DISK}.7",
    )  # fmt: skip


def _rollup(oid: str, mib: str) -> Status:
    return Status(column=oid, object=mib, kind=Kind.SYSTEM, codes=OBJECT_STATUS, label="System", explained_by=ALL_PARTS)


FAMILY = SnmpFamily(
    name="dell_idrac",
    title="Dell iDRAC (IDRAC-MIB)",
    identified_by=(IDRAC, RAC),
    probe=f"{IDRAC}.2.1.0",
    statuses=(
        *probe_statuses(f"{IDRAC}.4"),
        _disk(4, "physicalDiskState", DISK_STATE),
        _disk(24, "physicalDiskComponentStatus", OBJECT_STATUS),
        _disk(31, "physicalDiskSmartAlertIndication", SMART),
        _disk(50, "physicalDiskOperationalState", DISK_WORK),
        _storage("140.1.1.4", "virtualDiskState", Kind.RAID_VOLUME, VOLUME_STATE, "Volume"),
        _storage("140.1.1.20", "virtualDiskComponentStatus", Kind.RAID_VOLUME, OBJECT_STATUS, "Volume"),
        _storage("130.1.1.38", "controllerComponentStatus", Kind.RAID_CONTROLLER, OBJECT_STATUS, "RAID controller"),
        _storage("130.15.1.4", "batteryState", Kind.BATTERY, BATTERY_STATE, "RAID battery", None),
        _rollup(f"{IDRAC}.2.1.0", "globalSystemStatus"),
        _rollup(f"{IDRAC}.2.3.0", "globalStorageStatus"),
        _rollup(f"{RAC}.2.1.0", "drsGlobalSystemStatus"),
    ),
    measures=(
        *probe_measures(f"{IDRAC}.4"),
        Measure(
            column=f"{DISK}.49", object="physicalDiskRemainingRatedWriteEndurance", kind="endurance", unit="%",
            label="Drive", number_column=f"{DISK}.2", bay=BAY, part=Kind.DRIVE, not_measured=frozenset({255}),
            unless=Where(f"{DISK}.35", frozenset({2})),
        ),
    ),
    manufacturer="Dell",
    product=(f"{IDRAC}.1.3.12.0", f"{RAC}.1.1.2.0"),
    serial=(f"{IDRAC}.1.3.2.0", f"{RAC}.1.1.11.0"),
    firmware=(f"{IDRAC}.1.1.8.0", f"{RAC}.1.1.5.0"),
)  # fmt: skip
