"""A real `rackside demo` in a process of its own, as somebody would start it in a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.processes import free_tcp_ports
from tests.waiting import wait_until

SOURCE = Path(__file__).resolve().parents[3]
COMMAND = (sys.executable, "-P", "-m", "app", "demo")


class Demo:
    """One run of it: the leader of a process group, as a shell's foreground job is."""

    def __init__(
        self, instance: Path, *options: str, port: int | None = None, command: tuple[str, ...] = COMMAND
    ) -> None:
        self.instance, self.port = instance, port or free_tcp_ports(1)[0]
        instance.mkdir(exist_ok=True)
        self._said = instance / f"said-{uuid.uuid4().hex}"
        with self._said.open("wb") as out:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port), *options], env=environment(instance), cwd="/",
                stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, process_group=0,
            )  # fmt: skip

    @property
    def said(self) -> str:
        return self._said.read_text()

    def wait_until_ready(self, within_s: float = 90) -> dict[str, Any]:
        """What demo.json says once the demo is ready."""
        wait_until(lambda: "is ready" in self.said or self.process.poll() is not None, within_s=within_s)
        assert self.process.poll() is None, self.said
        described: dict[str, Any] = json.loads((self.instance / "demo.json").read_text())
        return described

    def stop(self, number: signal.Signals = signal.SIGINT, within_s: float = 15) -> float:
        """As a terminal does it: Ctrl-C reaches everything in the foreground. The seconds it took."""
        began = time.monotonic()
        os.killpg(self.process.pid, number)
        assert self.process.wait(within_s) == 0, self.said
        return time.monotonic() - began


def environment(instance: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "RACKSIDE_BASE_URL"}}
    return kept | {"RACKSIDE_INSTANCE": str(instance), "PYTHONPATH": str(SOURCE), "PYTHONTZPATH": ""}


def processes_of(instance: Path) -> list[str]:
    """Command lines of all that was started by a demo in this folder, directly or not."""
    mark, found = f"RACKSIDE_INSTANCE={instance}".encode(), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes():
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def get(demo: dict[str, Any], who: str, path: str) -> Any:
    """GET as one of the demo's people."""
    request = urllib.request.Request(f"{demo['url']}/api/v1{path}")
    request.add_header("Authorization", f"Bearer {demo['people'][who]['token']}")
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


Start = Callable[..., Demo]


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    return tmp_path / "instance"


@pytest.fixture
def start(instance: Path) -> Iterator[Start]:
    """Start demos in the test's instance folder; whatever still runs is ended with the test."""
    started: list[Demo] = []

    def demo(*options: str, folder: Path = instance, **changes: Any) -> Demo:
        started.append(Demo(folder, *options, **changes))
        return started[-1]

    yield demo
    for one in started:
        if one.process.poll() is None:
            one.process.terminate()
            one.process.wait(30)
