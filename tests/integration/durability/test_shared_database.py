"""`serve` and `worker` without DATABASE_URL: one embedded PostgreSQL between them, up while either is there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from lab.processes import free_tcp_ports
from tests.waiting import wait_until

SOURCE = Path(__file__).resolve().parents[3]
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start commands of ours in one instance folder; what is left of them is ended with the test."""
    started: list[subprocess.Popen[bytes]] = []
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment |= {"RACKSIDE_INSTANCE": str(tmp_path), "PYTHONPATH": str(SOURCE)}

    def command(*arguments: str) -> subprocess.Popen[bytes]:
        run = [sys.executable, "-P", "-m", "app", *arguments]
        with (tmp_path / f"{arguments[0]}.log").open("ab") as log:
            process = subprocess.Popen(run, env=environment, cwd="/", stdout=log, stderr=log, start_new_session=True)
        started.append(process)
        return process

    yield command
    for one in started:
        with suppress(ProcessLookupError):
            os.killpg(one.pid, signal.SIGKILL)
        one.wait(10)


def test_web_and_worker_share_one_embedded_database_that_stops_with_the_last_of_them(
    start: Start, tmp_path: Path
) -> None:
    port = free_tcp_ports(1)[0]
    web, worker = start("serve", "--port", str(port)), start("worker")  # at once: one makes it, the other waits
    wait_until(lambda: is_ready(port), within_s=60)
    wait_until(lambda: "at work on every queue" in (tmp_path / "worker.log").read_text(), within_s=60)

    os.killpg(web.pid, signal.SIGKILL)
    web.wait(10)
    again = start("serve", "--port", str(port))
    wait_until(lambda: is_ready(port), within_s=60)
    assert stopped(worker) == 0
    assert is_ready(port)  # the web server still needs it
    assert stopped(again) == 0
    database = int((tmp_path / "postgres" / "port").read_text())
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect(("127.0.0.1", database))


def is_ready(port: int) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5):
        return True
    return False


def stopped(process: subprocess.Popen[bytes]) -> int:
    """Asked politely; its exit status."""
    process.terminate()
    return process.wait(30)
