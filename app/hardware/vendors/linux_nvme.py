"""NVMe drives as nvme-cli reads them, version 1 (flat list) and version 2 (subsystems and controllers).

Sources: nvme-list(1), nvme-smart-log(1); what the fields mean is in `drive_health`. Temperatures are in kelvin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Meaning, Part
from app.hardware.facts.drive_health import nvme_meanings, wear_meanings
from app.hardware.facts.json_values import number_at, objects_at, text_at
from app.hardware.families.ssh import DEVICE, Command, HostTool, Said, Template
from app.hardware.readings import State

LIST = Command("nvme list -o json", root=True)
LOG = Template("nvme smart-log -o json {device}", {"device": DEVICE}, root=True)
MOST_DRIVES = 64
CONTROLLER = re.compile(r"(?:/dev/)?(nvme\d{1,3})(?:n\d{1,4})?")
KELVIN = 273.15
FINE = Meaning(State.OK, "no critical warning")


def each_drive(said: Said) -> Iterator[Command]:
    """One command for every controller of the list."""
    for name in list(_controllers(said))[:MOST_DRIVES]:
        command = LOG.filled(name, device=f"/dev/{name}")
        if command is not None:
            yield command


def read_drives(said: Said) -> Facts:
    """Every NVMe drive with its warnings, wear and temperature."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for name, serial in _controllers(said).items():
        command = LOG.filled(name, device=f"/dev/{name}")
        log = said.json(command) if command else {}
        bits = _bits(log)
        if bits is None:
            continue  # the list alone says nothing that lsblk does not
        used = _percent(log, "percent_used", "percentage_used")
        spare, limit = _percent(log, "avail_spare"), _percent(log, "spare_thresh")
        said_of_it = [*nvme_meanings(bits), *wear_meanings(used, spare, limit)] or [FINE]
        seen = tuple(said.seen(meaning, "nvme smart-log") for meaning in said_of_it)
        parts.append(Part(Kind.DRIVE, name, None, seen, serial))
        kelvin = number_at(log, "temperature")
        if kelvin is not None and 200 < kelvin < 450:
            heat = round(kelvin - KELVIN)
            readings.append(said.reading("temperature", f"{name} temperature", heat, "Cel", name))
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _controllers(said: Said) -> dict[str, str | None]:
    """Controller -> serial number."""
    found: dict[str, str | None] = {}
    for device in objects_at(said.json(LIST), "Devices"):
        inner = [one for system in objects_at(device, "Subsystems") for one in objects_at(system, "Controllers")]
        for one in inner or [device]:
            match = CONTROLLER.fullmatch(text_at(one, "Controller") or text_at(one, "DevicePath") or "")
            if match:
                found.setdefault(match[1], text_at(one, "SerialNumber"))
    return found


def _bits(log: Any) -> int | None:
    """The critical warning, which newer versions put into an object of its own."""
    bits = number_at(log, "critical_warning")
    bits = number_at(log, "critical_warning/value") if bits is None else bits
    return int(bits) & 0xFF if bits is not None and bits >= 0 else None


def _percent(log: Mapping[str, Any], *names: str) -> float | None:
    return next((value for value in (number_at(log, name) for name in names) if value is not None), None)


FAMILY = HostTool(
    name="linux_nvme", title="NVMe drives (nvme-cli)", asks=(LIST,), then=each_drive, read=read_drives, optional=True
)
