"""What web server, worker and embedded database hold while nobody asks anything of them."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.rackside_server import command, served
from bench.request_tracker import lacking, request_tracker
from lab.processes import wait_until

OURS, PEER = "Rackside", "Request Tracker 5"
START_S = 60.0


def held_mib(*roots: int) -> float:
    """Proportional memory (PSS) of these processes and all that they started, MiB. Needs Linux, and their owner."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    family = set(roots)
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return sum(map(_pss_kib, family)) / 1024


def _pss_kib(pid: int) -> int:
    try:
        told = (Path("/proc") / str(pid) / "smaps_rollup").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    found = re.search(r"^Pss:\s+(\d+) kB$", told, re.MULTILINE)
    return int(found[1]) if found else 0


@contextlib.contextmanager
def prepared() -> Iterator[Mapping[str, Trial]]:
    """Both products running idle: ours as two commands in a new folder, which share one embedded database."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rackside-idle-")))
        folder.chmod(0o755)
        environment = {"RACKSIDE_INSTANCE": str(folder)}
        tracker = stack.enter_context(request_tracker())
        _, web = stack.enter_context(served(environment))
        worker = command("worker", folder / "worker", environment)
        stack.callback(worker.stop)
        worker.start()
        wait_until(lambda: "at work" in worker.output(), "the worker", START_S)
        yield {OURS: lambda: _held(web, worker.pid), PEER: lambda: _held(tracker.pid)}


def _held(*roots: int) -> Measures:
    return {"pss_mib": held_mib(*roots)}


GROUP = Group(
    name="memory",
    about="Memory of all processes, each shared page counted once (PSS), idle after the first request.",
    sides={
        OURS: "`serve`, `worker` and the embedded PostgreSQL with its connections",
        PEER: "its server with two workers, SQLite, no background work",
    },
    needs=lacking,
    prepare=prepared,
    figures=(Figure("idle-memory", "idle memory", "MiB", Bar(350, of_ratio=False), "pss_mib", OURS, PEER),),
)
