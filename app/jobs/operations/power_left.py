"""A machine is left only as it has to be, or with a reason and the name of who decided it; Level 1 hears of that."""

from __future__ import annotations

from typing import Any

from app.core.clock import utc_text
from app.core.errors import AppError, Conflict, FieldError
from app.jobs.models import WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import Act, flag, is_cold, unflag
from app.jobs.operations.done_work import is_done_work
from app.jobs.operations.power_guard import power_now, sighting_of
from app.jobs.power_left import Left, wrongly_left
from app.jobs.states import Verb

OFF_AFTER = "The diagnostics after the work say that the machine is off: it was found on."
LEAVING = frozenset({Verb.COMPLETION, Verb.HANDOVER})
ASKED = "The machine is asked now: try again in a moment."


def check_left(act: Act, body: dict[str, Any]) -> dict[str, Any]:
    """Is its power as it has to be? Returns what is kept of it; raises Conflict with the way out.

    `no_diagnostics`: it was read too long ago; whoever catches it has it read (`asks_anew`). What a tablet reports late
    is never refused, but flagged. Nothing is asked of a machine that nobody began to work on.
    """
    order = act.order
    if order.started_at is None:
        return {}
    state = power_now(act)
    left = wrongly_left(found_on(order), state, act.at, is_cold=is_cold(order), sighting=sighting_of(order))
    kept = {"power": {"read": state.words}}
    order.power_left = None
    if left is None:
        return kept
    if not (body.get("power_why") and body.get("power_by")):
        if not is_done_work(act):
            _refuse(left)
        _tell(act, f"Left without network; look at its power. {left.sentence}")
        return kept
    why, by = str(body["power_why"]).strip(), str(body["power_by"]).strip()
    order.power_left = {"why": why, "decided_by": by, "by": act.by, "at": utc_text(act.at)}
    _tell(act, f"The machine is left with another power than it was found with. Why: {why} Decided by: {by}.")
    return {"power": {"read": state.words, "why": why, "decided_by": by}}


def asks_anew(refusal: AppError, verb: Verb) -> bool:
    """True for a refusal because the power was read too long ago: whoever catches it has the machine read."""
    return verb in LEAVING and refusal.code == "no_diagnostics"


def _refuse(left: Left) -> None:
    if left.is_old:
        raise Conflict("no_diagnostics", f"{left.sentence} {ASKED}")
    wanted = [
        FieldError("power_why", "required", left.sentence),
        FieldError("power_by", "required", "Whose decision is it?"),
    ]
    raise Conflict("not_verified", left.sentence, wanted)


def _tell(act: Act, sentence: str) -> None:
    flag(act.order, sentence)
    conversation.colleagues(act, "power_left", f"{act.order.number}, {act.order.asset.tag}: {sentence}")


def found_on(order: WorkOrder) -> bool | None:
    """Whether the machine was on when the technician came; None when nobody could tell."""
    on: bool | None = ((order.before_document or {}).get("power") or {}).get("on")
    return on


def is_left_off(order: WorkOrder) -> bool:
    """True when AFTER says off, BEFORE said on, and nobody decided that."""
    after = ((order.after_document or {}).get("power") or {}).get("on")
    return after is False and found_on(order) is True and order.power_left is None


def judge_after(act: Act) -> None:
    """What AFTER says of the power: a machine that is off is told to Level 1, and closes nothing by itself."""
    if is_left_off(act.order):
        _tell(act, OFF_AFTER)
    else:
        unflag(act.order, OFF_AFTER)
