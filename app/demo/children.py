"""Processes of the demo: started, watched, started again when they die, and ended by their id."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

AGAIN_S = 1.0
STOP_S = 10.0
ENDS_WITH_US = ("setpriv", "--pdeathsig", "TERM", "--")  # util-linux: also when we are killed


@dataclass
class Child:
    """One process: its command, and the life it has now."""

    command: Sequence[str]
    process: subprocess.Popen[bytes]
    born: float = field(default_factory=time.monotonic)


class Children:
    """A small supervisor. Output goes to one log a child under `logs`."""

    def __init__(self, logs: Path, environment: Mapping[str, str]) -> None:
        logs.mkdir(parents=True, exist_ok=True)
        self._logs, self._environment = logs, environment
        self._children: dict[str, Child] = {}
        self._leaving = threading.Event()
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._watcher.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._leaving.set()
        self._watcher.join()
        processes = [child.process for child in self._children.values()]
        for process in processes:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_S
        for process in processes:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # it leads its own session; its workers go with it
                process.wait()

    def start(self, name: str, command: Sequence[str]) -> None:
        """Run a command; it is started again whenever it ends before we do."""
        self._children[name] = Child(command, self._spawn(name, command))

    def pids(self) -> dict[str, int]:
        """Process ids by name."""
        return {name: child.process.pid for name, child in self._children.items()}

    def wait_until_ready(self, url: str, within_s: float, stopped: Callable[[float], bool]) -> bool:
        """True when the pages answer; False when it took too long, or once `stopped`, which waits a moment, says so."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline and not stopped(0.1):
            try:
                with urllib.request.urlopen(f"{url}/health/ready", timeout=2):  # noqa: S310 -- our own address
                    return True
            except (urllib.error.URLError, OSError):
                continue
        return False

    def _spawn(self, name: str, command: Sequence[str]) -> subprocess.Popen[bytes]:
        bound = ENDS_WITH_US if shutil.which(ENDS_WITH_US[0]) else ()
        with (self._logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 -- our own command
                [*bound, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=dict(self._environment),
                start_new_session=True, cwd=Path(__file__).resolve().parents[2],
            )  # fmt: skip

    def _watch(self) -> None:
        while not self._leaving.wait(0.2):
            for name, child in list(self._children.items()):
                if child.process.poll() is not None and time.monotonic() - child.born > AGAIN_S:
                    self._children[name] = Child(child.command, self._spawn(name, child.command))
