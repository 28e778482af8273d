"""What stops all work at once: a scan that does not fit, a check that is old, a part that is the wrong one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from app.core.clock import utc_text
from app.core.errors import Conflict
from app.jobs.rules import Expected, MatchProof, same_code

MATCH_VALID = timedelta(minutes=15)


class Guard(StrEnum):
    """Which guard stopped it; the manager's board counts by these."""

    RACK = "rack"
    TAG = "tag"
    FACE = "face"
    LIGHT = "light"
    BMC_SERIAL = "bmc_serial"
    TAG_SERIAL = "tag_serial"
    STALE_CHECK = "stale_check"
    ARRAY = "array"
    REMOVED_PART = "removed_part"
    INSTALLED_PART = "installed_part"
    NO_RETURN = "no_return"
    POWER = "power"


LATE_IS_DONE = frozenset({Guard.STALE_CHECK, Guard.ARRAY, Guard.NO_RETURN, Guard.POWER})
"""Guards that speak of time: work that a tablet reports afterwards was done, and is kept and flagged."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop: the contract's code, what was expected and found, why in sentences, and what to do now."""

    guard: Guard
    code: str
    why: tuple[str, ...]
    expected: str
    found: str
    advice: str

    def to_dict(self, *, by: str, at: datetime) -> dict[str, Any]:
        """As the order and its record keep it."""
        return {
            "guard": str(self.guard),
            "code": self.code,
            "why": list(self.why),
            "expected": self.expected,
            "found": self.found,
            "advice": self.advice,
            "by": by,
            "at": utc_text(at),
        }


class Stopped(Conflict):
    """A refusal that goes on record: nothing moved on, a manager counts it, the tablet shows nothing else."""

    def __init__(self, stop: Stop) -> None:
        super().__init__(stop.code, f"STOP: {' '.join(stop.why)} {stop.advice}")
        self.stop = stop


LEAVE_IT = (
    "Touch nothing. Go to the machine of the order and check again; if the record is wrong, report a discrepancy."
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """One thing that was seen and does not fit: both sides in two words, and the sentence for the record."""

    guard: Guard
    expected: str
    found: str
    sentence: str


def contradictions(proof: MatchProof, expected: Expected) -> list[Contradiction]:
    """Every reason why this is not the machine of the order; what was not looked at yet contradicts nothing."""
    found = _labels(proof, expected)
    if proof.face is not None and proof.face != expected.face:
        sentence = f"You stand at the {proof.face}; the order is for the {expected.face}."
        found.append(Contradiction(Guard.FACE, expected.face, proof.face, sentence))
    if proof.light == "other":
        found.append(Contradiction(Guard.LIGHT, "its light", "another light", "Another machine's light blinks."))
    return found + _serials(proof, expected)


def _labels(proof: MatchProof, expected: Expected) -> list[Contradiction]:
    found = []
    if expected.rack is not None and proof.rack is not None and not same_code(proof.rack, expected.rack):
        sentence = f"Rack {proof.rack!r} was scanned; the order is for rack {expected.rack!r}."
        found.append(Contradiction(Guard.RACK, f"rack {expected.rack}", f"rack {proof.rack}", sentence))
    if proof.tag is not None and not same_code(proof.tag, expected.tag):
        sentence = f"Tag {proof.tag!r} was scanned; the order is for {expected.tag!r}."
        found.append(Contradiction(Guard.TAG, expected.tag, proof.tag, sentence))
    return found


def _serials(proof: MatchProof, expected: Expected) -> list[Contradiction]:
    recorded, told, read = expected.serial, expected.bmc_serial, proof.serial
    found = []
    if recorded and told and not same_code(recorded, told):
        sentence = f"The machine says its serial is {told}; the record says {recorded}."
        found.append(Contradiction(Guard.BMC_SERIAL, f"serial {recorded}", f"serial {told}", sentence))
    if recorded and read and not same_code(recorded, read):
        sentence = f"The tag shows serial {read!r}; the record says {recorded!r}."
        found.append(Contradiction(Guard.TAG_SERIAL, f"serial {recorded}", f"serial {read}", sentence))
    return found


def wrong_machine(found: Sequence[Contradiction]) -> Stop:
    """The stop of a server check; `found` holds at least one contradiction, the first names the guard."""
    return Stop(
        found[0].guard,
        "not_matched",
        tuple(one.sentence for one in found),
        " · ".join(one.expected for one in found),
        " · ".join(one.found for one in found),
        LEAVE_IT,
    )


def is_stale(matched_at: datetime | None, now: datetime) -> bool:
    """True when the server check is missing or older than 15 minutes."""
    return matched_at is None or now - matched_at > MATCH_VALID


def stale_check(matched_at: datetime | None, now: datetime) -> Stop:
    """The stop of an act that needs a fresh server check."""
    age = f"{(now - matched_at).total_seconds() // 60:.0f} minutes old" if matched_at else "none"
    why = "The server check is older than 15 minutes." if matched_at else "There is no server check."
    return Stop(
        Guard.STALE_CHECK,
        "not_matched",
        (why,),
        "a server check of the last 15 minutes",
        age,
        "Do it again before you touch anything: scan rack and tag.",
    )


def untold_typing(entry: Mapping[str, Any], why: object) -> bool:
    """True when a code was typed instead of scanned and nobody said why."""
    return "typed" in entry.values() and not str(why or "").strip()
