"""Distance to order: UDP servers seen as if they were far away, behind a line that loses packets, or slow in serving.

A process of its own, so that what it costs is not taken for the client's. It knows no protocol, and counts what passes.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Passed:
    """Datagrams that came from clients, and answers that were sent on to them."""

    requests: int
    answers: int


class Distance:
    """Stands in front of UDP servers on loopback while the `with` lasts; `ports` are the new doors, in their order.

    Each answer comes `delay_s` late, a share `loss` of them never. With `one_at_a_time` a server takes `delay_s` for
    each request, and the next one waits until then.
    """

    def __init__(
        self, servers: Sequence[int], delay_s: float = 0.02, *, loss: float = 0.0, one_at_a_time: bool = False
    ) -> None:
        order = {"servers": list(servers), "delay_s": delay_s, "loss": loss, "one_at_a_time": one_at_a_time}
        self._command = [sys.executable, "-m", "lab.distance_process", json.dumps(order)]
        self._process: subprocess.Popen[str] | None = None
        self.ports: tuple[int, ...] = ()

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, process_group=0
        )
        self.ports = tuple(json.loads(self._line()))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(BrokenPipeError):
                process.communicate(timeout=5)  # closes its input, at which it ends

    def passed(self) -> Passed:
        """What has passed since this was last asked."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Passed(*json.loads(self._line()))

    def _line(self) -> str:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.readline()
