"""Drives by their own SMART health, as smartmontools reads it (7.0 and newer, which print JSON).

Sources: smartctl(8), sections on the exit status and on --json; tables in `drive_health`. RAID controllers' drives are
read through the controller where smartctl finds them. A drive that says nothing about its health is unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Meaning, Observation, Part
from app.hardware.facts.drive_health import (
    SCSI_GROWN_DEFECTS,
    UNCORRECTED_ERRORS,
    ata_attribute_failed,
    ata_counter,
    nvme_meanings,
    scsi_health,
    wear_meanings,
)
from app.hardware.facts.json_values import number_at, objects_at, text_at, value_at
from app.hardware.families.ssh import (
    DEVICE,
    DEVICE_TYPE,
    Command,
    HostTool,
    Said,
    Template,
    not_read,
)
from app.hardware.readings import State

SCAN = Command("smartctl --scan-open --json", root=True)
DRIVE = Template("smartctl --json -a -d {type} {device}", {"type": DEVICE_TYPE, "device": DEVICE}, root=True)
MOST_DRIVES = 128
NO_STATUS = Meaning(State.UNKNOWN, "it does not say whether it is healthy")
PASSED = Meaning(State.OK, "SMART health is good")
FAILS = Meaning(State.CRITICAL, "SMART says that it is about to fail", Fault.PREDICTED)
CANNOT_OPEN, FAILING = 1 << 1, 1 << 3  # bits of smartctl's exit status
NAMESPACE = re.compile(r"(nvme\d+)n\d+")


def each_drive(said: Said) -> Iterator[Command]:
    """One command for every drive that the scan found."""
    for found in objects_at(said.json(SCAN), "devices")[:MOST_DRIVES]:
        about = _short(found)
        command = DRIVE.filled(about, type=found.get("type"), device=found.get("name")) if about else None
        if command is not None:
            yield command


def read_drives(said: Said) -> Facts:
    """Every drive with its health, temperature and hours."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for command in (one for one in said.outputs if one.tool == "smartctl" and one.about):
        answer = said.json(command)
        if not isinstance(answer, dict) or not answer:
            missing = said.missing(command)
            parts.append(
                not_read(Kind.DRIVE, command.about or "?", missing[1] if missing else "no answer", said, "SMART")
            )
        elif not _is_volume(answer):
            part = _drive(answer, command.about or "?", said)
            parts.append(part)
            readings += _readings(answer, part, said)
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _short(found: Mapping[str, Any]) -> str | None:
    """What a drive is called: sda, nvme0, or behind a controller megaraid,3."""
    name, kind = text_at(found, "name"), text_at(found, "type")
    if name is None or kind is None:
        return None
    return kind if "," in kind else NAMESPACE.sub(r"\1", name.removeprefix("/dev/"))


def _is_volume(answer: Mapping[str, Any]) -> bool:
    """Whether this is a RAID controller's volume and no drive: it has neither a health nor a temperature."""
    offers_none = value_at(answer, "smart_support/available") is False
    silent = value_at(answer, "smart_status/passed") is None and number_at(answer, "temperature/current") is None
    return offers_none and silent and number_at(answer, "rotation_rate") is None


def _drive(answer: Mapping[str, Any], name: str, said: Said) -> Part:
    seen = tuple(said.seen(meaning, what) for what, meaning in _meanings(answer))
    hot = _beyond_limit(answer, said)
    return Part(Kind.DRIVE, name, None, (*seen, *hot), text_at(answer, "serial_number"))


def _meanings(answer: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    """What decides about a drive: its overall health, then everything that it knows to be wrong."""
    status = int(number_at(answer, "smartctl/exit_status") or 0)
    if status & CANNOT_OPEN:
        yield "smartctl", Meaning(State.UNKNOWN, _message(answer) or "the drive could not be opened")
        return
    yield "SMART health", _overall(answer, status)
    yield from _nvme(answer)
    yield from _ata(answer)
    yield from _scsi(answer)
    # smartmontools 7.4 and newer say wear in one way for every kind of drive
    used, spare = (
        number_at(answer, "endurance_used/current_percent"),
        number_at(answer, "spare_available/current_percent"),
    )
    limit = number_at(answer, "spare_available/threshold_percent")
    if "nvme_smart_health_information_log" not in answer:
        yield from (("endurance", meaning) for meaning in wear_meanings(used, spare, limit))


def _overall(answer: Mapping[str, Any], status: int) -> Meaning:
    passed = value_at(answer, "smart_status/passed")
    if passed is False or (passed is None and status & FAILING):
        if _warning_bits(answer) or value_at(answer, "smart_status/scsi") is not None:
            return Meaning(State.WARNING, "SMART health is not good")  # what exactly is said below, by code
        return FAILS
    return PASSED if passed is True else NO_STATUS


def _warning_bits(answer: Mapping[str, Any]) -> int:
    bits = number_at(answer, "nvme_smart_health_information_log/critical_warning")
    return int(bits) & 0xFF if bits is not None else 0


def _nvme(answer: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    log = answer.get("nvme_smart_health_information_log")
    if not isinstance(log, dict):
        return
    yield from (("critical_warning", meaning) for meaning in nvme_meanings(_warning_bits(answer)))
    spare, limit = number_at(log, "available_spare"), number_at(log, "available_spare_threshold")
    yield from (("wear", meaning) for meaning in wear_meanings(number_at(log, "percentage_used"), spare, limit))
    yield from _lost(number_at(log, "media_errors"), "media_errors")


def _ata(answer: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    for row in objects_at(answer, "ata_smart_attributes/table"):
        name, attribute = text_at(row, "name") or "attribute", int(number_at(row, "id") or 0)
        counted = ata_counter(name, text_at(row, "raw/string") or "")
        if counted:
            yield f"attribute {attribute}", counted
        if text_at(row, "when_failed") == "now":
            prefailure = value_at(row, "flags/prefailure") is True
            yield f"attribute {attribute}", ata_attribute_failed(attribute, name, prefailure=prefailure)
    tests = objects_at(answer, "ata_smart_self_test_log/standard/table")
    if tests and value_at(tests[0], "status/passed") is False:
        told = text_at(tests[0], "status/string") or "failed"
        yield "self-test", Meaning(State.WARNING, f"its last self-test: {told}", Fault.PREDICTED)


def _scsi(answer: Mapping[str, Any]) -> Iterator[tuple[str, Meaning]]:
    asc, ascq = number_at(answer, "smart_status/scsi/asc"), number_at(answer, "smart_status/scsi/ascq")
    health = scsi_health(int(asc), int(ascq or 0)) if asc is not None else None
    if health:
        yield "informational exceptions", health
    defects = number_at(answer, "scsi_grown_defect_list")
    if defects is not None and defects >= SCSI_GROWN_DEFECTS:
        yield "grown defects", Meaning(State.WARNING, f"{defects:g} grown defects", Fault.PREDICTED)
    used = number_at(answer, "scsi_percentage_used_endurance_indicator")
    yield from (("endurance", meaning) for meaning in wear_meanings(used))
    for way in ("read", "write", "verify"):
        yield from _lost(number_at(answer, f"scsi_error_counter_log/{way}/total_uncorrected_errors"), f"{way} errors")


def _lost(errors: float | None, what: str) -> Iterator[tuple[str, Meaning]]:
    if errors is not None and errors >= UNCORRECTED_ERRORS:
        yield what, Meaning(State.WARNING, f"{errors:g} errors that could not be corrected", Fault.PREDICTED)


def _beyond_limit(answer: Mapping[str, Any], said: Said) -> Iterable[Observation]:
    heat, limit = number_at(answer, "temperature/current"), _trip(answer)
    if heat is None or limit is None or heat < limit:
        return ()
    meaning = Meaning(State.WARNING, f"{heat:g} °C, at or above its limit of {limit:g} °C", Fault.LIMIT)
    return (said.seen(meaning, "temperature", measured=True),)


def _trip(answer: Mapping[str, Any]) -> float | None:
    """The temperature that a drive names as its own limit, where that is a believable one."""
    limits = [number_at(answer, f"temperature/{key}") for key in ("drive_trip", "op_limit_max")]
    return min((limit for limit in limits if limit is not None and 40 <= limit <= 120), default=None)


def _readings(answer: Mapping[str, Any], part: Part, said: Said) -> Iterator[Reading]:
    heat = number_at(answer, "temperature/current")
    if heat is not None and 0 < heat < 150:
        state = State.WARNING if any(seen.measured for seen in part.observations) else State.OK
        yield said.reading("temperature", f"{part.name} temperature", heat, "Cel", part.name, state)
    hours = number_at(answer, "power_on_time/hours")
    if hours is not None and hours >= 0:
        yield said.reading("power_on_time", f"{part.name} power-on time", hours, "h", part.name)
    log = "nvme_smart_health_information_log"
    used = number_at(answer, "endurance_used/current_percent")
    used = used if used is not None else number_at(answer, f"{log}/percentage_used")
    if used is not None and used >= 0:
        yield said.reading("endurance_used", f"{part.name} rated life used", used, "%", part.name)


def _message(answer: Mapping[str, Any]) -> str | None:
    told = [text_at(one, "string") for one in objects_at(answer, "smartctl/messages")]
    return next((one for one in told if one), None)


FAMILY = HostTool(name="linux_smartctl", title="Drives (smartctl)", asks=(SCAN,), then=each_drive, read=read_drives)
