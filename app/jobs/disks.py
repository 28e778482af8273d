"""The disk guard: which drive may be pulled, which must not be touched, and whether now is the time. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.jobs.rules import same_code
from app.jobs.stops import Guard, Stop

STATE_VALID = timedelta(minutes=5)
IN_TROUBLE = frozenset({"warning", "critical"})
AT_WORK = re.compile(r"rebuil|resync|recover|reshap|copying back|moved to other drives", re.IGNORECASE)
PUT_BACK = "Put it back into its bay at once, push until the lever locks, insert nothing else, and call for help."
ASK_FIRST = "Pull nothing. Call for help: a system administrator decides."


@dataclass(frozen=True, slots=True)
class Drive:
    """One drive as the machine tells of it; `role` is what it does in the array, in the machine's words."""

    bay: str
    serial: str | None
    state: str
    role: str


@dataclass(frozen=True, slots=True)
class Disks:
    """What is known before a hand reaches for a drive. `failing` None: the machine does not show that bay any more."""

    bay: str | None
    failing: Drive | None
    healthy: tuple[Drive, ...]
    degraded: tuple[str, ...]
    lost: tuple[str, ...]
    rebuilding: tuple[str, ...]
    taken_at: datetime | None


def read_disks(
    documents: Sequence[Mapping[str, Any] | None], target: str | None, taken_at: datetime | None
) -> Disks | None:
    """Read the drives out of diagnostics, BEFORE first, the newest last; None when none of them tells of drives.

    The failing drive is what BEFORE said of that bay (once pulled it is gone); the rest is from the newest.
    `taken_at` is when the newest were taken.
    """
    told = [document for document in documents if document and _drives(document)]
    if not told:
        return None
    bay, newest = _bay(target), told[-1]
    failing = next((d for document in told for d in _drives(document) if bay and _bay(d.bay) == bay), None)
    volumes = [part for part in newest.get("components", []) if part["kind"] == "raid_volume"]
    others = tuple(d for d in _drives(newest) if not (bay and _bay(d.bay) == bay))
    return Disks(
        bay=target,
        failing=failing,
        healthy=tuple(d for d in others if d.state not in {"critical", "absent"}),
        degraded=tuple(_said(v) for v in volumes if v["state"] == "warning"),
        lost=tuple(_said(part) for part in volumes if part["state"] == "critical")
        + tuple(f"bay {d.bay}: {d.role}" for d in others if d.state == "critical"),
        rebuilding=tuple(_said(p) for p in newest.get("components", []) if _rebuilds(p)),
        taken_at=taken_at,
    )


def tells_of_drives(document: Mapping[str, Any] | None) -> bool:
    """True when these diagnostics name at least one drive."""
    return bool(document and _drives(document))


def _drives(document: Mapping[str, Any]) -> list[Drive]:
    return [
        Drive(str(part.get("number") or part["name"]), part.get("serial"), part["state"], part.get("reason") or "works")
        for part in document.get("components", [])
        if part["kind"] == "drive" and part["state"] != "absent" and not part.get("device")
    ]


def _bay(text: str | None) -> str | None:
    """The bay's number out of what people and machines write: "3", "bay 03", "Drive 32:3"."""
    found = re.search(r"(\d+(?::\d+)*)\D*$", text or "")
    return ":".join(str(int(number)) for number in found[1].split(":")) if found else None


def _said(part: Mapping[str, Any]) -> str:
    return f"{part['name']}: {part.get('reason') or part['state']}"


def _rebuilds(part: Mapping[str, Any]) -> bool:
    return part["kind"] in {"drive", "raid_volume"} and bool(AT_WORK.search(part.get("reason") or ""))


def is_old(disks: Disks, now: datetime) -> bool:
    """True when what is known of the array is older than five minutes."""
    return disks.taken_at is None or now - disks.taken_at > STATE_VALID


def unsafe_to_pull(disks: Disks) -> Stop | None:
    """Why no drive may be pulled whatever the age of what is known; None when it is the right drive and safe."""
    failing = disks.failing
    if disks.rebuilding:
        return _array(f"A rebuild is running ({'; '.join(disks.rebuilding)}).", "no rebuild", "a rebuild runs")
    if disks.lost:
        found = "; ".join(disks.lost)
        return _array(f"Redundancy is gone ({found}).", "redundancy", "no redundancy")
    if failing is not None and failing.state == "ok":
        why = f"The machine says that the drive in bay {failing.bay} works."
        return _array(why, f"bay {failing.bay} failing", f"bay {failing.bay} works")
    if disks.degraded and failing is not None and failing.state != "critical":
        why = (
            f"The array has no redundancy left ({'; '.join(disks.degraded)}) and the drive in bay {failing.bay} works."
        )
        return _array(why, "redundancy", "no redundancy")
    return None


def _array(why: str, expected: str, found: str) -> Stop:
    return Stop(Guard.ARRAY, "not_verified", (why,), expected, found, ASK_FIRST)


def too_old(disks: Disks, now: datetime) -> Stop:
    """The stop of a pull that rests on what the machine said too long ago."""
    age = f"{(now - disks.taken_at).total_seconds() // 60:.0f} minutes old" if disks.taken_at else "never read"
    return Stop(
        Guard.ARRAY,
        "not_verified",
        ("What is known of the array is older than 5 minutes.",),
        "the state of the array of the last 5 minutes",
        age,
        "Ask the machine again; without a network call Level 1 for a one-time code.",
    )


def wrong_removed(disks: Disks, serial: str) -> Stop | None:
    """Why this is not the drive that should have come out; None when it is, or nobody can tell."""
    expected = disks.failing.serial if disks.failing else None
    healthy = next((d for d in disks.healthy if same_code(d.serial, serial)), None)
    if healthy is not None:
        why = f"{serial} is the healthy drive of bay {healthy.bay}."
        return Stop(Guard.REMOVED_PART, "not_verified", (why,), expected or "the failed drive", serial, PUT_BACK)
    if expected and not same_code(expected, serial):
        why = f"The failing drive has the serial {expected}; you took out {serial}."
        return Stop(Guard.REMOVED_PART, "not_verified", (why,), expected, serial, PUT_BACK)
    return None


def wrong_installed(documents: Sequence[Mapping[str, Any] | None], serial: str) -> Stop | None:
    """Why this must not go in: a part with this serial was in the machine already."""
    inside = [part for document in documents for part in (document or {}).get("components", [])]
    twin = next((part for part in inside if same_code(part.get("serial"), serial)), None)
    if twin is None:
        return None
    why = f"Serial {serial} is in the machine already ({twin['name']}): this is not a new part."
    return Stop(
        Guard.INSTALLED_PART, "not_verified", (why,), "a new part", f"{serial}, of {twin['name']}",
        "Do not put it in. Scan the new part in its bag.",
    )  # fmt: skip
