"""Background shells: continuations of diagnostics, and the minute's clockwork."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy.orm import Session

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.queue import task
from app.core.settings import Settings
from app.hardware.models import Diagnostics
from app.jobs import queries
from app.jobs.models import WorkOrder
from app.jobs.operations import clockwork, forgotten, proof
from app.jobs.operations.act import SYSTEM, Act
from app.jobs.operations.rack import BEFORE_TASK
from app.jobs.states import Verb

log = logging.getLogger(__name__)


def _settings() -> Settings:
    settings: Settings = current_app.config["RACKSIDE"]
    return settings


@task(BEFORE_TASK)
def before_taken(number: str, diagnostics_id: str) -> None:
    """Freeze an order's BEFORE."""
    with transaction() as session:
        taken = session.get_one(Diagnostics, UUID(diagnostics_id))
        act = Act(session, queries.order_alone(session, number), Verb.NOTE, SYSTEM, None, business_now())
        proof.before_taken(act, taken)


@task(proof.AFTER_TASK)
def after_taken(number: str, diagnostics_id: str) -> None:
    """Judge an order's AFTER."""
    with transaction() as session:
        taken = session.get_one(Diagnostics, UUID(diagnostics_id))
        act = Act(session, queries.order_alone(session, number), Verb.CLOSURE, SYSTEM, None, business_now())
        proof.after_taken(act, taken, _settings().confirmation_silence)


@task("jobs.tick")
def tick() -> None:
    """Release what is due, close what nobody objected to, warn before a promise is missed; each order on its own.

    And look again for diagnostics whose continuation was lost.
    """
    now = business_now()
    duties = (
        (queries.due_for_release, now + clockwork.AHEAD, clockwork.release_if_due),
        (queries.silent_since, now, clockwork.close_silent),
        (queries.late_soon, now + clockwork.LATE_WARNING, clockwork.warn_late),
    )
    for find, until, deed in duties:
        with transaction() as session:
            numbers = [order.number for order in find(session, until)]
        for number in numbers:
            _each(number, deed, now)
    with transaction() as session:
        forgotten.ring_again(session, now=true_now())


def _each(number: str, deed: Callable[[Session, WorkOrder, datetime], bool], now: datetime) -> None:
    try:
        with transaction() as session:
            deed(session, queries.order_alone(session, number), now)
    except AppError as error:
        log.info("%s: %s; the next tick looks again", number, error.detail)
