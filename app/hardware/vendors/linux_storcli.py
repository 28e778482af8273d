"""Broadcom (LSI, and Dell's and others' of the same make) RAID controllers as storcli tells them.

Source: Broadcom "12Gb/s MegaRAID SAS Software User Guide", StorCLI: the legends that every listing prints below its
tables, and the sections on /cx, /vx and /ex/sx. Drives are numbered by their slot; where several enclosures have
slots of the same number, by enclosure and slot as storcli writes them (252:3).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Meaning, Part
from app.hardware.facts.json_values import Body, number_at, objects_at, text_at, value_at
from app.hardware.facts.naming import name_of
from app.hardware.families.ssh import Command, HostTool, Said
from app.hardware.readings import State

ALL = Command("storcli64 /call show all J", root=True)
DRIVES = Command("storcli64 /call/eall/sall show all J", root=True)

FAILED = Meaning(State.CRITICAL, "failed", Fault.FAILED)
DRIVE_STATES = {
    "Onln": Meaning(State.OK, "online"),
    "UGood": Meaning(State.OK, "not configured, good"),
    "DHS": Meaning(State.OK, "hot spare"),
    "GHS": Meaning(State.OK, "hot spare"),
    "JBOD": Meaning(State.OK, "passed through"),
    "Rbld": Meaning(State.WARNING, "rebuilding", Fault.REBUILDING),
    "Cpybck": Meaning(State.WARNING, "copying back", Fault.REBUILDING),
    "Sntze": Meaning(State.WARNING, "being erased"),
    "UBad": Meaning(State.CRITICAL, "not configured, bad", Fault.FAILED),
    "Offln": Meaning(State.CRITICAL, "offline", Fault.FAILED),
    "Failed": FAILED,
    "Msng": Meaning(State.CRITICAL, "missing", Fault.FAILED),
    "UGUnsp": Meaning(State.WARNING, "of a kind that the controller does not support"),
    "UBUnsp": Meaning(State.CRITICAL, "bad, and of a kind that the controller does not support", Fault.FAILED),
}
VOLUME_STATES = {
    "Optl": Meaning(State.OK, "optimal"),
    "Cac": Meaning(State.OK, "a cache volume"),
    "Rec": Meaning(State.WARNING, "recovering", Fault.REBUILDING),
    "Dgrd": Meaning(State.WARNING, "degraded", Fault.ARRAY_DEGRADED),
    "Pdgd": Meaning(State.WARNING, "partially degraded", Fault.ARRAY_DEGRADED),
    "OfLn": Meaning(State.CRITICAL, "offline", Fault.FAILED),
    "HD": Meaning(State.UNKNOWN, "hidden"),
    "TRANS": Meaning(State.OK, "being moved to other drives"),
}
CONTROLLER_STATES = {
    "Optimal": Meaning(State.OK, "optimal"),
    "OK": Meaning(State.OK, "ok"),
    "Needs Attention": Meaning(State.WARNING, "needs attention"),
    "Degraded": Meaning(State.WARNING, "degraded"),
    "Failed": FAILED,
    "Critical": FAILED,
}
BATTERY_STATES = {
    "Optimal": Meaning(State.OK, "optimal"),
    "Learning": Meaning(State.OK, "learning"),
    "Charging": Meaning(State.OK, "charging"),
    "Degraded": Meaning(State.WARNING, "degraded", Fault.PREDICTED),
    "Degraded(Needs Attention)": Meaning(State.WARNING, "degraded", Fault.PREDICTED),
    "Failed": FAILED,
    "Dead": FAILED,
    "Missing": Meaning(State.ABSENT, "not there"),
}
LEAVES = frozenset({Kind.DRIVE, Kind.RAID_VOLUME, Kind.BATTERY})
SLOT = re.compile(r"(\d{0,5}):(\d{1,4})", re.ASCII)
PATH = re.compile(r"Drive /c(\d{1,3})(?:/e(\d{1,5}))?/s(\d{1,4}) - Detailed Information", re.ASCII)
FIRST_NUMBER = re.compile(r"\s*(-?\d{1,15})", re.ASCII)
MEDIA_ERRORS = 10

Place = tuple[str, str, str]  # controller, enclosure, slot


def read_controllers(said: Said) -> Facts:
    """Every controller with its volumes, drives and cache battery."""
    answers = objects_at(said.json(ALL), "Controllers")
    rows: dict[Place, Body] = {}
    parts: list[Part] = []
    for answer in answers:
        controller = f"{number_at(answer, 'Command Status/Controller') or 0:g}"
        body = value_at(answer, "Response Data")
        if isinstance(body, Mapping):
            rows |= _drive_rows(body, controller)
            parts += _of_controller(body, controller, said)
    details = _details(said)
    slots = Counter(slot for _controller, _enclosure, slot in rows)
    readings: list[Reading] = []
    for place, row in rows.items():
        part = _drive(place, row, details.get(place, {}), slots, said)
        heat = _whole(value_at(_under(details.get(place, {}), "State"), "Drive Temperature"))
        if heat is not None and 0 < heat < 150:
            readings.append(said.reading("temperature", f"{part.name} temperature", heat, "Cel", part.name))
        parts.append(part)
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _of_controller(body: Body, controller: str, said: Said) -> Iterator[Part]:
    state = text_at(body, "Status/Controller Status")
    if state is not None:
        seen = said.seen(_known(CONTROLLER_STATES, state), "storcli Controller Status")
        serial = text_at(body, "Basics/Serial Number")
        yield Part(
            Kind.RAID_CONTROLLER, f"RAID controller {controller}", controller, (seen,), serial, explained_by=LEAVES
        )
    for row in objects_at(body, "VD LIST"):
        group, _slash, number = (text_at(row, "DG/VD") or "?").partition("/")
        slots = [_slot_of(drive) for drive in objects_at(body, "PD LIST") if _group(drive) == group]
        members = frozenset(name for enclosure, slot in slots for name in (slot, f"{enclosure}:{slot}"))
        seen = said.seen(_known(VOLUME_STATES, text_at(row, "State") or "no state"), "storcli VD State")
        name = f"Volume {controller}:{number or group}"
        yield Part(Kind.RAID_VOLUME, name, None, (seen,), explained_by=frozenset({Kind.DRIVE}), members=members)
    for table in ("BBU_Info", "Cachevault_Info"):
        for row in objects_at(body, table):
            seen = said.seen(_known(BATTERY_STATES, text_at(row, "State") or "no state"), f"storcli {table}")
            yield Part(Kind.BATTERY, f"Cache battery of RAID controller {controller}", None, (seen,))


def _known(table: Mapping[str, Meaning], state: str) -> Meaning:
    return table.get(state, Meaning(State.UNKNOWN, f"{state}, which is not in the tables"))


def _drive_rows(body: Body, controller: str) -> dict[Place, Body]:
    found: dict[Place, Body] = {}
    for row in objects_at(body, "PD LIST"):
        enclosure, slot = _slot_of(row)
        if slot:
            found[controller, enclosure, slot] = row
    return found


def _slot_of(row: Body) -> tuple[str, str]:
    match = SLOT.fullmatch(text_at(row, "EID:Slt") or "")
    return (match[1], match[2]) if match else ("", "")


def _group(row: Body) -> str:
    value = value_at(row, "DG")
    return str(value).strip() if isinstance(value, int | str) else ""


def _details(said: Said) -> dict[Place, Body]:
    """The details of each drive, which stand under keys that hold its path."""
    found: dict[Place, Body] = {}
    for answer in objects_at(said.json(DRIVES), "Controllers"):
        body = value_at(answer, "Response Data")
        for key, value in body.items() if isinstance(body, Mapping) else ():
            match = PATH.fullmatch(key)
            if match and isinstance(value, Mapping):
                found[match[1], match[2] or "", match[3]] = value
    return found


def _under(details: Body, ending: str) -> Any:
    return next((value for key, value in details.items() if key.endswith(f" {ending}")), None)


def _drive(place: Place, row: Body, details: Body, slots: Counter[str], said: Said) -> Part:
    _controller, enclosure, slot = place
    number = slot if slots[slot] == 1 else f"{enclosure or 'c' + place[0]}:{slot}"
    seen = [said.seen(_known(DRIVE_STATES, text_at(row, "State") or "no state"), "storcli PD State")]
    seen += [said.seen(meaning, what) for what, meaning in _warnings(_under(details, "State"))]
    serial = text_at(_under(details, "Device attributes"), "SN")
    return Part(Kind.DRIVE, name_of(Kind.DRIVE, number, slot), number, tuple(seen), serial)


def _warnings(state: Any) -> Iterator[tuple[str, Meaning]]:
    if (_whole(value_at(state, "Predictive Failure Count")) or 0) > 0:
        yield "Predictive Failure Count", Meaning(State.WARNING, "predicts its failure", Fault.PREDICTED)
    if text_at(state, "S.M.A.R.T alert flagged by drive") == "Yes":
        yield "S.M.A.R.T alert", Meaning(State.WARNING, "it has raised a SMART alert", Fault.PREDICTED)
    lost = _whole(value_at(state, "Media Error Count")) or 0
    if lost >= MEDIA_ERRORS:
        yield "Media Error Count", Meaning(State.WARNING, f"{lost} media errors", Fault.PREDICTED)


def _whole(value: Any) -> int | None:
    """A number that storcli writes as one, or as text with its unit ("34C (93.20 F)")."""
    if isinstance(value, str):
        match = FIRST_NUMBER.match(value)
        return int(match[1]) if match else None
    number = number_at({"value": value}, "value")
    return int(number) if number is not None else None


FAMILY = HostTool(
    name="linux_storcli",
    title="RAID controllers (storcli)",
    asks=(ALL, DRIVES),
    read=read_controllers,
    optional=True,
)
