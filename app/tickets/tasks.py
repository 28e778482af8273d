"""Background work of the conversation: deliver one ticket's messages, and find those whose job was lost."""

from __future__ import annotations

import random

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.queue import task
from app.tickets import operations
from app.tickets.integrations import installed
from app.tickets.operations import DELIVER, Lease


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
