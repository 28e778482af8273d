"""What a drive's own counters and flags mean. Pure tables, each row with its source."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.hardware.facts import Fault, Meaning
from app.hardware.readings import State

# NVM Express Base Specification 2.0, figure 207 (SMART / Health Information log page), byte 0: Critical Warning
NVME_WARNINGS = {
    3: Meaning(State.CRITICAL, "it has turned read-only", Fault.FAILED),
    2: Meaning(State.CRITICAL, "its reliability is degraded by media or internal errors", Fault.PREDICTED),
    0: Meaning(State.CRITICAL, "its spare space is below the limit", Fault.PREDICTED),
    4: Meaning(State.WARNING, "the backup of its volatile memory has failed", Fault.PREDICTED),
    5: Meaning(State.WARNING, "its persistent memory region has turned read-only or unreliable", Fault.PREDICTED),
    1: Meaning(State.WARNING, "its temperature is beyond its limit", Fault.LIMIT),
}
WEAR_LIMIT = (
    100.0  # percent of the rated life: same figure, byte 5; the drive may live longer, the maker promises nothing
)

# Counters whose growth comes before a drive's end: Pinheiro et al., "Failure Trends in a Large Disk Drive Population"
# (FAST 2007), and the attributes that Backblaze acts on (5, 187, 197, 198). smartctl's names, from its drive database.
# A sector that waits or is lost is trouble at once; a handful that was replaced long ago is what the spare area is for.
ATA_COUNTERS = {
    "Reallocated_Sector_Ct": (10, "reallocated sectors"),
    "Current_Pending_Sector": (1, "sectors waiting to be reallocated"),
    "Total_Pending_Sectors": (1, "sectors waiting to be reallocated"),
    "Offline_Uncorrectable": (1, "sectors that cannot be read"),
    "Total_Offl_Uncorrectabl": (1, "sectors that cannot be read"),
    "Reported_Uncorrect": (1, "errors that could not be corrected"),
}
ATA_TEMPERATURES = frozenset({190, 194, 231})  # by smartctl's drive database; 231 is also wear on some SSDs
SCSI_GROWN_DEFECTS = 100  # SPC has no limit; tens are usual over the years of a healthy drive
UNCORRECTED_ERRORS = 10

# SCSI Primary Commands, additional sense codes of the Informational Exceptions log page: (asc, ascq)
_SCSI_PREDICTS, _SCSI_WARNS = 0x5D, 0x0B
_SCSI_WARNINGS = {
    0x01: Meaning(State.WARNING, "its temperature is beyond its limit", Fault.LIMIT),
    0x02: Meaning(State.WARNING, "its enclosure is degraded"),
}


def nvme_meanings(bits: int, *, temperature_known_otherwise: bool = False) -> Iterator[Meaning]:
    """What the critical warning of an NVMe drive says; nothing when no known bit is set."""
    for bit, meaning in NVME_WARNINGS.items():
        if bits >> bit & 1 and not (temperature_known_otherwise and meaning.fault is Fault.LIMIT):
            yield meaning
    if bits >> 6:
        yield Meaning(State.WARNING, f"critical warning 0x{bits:02x}, whose meaning is not in the tables")


def wear_meanings(
    used: float | None, spare: float | None = None, spare_limit: float | None = None
) -> Iterator[Meaning]:
    """What wear says: percent of the rated life used, percent of spare space left and the drive's limit for it."""
    if spare is not None and spare_limit is not None and 0 < spare_limit <= 100 and spare < spare_limit:
        said = f"{spare:g} % of its spare space are left, below its limit of {spare_limit:g} %"
        yield Meaning(State.CRITICAL, said, Fault.PREDICTED)
    if used is not None and used >= WEAR_LIMIT:
        yield Meaning(State.WARNING, f"{used:g} % of its rated life are used", Fault.PREDICTED)


def ata_counter(name: str, raw: str) -> Meaning | None:
    """What a counter of an ATA drive says; None when it is none of those that matter, or below its limit.

    `raw` is smartctl's own reading of it ("8 (2 0)"): the 48 bits behind it hold more than the count with some makers.
    """
    limit, what = ATA_COUNTERS.get(name, (0, ""))
    match = re.match(r"\s*(\d{1,15})(?!\d)", raw, re.ASCII)
    if not limit or match is None or int(match[1]) < limit:
        return None
    return Meaning(State.WARNING, f"{int(match[1])} {what}", Fault.PREDICTED)


def ata_attribute_failed(attribute: int, name: str, *, prefailure: bool) -> Meaning:
    """What it says when a normalised attribute has reached the maker's threshold now (smartctl: FAILING_NOW)."""
    if attribute in ATA_TEMPERATURES and "emp" in name:
        return Meaning(State.WARNING, f"{name} is beyond the maker's limit", Fault.LIMIT)
    state = State.CRITICAL if prefailure else State.WARNING
    return Meaning(state, f"{name} has reached the maker's limit", Fault.PREDICTED)


def scsi_health(asc: int, ascq: int) -> Meaning | None:
    """What an informational exception of a SCSI drive says; None when there is none."""
    if asc == _SCSI_PREDICTS:
        return Meaning(State.CRITICAL, f"it predicts its failure (sense code 5d/{ascq:02x})", Fault.PREDICTED)
    if asc == _SCSI_WARNS:
        return _SCSI_WARNINGS.get(ascq, Meaning(State.WARNING, f"it warns (sense code 0b/{ascq:02x})"))
    return None
