"""Background work on the same PostgreSQL: a job is deferred on the session's own connection.

So a change and its job commit together or not at all. One queue per site ("site-AMS1"), one for the center.
The queue is a bell: whatever it loses is found again by a sweep over the tables.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Final

from procrastinate import App, RetryStrategy, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

CENTRAL: Final = "central"
AGAIN: Final = RetryStrategy(max_attempts=8, linear_wait=1, retry_exceptions=(DBAPIError, StaleDataError))
"""A connection that broke, a lock not had in time, somebody else who was first: half a minute in all."""

registry = App(connector=SyncPsycopgConnector())
"""All tasks by name. Never opened: workers run it over a connector of their own."""


def site_queue(site_code: str) -> str:
    """Name of the queue that only this site's worker serves."""
    return f"site-{site_code}"


def task(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a task: a shell around one operation, called with keyword arguments inside an app context.

    What the database refuses or breaks off is tried again a few times; any other error ends the job as failed.
    """

    def register(function: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(function)
        def run(**arguments: Any) -> None:
            function(**arguments)

        registry.task(name=name, retry=AGAIN)(run)
        return function

    return register


def defer(
    session: Session,
    name: str,
    *,
    queue: str,
    lock: str | None = None,
    once: str | None = None,
    at: datetime | None = None,
    priority: int = 0,
    **arguments: Any,
) -> bool:
    """Put a job on `queue` within this session's transaction.

    `lock`: jobs of the same lock run one after the other. `once`: at most one waiting job of that name; False is
    returned when there is one already. `at` is true time, aware UTC.
    """
    deferrer = {"queue": queue, "lock": lock, "queueing_lock": once, "schedule_at": at, "priority": priority}
    try:
        with session.begin_nested():
            raw = session.connection().connection.driver_connection
            registry.configure_task(name, allow_unknown=True, connection=raw, **deferrer).defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def waiting(session: Session, names: Collection[str]) -> set[str]:
    """Which of these `once` names have a job that waits (one query on the queue's own index)."""
    todo = text("SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(:names)")
    return set(session.scalars(todo, {"names": list(names)}))
