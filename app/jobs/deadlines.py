"""Which promise an order or a referral is under now, and whether it is missed. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.jobs.states import OrderState

TO_START = frozenset(
    {OrderState.BOOKED, OrderState.RELEASED, OrderState.CLAIMED, OrderState.MATCHED, OrderState.HANDED_OVER}
)
TO_FINISH = frozenset({OrderState.WORKING, OrderState.VERIFYING})


@dataclass(frozen=True, slots=True)
class Deadline:
    """What was promised (`start`, `finish` or `answer`) by when, aware UTC; missed once that has passed."""

    what: str
    at: datetime
    missed: bool


def deadline_of(
    state: str, promise_to: datetime | None, promise_finish: datetime | None, now: datetime
) -> Deadline | None:
    """The promise an order is under: to start, once begun to finish; None when it is under none."""
    if state in TO_START and promise_to is not None:
        return Deadline("start", promise_to, promise_to < now)
    if state in TO_FINISH and promise_finish is not None:
        return Deadline("finish", promise_finish, promise_finish < now)
    return None
