"""Procedures as people publish them: which steps hold together, and the clocks that run while hands are in. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from app.core.errors import FieldError, Invalid
from app.jobs.kind import Evidence, Kind, StepTemplate, minutes_of

SERIALS = ("new_serial", "old_serial")  # the guards and the report read the serials of these steps
MOST_STEPS = 40
WORDS = ("title", "hint", "expect", "problem", "back_out")


def to_rows(steps: Sequence[StepTemplate]) -> list[dict[str, Any]]:
    """The steps as a version keeps them."""
    return [{**asdict(step), "evidence": str(step.evidence)} for step in steps]


def from_rows(rows: Sequence[Mapping[str, Any]]) -> tuple[StepTemplate, ...]:
    """The steps out of a kept version."""
    return tuple(StepTemplate(**{**row, "evidence": Evidence(row["evidence"])}) for row in rows)


def check_steps(kind: Kind, steps: Sequence[StepTemplate]) -> None:
    """Raise Invalid, naming the step, when these cannot be published as the procedure of this kind."""
    wrong = [*_wrong_steps(steps), *_missing(kind, steps)]
    if wrong:
        raise Invalid("invalid", "This procedure cannot be published as it is.", wrong)


def _wrong_steps(steps: Sequence[StepTemplate]) -> list[FieldError]:
    keys = [step.id for step in steps]
    wrong = [] if 0 < len(steps) <= MOST_STEPS else [FieldError("steps", "invalid", f"1 to {MOST_STEPS} steps.")]
    for place, step in enumerate(steps):
        if not step.title.strip():
            wrong.append(FieldError(f"steps.{place}", "required", f"Step {place + 1} has no title."))
        if keys.count(step.id) > 1:
            wrong.append(FieldError(f"steps.{place}", "invalid", f"Step {place + 1} has the name of another one."))
        if step.destructive and not step.back_out:
            sentence = f"Step {place + 1} is a point of no return: say how one gets back."
            wrong.append(FieldError(f"steps.{place}", "required", sentence))
    return wrong


def _missing(kind: Kind, steps: Sequence[StepTemplate]) -> list[FieldError]:
    """The serials that the guards need must stay where the shipped procedure has them."""
    needed = [step for step in kind.steps if step.id in SERIALS]
    there = {step.id for step in steps if step.evidence == Evidence.SERIAL}
    guarded = any(step.must_be_off for step in steps) or not any(step.must_be_off for step in kind.steps)
    sentence = "One step must say that the machine is off: hands go into it."
    return [*([] if guarded else [FieldError("steps", "required", sentence)])] + [
        FieldError("steps", "required", f"The step “{step.title}” must stay: the guards need its serial.")
        for step in needed
        if step.id not in there
    ]


def job_minutes(kind: Kind, answers: Mapping[str, Any], *, verify: int, back_out: int) -> int | None:
    """Length of the appointment: the kind's minutes of hands, and the procedure's for proof and the way back.

    What Level 1 has to state stands as stated, all included; None while it is not.
    """
    stated = minutes_of(kind, answers)
    if stated is None or kind.asks_minutes:
        return stated
    return stated - kind.verify_minutes - kind.back_out_minutes + verify + back_out


def last_no_return(reserved_minutes: int, closes_at: datetime | None) -> datetime | None:
    """The last moment for a step that cannot be undone: closing, less what proof and the way back take."""
    return closes_at - timedelta(minutes=reserved_minutes) if closes_at is not None else None


def seconds_late(within_s: int | None, before: datetime | None, at: datetime) -> int:
    """By how many seconds a step with a timer came too late after the one before it; 0 when in time or untimed."""
    if within_s is None or before is None:
        return 0
    return max(0, round((at - before).total_seconds()) - within_s)
