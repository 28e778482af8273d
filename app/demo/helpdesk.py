"""A small helpdesk that receives the product's signed webhooks: what the customer would read, one line a message."""

from __future__ import annotations

import base64
import json
import os
import secrets
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from app.core.clock import true_now
from app.core.signing import key_of, verified_id

SECRET_BYTES = 32
LONGEST = 20_000


class Helpdesk:
    """Listens on loopback, checks signatures, and appends what it was told to `helpdesk.jsonl`."""

    def __init__(self, folder: Path) -> None:
        self.secret = ""
        self._file = folder / "helpdesk.jsonl"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where webhooks go."""
        return f"http://127.0.0.1:{self._server.server_port}/webhooks"

    @staticmethod
    def new_secret(size: int) -> str:
        """A signing secret in the form of Standard Webhooks."""
        return "whsec_" + base64.b64encode(secrets.token_bytes(size)).decode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def accept(self, headers: dict[str, str], body: bytes) -> bool:
        """Keep a message whose signature holds; False otherwise."""
        message_id = verified_id([key_of(self.secret)], headers, body, true_now())
        if message_id is None:
            return False
        line = json.dumps({"id": message_id, "body": json.loads(body)}, ensure_ascii=False)
        file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(file, f"{line}\n".encode())
        os.close(file)
        return True

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        desk = self

        class Receiver(BaseHTTPRequestHandler):
            timeout = 10

            def do_POST(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                body = self.rfile.read(min(size, LONGEST))
                known = desk.accept({name.lower(): value for name, value in self.headers.items()}, body)
                self.send_response(204 if known else 401)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class names it so
                """Say nothing: the file tells."""

        return Receiver
