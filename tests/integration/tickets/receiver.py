"""A real HTTP receiver on loopback that can be well, sick, slow, rude or gone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


@dataclass(frozen=True, slots=True)
class Answer:
    """How one request is answered. `cut`: no answer, the connection ends; `hold`: only after `Receiver.resume`."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    hold: bool = False
    dribble: bool = False


@dataclass(frozen=True, slots=True)
class Received:
    """One request as it came in; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver(ThreadingHTTPServer):
    """Answers with `answers`, one after the other, then always with 200; keeps all that it received."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[Answer] = []
        self.received: list[Received] = []
        self.resume = threading.Event()
        self.guard = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    def ids(self) -> list[str]:
        with self.guard:
            return [request.id for request in self.received]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is gone is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        receiver = cast("Receiver", self.server)
        body = self.rfile.read(int(self.headers["content-length"]))
        with receiver.guard:
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            answer = receiver.answers.pop(0) if receiver.answers else Answer()
        if answer.hold or answer.dribble:
            self._stall(receiver, answer)
        if answer.cut:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"content-length": "0", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _stall(self, receiver: Receiver, answer: Answer) -> None:
        while not receiver.resume.wait(0.2 if answer.dribble else 60):
            if not answer.dribble:
                return
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class calls it so
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver at work while the block runs."""
    with Receiver() as receiver:
        thread = threading.Thread(target=receiver.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.resume.set()
            receiver.shutdown()
            thread.join(timeout=5)
