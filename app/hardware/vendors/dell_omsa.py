"""Dell PowerEdge through OpenManage Server Administrator in the operating system.

Source: MIB-Dell-10892 (1.3.6.1.4.1.674.10892.1) and StorageManagement-MIB (.10893.1). No recording of one was at hand:
the tables are those of the MIBs.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import ALL_PARTS, SnmpFamily, Status
from app.hardware.vendors._dell import OBJECT_STATUS, probe_measures, probe_statuses
from app.hardware.vendors._words import critical, ok, unknown, warning

OMSA = "1.3.6.1.4.1.674.10892.1"
STORAGE = "1.3.6.1.4.1.674.10893.1.20"
DISK, VOLUME = f"{STORAGE}.130.4.1", f"{STORAGE}.140.1.1"
BAY = re.compile(r"(?:(\d+):)?(?:(\d+):)?(\d+)\s*$")  # arrayDiskName: "Physical Disk 0:1:13"

SMART = {1: ok("no alert"), 2: warning("predicts its failure", Fault.PREDICTED)}
DISK_STATE = {
    0: unknown(),
    1: ok("ready"),
    2: critical("failed", Fault.FAILED),
    3: ok("online"),
    4: critical("offline"),
    6: warning("degraded"),
    7: warning("recovering", Fault.REBUILDING),
    11: warning("was pulled, and its array still expects it"),
    13: ok("no RAID"),
    24: warning("rebuilding", Fault.REBUILDING),
    34: warning("predicts its failure", Fault.PREDICTED),
    35: ok("being initialised"),
    39: warning("holds the data of another array"),
    40: ok("being cleared"),
}
VOLUME_STATE = {
    0: unknown(),
    1: ok("ready"),
    2: critical("failed", Fault.FAILED),
    3: ok("online"),
    4: critical("offline"),
    6: warning("degraded", Fault.ARRAY_DEGRADED),
    7: ok("being verified"),
    15: ok("resynchronising"),
    16: warning("regenerating", Fault.ARRAY_DEGRADED),
    24: warning("rebuilding", Fault.REBUILDING),
    26: ok("being formatted"),
    35: ok("being initialised"),
}


def _disk(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{DISK}.{arc}", object=mib, kind=Kind.DRIVE, codes=codes, label="Drive", number_column=f"{DISK}.2",
        bay=BAY, serial_column=f"{DISK}.7",
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="dell_omsa",
    title="Dell OpenManage (MIB-Dell-10892)",
    identified_by=(OMSA,),
    probe=f"{OMSA}.300.10.1.4",
    statuses=(
        *probe_statuses(OMSA),
        _disk(4, "arrayDiskState", DISK_STATE),
        _disk(24, "arrayDiskComponentStatus", OBJECT_STATUS),
        _disk(31, "arrayDiskSmartAlertIndication", SMART),
        Status(
            column=f"{VOLUME}.4", object="virtualDiskState", kind=Kind.RAID_VOLUME, codes=VOLUME_STATE,
            label="Volume", name_column=f"{VOLUME}.2", explained_by=frozenset({Kind.DRIVE}),
        ),
        Status(
            column=f"{STORAGE}.130.1.1.38", object="controllerComponentStatus", kind=Kind.RAID_CONTROLLER,
            codes=OBJECT_STATUS, label="RAID controller", name_column=f"{STORAGE}.130.1.1.2",
        ),
        Status(
            column="1.3.6.1.4.1.674.10893.1.1.3.0", object="agentGlobalSystemStatus", kind=Kind.SYSTEM,
            codes=OBJECT_STATUS, label="System", explained_by=ALL_PARTS,
        ),
    ),
    measures=probe_measures(OMSA),
    manufacturer="Dell",
    product=(f"{OMSA}.300.10.1.9",),
    serial=(f"{OMSA}.300.10.1.11",),
)  # fmt: skip
