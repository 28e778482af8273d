"""Children of the lab: started on purpose, ended by their own id, never left behind."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from lab.tools import find, missing

# Not the ports that Linux gives to clients: between our asking and a server's start one of those could take it.
OURS = range(10_000, 32_000)
LOOPBACK = "127.0.0.1"
STOP_PATIENCE_S = 3.0


class NotReady(RuntimeError):
    """A child did not become ready, or ended, before its deadline."""


class Child:
    """One server process in its own folder; its output goes to `<folder>/output.log`.

    It holds the reading end of a pipe of ours as its standard input: ipmi_sim ends by itself when that
    closes, also when we are killed.
    """

    def __init__(
        self, program: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self._program = program
        self._arguments = list(arguments)
        self._environment = {**os.environ, **(environment or {})}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id; the child must have been started."""
        if self._process is None:
            raise NotReady(f"{self._program} in {self.folder} was not started")
        return self._process.pid

    @property
    def running(self) -> bool:
        """True while the process exists, even when it hangs."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and return at once; readiness is the caller's condition to wait for."""
        path = find(self._program)
        if path is None:
            raise NotReady(f"this machine lacks {missing(self._program)[0]}")
        with (self.folder / "output.log").open("ab") as log:
            self._process = subprocess.Popen(
                [path, *self._arguments],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                restore_signals=False,  # it has our ignored SIGPIPE: ipmi_sim dies of it when a console has gone away
                process_group=0,  # a terminal's Ctrl-C is for us, who then end it in order
            )

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this process and to no other."""
        if self.running:
            os.kill(self.pid, number)

    def stop(self) -> None:
        """End the process: politely, then by force; wait until it is gone. Safe to call twice."""
        if self._process is None:
            return
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        try:
            self._process.wait(STOP_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process = None

    def output(self) -> str:
        """Return what the process has printed so far."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "output.log").read_text(errors="replace")
        return ""


def wait_until(ready: Callable[[], bool], what: str, deadline_s: float = 5.0) -> None:
    """Wait until `ready()`, asking often; raise NotReady naming `what` after `deadline_s`."""
    end = time.monotonic() + deadline_s
    while not ready():
        if time.monotonic() > end:
            raise NotReady(f"{what} was not ready after {deadline_s:g} s")
        time.sleep(0.01)


def free_udp_ports(count: int) -> list[int]:
    """Return `count` different UDP ports on loopback that nobody holds at this moment."""
    return _free_ports(count, socket.SOCK_DGRAM)


def free_tcp_ports(count: int) -> list[int]:
    """Return `count` different TCP ports on loopback that nobody holds at this moment."""
    return _free_ports(count, socket.SOCK_STREAM)


def _free_ports(count: int, kind: socket.SocketKind) -> list[int]:
    with contextlib.ExitStack() as open_sockets:
        ports: list[int] = []
        while len(ports) < count:
            port = random.choice(OURS)  # noqa: S311 - no secret
            one = open_sockets.enter_context(socket.socket(socket.AF_INET, kind))
            with contextlib.suppress(OSError):
                one.bind((LOOPBACK, port))
                ports.append(port)
        return ports


class Server(Protocol):
    """A child with a life of its own: started, waited for, stopped."""

    child: Child

    def start(self) -> None:
        """Start it and return at once."""

    def wait(self) -> None:
        """Return when it answers; raise NotReady when it does not."""


ServerT = TypeVar("ServerT", bound=Server)


@contextlib.contextmanager
def started(servers: Sequence[ServerT]) -> Iterator[Sequence[ServerT]]:
    """Run many servers side by side; all answer on entry, none is left on exit."""
    try:
        for server in servers:
            server.start()
        for server in servers:
            server.wait()
        yield servers
    finally:
        for server in servers:
            server.child.signal(signal.SIGTERM)  # told all before the first is waited for
        for server in servers:
            server.child.stop()
