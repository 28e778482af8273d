"""What is watched over: work that nears closing time, and machines whose fault was gone when hands came."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from app.core.clock import drill_offset
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.queries import latest, open_run
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations.act import CLOSING_SOON, SYSTEM, Act, flag
from app.jobs.operations.planning import book_again
from app.jobs.rules import fault_shown
from app.jobs.states import AT_RACK, OrderState, Verb

WATCHED: Final = frozenset({OrderState.AWAITING_CONFIRMATION, OrderState.CLOSED})
LOOK_EVERY: Final = timedelta(hours=4)


def warn_of_closing(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Tell who stands at the machine, and the board, that closing time is near; once, until it is left."""
    if order.state not in AT_RACK or CLOSING_SOON in order.flags:
        return False
    flag(order, CLOSING_SOON)
    Act(session, order, Verb.NOTE, SYSTEM, None, now).stay(why=CLOSING_SOON)
    return True


def look_whether_it_came_back(session: Session, order: WorkOrder, now: datetime) -> bool:
    """A fault that was gone when hands came is looked for every four hours; when it is back, so is the order."""
    if order.outcome != "no_fault_found" or order.finished_at is None or order.state not in WATCHED:
        return False
    newest = latest(session, order.asset)
    finished = order.finished_at - drill_offset()
    if newest is not None and newest.requested_at > finished:
        if fault_shown(newest.document or {}, KINDS[order.job_kind].finding_kinds):
            book_again(
                Act(session, order, Verb.REOPENING, SYSTEM, None, now), why="The machine reports the fault again."
            )
            return True
        finished = newest.requested_at
    if now - drill_offset() - finished < LOOK_EVERY or open_run(session, order.asset) is not None:
        return False
    request_diagnostics(session, order.asset, by=SYSTEM, reason="watch", now=now - drill_offset())
    return True
