"""Background work of the conversation: deliver messages, find those whose job was lost, read what others wrote."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from datetime import time as time_of_day
from typing import Final

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import Unavailable
from app.core.queue import task
from app.tickets import intake, operations, queries, turns
from app.tickets.integrations import installed
from app.tickets.operations import DELIVER, Lease
from app.tickets.system import Faulty, Postponed, Readable, Telling

log = logging.getLogger(__name__)

RECONCILED_AT: Final = time_of_day(2, 30)  # UTC, when little else is done
FAULTY_AGAIN: Final = timedelta(minutes=10)
READING_S: Final = 10.0
LISTEN_S: Final = 5.0  # a worker has eight seconds to stop
GIVEN_REST: Final = 3
BUSY_AGAIN_S: Final = (1.0, 3.0)


@task(DELIVER)
def deliver(ticket_id: int) -> None:
    """Send what is due for one ticket, in order, until nothing is or one message must wait.

    Each message is leased, sent outside of any transaction, and recorded: at least once, always under the same id.
    """
    with transaction() as session:
        name = queries.system_of(session, ticket_id)
    with turns.turn(name, turns.at_once(installed().get(name or ""))) as mine:
        if mine:
            while (lease := _take(ticket_id)) is not None:
                if not _attempt(lease):
                    return
            return
    with transaction() as session:
        operations.ring(session, ticket_id, after=timedelta(seconds=random.uniform(*BUSY_AGAIN_S)))  # noqa: S311 -- spreads


def _take(ticket_id: int) -> Lease | None:
    with transaction() as session:
        return operations.lease_next(session, ticket_id)


def _attempt(lease: Lease) -> bool:
    """One attempt, recorded; True when the next message may go."""
    name = lease.message.integration
    system = installed().get(name)
    if system is None:
        with transaction() as session:
            operations.put_back(session, lease, f"no integration named {name} is configured")
        return False
    outcome = system.send(lease.message, true_now())
    if isinstance(outcome, Postponed) and outcome.fault and isinstance(system, Readable):
        _tell_fault(name, outcome.problem)
    with transaction() as session:
        return operations.settle(session, lease, outcome, now=business_now(), jitter=random.random())  # noqa: S311 -- spreads retries, guards nothing


@task("tickets.sweep")
def sweep() -> None:
    """Every few seconds: ring for due messages whose job was lost, or whose worker died with them in hand."""
    with transaction() as session:
        operations.sweep(session)


@task("tickets.wake")
def wake() -> None:
    """Every few seconds: have all that can be read be read."""
    with transaction() as session:
        for name, system in installed().items():
            if isinstance(system, Readable):
                intake.wake(session, name)
        intake.forget_attempts(session, true_now())


def listen(integration: str, system: Telling) -> None:
    """Wait a few seconds for a system's word that there is news, and have it read then."""
    if system.wait(LISTEN_S):
        with transaction() as session:
            intake.wake(session, integration)


@task(intake.POLL)
def poll(integration: str) -> None:
    """Read what is new in one system, and every night all that is active there.

    Each ticket is kept in a transaction of its own; the cursor moves only when all were.
    """
    system = installed().get(integration)
    if not isinstance(system, Readable):
        return
    try:
        _poll(integration, system)
    except Unavailable as error:
        with transaction() as session:
            is_new = intake.read_badly(session, integration, error.detail, now=true_now())
        if is_new:
            log.warning("%s cannot be read: %s", integration, error.detail)
        if isinstance(error, Faulty):
            _tell_fault(integration, error.detail)


def _tell_fault(integration: str, fault: str) -> None:
    """Tell whoever runs it, once, what is set up wrong over there: the log here, alerts from what is noted."""
    with transaction() as session:
        is_new = intake.found_faulty(session, integration, fault, true_now())
    if is_new:
        log.error("%s is set up wrong: %s", integration, fault)


def _poll(integration: str, system: Readable) -> None:
    with transaction() as session:
        feed = intake.feed_of(session, integration)
        cursor, night = feed.cursor, is_reconciliation_due(feed.reconciled_at, feed.fault, true_now())
    polled = system.poll(cursor)
    with transaction() as session:
        owed = intake.owe(
            session, integration, intake.unknown(session, integration, polled.pokes), cursor=polled.cursor
        )
    if night:
        active, faults = system.active(), system.faults()
        with transaction() as session:
            intake.reconciling(session, integration, active, faults, true_now())
            owed = intake.feed_of(session, integration).owed
    read, problem = _read_all(integration, system, owed)
    with transaction() as session:
        if problem:
            if intake.read_badly(session, integration, problem, read, now=true_now()):
                log.warning("%s: some tickets cannot be read: %s", integration, problem)
        else:
            intake.read_well(session, integration, read, now=true_now())
        if read and len(read) < len(owed):  # it goes on at once, unless nothing can be read
            intake.wake(session, integration)


def _read_all(integration: str, system: Readable, owed: Sequence[str]) -> tuple[set[str], str | None]:
    """Read what is owed, for a while only, so that news never waits for long; what was read, and what went wrong.

    One ticket that cannot be read keeps no other from it; three in a row, and the system is given a rest.
    """
    end, read, problem, in_a_row = time.monotonic() + READING_S, set[str](), None, 0
    for ticket in owed:
        if (read and time.monotonic() > end) or in_a_row == GIVEN_REST:
            break
        try:
            _read(integration, system, ticket)
        except Unavailable as error:
            problem, in_a_row = error.detail, in_a_row + 1
        else:
            read.add(ticket)
            in_a_row = 0
    return read, problem


def _read(integration: str, system: Readable, ticket: str) -> None:
    with transaction() as session:
        known = queries.entry_numbers(session, integration, ticket)
    seen = system.read(ticket, known)
    if seen is not None:
        with transaction() as session:
            intake.take_in(session, integration, seen, now=business_now())


def is_reconciliation_due(reconciled_at: datetime | None, fault: str | None, now: datetime) -> bool:
    """Whether everything active is to be read: at first, and once after half past two (UTC) each night.

    Every ten minutes, too, while something is set up wrong over there (`fault`): it may have hidden news.
    """
    if reconciled_at is None:
        return True
    if fault and now - reconciled_at > FAULTY_AGAIN:
        return True
    tonight = datetime.combine(now.date(), RECONCILED_AT, now.tzinfo)
    return reconciled_at < (tonight if now >= tonight else tonight - timedelta(days=1))
