"""Running the checks: at the same time, with one deadline for all; what breaks or hangs is a finding too."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from functools import partial
from typing import Final

from app.core.errors import AppError
from app.doctor.checks import CHECKS, REACH, Check, tickets
from app.doctor.findings import Finding, Said, State, problem
from app.doctor.look import Look
from app.tickets import integrations

WITHIN_S: Final = 13.0
AT_ONCE: Final = 16


def examine(look: Look, within_s: float = WITHIN_S) -> tuple[list[Finding], bool]:
    """What every check found, in the table's order, and whether all came to their end.

    Never raises for what it looks at. A check that hangs leaves its thread behind: end the process then.
    """
    end = time.monotonic() + within_s
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="check")
    found: list[Finding] = []
    readable = True
    for check in REACH:
        if readable:
            found += _said(check.name, pool.submit(_run, check, look), end)
            readable = all(one.state == State.OK for one in found if one.name in {c.name for c in REACH})
    wanted = [check for check in CHECKS if readable or not check.reads] + _of_systems(look)
    running = [(check.name, pool.submit(_run, check, look)) for check in wanted]
    for name, future in running:
        found += _said(name, future, end)
    pool.shutdown(wait=False, cancel_futures=True)
    return found, all(future.done() for _, future in running)


def _of_systems(look: Look) -> list[Check]:
    """A check for each ticket system; none where their file is wrong, which another check tells."""
    try:
        systems = integrations.load(look.settings.integrations_file)
    except AppError:
        return []
    return [Check(f"ticket system {name}", partial(_examined, name), reads=False) for name in systems]


def _examined(name: str, look: Look) -> Iterator[Said]:
    return tickets.examined(name, integrations.load(look.settings.integrations_file)[name])


def _run(check: Check, look: Look) -> list[Said]:
    return list(check.run(look))


def _said(name: str, future: Future[list[Said]], end: float) -> Iterator[Finding]:
    for one in _outcome(future, end):
        yield Finding(name, one.state, one.sentence, one.advice)


def _outcome(future: Future[list[Said]], end: float) -> Sequence[Said]:
    try:
        error = future.exception(max(0.0, end - time.monotonic()))
    except FutureTimeoutError:
        return [problem("This could not be found out in time.", "What it asks is slow or hangs: look at it.")]
    if isinstance(error, AppError):
        return [problem(error.detail, "Correct that.")]
    if error is not None:
        first = str(error).strip().partition("\n")[0]
        return [problem(f"This could not be found out: {type(error).__name__}: {first}", "Look at what it asks.")]
    return future.result()
