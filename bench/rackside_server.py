"""Our own side of the page figures: the web server as `./rackside serve` starts it, people signed in, live pages."""

from __future__ import annotations

import contextlib
import secrets
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

import httpx
import psycopg

from app.core.clock import true_now
from app.people.queries import secret_hash
from lab.processes import LOOPBACK, Child, NotReady, free_tcp_ports, wait_until

ROOT: Final = Path(__file__).parents[1]
START_S: Final = 60.0
SIGN_IN: Final = """
INSERT INTO web_session (secret_hash, person_id, created_at, seen_at, expires_at)
SELECT %s, id, %s, %s, %s FROM person WHERE name = %s
"""


def command(name: str, folder: Path, environment: Mapping[str, str], *arguments: str) -> Child:
    """One of our commands, not yet started, with its output in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"PYTHONPATH": str(ROOT), "PYTHONTZPATH": "", **environment}
    return Child(sys.executable, ["-P", "-m", "app", name, *arguments], folder, told)


@contextlib.contextmanager
def served(environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Run the web server; its address and process id."""
    with tempfile.TemporaryDirectory(prefix="rackside-web-") as name:
        port = free_tcp_ports(1)[0]
        child = command("serve", Path(name) / "serve", {"RACKSIDE_INSTANCE": name, **environment}, "--port", str(port))
        child.start()
        try:
            url = f"http://{LOOPBACK}:{port}"
            wait_until(lambda: _answers(url) or not child.running, "the web server", START_S)
            if not child.running:
                raise NotReady(f"the web server ended at once: {child.output()[-800:]}")
            yield url, child.pid
        finally:
            child.stop()


def signed_in(database_url: str, person: str) -> dict[str, str]:
    """The cookie of somebody who is signed in from now on."""
    secret, now = secrets.token_urlsafe(24), true_now()
    with psycopg.connect(database_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute(SIGN_IN, [secret_hash(secret), now, now, now + timedelta(days=1), person])
    return {"rackside": secret}


@contextlib.contextmanager
def live_pages(url: str, cookie: Mapping[str, str], topics: Sequence[str]) -> Iterator[None]:
    """Hold one open event stream for each topic; raises NotReady when the server has not taken all of them."""
    host, port = url.removeprefix("http://").split(":")
    said = "; ".join(f"{name}={value}" for name, value in cookie.items())
    with contextlib.ExitStack() as stack:
        for topic in topics:
            stream = stack.enter_context(socket.create_connection((host, int(port)), timeout=10))
            lines = [f"GET /stream?topic={topic} HTTP/1.1", f"Host: {host}", f"Cookie: {said}", "", ""]
            stream.sendall("\r\n".join(lines).encode())
        wait_until(lambda: open_streams(url) == len(topics), f"{len(topics)} live pages", 30)
        yield


def open_streams(url: str) -> int:
    """How many live pages the server holds now."""
    told = httpx.get(f"{url}/metrics", trust_env=False, timeout=10).text
    return next(int(line.split()[1]) for line in told.splitlines() if line.startswith("rackside_streams_open"))


def _answers(url: str) -> bool:
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(f"{url}/health/ready", trust_env=False, timeout=5).status_code == httpx.codes.OK
    return False
