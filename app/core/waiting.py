"""Threads for work that waits most of its time, such as asking fifty devices at once."""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor


def waiting_threads(most: int, name: str) -> ThreadPoolExecutor:
    """At most so many threads, all on one processor; which one follows from the process, so that several share out.

    Python lets one of them run at a time. On several processors each answer wakes a thread on another one, which then
    waits for Python's lock: up to ten times as many switches for the same work, and more than twice its cost.
    """
    return ThreadPoolExecutor(most, name, _stay_together)


def _stay_together() -> None:
    if hasattr(os, "sched_setaffinity"):  # Linux
        allowed = sorted(os.sched_getaffinity(0))
        with contextlib.suppress(OSError):  # the processors changed just now: then anywhere
            os.sched_setaffinity(0, {allowed[os.getpid() % len(allowed)]})
