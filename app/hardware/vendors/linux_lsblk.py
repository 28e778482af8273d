"""Drives as the kernel knows them: which are there, and which the kernel has given up.

Sources: lsblk(8) of util-linux 2.27 and newer (--json); states of SCSI devices: the kernel's `sdev_states`
(drivers/scsi/scsi_sysfs.c), of NVMe controllers: `state` of drivers/nvme/host/sysfs.c. That a drive is there says
nothing about its health.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Fault, Meaning, Part
from app.hardware.facts.json_values import number_at, objects_at, text_at
from app.hardware.families.ssh import Command, HostTool, Said
from app.hardware.readings import State

LIST = Command("lsblk --json --bytes --nodeps --output NAME,TYPE,SIZE,MODEL,SERIAL,TRAN,STATE")
DRIVE = re.compile(r"(sd[a-z]{1,4}|hd[a-z]|vd[a-z]{1,3}|xvd[a-z]{1,3}|nvme\d{1,3})(?:n\d{1,4}|c\d{1,3}n\d{1,4})?")
VOLUME_MODEL = re.compile(r"PERC|LOGICAL VOLUME|MegaRAID|^MR\d|ServeRAID|RAID|^Virtual|LUN", re.IGNORECASE)
NO_DRIVE = frozenset({"usb", "iscsi", "fc"})  # virtual media of the BMC and disks of other machines

NOT_SAID = Meaning(State.UNKNOWN, "the kernel knows it, its health was not read")
FINE = frozenset({"running", "live", "created"})
STATES = {
    "offline": Meaning(State.CRITICAL, "the kernel has taken it offline", Fault.FAILED),
    "transport-offline": Meaning(State.CRITICAL, "the kernel has lost the way to it", Fault.FAILED),
    "blocked": Meaning(State.WARNING, "the kernel waits for it to answer"),
    "created-blocked": Meaning(State.WARNING, "the kernel waits for it to answer"),
    "quiesce": Meaning(State.UNKNOWN, "the kernel sends it nothing for now"),
    "dead": Meaning(State.CRITICAL, "the kernel has given it up", Fault.FAILED),
    "resetting": Meaning(State.WARNING, "the kernel resets it"),
    "connecting": Meaning(State.WARNING, "the kernel tries to reach it"),
}


def read_drives(said: Said) -> Facts:
    """Every physical drive that the kernel lists."""
    return Facts(parts=tuple(_drives(said)))


def _drives(said: Said) -> Iterator[Part]:
    for row in objects_at(said.json(LIST), "blockdevices"):
        match = DRIVE.fullmatch(text_at(row, "name") or "")
        if match and _is_drive(row):
            state = text_at(row, "state") or "running"
            known = STATES.get(state)
            meaning = known or (NOT_SAID if state in FINE else Meaning(State.UNKNOWN, f"the kernel's state is {state}"))
            seen = said.seen(meaning, "lsblk STATE", measured=known is None)
            yield Part(Kind.DRIVE, match[1], None, (seen,), text_at(row, "serial"))


def _is_drive(row: Mapping[str, Any]) -> bool:
    if text_at(row, "type") != "disk" or text_at(row, "tran") in NO_DRIVE:
        return False
    size = number_at(row, "size")
    return (size is None or size > 0) and not VOLUME_MODEL.search(text_at(row, "model") or "")


FAMILY = HostTool(name="linux_lsblk", title="Drives (lsblk)", asks=(LIST,), read=read_drives)
