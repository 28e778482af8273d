"""Asking very many devices in one process, on one event loop: bounded, and no device waits for one that hangs.

SNMP agents are asked on the loop itself, other protocols in threads that wait. So many devices have a place; one that
takes long gives its place to the next and goes on beside it. A PDU or switch that feeds many is read once.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.core.errors import HardwareError
from app.core.waiting import waiting_threads
from app.hardware.collect import Outcome, answered, document_of, failed, unended
from app.hardware.collect_agent import AgentFacts, ask_agent
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.protocols import snmp
from app.hardware.readings import SnmpTarget
from app.hardware.sources import Agent, Answer, Asking, agent_answer, askings_of
from app.hardware.target import ProbeTarget

log = logging.getLogger(__name__)

ENDING_S = 0.5  # beyond a source's own deadline, before it counts as hanging


@dataclass(frozen=True, slots=True)
class Pace:
    """How many devices have a place, after how long a slow one gives it up, and how many such there may be."""

    places: int = 50
    patience_s: float = 2.0
    slow: int = 150


@dataclass(frozen=True, slots=True)
class Wanted:
    """One device to ask; `key` is the caller's. `earlier` tells what of its event log is history."""

    key: int
    target: ProbeTarget = field(repr=False)
    earlier: DiagnosticsDocument | None = None


OnDone = Callable[[int, DiagnosticsDocument], Awaitable[None]]


async def ask_everyone(
    wanted: AsyncIterator[Wanted], on_done: OnDone, clock: Callable[[], datetime], pace: Pace | None = None
) -> None:
    """Ask each as it comes, take the next only when there is a place; `on_done(key, document)` hears of each.

    What `on_done` raises ends the whole. An error of ours on one device is logged, and is a source that says so.
    """
    pace = pace or Pace()
    pool = waiting_threads(pace.places + pace.slow, "sweep")
    asker, places = _Asker(pool, clock, on_done), _Places(pace)
    try:
        async with asyncio.TaskGroup() as group:
            async for one in wanted:
                await places.take()
                group.create_task(places.hold(asker.ask(one)))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # what hangs there is not waited for


class _Places:
    """So many may be at work; who takes longer than the patience goes on without a place, so many at most."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._free = asyncio.Semaphore(pace.places)
        self._slow = 0

    async def take(self) -> None:
        """Wait for a place."""
        await self._free.acquire()

    async def hold(self, work: Coroutine[Any, Any, None]) -> None:
        """Do the work on a place that was taken."""
        task = asyncio.create_task(work)
        gave_up = False
        try:
            done, _ = await asyncio.wait({task}, timeout=self._pace.patience_s)
            if not done and self._slow < self._pace.slow:
                gave_up = True
                self._slow += 1
                self._free.release()
            await task
        finally:
            task.cancel()  # where the whole was ended
            if gave_up:
                self._slow -= 1
            else:
                self._free.release()


class _Asker:
    """Asks one device after the other's place, and remembers the feeders that were read in this sweep."""

    def __init__(self, pool: ThreadPoolExecutor, clock: Callable[[], datetime], on_done: OnDone) -> None:
        self._pool = pool
        self._clock = clock
        self._on_done = on_done
        self._loop = asyncio.get_running_loop()
        self._feeders: dict[tuple[str, str, SnmpTarget], asyncio.Task[tuple[AgentFacts, int]]] = {}

    async def ask(self, wanted: Wanted) -> None:
        """Ask all sources of one device at once and hand over what they said."""
        taken_at, started = self._clock(), time.monotonic()
        askings = askings_of(wanted.target, self._clock, wanted.earlier, believes=True)
        outcomes = await asyncio.gather(*(self._outcome(one, wanted.target.deadline_s) for one in askings))
        duration_ms = round((time.monotonic() - started) * 1000)
        document = document_of(wanted.target, outcomes, taken_at, duration_ms, wanted.earlier)
        await self._on_done(wanted.key, document)

    async def _outcome(self, asking: Asking, deadline_s: float) -> Outcome:
        started = time.monotonic()
        try:
            if asking.agent is not None:
                answer = await self._of_agent(asking.name, asking.agent, deadline_s)
            else:
                answer = await self._in_thread(asking, deadline_s)
        except HardwareError as error:
            return failed(asking, error, round((time.monotonic() - started) * 1000))
        except TimeoutError:
            return unended(asking, deadline_s, hangs=True)
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError):
            log.exception("what %s at %s said could not be understood", asking.name, asking.address)
            return unended(asking, deadline_s, hangs=False)
        return answered(asking, answer, round((time.monotonic() - started) * 1000))

    async def _in_thread(self, asking: Asking, deadline_s: float) -> Answer:
        running = self._loop.run_in_executor(self._pool, asking.ask, deadline_s, tell_nothing)
        done, _ = await asyncio.wait({running}, timeout=deadline_s + ENDING_S)
        if not done:
            running.add_done_callback(lambda late: late.cancelled() or late.exception())  # heard, and of no use
            raise TimeoutError
        return running.result()

    async def _of_agent(self, name: str, agent: Agent, deadline_s: float) -> Answer:
        if ":" not in name:
            said, requests = await self._read(name, agent, deadline_s)
            return agent_answer(said, agent.keep, requests)
        feeder = (name, agent.role, agent.target)
        is_first = feeder not in self._feeders
        if is_first:
            self._feeders[feeder] = asyncio.create_task(self._read(name, agent, deadline_s))
        said, requests = await asyncio.shield(self._feeders[feeder])
        return agent_answer(said, agent.keep, requests if is_first else 0)

    async def _read(self, name: str, agent: Agent, deadline_s: float) -> tuple[AgentFacts, int]:
        async with snmp.session_on_loop(agent.target, deadline_s) as session:
            said = await ask_agent(session, agent.role, name, self._clock())
            return said, session.requests


def tell_nothing(_part: dict[str, Any]) -> None:
    """Nobody watches a sweep's sources as they arrive."""
