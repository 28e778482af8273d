"""Background shells: continuations of diagnostics, and the minute's clockwork."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.queue import task
from app.core.settings import Settings
from app.hardware.models import Diagnostics
from app.jobs import queries, queries_clock, queries_power, queries_rings
from app.jobs.operations import acknowledge as acknowledgment
from app.jobs.operations import clockwork, forgotten, inbox, proof, rings, shutdown, watch
from app.jobs.operations.act import CLOSING_SOON, SYSTEM, Act
from app.jobs.operations.rack import BEFORE_TASK
from app.jobs.states import Verb
from app.tickets.intake import HEARD

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


@task("jobs.acknowledge")
def acknowledge() -> None:
    """Every second or two: tell tickets that arrived that they have."""
    now = business_now()
    with transaction() as session:
        arrived = queries_clock.unacknowledged(session, now)
    for ticket_id in arrived:
        with transaction() as session:
            acknowledgment.acknowledge(session, ticket_id, now)


@task(HEARD)
def ticket_heard(ticket_id: int, entries: list[int]) -> None:
    """Somebody wrote in a ticket."""
    with transaction() as session:
        inbox.heard(session, ticket_id, entries, now=business_now(), true_time=true_now())


@task("jobs.tick")
def tick() -> None:
    """All that happens by itself, each order on its own: one that fails does not hold up the others."""
    now = business_now()
    prove = functools.partial(clockwork.prove_again, silence=_settings().confirmation_silence)
    closing = functools.partial(queries_clock.closing_soon, told=CLOSING_SOON)
    overtime = functools.partial(queries_clock.past_closing, told=clockwork.PAST_CLOSING)
    duties: tuple[tuple[Callable[[Session, datetime], Sequence[str]], clockwork.Deed], ...] = (
        (queries_clock.due_for_release, clockwork.release_if_due),
        (queries_clock.silent_since, clockwork.close_silent),
        (queries_clock.provable, prove),
        (queries_clock.without_time, clockwork.find_time),
        (queries_clock.misplaced, clockwork.replace_appointment),
        (closing, watch.warn_of_closing),
        (overtime, clockwork.tell_past_closing),
        (queries_clock.unexplained, watch.look_whether_it_came_back),
        (queries_clock.late, clockwork.tell_late),
        (queries_clock.unreminded, clockwork.remind_customer),
        (queries_clock.unanswered, clockwork.answer_overdue),
        (queries_clock.unheard, clockwork.tell_progress),
        (lambda session, _now: queries_power.watched(session), shutdown.watch),
        (queries_rings.ringing_too_long, rings.ring_on),
    )
    for find, deed in duties:
        with transaction() as session:
            numbers = find(session, now)
        for number in numbers:
            _each(number, deed, now)
    with transaction() as session:
        forgotten.ring_again(session, now=true_now())


def _each(number: str, deed: clockwork.Deed, now: datetime) -> None:
    try:
        with transaction() as session:
            deed(session, queries.order_alone(session, number), now)
    except AppError as error:
        log.info("%s: %s; the next tick looks again", number, error.detail)
    except (SQLAlchemyError, ArithmeticError, LookupError, TypeError, ValueError, AssertionError) as error:
        log.exception("%s: the clockwork cannot go on with it", number, exc_info=error)
