"""What happens by itself: days that open, silence that closes, promises that would be missed, signs of life.

Each deed looks at the order as it is now, held for itself alone: since it was found, somebody may have acted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.hardware.queries import latest
from app.jobs.models import WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import SYSTEM, Act, flag
from app.jobs.operations.escalate import open_referral
from app.jobs.operations.offers import answer_by
from app.jobs.operations.planning import find_time_or_wait, promise, release_if_open, withdraw
from app.jobs.operations.proof import after_taken, close
from app.jobs.queries_clock import NOT_BEGUN, TO_COME, WARNING, is_away
from app.jobs.states import AT_RACK, WAITING, OrderState, Verb
from app.jobs.teams import Team
from app.shifts.models import Appointment
from app.shifts.window import earliest, local_text, opening_at

Deed = Callable[[Session, WorkOrder, datetime], bool]

PAST_CLOSING = "The work goes on past closing time: it is finished, or handed over in a safe state."
OVERRUN = timedelta(minutes=30)  # how much longer is said each time, until it is done


def release_if_due(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Release a booked order whose appointment lies in the opening that is running now, or was missed before it."""
    act = _act(session, order, Verb.RELEASE, now)
    opening = opening_at(act.calendar, now)
    if order.state != OrderState.BOOKED or order.appointment is None or opening is None:
        return False
    if order.appointment.starts_at >= opening.ends_at:
        return False
    act.leave(OrderState.RELEASED)
    return True


def close_silent(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Close what the customer did not object to within the stated time."""
    if order.state != OrderState.AWAITING_CONFIRMATION or order.confirm_by is None or order.confirm_by > now:
        return False
    if order.conflicts_open:
        return False  # it ends once a person has chosen
    close(_act(session, order, Verb.CONFIRMATION, now), "no objection within the stated time")
    return True


def tell_late(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Tell the customer before a promised finish passes: the new time, and why. Managers find it flagged.

    What nobody has taken yet is booked again, at the earliest.
    """
    if order.promise_to is None or order.promise_finish is None or not _is_late(order, now):
        return False
    act, before = _act(session, order, Verb.APPOINTMENT, now), (order.promise_from, order.promise_to)
    missed = order.promise_finish if order.state == OrderState.WORKING else order.promise_to
    flag(order, f"Promise missed: {_told(order, missed)}. The customer was told a new time.")
    if order.state == OrderState.WORKING:
        _expect_longer(order, now)
        act.stay(why="it takes longer than promised")
        conversation.late(act, "The work takes longer than planned.", previous=before)
        return True
    if order.state in AT_RACK:
        promise(act, earliest(act.calendar, now, order.minutes))
        act.stay(why="it starts later than promised")
    elif not _book_again(act, "it starts later than promised"):
        return True
    conversation.late(act, "Our technicians could not start in time.", previous=before)
    return True


def _is_late(order: WorkOrder, now: datetime) -> bool:
    assert order.promise_to is not None
    assert order.promise_finish is not None
    if order.state in NOT_BEGUN:
        return order.promise_to < now
    if order.state != OrderState.WORKING or order.started_at is None:
        return False
    return order.promise_finish < max(now + WARNING, order.started_at + timedelta(minutes=order.minutes))


def _expect_longer(order: WorkOrder, now: datetime) -> None:
    planned = (order.started_at or now) + timedelta(minutes=order.minutes)
    order.promise_finish = max(planned, now + OVERRUN).replace(second=0, microsecond=0)


def _book_again(act: Act, why: str) -> bool:
    """Another appointment for what nobody holds; False when nobody has time, which the customer is told then."""
    order = act.order
    to = OrderState.HANDED_OVER if order.state == OrderState.HANDED_OVER else OrderState.BOOKED
    found = find_time_or_wait(act, not_before=order.not_before)
    act.leave(to, why=why)
    if not found:
        conversation.waiting(act)
    elif to == OrderState.BOOKED:
        release_if_open(act)
    return found


def tell_past_closing(session: Session, order: WorkOrder, now: datetime) -> bool:
    """A started job runs past closing: it may end, and manager and customer hear of it at once."""
    act = _act(session, order, Verb.ESCALATION, now)
    if order.state != OrderState.WORKING or act.is_open or PAST_CLOSING in order.flags:
        return False
    before = (order.promise_from, order.promise_to)
    flag(order, PAST_CLOSING)
    if order.promise_finish is None or order.promise_finish < now + OVERRUN:
        _expect_longer(order, now)
    called = open_referral(act, team=Team.MANAGEMENT, why=PAST_CLOSING, diagnostics_id=order.before_id)
    act.stay(why=PAST_CLOSING, detail={"team": Team.MANAGEMENT, "referral": called.number})
    conversation.late(act, "The work goes on past the data center's closing time.", previous=before)
    return True


def remind_customer(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Ask once more for the customer's yes, at half of the time that was given for it."""
    if order.state != OrderState.AWAITING_CONSENT or order.waiting_until is None or order.waiting_until <= now:
        return False
    act = _act(session, order, Verb.NOTE, now)
    act.stay(why="reminded the customer")
    conversation.reminder(act, "We have not had your answer yet.")
    return True


def answer_overdue(session: Session, order: WorkOrder, now: datetime) -> bool:
    """The time for a yes has passed: no appointment is held, Level 1 finds it flagged, the customer hears of it.

    A manager gets a new time in their own hours, which the customer is told; a customer is waited for without one.
    """
    if order.state not in {OrderState.AWAITING_CONSENT, OrderState.AWAITING_APPROVAL}:
        return False
    if order.waiting_until is None or order.waiting_until > now:
        return False
    act, by = _act(session, order, Verb.NOTE, now), _told(order, order.waiting_until)
    withdraw(order, act)
    if order.state == OrderState.AWAITING_CONSENT:
        flag(order, f"No answer from the customer by {by}: ask again. No appointment is held for it.")
        why, order.waiting_until = "We have had no answer from you, so no time is held for it any more.", None
    else:
        flag(order, f"No manager decided by {by}: the customer was told a new time.")
        why, order.waiting_until = "The decision on our side takes longer than we told you.", answer_by("approval", now)
    act.stay(why=f"no answer by {by}")
    conversation.waiting(act, why)
    return True


def find_time(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Book what had to wait because no technician had time."""
    if order.state not in TO_COME or order.appointment is not None:
        return False
    act = _act(session, order, Verb.APPOINTMENT, now)
    if not find_time_or_wait(act, not_before=order.not_before):
        return False
    act.stay(why="a technician has time now")
    conversation.booked(act)
    if order.state == OrderState.BOOKED:
        release_if_open(act)
    return True


def replace_appointment(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Move what was booked for a day that is closed now, or for a technician who is away; tell whoever was promised."""
    act, before = _act(session, order, Verb.APPOINTMENT, now), (order.promise_from, order.promise_to)
    if order.state not in TO_COME or order.appointment is None:
        return False
    closed = opening_at(act.calendar, order.appointment.starts_at) is None
    if not closed and session.scalar(select(Appointment.id).where(Appointment.id == order.appointment_id, is_away())):
        why = "The technician is not available at that time."
    elif closed:
        why = "The data center is closed on that day."
    else:
        return False
    if _book_again(act, why) and (order.promise_from, order.promise_to) != before:
        conversation.moved(act, why, previous=before)
    return True


def prove_again(session: Session, order: WorkOrder, now: datetime, *, silence: timedelta) -> bool:
    """Judge an unproved repair by newer diagnostics of its machine."""
    newest = latest(session, order.asset)
    if newest is None or newest.id == order.after_id:
        return False
    after_taken(_act(session, order, Verb.CLOSURE, now), newest, silence)
    return True


def tell_progress(session: Session, order: WorkOrder, now: datetime) -> bool:
    """The regular sign of life: hourly while at work, once a working day while waiting."""
    act = _act(session, order, Verb.NOTE, now)
    if order.state == OrderState.WORKING:
        done = sum(step.done_at is not None for step in order.steps)
        conversation.progress(act, f"The work goes on: {done} of {len(order.steps)} steps are done.")
    elif order.state in WAITING:
        conversation.progress(act, "It still has to wait; nothing was forgotten.")
    else:
        return False
    return True


def _told(order: WorkOrder, moment: datetime) -> str:
    return local_text(moment, order.site.time_zone)[:16].replace("T", " ")


def _act(session: Session, order: WorkOrder, verb: Verb, now: datetime) -> Act:
    return Act(session, order, verb, SYSTEM, None, now)
