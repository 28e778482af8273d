"""Trying for long, in little memory: what the fuzzing of every protocol has in common."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

MEMORY_LIMIT = 256 * 2**20
SECONDS = float(os.environ.get("PROOF_SECONDS", "600"))
GRACE_S = 120


def run(try_once: Callable[[int], None], round_of: int, seconds: float) -> None:
    """Try rounds of so many examples until the time is over; ends the process, with status 0 when nothing was found.

    More than 256 MiB of memory are an error of their own.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_LIMIT, MEMORY_LIMIT))
    examples, end = 0, time.monotonic() + seconds
    while examples == 0 or time.monotonic() < end:
        try_once(round_of)
        examples += round_of
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(f"{examples} examples, {peak / 2**20:.0f} MiB")  # noqa: T201 - its reader is a test
    sys.exit(0 if peak < MEMORY_LIMIT else 1)


def finds_nothing(module: str, *arguments: str) -> None:
    """Run a fuzzing module in a process of its own for ten minutes, or PROOF_SECONDS; what it found is shown."""
    command = [sys.executable, "-m", module, *arguments, str(SECONDS)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS + GRACE_S, check=False)
    assert done.returncode == 0, done.stdout + done.stderr[-4000:]
    print(done.stdout)  # noqa: T201 - shown with -s: how much was tried
