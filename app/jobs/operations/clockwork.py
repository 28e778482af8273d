"""What happens by itself: orders released when their day opens, silence that closes, promises about to be missed."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.jobs.models import WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import SYSTEM, Act
from app.jobs.operations.proof import close
from app.jobs.states import OrderState, Verb
from app.shifts.queries import site_calendar
from app.shifts.window import opening_at

LATE_WARNING = timedelta(minutes=30)
AHEAD = timedelta(hours=24)


def release_if_due(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Release a booked order whose appointment lies in the opening that is running now, or was missed before it."""
    opening = opening_at(site_calendar(order.site), now)
    if order.appointment is None or opening is None or order.appointment.starts_at >= opening.ends_at:
        return False
    _act(session, order, Verb.RELEASE, now).leave(OrderState.RELEASED)
    return True


def close_silent(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Close what the customer did not object to within the stated time."""
    close(_act(session, order, Verb.CONFIRMATION, now), "no objection within the stated time")
    return True


def warn_late(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Tell the customer before a promised finish passes that it takes longer, once for each promise."""
    return conversation.late(_act(session, order, Verb.NOTE, now))


def _act(session: Session, order: WorkOrder, verb: Verb, now: datetime) -> Act:
    return Act(session, order, verb, SYSTEM, None, now)
