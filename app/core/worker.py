"""The worker: takes jobs from its queues, does its chores by the clock, outlives the database, stops in time."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from flask import Flask
from procrastinate import App, PsycopgConnector
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import ConnectorException
from procrastinate.job_context import JobContext
from procrastinate.jobs import DeleteJobCondition
from procrastinate.worker import Worker

from app.core.chores import Chore, do
from app.core.queue import registry
from app.core.upkeep import HEARTBEAT_S, STALLED_S

log = logging.getLogger(__name__)

JOBS_AT_ONCE: Final = 20
POLLING_S: Final = 0.5
BACK_S: Final = 1.0
FINISH_S: Final = 6.0
STOP_S: Final = 8.0
"""Everything is over this long after a request to stop: service supervisors kill at ten seconds."""

_CONNECTION: Final = {  # a dead line to the center is noticed within seconds, not hours
    "connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3,
    "tcp_user_timeout": 10_000, "options": "-c timezone=UTC -c statement_timeout=15000",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Duty:
    """What one worker is for: its queues (None: every queue), its chores, and whom it tells that it is at work."""

    queues: Sequence[str] | None
    chores: Sequence[Chore]
    ready: Callable[[], None]


def work(app: Flask, url: str, duty: Duty) -> None:
    """Work until SIGTERM or SIGINT, then finish within eight seconds.

    Jobs still running then are left behind: other workers take them again once the heartbeat is missing. A database
    that goes away is waited for. `url` is SQLAlchemy's.
    """
    with asyncio.Runner() as runner:
        finished = runner.run(_work(app, url, duty))
        if not finished:  # threads cannot be ended, and would be waited for
            log.warning("stopped with work unfinished; it will be taken again")
            logging.shutdown()
            os._exit(0)


async def _work(app: Flask, url: str, duty: Duty) -> bool:
    """Everything at once until told to stop; True when all of it came to its end in time."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.set_default_executor(ThreadPoolExecutor(JOBS_AT_ONCE + len(duty.chores) + 4, thread_name_prefix="job"))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    parts = {asyncio.create_task(_take_jobs(app, url, duty, stop), name="jobs")}
    parts |= {asyncio.create_task(_keep_doing(app, chore, stop), name=chore.name) for chore in duty.chores}
    stopping = asyncio.create_task(stop.wait())
    done, _ = await asyncio.wait({*parts, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    ended, left = await asyncio.wait(parts, timeout=STOP_S)
    for part in done | ended:
        part.result()  # a fault of ours is not hidden
    return not left


async def _keep_doing(app: Flask, chore: Chore, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await asyncio.to_thread(do, app, chore)
        await _stopped(stop, within_s=chore.every_s)


async def _take_jobs(app: Flask, url: str, duty: Duty, stop: asyncio.Event) -> None:
    """One engine after the other: each lives as long as its connections do."""
    tell = duty.ready
    while not stop.is_set():
        connector = PsycopgConnector(
            conninfo=url.replace("+psycopg", "", 1), kwargs=_CONNECTION, min_size=1, max_size=6, timeout=5.0
        )
        engine = registry.with_connector(connector)
        try:
            await connector.open_async()
            tell()
            tell = _nothing
            await _run(app, engine, duty.queues, stop)
        except (ConnectorException, psycopg.Error) as error:
            log.warning("the database is away: %s", str(error.__cause__ or error).strip().partition("\n")[0])
        finally:
            await connector.close_async()
        await _stopped(stop, within_s=BACK_S)


async def _run(app: Flask, engine: App, queues: Sequence[str] | None, stop: asyncio.Event) -> None:
    """Take jobs until the engine ends by itself (it lost the database) or we are told to stop."""
    running = asyncio.create_task(_engine_run(app, engine, queues))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        running.cancel()  # asks for a graceful end: running jobs are waited for
        await asyncio.gather(running, return_exceptions=stop.is_set())
    finally:
        stopping.cancel()


async def _engine_run(app: Flask, engine: App, queues: Sequence[str] | None) -> None:
    def in_context(call: Callable[[], Any], _context: JobContext, _worker: Worker) -> Any:
        with app.app_context():
            return call()

    options: WorkerOptions = {
        "concurrency": JOBS_AT_ONCE,
        "fetch_job_polling_interval": POLLING_S,
        "shutdown_graceful_timeout": FINISH_S,
        "delete_jobs": DeleteJobCondition.SUCCESSFUL.value,
        "update_heartbeat_interval": HEARTBEAT_S,
        "stalled_worker_timeout": STALLED_S,
        "install_signal_handlers": False,
        "task_middleware": [in_context],
    }
    if queues is not None:
        options["queues"] = queues
    await engine.run_worker_async(**options)


async def _stopped(stop: asyncio.Event, *, within_s: float) -> None:
    """Wait that long, or until told to stop."""
    try:
        await asyncio.wait_for(stop.wait(), within_s)
    except TimeoutError:
        return


def _nothing() -> None:
    """It has been told already."""
