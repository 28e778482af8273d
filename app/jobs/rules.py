"""What the rules of the hall allow: gates before each act, decided from plain values. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.core.errors import Conflict

MATCH_VALID = timedelta(minutes=15)
PROMISE_RANGE = timedelta(hours=2)
ANSWER_TIME = timedelta(minutes=60)  # working time that an approver gets
CONSENT_TIME = timedelta(hours=4)  # what a customer gets to answer


@dataclass(frozen=True, slots=True)
class MatchProof:
    """What the technician saw in front of the machine."""

    rack: str
    tag: str
    light: str
    face: str
    serial: str | None


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


def mismatches(proof: MatchProof, expected: Expected) -> list[str]:
    """Every reason why this is not the machine of the order, as sentences; empty when nothing contradicts."""
    found = []
    if expected.rack is not None and not same_code(proof.rack, expected.rack):
        found.append(f"Rack {proof.rack!r} was scanned; the order is for rack {expected.rack!r}.")
    if not same_code(proof.tag, expected.tag):
        found.append(f"Tag {proof.tag!r} was scanned; the order is for {expected.tag!r}.")
    if proof.face != expected.face:
        found.append(f"You stand at the {proof.face}; the order is for the {expected.face}.")
    if proof.light == "other":
        found.append("Another machine's light blinks.")
    if expected.serial and expected.bmc_serial and not same_code(expected.serial, expected.bmc_serial):
        found.append(f"The machine says its serial is {expected.bmc_serial}; the record says {expected.serial}.")
    if proof.serial and expected.serial and not same_code(proof.serial, expected.serial):
        found.append(f"The tag shows serial {proof.serial!r}; the record says {expected.serial!r}.")
    return found


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


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What start looks at. `latest_start` is None outside site hours."""

    now: datetime
    matched_at: datetime | None
    has_before: bool
    consent_needed: bool
    latest_start: datetime | None
    minutes: int
    next_opening_local: str
    discrepancy: bool


def check_start(facts: StartFacts) -> None:
    """Raise Conflict with the contract's code when work may not begin now; the sentence says what to do."""
    if facts.latest_start is None:
        raise Conflict("outside_window", f"The site is closed. It opens {facts.next_opening_local}.")
    if facts.discrepancy:
        raise Conflict("wrong_state", "A discrepancy is open: a second person has to correct the record first.")
    if facts.consent_needed:
        raise Conflict("consent_missing", "The customer has not agreed yet. Level 1 asks in the ticket.")
    if facts.matched_at is None or facts.now - facts.matched_at > MATCH_VALID:
        raise Conflict(
            "not_matched", "The server check is older than 15 minutes. Do it again before you touch anything."
        )
    if not facts.has_before:
        raise Conflict(
            "no_diagnostics", "No diagnostics were taken yet. They run now: wait for them, or take them again."
        )
    if facts.now > facts.latest_start:
        raise Conflict(
            "does_not_fit",
            f"{facts.minutes} minutes do not fit before closing any more. It opens again {facts.next_opening_local}.",
        )


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
    if not document.get("complete") or not finding_kinds:
        return False
    return not any(f["kind"] in finding_kinds and f["state"] in {"warning", "critical"} for f in document["findings"])
