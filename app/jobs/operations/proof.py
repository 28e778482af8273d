"""The machine proves the repair: BEFORE and AFTER, closure, the customer's word, the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.core.clock import drill_offset
from app.core.errors import Conflict
from app.hardware.compare import compare
from app.hardware.differences import Work
from app.hardware.models import Diagnostics
from app.hardware.operations.diagnose import FollowUp, freeze, request_diagnostics
from app.hardware.queries import latest
from app.jobs.kind import Evidence
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import CLOSING_SOON, SYSTEM, Act, flag, unflag
from app.jobs.operations.disk_guard import check_installed, check_removed, guards_disks
from app.jobs.operations.parts import hand_over_parts
from app.jobs.operations.planning import book_again, withdraw
from app.jobs.operations.power_left import check_left, is_left_off, judge_after
from app.jobs.operations.spares import release_spares
from app.jobs.rules import fault_gone
from app.jobs.states import OrderState, Verb
from app.parts import operations as parts

AFTER_TASK = "jobs.after_taken"
UNPROVED = (
    "The diagnostics after the work do not prove the repair. Take them again once the machine is ready (an array "
    "rebuilds for hours), or a system administrator or manager accepts it as it is."
)


def before_taken(act: Act, taken: Diagnostics) -> None:
    """Freeze what the machine said before anybody touched it; say so when the fault is gone."""
    order = act.order
    if order.state not in {OrderState.CLAIMED, OrderState.MATCHED} or order.before_id == taken.id:
        return  # too late to be a BEFORE, or looked at already
    goes_on = order.started_at is not None and order.before_document is not None
    if goes_on and taken.frozen:
        return
    freeze(act.session, taken)
    if goes_on:
        act.stay(why="Diagnostics before the work goes on", detail={"diagnostics": str(taken.id)})
        return  # the BEFORE of a job that was handed over is from before the first hands
    document = taken.document or {}
    order.before_id, order.before_document = taken.id, document
    if fault_gone(document, KINDS[order.job_kind].finding_kinds):
        flag(order, "The machine reports no such fault any more: ask before you touch anything.")
    act.stay(why="BEFORE diagnostics", detail={"diagnostics": str(taken.id)})


def take_newer_before(act: Act) -> None:
    """Make diagnostics that were taken again since the claim the BEFORE, where that one is missing or lacks sources."""
    order = act.order
    if order.claimed_at is None or (order.before_document or {}).get("complete"):
        return
    newest = latest(act.session, order.asset)
    if newest is not None and newest.requested_at >= order.claimed_at - drill_offset():
        before_taken(replace(act, verb=Verb.NOTE, by=SYSTEM, person_id=None, device=None), newest)


def completion(act: Act, body: dict[str, Any]) -> None:
    """The work is done, as far as hands can tell: AFTER diagnostics run, and they decide."""
    order, outcome = act.order, body["outcome"]
    if order.state != OrderState.WORKING and outcome != "no_fault_found":
        raise Conflict("wrong_state", "Nothing was started: only 'no fault found' can be reported from here.")
    if outcome == "repaired" and guards_disks(order):
        _check_serials(act, body)
    power = check_left(act, body)
    order.outcome, order.note = outcome, body.get("note")
    order.removed_serial, order.installed_serial = body.get("removed_serial"), body.get("installed_serial")
    order.finished_at = act.at
    unflag(order, CLOSING_SOON)
    left = [step.title for step in order.steps if step.done_at is None]
    if left and outcome == "repaired":
        flag(order, f"Completed without evidence for: {'; '.join(left)}.")
    request_diagnostics(
        act.session, order.asset, by=act.by, reason="after", now=act.now - drill_offset(),
        follow_up=FollowUp(AFTER_TASK, {"number": order.number}),
    )  # fmt: skip
    detail = {k: body.get(k) for k in ("outcome", "removed_serial", "installed_serial", "note")}
    detail |= {k: body[k] for k in ("signed_name", "signature") if body.get(k)} | power
    hand_over_parts(act, order.removed_serial, order.installed_serial)
    if outcome != "not_repaired":
        release_spares(act, used=order.installed_serial)
    act.leave(OrderState.VERIFYING, detail=detail)
    conversation.finished(act)


def _check_serials(act: Act, body: dict[str, Any]) -> None:
    """The serials of the report are judged like those of the steps."""
    if body.get("removed_serial"):
        check_removed(act, str(body["removed_serial"]))
    if body.get("installed_serial"):
        check_installed(act, str(body["installed_serial"]))


def after_taken(act: Act, taken: Diagnostics, silence: timedelta) -> None:
    """Compare with BEFORE; a clean difference closes by itself, anything else waits for a person."""
    order = act.order
    if order.state not in {OrderState.VERIFYING, OrderState.AWAITING_CONFIRMATION} or order.after_id == taken.id:
        return
    if order.state == OrderState.AWAITING_CONFIRMATION and order.after_id is not None:
        return
    document = taken.document or {}
    freeze(act.session, taken)
    order.after_id, order.after_document = taken.id, document
    comparison = compare(order.before_document or {}, document, _named_finding(act), _work(act))
    order.comparison = comparison.to_dict()
    act.stay(why="AFTER diagnostics", detail={"diagnostics": str(taken.id), "result": order.comparison["result"]})
    judge_after(act)
    if order.state != OrderState.VERIFYING:
        return  # a person accepted it before the machine spoke
    if is_proved(order):
        unflag(order, UNPROVED)
        prove_if_clean(act, silence)
    else:
        flag(order, UNPROVED)


def is_proved(order: WorkOrder) -> bool:
    """True when AFTER shows the named fault gone and nothing new, every source answered, and hands say the same."""
    clean = (order.comparison or {}).get("result") == "repaired" and bool((order.after_document or {}).get("complete"))
    return clean and order.outcome != "not_repaired" and not is_left_off(order)


def prove_if_clean(act: Act, silence: timedelta) -> None:
    """What the machine proves is reported by itself, once nobody has to choose between two versions any more."""
    order = act.order
    if order.state == OrderState.VERIFYING and is_proved(order) and not order.conflicts_open:
        itself = replace(act, verb=Verb.CLOSURE, by=SYSTEM, person_id=None, device=None)
        to_confirmation(itself, silence, why="the machine proves it", detail=None)


def refuse_unchosen(order: WorkOrder) -> None:
    """Raises Conflict while two versions of a step wait for a person: no order ends with that."""
    if order.conflicts_open:
        raise Conflict(
            "conflict_open", "Two people did the same step. First somebody chooses which version stands (Conflicts)."
        )


def _named_finding(act: Act) -> tuple[str, str] | None:
    """The finding that the order is about: of the kind's finding kinds, the one that BEFORE showed for its target."""
    order = act.order
    kinds = KINDS[order.job_kind].finding_kinds
    findings = [f for f in (order.before_document or {}).get("findings", []) if f["kind"] in kinds]
    named = [f for f in findings if order.target and str(f.get("number")) == order.target] or findings
    return (named[0]["kind"], str(named[0].get("number") or named[0]["component"])) if named else None


def _work(act: Act) -> Work:
    """Which serial numbers had to change: a swapped part's. Every other job leaves each part where it was."""
    order, kind = act.order, KINDS[act.order.job_kind]
    swaps = any(step.evidence == Evidence.SERIAL for step in kind.steps)
    told = bool(order.removed_serial or order.installed_serial)
    if order.outcome != "no_fault_found" and (told or (swaps and order.outcome == "repaired")):
        return Work(True, order.removed_serial, order.installed_serial)
    may_replace = order.outcome != "no_fault_found" and (swaps or kind.asks_minutes)
    return Work(None if may_replace else False)


def closure(act: Act, body: dict[str, Any], silence: timedelta) -> None:
    """A person accepts what the machine could not prove, and signs for it."""
    if not body["accept_unverified"]:
        raise Conflict("not_verified", "The machine does not prove the repair: accept it as it is, or leave it open.")
    refuse_unchosen(act.order)
    to_confirmation(act, silence, why=body["why"], detail={"accept_unverified": True})


def to_confirmation(act: Act, silence: timedelta, *, why: str, detail: dict[str, Any] | None) -> None:
    """The report goes into the ticket and the customer is asked; silence closes after the stated time."""
    order = act.order
    withdraw(order, act)
    order.confirm_by = act.now + silence
    act.leave(OrderState.AWAITING_CONFIRMATION, why=why, detail=detail)
    conversation.closing_report(act)


def confirmation(act: Act, body: dict[str, Any]) -> None:
    """The customer says it is fixed, or that it is not: then the same order is booked again."""
    if body["decision"] == "confirmed":
        refuse_unchosen(act.order)
        close(act, body.get("why") or "confirmed by the customer")
    else:
        book_again(act, why=body.get("why") or "not fixed, says the customer")


def close(act: Act, why: str) -> None:
    """The end of the job."""
    act.order.closed_at = act.now
    act.order.confirm_by = None
    parts.let_go(act.session, act.order.number, by=act.by, now=act.now)
    act.leave(OrderState.CLOSED, why=why)
    conversation.closed(act, why)
