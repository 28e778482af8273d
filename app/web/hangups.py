"""Who hung up: one thread waits for all open pages at once, so that no stream has to look whether its own is there."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from typing import Final

TURN_S: Final = 5.0  # after closing, the thread ends within this time
GONE: Final = select.EPOLLRDHUP | select.EPOLLONESHOT  # hang-ups and errors are told unasked


class HangUps:
    """Tells once of each watched connection that its other end closed it. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: select.epoll | None = None
        self._told: dict[int, Callable[[], None]] = {}

    def watch(self, page: socket.socket, tell: Callable[[], None]) -> None:
        """Call `tell` when the other end is gone, from another thread and not for long; works for TLS too."""
        with self._lock:
            if self._lines is None:
                self._lines = select.epoll()
                threading.Thread(target=self._wait, args=(self._lines,), name="hang-ups", daemon=True).start()
            self._told[page.fileno()] = tell
            self._lines.register(page, GONE)

    def forget(self, page: socket.socket) -> None:
        """Watch it no longer; before it is closed, for its number is soon another's."""
        with self._lock:
            if self._lines is not None and self._told.pop(page.fileno(), None) is not None:
                with contextlib.suppress(OSError):  # closed in the meantime: the system forgot it itself
                    self._lines.unregister(page)

    def close(self) -> None:
        """Watch nothing any more."""
        with self._lock:
            lines, self._lines = self._lines, None
            self._told.clear()
            if lines is not None:
                lines.close()

    def _wait(self, lines: select.epoll) -> None:
        with contextlib.suppress(ValueError, OSError):  # closed
            while not lines.closed:
                for number, _ in lines.poll(TURN_S):
                    with self._lock:
                        tell = self._told.get(number)
                    if tell is not None:
                        tell()
