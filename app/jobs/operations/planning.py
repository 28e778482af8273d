"""From question to appointment: what an order still needs, its time, its release, its end before work."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.core.errors import Conflict, Invalid
from app.jobs.kind import minutes_of, missing_questions, target_of
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import CLOSING_SOON, SYSTEM, Act, flag, unflag
from app.jobs.operations.offers import answer_by
from app.jobs.operations.spares import release_spares, reserve_spare
from app.jobs.procedure import job_minutes
from app.jobs.queries import same_open_order
from app.jobs.rules import promised_range
from app.jobs.states import Needs, OrderState, Verb, next_state
from app.parts import operations as parts
from app.shifts.operations import book, explain_time, let_go
from app.shifts.window import Opening, explain, latest_start, opening_at

WAITING_FOR = {
    OrderState.NEEDS_INFO: ("answers", "Level 1"),
    OrderState.AWAITING_APPROVAL: ("approval", "a manager"),
    OrderState.AWAITING_CONSENT: ("consent", "the customer"),
    OrderState.AWAITING_PART: ("part", "the spare part"),
}


TECHNICIAN = "technician"
NOBODY = frozenset({"no_technician"})
NO_TIME = NOBODY | {"does_not_fit", "no_window"}
NO_TIME_FLAG = "No technician has time for it: put somebody on the roster. It is booked by itself then."


def needs(order: WorkOrder) -> Needs:
    """What this order lacks now."""
    kind = KINDS[order.job_kind]
    stated = minutes_of(kind, order.answers) is not None
    return Needs(
        answers=bool(missing_questions(kind, order.answers)) or bool(order.open_question) or not stated,
        approval=order.approval_needed,
        consent=order.consent_needed,
        part=order.part_needed,
    )


def advance(act: Act, *, why: str | None = None, detail: dict[str, Any] | None = None) -> None:
    """Go on to the first state that still applies; when that is booked, book, promise and tell the customer."""
    to = next_state(needs(act.order))
    if to in WAITING_FOR:
        wait(act, to, why=why, detail=detail)
        return
    lacks = reserve_spare(act)
    if find_time_or_wait(act, not_before=act.order.not_before):
        act.order.promise_explanation = [*act.order.promise_explanation, *([lacks] if lacks else [])]
        act.leave(OrderState.BOOKED, why=why, detail=detail)
        conversation.booked(act)
        release_if_open(act)
    else:
        act.leave(OrderState.BOOKED, why=why, detail=detail)
        conversation.waiting(act)


def wait(
    act: Act, to: OrderState, *, why: str | None, told: str = "", until: datetime | None = None, detail: Any = None
) -> None:
    """Go into a waiting state: the appointment is given back with its promise, the customer hears on whom it waits.

    `why` is for the record, `told` for the customer. Without `until` it is when who has to answer is expected to.
    """
    order = act.order
    withdraw(order, act)
    order.promise_from = order.promise_to = order.promise_finish = None
    order.promise_explanation = []
    order.waiting_what, order.waiting_who = WAITING_FOR[to]
    order.waiting_since, order.waiting_until = act.now, until or answer_by(order.waiting_what, act.now)
    order.holder_id = None
    act.leave(to, why=why, detail=detail)
    conversation.waiting(act, told)


def find_time_or_wait(
    act: Act,
    *,
    tolerated: Collection[str] = NOBODY,
    not_before: datetime | None = None,
    technician: str | None = None,
) -> bool:
    """Book; where nobody has time, the order is kept, says so, and is booked once somebody has (False).

    A job is never lost because a roster is empty at three in the morning. Refusals with other codes than `tolerated`
    are raised: work that is longer than every opening will not fit tomorrow either.
    """
    order = act.order
    try:
        appoint(act, not_before=not_before, technician=technician)
    except Conflict as refusal:
        if refusal.code not in tolerated:
            raise
        order.promise_from = order.promise_to = order.promise_finish = None
        order.promise_explanation = [refusal.detail]
        order.waiting_what, order.waiting_who = TECHNICIAN, "a manager"
        order.waiting_since, order.waiting_until = order.waiting_since or act.now, None
        flag(order, NO_TIME_FLAG)
        return False
    clear_waiting(order)
    order.flags = [sentence for sentence in order.flags if sentence != NO_TIME_FLAG]
    return True


def clear_waiting(order: WorkOrder) -> None:
    """Nobody is waited for any more."""
    order.waiting_what = order.waiting_who = order.waiting_since = order.waiting_until = None


def withdraw(order: WorkOrder, act: Act) -> None:
    """Give the order's appointment back, if it has one."""
    let_go(act.session, order.appointment_id)
    order.appointment_id = None
    order.appointment = None


def appoint(act: Act, *, not_before: datetime | None = None, technician: str | None = None) -> bool:
    """Book the earliest appointment; an earlier one is given back first. True when the promise had to change.

    An appointment inside the range that the customer was promised leaves the promise as it is.
    """
    order = act.order
    withdraw(order, act)
    at = max(act.now, not_before) if not_before else act.now
    appointment, found = book(
        act.session, order.site, machine_id=order.asset_id, order_number=order.number, minutes=order.minutes, at=at,
        technician=technician,
    )  # fmt: skip
    order.appointment = appointment
    order.appointment_id = appointment.id
    starts_at = appointment.starts_at
    if order.promise_from and order.promise_to and order.promise_from <= starts_at <= order.promise_to:
        return False
    promise(act, Opening(starts_at, appointment.ends_at))
    order.promise_explanation = explain_time(order.site, found, minutes=order.minutes, now=act.now, ready=at)
    return True


def promise(act: Act, when: Opening) -> None:
    """Promise the range around this time, with its arithmetic."""
    order, calendar = act.order, act.calendar
    latest = latest_start(calendar, when.starts_at, order.minutes) or when.starts_at
    order.promise_from, order.promise_to, order.promise_finish = promised_range(when.starts_at, latest, order.minutes)
    order.promise_explanation = explain(calendar, act.now, order.minutes, when)


def release_if_open(act: Act) -> None:
    """Release a booked order at once when its appointment lies in the opening that is running now."""
    order = act.order
    current = opening_at(act.calendar, act.now)
    if order.appointment and current and current.starts_at <= order.appointment.starts_at < current.ends_at:
        replace(act, verb=Verb.RELEASE, by=SYSTEM, person_id=None, device=None).leave(OrderState.RELEASED)


def answers(act: Act, body: dict[str, Any]) -> None:
    """Take answers to the kind's questions, or to what the rack asked."""
    order = act.order
    given = {key: value for key, value in body["answers"].items() if str(value).strip()}
    if not given:
        raise Invalid("invalid", "No answer was given.")
    order.answers = {**order.answers, **given}
    order.open_question = None
    kind = KINDS[order.job_kind]
    length = job_minutes(kind, order.answers, verify=order.verify_minutes, back_out=order.back_out_minutes)
    order.minutes = length or order.minutes
    order.target = target_of(kind, order.answers) or order.target
    advance(act, detail={"answers": given})


def approval(act: Act, body: dict[str, Any]) -> None:
    """A manager says yes or no; no ends the order."""
    if _refused(act, body):
        return
    act.order.approval_needed = False
    advance(act, why=body.get("why"), detail={"decision": "granted"})


def consent(act: Act, body: dict[str, Any]) -> None:
    """The customer says yes or no, linked to the message that says so, or else to its ticket; no ends the order."""
    if _refused(act, body):
        return
    act.order.consent_needed = False
    act.order.consent_url = body.get("message_url") or act.order.ticket.url
    advance(act, why=body.get("why"), detail={"decision": "granted", "message_url": act.order.consent_url})


def _refused(act: Act, body: dict[str, Any]) -> bool:
    if body["decision"] == "granted":
        return False
    why = body.get("why") or "refused"
    end(act, why, detail={"decision": "refused"})
    return True


def part(act: Act, body: dict[str, Any]) -> None:
    """The part has come: where it lies and its serial."""
    act.order.part_needed = False
    release_spares(act, used=body["serial"])
    act.order.part_serial, act.order.part_location = body["serial"], body["location"]
    parts.reserve(act.session, act.order.site, body["serial"], act.order.number, by=act.by, now=act.now)
    advance(act, detail={"serial": body["serial"], "location": body["location"]})


def appointment(act: Act, body: dict[str, Any]) -> None:
    """Give the order another time or technician; the customer hears only when the promise changes."""
    order, before = act.order, (act.order.promise_from, act.order.promise_to)
    order.not_before = body.get("not_before") or order.not_before
    moved = appoint(act, not_before=body.get("not_before"), technician=body.get("technician"))
    clear_waiting(order)
    order.holder_id = None
    assert order.appointment is not None
    detail = {"starts_local": order.appointment.starts_local, "technician": order.appointment.technician.name}
    act.leave(OrderState.BOOKED, why=body.get("why"), detail=detail)
    if moved:
        conversation.moved(act, body.get("why"), previous=before)
    release_if_open(act)


def release(act: Act, _body: dict[str, Any]) -> None:
    """Hand a booked order out to the hall before its time; only inside site hours."""
    clear_waiting(act.order)
    act.leave(OrderState.RELEASED)


def hold(act: Act, body: dict[str, Any]) -> None:
    """Wait for a part, the customer, a manager or answers; the appointment goes back."""
    order, what = act.order, body["waiting_for"]
    unflag(order, CLOSING_SOON)
    order.part_needed = order.part_needed or what == "part"
    order.consent_needed = order.consent_needed or what == "consent"
    order.approval_needed = order.approval_needed or what == "approval"
    order.open_question = body["why"] if what == "answers" else order.open_question
    order.matched_at = None
    if order.state == OrderState.WORKING:
        flag(order, f"Put on hold by {act.by} in the middle of the work: look how the machine was left.")
    to = next(state for state, (word, _) in WAITING_FOR.items() if word == what)
    wait(act, to, why=body["why"], told=body["why"], until=body.get("until"), detail={"waiting_for": what})


def cancellation(act: Act, body: dict[str, Any]) -> None:
    """End the order before anything was touched."""
    end(act, body["why"])


def end(act: Act, why: str, *, detail: dict[str, Any] | None = None) -> None:
    """Cancel: time given back, nobody waits, the customer hears why."""
    withdraw(act.order, act)
    clear_waiting(act.order)
    if act.order.started_at is not None:
        flag(act.order, "Cancelled although the work had begun once: look how the machine was left.")
    act.order.holder_id = None
    act.order.closed_at = act.now
    release_spares(act)
    parts.let_go(act.session, act.order.number, by=act.by, now=act.now)
    act.leave(OrderState.CANCELLED, why=why, detail=detail)
    conversation.cancelled(act, why)


def book_again(act: Act, *, why: str | None) -> None:
    """A closed or unconfirmed order comes back: same order, new appointment, the proof starts afresh."""
    order = act.order
    refuse_twin(act, order.job_kind, besides=order)
    order.matched_at = order.match = order.started_at = order.finished_at = order.closed_at = order.confirm_by = None
    order.outcome = order.before_id = order.after_id = order.before_document = order.after_document = None
    order.comparison = order.promise_from = order.promise_to = order.promise_finish = None
    order.holder_id = order.claimed_at = order.permit = order.safe_state = order.not_before = None
    order.stop = order.code_secret = order.sighting = order.power_left = None
    order.flags, order.codes = [], []
    parts.keep_again(act.session, order.number)
    if KINDS[order.job_kind].consent:
        flag(order, "The customer agreed the first time. Ask again before it is done once more.")
    for step in order.steps:
        step.done_at = step.done_by = step.given = None
    order.part_serial = order.part_location = None
    reserve_spare(act)
    found = find_time_or_wait(act)
    act.leave(OrderState.BOOKED, why=why)
    conversation.reopened(act, why)
    if found:
        release_if_open(act)


def refuse_twin(act: Act, job_kind: str, *, besides: WorkOrder | None = None) -> None:
    """Raise Conflict when such a job is open already for this order's ticket and machine."""
    order = act.order
    twin = same_open_order(act.session, order.ticket_id, order.asset_id, job_kind)
    if twin is not None and twin is not besides:
        raise Conflict("wrong_state", f"{twin.number} is open for the same ticket, machine and job: use that one.")


def reopening(act: Act, body: dict[str, Any]) -> None:
    """The fault is back: the same order is booked again."""
    book_again(act, why=body["why"])
