"""May the work begin now? Decided from plain values. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.core.errors import Conflict
from app.jobs.stops import Stopped, is_stale, stale_check


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
    if is_stale(facts.matched_at, facts.now):
        raise Stopped(stale_check(facts.matched_at, facts.now))
    if not facts.has_before:
        raise Conflict(
            "no_diagnostics", "No diagnostics were taken yet. They run now: wait for them, or take them again."
        )
    if facts.now > facts.latest_start:
        raise Conflict(
            "does_not_fit",
            f"{facts.minutes} minutes do not fit before closing any more. It opens again {facts.next_opening_local}.",
        )
