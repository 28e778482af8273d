"""Two people did the same step, one of them without network: both versions are kept until a person chooses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app.core.clock import utc_text
from app.core.errors import Conflict, NotFound
from app.core.events import Event
from app.jobs.conflicts import Choice, Version, version_of
from app.jobs.kind import Evidence
from app.jobs.models import Step
from app.jobs.models_conflict import StepConflict
from app.jobs.operations.act import Act, flag, unflag
from app.jobs.operations.proof import prove_if_clean
from app.jobs.states import Verb


def is_done_by_other(act: Act, step: Step) -> bool:
    """True when somebody else has done this step: what comes now is a second version of it."""
    confirmed = step.evidence == Evidence.SECOND_PERSON  # two who confirm the same say the same
    return step.done_at is not None and step.done_by != act.by and not confirmed


def open_conflict(act: Act, step: Step, evidence: dict[str, Any]) -> StepConflict:
    """Keep the second version beside the first; the order is flagged and cannot close until a person has chosen."""
    order = act.order
    told_at = act.device.at if act.device else None
    second = Version(act.by, min(told_at or act.now, act.now), told_at, act.now, evidence)
    conflict = StepConflict(
        order_id=order.id, step_key=step.key, opened_at=act.now, first=_standing(act, step).form(),
        second=second.form(),
    )  # fmt: skip
    act.session.add(conflict)
    act.session.flush()
    order.conflicts_open += 1
    flag(order, f"Two people did this step, and both versions are kept: {step.title}. Somebody else chooses.")
    return conflict


def second_version(act: Act, body: dict[str, Any]) -> bool:
    """True for a tablet's report, however fresh, of a step that somebody else has done, by who had held the order."""
    if act.device is None or act.verb != Verb.STEP:
        return False
    step = next((one for one in act.order.steps if one.key == body["id"]), None)
    return step is not None and is_done_by_other(act, step)


def resolution(act: Act, body: dict[str, Any], silence: timedelta) -> None:
    """A third person says which version stands, and why; the one not chosen stays on record.

    Raises NotFound for a conflict of another order, Conflict `already_decided`, `version_conflict` when what stands
    has changed since it was looked at, `not_second_person` for who wrote one of the versions.
    """
    order = act.order
    conflict = act.session.get(StepConflict, body["conflict"], populate_existing=True)
    if conflict is None or conflict.order_id != order.id:
        raise NotFound("not_found", "This order has no such conflict.")
    if conflict.choice is not None:
        raise Conflict("already_decided", f"{conflict.decided_by} has chosen already. Look at what stands now.")
    if body.get("version") not in {None, conflict.version}:
        raise Conflict("version_conflict", "What stands on the order has changed meanwhile. Look at both again.")
    first, second = version_of(conflict.first), version_of(conflict.second)
    if act.by in {first.by, second.by}:
        raise Conflict("not_second_person", "One of the two versions is yours: somebody else chooses.")
    choice = Choice(body["choice"])
    step = next(one for one in order.steps if one.key == conflict.step_key)
    if choice == Choice.SECOND and _stands(step, conflict):
        step.done_at, step.done_by, step.given = second.done_at, second.by, dict(second.evidence)
        _tell_others(act, conflict)
        _check_report(act, step)
    conflict.choice, conflict.why = choice, body["why"]
    conflict.decided_by, conflict.decided_at = act.by, act.now
    order.conflicts_open -= 1
    if not _open_of(act, conflict.step_key, but=conflict.id):
        unflag(order, f"Two people did this step, and both versions are kept: {step.title}. Somebody else chooses.")
    detail = {"step": step.key, "conflict": conflict.id, "choice": str(choice)}
    act.stay(why=body["why"], detail={**detail, "first": conflict.first, "second": conflict.second})
    prove_if_clean(act, silence)


def _stands(step: Step, conflict: StepConflict) -> bool:
    """True while the first version is what the order says: not once the work has begun afresh."""
    return step.done_at is not None and utc_text(step.done_at) == conflict.first["done_at"]


def _standing(act: Act, step: Step) -> Version:
    """What stands on the order now, with when it reached us (one query)."""
    assert step.done_at is not None
    assert step.done_by is not None
    said = select(Event).where(Event.stream == act.order.number, Event.verb == Verb.STEP, Event.by == step.done_by)
    events = act.session.scalars(said.order_by(Event.seq.desc())).all()
    told = next((e for e in events if step.key in {e.detail.get("step"), (e.detail.get("done") or {}).get("id")}), None)
    arrived_at = told.at if told else step.done_at
    return Version(step.done_by, step.done_at, told.device_at if told else None, arrived_at, step.given or {})


def _open_of(act: Act, step_key: str, *, but: int) -> list[StepConflict]:
    waiting = select(StepConflict).where(
        StepConflict.order_id == act.order.id, StepConflict.step_key == step_key, StepConflict.choice.is_(None),
        StepConflict.id != but,
    )  # fmt: skip
    return list(act.session.scalars(waiting))


def _tell_others(act: Act, decided: StepConflict) -> None:
    """What waits about the same step is compared with what stands now."""
    for other in _open_of(act, decided.step_key, but=decided.id):
        other.first = decided.second


def _check_report(act: Act, step: Step) -> None:
    """The completion was signed with the other serial: that is said, not changed."""
    order, told = act.order, (step.given or {}).get("serial")
    reported = {"old_serial": order.removed_serial, "new_serial": order.installed_serial}.get(step.key)
    if order.finished_at is not None and told and reported and str(told) != reported:
        flag(order, f"The completion names serial {reported}, the chosen version {told}. Look at the part.")
