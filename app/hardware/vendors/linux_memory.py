"""Memory: errors as the kernel counts them (EDAC), modules as the firmware lists them (SMBIOS).

Sources: the kernel's Documentation/admin-guide/RAS (EDAC sysfs attributes); SMBIOS 3.6, tables 1 and 17, as
dmidecode(8) prints them. EDAC counts since the driver was loaded or its counters were reset.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Fault, Meaning, Part
from app.hardware.facts.naming import name_of, part_named
from app.hardware.families.ssh import Command, HostTool, Said
from app.hardware.readings import Identity, State

COUNTERS = Command("grep -rs . /sys/devices/system/edac/mc")
MODULES = Command("dmidecode -t 1 -t 17", root=True)
LINE = re.compile(r"/sys/devices/system/edac/mc/(mc\d{1,3})/(?:((?:dimm|rank|csrow)\d{1,4})/)?(\w{1,40}):(.{0,200})")
# Corrected errors happen on good modules too (cosmic rays): a few over a long time are no reason to touch one.
CORRECTED_LIMIT, CORRECTED_A_DAY = 10, 1.0
DAY_S = 86400

PLACE = re.compile(r"[A-Z]\d{1,2}")  # Dell's locators
NO_SERIAL = re.compile(r"|0+|NO DIMM|Not Specified|Unknown|None|Empty|\[?Empty\]?|F+", re.IGNORECASE)
INSTALLED = Meaning(State.OK, "installed")
EMPTY = Meaning(State.ABSENT, "no module installed")


def read_memory(said: Said) -> Facts:
    """Every module, with the errors that were counted on it, and who the machine says it is."""
    tables = _tables(said.text(MODULES))
    modules = [table for kind, table in tables if kind == "Memory Device"]
    labels = [table.get("Locator", "") for table in modules]
    parts = [_module(table, name, said) for table, name in zip(modules, numbers_of(labels), strict=True)]
    system = next((table for kind, table in tables if kind == "System Information"), {})
    identity = Identity(_told(system, "Manufacturer"), _told(system, "Product Name"), _told(system, "Serial Number"))
    return Facts(identity, parts=(*_counted(said), *parts))


def numbers_of(labels: list[str]) -> list[tuple[str | None, str]]:
    """Number and name of each module out of its label; labels that would give one number twice stay apart."""
    found = [part_named(Kind.MEMORY, label) for label in labels]
    plain = [None if "chan" in label.casefold() else name.number for label, name in zip(labels, found, strict=True)]
    plain = [label if PLACE.fullmatch(label) else number for label, number in zip(labels, plain, strict=True)]
    often = Counter(plain)
    named: list[tuple[str | None, str]] = []
    for label, name, number in zip(labels, found, plain, strict=True):
        told = number
        if number is not None and often[number] > 1:
            told = f"{name.group}-{number}" if name.group else None
        named.append((told, name_of(Kind.MEMORY, told, label)))
    return named


def _tables(text: str) -> list[tuple[str, dict[str, str]]]:
    """The tables of a dmidecode output: title, and fields by name."""
    found: list[tuple[str, dict[str, str]]] = []
    title_follows = False
    for line in text.splitlines():
        if line.startswith("Handle "):
            title_follows = True
        elif title_follows:
            found.append((line.strip(), {}))
            title_follows = False
        elif found and line.startswith("\t") and not line.startswith("\t\t"):
            key, _colon, value = line.strip().partition(": ")
            found[-1][1].setdefault(key, value.strip())
    return found


def _told(table: Mapping[str, str], key: str) -> str | None:
    value = table.get(key, "").strip()
    dull = NO_SERIAL.fullmatch(value) or "to be filled" in value.casefold() or not value.isprintable()
    return None if dull else value[:64]


def _module(table: Mapping[str, str], name: tuple[str | None, str], said: Said) -> Part:
    size = table.get("Size", "")
    meaning = INSTALLED if re.match(r"[1-9]\d* ?[kMGT]?B", size) else EMPTY if size.startswith("No Module") else None
    meaning = meaning or Meaning(State.UNKNOWN, "the firmware does not say whether a module is there")
    serial = _told(table, "Serial Number") if meaning is INSTALLED else None
    seen = said.seen(meaning, "SMBIOS memory device", measured=meaning is not EMPTY)
    return Part(Kind.MEMORY, name[1] or "Memory module", name[0], (seen,), serial)


def _counted(said: Said) -> Iterator[Part]:
    """Modules whose errors EDAC counts; what it cannot attribute to one is told of the controller."""
    for controller, files in _controllers(said.text(COUNTERS)).items():
        days = _count(files.get("", {}), "seconds_since_reset") / DAY_S
        places = {place: found for place, found in files.items() if place.startswith(("dimm", "rank"))}
        labels = [found.get("dimm_label", "").strip() or f"{controller} {place}" for place, found in places.items()]
        known = [0, 0]
        for found, (number, name) in zip(places.values(), numbers_of(labels), strict=True):
            uncorrected, corrected = _count(found, "dimm_ue_count"), _count(found, "dimm_ce_count")
            known = [known[0] + uncorrected, known[1] + corrected]
            seen = said.seen(errors(uncorrected, corrected, days), f"EDAC {controller} {name}")
            yield Part(Kind.MEMORY, name, number, (seen,))
        whole = files.get("", {})
        left = _count(whole, "ue_count") - known[0], _count(whole, "ce_count") - known[1]
        if max(left) > 0:
            name = f"Memory controller {controller}"
            seen = said.seen(errors(*left, days), f"EDAC {controller}")
            yield Part(Kind.MEMORY, name, None, (seen,), explained_by=frozenset({Kind.MEMORY}))


def _controllers(text: str) -> dict[str, dict[str, dict[str, str]]]:
    """Controller -> place ("" is the controller itself) -> file -> content."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for line in text.splitlines():
        match = LINE.fullmatch(line)
        if match:
            found.setdefault(match[1], {}).setdefault(match[2] or "", {}).setdefault(match[3], match[4])
    return found


def _count(files: Mapping[str, str], name: str) -> int:
    value = files.get(name, "").strip()
    return int(value) if re.fullmatch(r"\d{1,18}", value, re.ASCII) else 0


def errors(uncorrected: int, corrected: int, days: float) -> Meaning:
    """What error counts mean that were gathered over so many days (0: nobody knows over how many)."""
    if uncorrected > 0:
        return Meaning(State.CRITICAL, f"{uncorrected} uncorrectable memory errors", Fault.UNCORRECTABLE)
    if corrected <= 0:
        return Meaning(State.OK, "no memory errors")
    over = f" in {days:.0f} days" if days >= 1 else ""
    grows = days <= 0 or corrected / days >= CORRECTED_A_DAY
    state = State.WARNING if corrected >= CORRECTED_LIMIT or grows else State.OK
    return Meaning(
        state, f"{corrected} corrected memory errors{over}", Fault.CORRECTABLE if state != State.OK else None
    )


FAMILY = HostTool(name="linux_memory", title="Memory (EDAC, dmidecode)", asks=(COUNTERS, MODULES), read=read_memory)
