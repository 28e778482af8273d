"""Diagnostics that an order waits for, done, and never looked at because the job that should have is gone."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.core.queue import CENTRAL, defer
from app.hardware.models import Diagnostics
from app.jobs.models import WorkOrder
from app.jobs.operations.proof import AFTER_TASK
from app.jobs.operations.rack import BEFORE_TASK
from app.jobs.states import OrderState

PATIENCE = timedelta(minutes=1)  # the job itself takes a second, its return after a dead worker some ten
FORGIVEN = timedelta(days=1)


def ring_again(session: Session, *, now: datetime) -> int:
    """Defer the continuation again for every order that still needs it; returns how many. `now` is true time.

    Whoever looked at diagnostics froze them, so what is not frozen was not looked at. One query.
    """
    task = Diagnostics.follow_up["task"].astext
    needed = or_(
        and_(WorkOrder.state.in_((OrderState.CLAIMED, OrderState.MATCHED)), task == BEFORE_TASK),
        and_(WorkOrder.state == OrderState.VERIFYING, task == AFTER_TASK),
    )
    unseen = (
        select(Diagnostics.id, Diagnostics.follow_up, WorkOrder.number)
        .join(WorkOrder, WorkOrder.asset_id == Diagnostics.asset_id)
        .where(
            needed,
            Diagnostics.follow_up["arguments"]["number"].astext == WorkOrder.number,
            Diagnostics.state == "done",
            ~Diagnostics.frozen,
            Diagnostics.requested_at.between(now - FORGIVEN, now - PATIENCE),
        )
    )
    return sum(
        defer(
            session, follow_up["task"], queue=CENTRAL, once=f"{follow_up['task']}:{number}",
            **follow_up["arguments"], diagnostics_id=str(diagnostics_id),
        )
        for diagnostics_id, follow_up, number in session.execute(unseen)
    )  # fmt: skip
