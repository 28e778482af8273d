"""Which part a sensor's name speaks of: its number as the chassis has it, and the name a person reads.

Sensor names are free text of each vendor ("PS2 Status", "P1-DIMMA1 ECC", "Fan 3A RPM"); the number in them is
what is printed beside the part, which no other field of a sensor tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from app.hardware.diagnostics import Kind

_END = r"(?![A-Za-z0-9])"
_NUMBER = {
    Kind.PSU: re.compile(r"(?:PSU|PWS|PS|P(?:O)?WE?R[ _-]*SUPPLY)[ _#-]*(\d{1,2})" + _END, re.IGNORECASE),
    Kind.FAN: re.compile(r"FAN(?:[ _-]*(?:MOD(?:ULE)?|TRAY))?[ _#-]*(\d{1,2}[A-Z]?|[A-Z])" + _END, re.IGNORECASE),
    Kind.DRIVE: re.compile(
        r"(?:HDD|SSD|DISK|DRIVE|NVME|SLOT|BAY)(?:[ _-]*(?:DISK|DRIVE|SLOT|BAY|STATUS))*[ _#-]*(\d{1,3})" + _END,
        re.IGNORECASE,
    ),
    Kind.MEMORY: re.compile(r"DIMM[ _#-]*([A-Z]\d{1,2}|\d{1,2}[A-Z]?|[A-Z])" + _END, re.IGNORECASE),
    Kind.CPU: re.compile(r"(?:CPU|PROC(?:ESSOR)?|\bP)[ _#-]*(\d{1,2})" + _END, re.IGNORECASE),
}
_GROUP = re.compile(r"(?:P|CPU|PROC|NODE|BP|BACKPLANE|RISER|BOX|BOARD)[ _-]?\d{1,2}(?=[ _-])", re.IGNORECASE)
_GROUPED = frozenset({Kind.MEMORY, Kind.DRIVE})
_TAIL = re.compile(r"[ _-]+(?:status|state|stat|ecc|presence|present|fault)$", re.IGNORECASE)
_SUMMARY = re.compile(
    r"roll.?up|overall|(?:system|sys|global|server|chassis|host)[ _-]*(?:health|status|state)$|^health", re.IGNORECASE
)
_PATTERN = {
    Kind.PSU: "PSU{}",
    Kind.FAN: "FAN{}",
    Kind.DRIVE: "Drive {}",
    Kind.MEMORY: "DIMM_{}",
    Kind.CPU: "CPU{}",
    Kind.OUTLET: "Outlet {}",
}
_SPOKEN = {**_PATTERN, Kind.PSU: "PSU {}", Kind.FAN: "Fan {}", Kind.MEMORY: "DIMM {}", Kind.CPU: "CPU {}"}


@dataclass(frozen=True, slots=True)
class PartName:
    """A sensor's part: `number` as printed on the chassis, `group` what tells equal numbers apart ("P2" for a DIMM)."""

    number: str | None
    group: str | None
    text: str


def part_named(kind: Kind, sensor_name: str) -> PartName:
    """Read the part out of a sensor's name; number None when the name has none."""
    bare = _TAIL.sub("", sensor_name.strip()) or sensor_name
    pattern = _NUMBER.get(kind)
    match = pattern.search(sensor_name) if pattern else None
    if match is None:
        return PartName(None, None, bare)
    group = _GROUP.search(sensor_name[: match.start()]) if kind in _GROUPED else None
    return PartName(_trim(match[1].upper()), group[0].upper() if group else None, bare)


def name_of(kind: Kind, number: str | None, otherwise: str) -> str:
    """The name under which a part is listed: PSU2, FAN3, Drive 3, DIMM_A1."""
    return _PATTERN[kind].format(number) if number and kind in _PATTERN else otherwise


def spoken(kind: Kind, number: str | None, otherwise: str) -> str:
    """The part in a sentence: "PSU 2", "Fan 3", "DIMM A1"."""
    return _SPOKEN[kind].format(number) if number and kind in _SPOKEN else otherwise


def is_summary(sensor_name: str) -> bool:
    """Whether a sensor sums the whole machine up, so that its parts explain it."""
    return _SUMMARY.search(sensor_name) is not None


def is_redundancy(sensor_name: str) -> bool:
    """Whether a sensor tells of redundancy and not of one part, whatever type it claims to be."""
    return "redun" in sensor_name.casefold()


def _trim(number: str) -> str:
    return number.lstrip("0") or "0"


class Asserted(StrEnum):
    """What it means when a sensor that knows only "asserted" and "not asserted" is asserted."""

    FAULT = "fault"
    STRAIN = "strain"
    PRESENCE = "presence"
    GOOD = "good"
    UNCLEAR = "unclear"


_ASSERTED = (  # the first that fits counts: "Fan Fail Pres" tells of a failure
    (Asserted.FAULT, re.compile(r"fail|fault|\berr|error|ierr|mismatch|(?<![a-z])lost|trip|missing", re.IGNORECASE)),
    (Asserted.STRAIN, re.compile(r"(?<![a-z])hot|prochot|throttl|overtemp|overheat|alert|alarm|warn", re.IGNORECASE)),
    (Asserted.PRESENCE, re.compile(r"presen|\bprsnt|(?<![a-z])pres(?![a-z])|install|detect|populated", re.IGNORECASE)),
    (Asserted.GOOD, re.compile(r"good|(?<![a-z])ok(?![a-z])|pwrgd|pgood|ready", re.IGNORECASE)),
)


def what_asserted_means(sensor_name: str) -> Asserted:
    """What "asserted" means, as far as the sensor's name says it; UNCLEAR when it does not."""
    return next((meaning for meaning, words in _ASSERTED if words.search(sensor_name)), Asserted.UNCLEAR)
