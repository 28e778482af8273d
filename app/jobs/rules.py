"""What the rules of the hall allow: gates before each act, decided from plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

PROMISE_RANGE = timedelta(hours=2)
ANSWER_TIME = timedelta(minutes=60)  # working time that an approver gets
CONSENT_TIME = timedelta(hours=4)  # what a customer gets to answer


@dataclass(frozen=True, slots=True)
class MatchProof:
    """What the technician saw in front of the machine; None: not looked at yet."""

    rack: str | None
    tag: str | None
    light: str | None
    face: str | None
    serial: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """What the order says the machine is; `bmc_serial` is what the machine itself said, None when it is silent."""

    rack: str | None
    tag: str
    face: str
    serial: str | None
    bmc_serial: str | None


def same_code(one: str | None, other: str | None) -> bool:
    """Compare labels and serials as a scanner gives them: case and outer spaces do not matter."""
    return bool(one) and bool(other) and str(one).strip().casefold() == str(other).strip().casefold()


def proves_itself(proof: MatchProof, expected: Expected) -> bool:
    """True when the machine itself or its pull-out tag gave the serial of the record, besides rack and tag.

    A light that was not seen is no proof; the serial on the pull-out tag then has to be.
    """
    by_bmc = same_code(expected.bmc_serial, expected.serial) and proof.light == "seen"
    by_tag = same_code(proof.serial, expected.serial)
    return by_bmc or by_tag


def needs_second_person(expected: Expected) -> bool:
    """True when the machine is silent: then two people must have read the pull-out tag."""
    return expected.bmc_serial is None


def promised_range(starts_at: datetime, latest_start: datetime, minutes: int) -> tuple[datetime, datetime, datetime]:
    """From, to and finish that the customer is told for an appointment (two hours wide, inside the opening)."""
    to = max(starts_at, min(starts_at + PROMISE_RANGE, latest_start))
    return starts_at, to, to + timedelta(minutes=minutes)


def device_serial(document: Mapping[str, Any] | None) -> str | None:
    """The serial that the machine itself gave in a diagnostics document; None when it was silent."""
    identity = (document or {}).get("identity") or {}
    return identity.get("serial") or None


def fault_gone(document: Mapping[str, Any], finding_kinds: Sequence[str]) -> bool:
    """True when the machine answered and says nothing is wrong with the kind of part that the job is about."""
    return bool(document.get("complete") and finding_kinds) and not fault_shown(document, finding_kinds)


def fault_shown(document: Mapping[str, Any], finding_kinds: Sequence[str]) -> bool:
    """True when the machine says that something is wrong with the kind of part that the job is about."""
    found = document.get("findings", [])
    return any(f["kind"] in finding_kinds and f["state"] in {"warning", "critical"} for f in found)
