"""A real proxy on loopback between us and a ticket system: what it does with a request is each test's own choice."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Fault(Enum):
    """What happens to one request."""

    NONE = "it passes"
    DROP = "it never arrives"
    MUTE = "it arrives, and its answer never comes: the connection ends"
    CUT = "it arrives, and half of its answer comes"
    DOUBLE = "it arrives, and its answer comes twice"
    LATE = "it arrives, and its answer comes seconds later"
    DRIP = "it arrives, and its answer comes letter by letter"
    HOLD = "it arrives, and its answer comes only when nobody waits any more"
    BUSY = "it never arrives: come back later"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, before it is passed on."""

    number: int
    method: str
    path: str
    headers: dict[str, str]


Choice = Callable[[Asked], Fault]


class Proxy(ThreadingHTTPServer):
    """Passes requests on to `target`; `choose` says what becomes of each. Keeps what was asked and answered."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = urlsplit(target).netloc
        self.choose: Choice = lambda _: Fault.NONE
        self.asked: list[Asked] = []
        self.answered: list[tuple[str, str, int]] = []
        self.guard = threading.Lock()
        self.ended = threading.Event()
        self.holding = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Broken connections are what this is about."""


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        self._take()

    def do_POST(self) -> None:
        self._take()

    def do_PUT(self) -> None:
        self._take()

    def _take(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        with self.server.guard:
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(len(self.server.asked), self.command, self.path, headers)
            self.server.asked.append(asked)
        fault = self.server.choose(asked)
        if fault == Fault.DROP:
            self.close_connection = True
        elif fault == Fault.BUSY:
            self._answer(503, [("Retry-After", "1")], b"")
        else:
            self._pass(asked, body, fault)

    def _pass(self, asked: Asked, body: bytes, fault: Fault) -> None:
        onward = http.client.HTTPConnection(self.server.target, timeout=60)
        kept = {name: value for name, value in asked.headers.items() if name not in {"host", "connection"}}
        onward.request(asked.method, asked.path, body, {**kept, "host": self.server.target, "connection": "close"})
        answer = onward.getresponse()
        content = answer.read()
        onward.close()
        headers = [(n, v) for n, v in answer.getheaders() if n.lower() in {"content-type", "etag", "location"}]
        with self.server.guard:
            self.server.answered.append((asked.method, asked.path, answer.status))
        if fault == Fault.HOLD:
            self.server.holding.set()
        if fault in {Fault.HOLD, Fault.LATE}:
            self.server.ended.wait(60 if fault == Fault.HOLD else 4)
        if fault == Fault.MUTE:
            self.close_connection = True
            return
        with suppress(OSError):
            self._answer(answer.status, headers, content, cut=fault == Fault.CUT)
            if fault == Fault.DOUBLE:
                self._answer(answer.status, headers, content)

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, *, cut: bool = False) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
        """Say nothing."""


@contextmanager
def between(target: str) -> Iterator[Proxy]:
    """A proxy in front of `target`."""
    with Proxy(target) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, daemon=True)
        thread.start()
        try:
            yield proxy
        finally:
            proxy.ended.set()
            proxy.shutdown()
            thread.join()
