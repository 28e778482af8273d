"""Background work of the conversation: deliver messages, find those whose job was lost, read what others wrote."""

from __future__ import annotations

import logging
import random
from datetime import datetime, time, timedelta
from typing import Final

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import Unavailable
from app.core.queue import task
from app.tickets import intake, operations, queries
from app.tickets.integrations import installed
from app.tickets.operations import DELIVER, Lease
from app.tickets.system import Readable

log = logging.getLogger(__name__)

RECONCILED_AT: Final = time(2, 30)  # UTC, when little else is done


@task(DELIVER)
def deliver(ticket_id: int) -> None:
    """Send what is due for one ticket, in order, until nothing is or one message must wait.

    Each message is leased, sent outside of any transaction, and recorded: at least once, always under the same id.
    """
    while (lease := _take(ticket_id)) is not None:
        if not _attempt(lease):
            return


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
        log.warning("%s cannot be read: %s", integration, error.detail)
        with transaction() as session:
            intake.read_badly(session, integration, error.detail, now=true_now())


def _poll(integration: str, system: Readable) -> None:
    with transaction() as session:
        feed = intake.feed_of(session, integration)
        cursor, night = feed.cursor, is_reconciliation_due(feed.reconciled_at, true_now())
    polled = system.poll(cursor)
    with transaction() as session:
        wanted = intake.unknown(session, integration, polled.pokes)
    if night:
        if faults := system.faults():
            raise Unavailable("ticket_system", " ".join(faults))
        wanted = list(dict.fromkeys([*wanted, *system.active()]))
    for ticket in wanted:
        _read(integration, system, ticket)
    with transaction() as session:
        intake.read_well(session, integration, cursor=polled.cursor, now=true_now(), reconciled=night)


def _read(integration: str, system: Readable, ticket: str) -> None:
    with transaction() as session:
        known = queries.entry_numbers(session, integration, ticket)
    seen = system.read(ticket, known)
    if seen is not None:
        with transaction() as session:
            intake.take_in(session, integration, seen, now=business_now())


def is_reconciliation_due(reconciled_at: datetime | None, now: datetime) -> bool:
    """Whether everything active is to be read: at first, and once after half past two (UTC) each night."""
    if reconciled_at is None:
        return True
    tonight = datetime.combine(now.date(), RECONCILED_AT, now.tzinfo)
    return reconciled_at < (tonight if now >= tonight else tonight - timedelta(days=1))
