"""Which acts of a tablet are work that was done already: hands cannot be asked to undo it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import exists, select

from app.core.events import Event
from app.jobs.operations.act import Act
from app.jobs.states import Verb

LIVE = timedelta(minutes=2)  # what comes sooner than that is judged as if it happened now
DONE = frozenset({Verb.MATCH, Verb.START, Verb.STEP, Verb.HANDOVER, Verb.COMPLETION})


def is_done_work(act: Act) -> bool:
    """True for work of somebody who had claimed the order by then (a step or server check: of any second person)."""
    device = act.device
    if device is None or act.verb not in DONE or act.now - device.at <= LIVE:
        return False
    claimed = select(Event.id).where(
        Event.stream == act.order.number, Event.verb == Verb.CLAIM, Event.at <= device.at + LIVE
    )
    if act.verb not in {Verb.STEP, Verb.MATCH}:
        claimed = claimed.where(Event.by == act.by)
    return bool(act.session.scalar(select(exists(claimed))))
