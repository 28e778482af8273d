"""A real proxy on loopback for whatever is spoken line by line (IMAP, SMTP): bad connections, and stops at a word."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final, cast
from urllib.parse import urlsplit

from tests.integration.tickets.between import Fault

DRIP_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Bad:
    """What happens to one connection, from that answer of the server's on (the first is number 0).

    With `after`, from the answer to that word of the client's on.
    """

    fault: Fault = Fault.NONE
    at_answer: int = 0
    after: bytes | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """Everything stands still at the client's word: before it arrives, or (`answered`) before its answer does."""

    word: bytes
    answered: bool


class Lines(socketserver.ThreadingTCPServer):
    """Passes connections on to `target`; `choose` says, by its number, what becomes of each."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        where = urlsplit(target)
        self.scheme, self.target = where.scheme, (where.hostname or "", where.port or 0)
        self.choose: Callable[[int], Bad] = lambda _: Bad()
        self.stop: Stop | None = None
        self.connections = 0
        self.from_server = 0  # bytes
        self.guard = threading.Lock()
        self.holding = threading.Event()
        self.ended = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken connections are what this is about."""

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}"

    def stops_at(self, data: bytes, *, answered: bool) -> bool:
        return self.stop is not None and self.stop.answered == answered and self.stop.word in data.upper()

    def release(self) -> None:
        """End what was held, and stop at nothing any more."""
        self.stop, ended, self.ended = None, self.ended, threading.Event()
        ended.set()
        self.holding.clear()

    def hold(self) -> None:
        """Let nothing pass any more on this connection."""
        self.holding.set()
        self.ended.wait(60)


class _Handler(socketserver.BaseRequestHandler):
    held = False
    heard: bytes = b""

    def handle(self) -> None:
        lines = cast("Lines", self.server)
        with lines.guard:
            number = lines.connections
            lines.connections += 1
            bad = lines.choose(number)
        if bad.fault == Fault.DROP:
            return
        with socket.create_connection(lines.target, timeout=60) as onward:
            back = threading.Thread(target=self._back, args=(lines, onward, bad), daemon=True)
            back.start()
            with suppress(OSError):
                while data := self.request.recv(65536):
                    if lines.stops_at(data, answered=False):
                        lines.hold()
                        break
                    self.held = self.held or lines.stops_at(data, answered=True)
                    self.heard = (self.heard + data.upper())[-65536:]
                    onward.sendall(data)
            _end(onward)
            back.join(timeout=60)

    def _back(self, lines: Lines, onward: socket.socket, bad: Bad) -> None:
        number = -1
        with suppress(OSError):
            while data := onward.recv(65536):
                number += 1
                lines.from_server += len(data)
                if self.held:
                    lines.hold()
                    break
                begun = bad.after in self.heard if bad.after else number >= bad.at_answer
                if not self._give(lines, data, bad.fault if begun else Fault.NONE):
                    break
        _end(self.request)
        _end(onward)

    def _give(self, lines: Lines, data: bytes, fault: Fault) -> bool:
        """Hand an answer over to the client; False when the connection ends with it."""
        if fault == Fault.DRIP:
            for one in data:
                self.request.sendall(bytes([one]))
                if lines.ended.wait(DRIP_S):
                    return False
            return True
        if fault == Fault.LATE:
            lines.ended.wait(1)
        if fault == Fault.MUTE:
            return False
        self.request.sendall(data[: len(data) // 2] if fault == Fault.CUT else data)
        if fault == Fault.DOUBLE:
            self.request.sendall(data)
        return fault != Fault.CUT


def _end(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


@contextmanager
def lines_to(target: str) -> Iterator[Lines]:
    """A proxy in front of a server's address (imap://host:port)."""
    with Lines(target) as lines:
        thread = threading.Thread(target=lines.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield lines
        finally:
            lines.ended.set()
            lines.shutdown()
            thread.join()
