"""Being asked to stop, by Ctrl-C or by a supervisor."""

from __future__ import annotations

import os
import select
import signal
from types import FrameType


class StopRequest:
    """Set by a signal, waited for by the main thread.

    The interpreter itself writes to the pipe the moment the signal arrives. An Event set by a handler is not enough:
    handlers run between two steps of the main thread, so one can come just before it falls asleep in `wait` and be
    run only when it wakes, or find it holding the Event's own lock.
    """

    def __init__(self) -> None:
        self._told, self._tell = os.pipe()
        os.set_blocking(self._tell, False)

    def listen(self) -> None:
        """Take Ctrl-C, SIGTERM and a closed terminal for such a request from now on. For the main thread."""
        signal.set_wakeup_fd(self._tell, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _only_wake)

    def wait(self, within_s: float | None = None) -> bool:
        """True as soon as somebody asked; False when nobody did in that time (None: wait for ever)."""
        return bool(select.select([self._told], [], [], within_s)[0])


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """Nothing to do: the pipe has it already."""
