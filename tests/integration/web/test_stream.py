"""Live pages over the real web server: a bell rings within a second, the limit holds, and stopping is quick."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from app.core.settings import Settings
from tests.integration.conftest import Program

SOON_S = 60.0


@dataclass
class Server:
    """A running `rackside serve`."""

    process: subprocess.Popen[bytes]
    port: int
    token: str
    connections: list[http.client.HTTPConnection] = field(default_factory=list)
    tls: ssl.SSLContext | None = None

    def connect(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Ask over a connection of its own; `read` gives the rest, `leave` ends it."""
        connection = (
            http.client.HTTPSConnection("127.0.0.1", self.port, timeout=SOON_S, context=self.tls)
            if self.tls
            else http.client.HTTPConnection("127.0.0.1", self.port, timeout=SOON_S)
        )
        self.connections.append(connection)
        connection.request("GET", path, headers={"Authorization": f"Bearer {self.token}", **headers})
        return connection.getresponse()

    def status(self, path: str) -> int:
        response = self.connect(path)
        status = response.status
        self.leave(response)
        return status

    def leave(self, response: http.client.HTTPResponse) -> None:
        response.close()
        self.connections.pop().close()

    def text(self, path: str) -> str:
        response = self.connect(path)
        text = response.read().decode()
        self.leave(response)
        return text


@pytest.fixture
def server(
    settings: Settings,
    person: Callable[..., int],
    program_of: Callable[..., Program],
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Server]:
    person("tess")
    secured: list[str] = getattr(request, "param", [])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url or "",
        "RACKSIDE_INSTANCE": str(tmp_path),
        "RACKSIDE_STREAM_LIMIT": "2",
    }
    process = subprocess.Popen([sys.executable, "-m", "app", "serve", *secured, "--port", str(port)], env=environment)
    running = Server(process, port, program_of("tess").token)
    if secured:
        running.tls = ssl.create_default_context()
        running.tls.check_hostname, running.tls.verify_mode = False, ssl.CERT_NONE  # its authority is made at the start
    wait_until(lambda: is_live(running))
    yield running
    for connection in running.connections:
        connection.close()
    process.terminate()
    process.wait(SOON_S)


def is_live(server: Server) -> bool:
    assert server.process.poll() is None
    try:
        return server.status("/health/live") == 200
    except OSError:
        return False


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def notify(settings: Settings, message: str) -> None:
    assert settings.database_url
    with psycopg.connect(settings.database_url.replace("+psycopg", "", 1), autocommit=True) as connection:
        connection.execute("SELECT pg_notify('rackside', %s)", [message])


def message(stream: http.client.HTTPResponse) -> tuple[str, dict[str, str]]:
    """The next bell: its id and its data."""
    number = ""
    while True:
        line = stream.readline().decode().rstrip("\n")
        if line.startswith("id: "):
            number = line.removeprefix("id: ")
        elif line.startswith("data: "):
            return number, json.loads(line.removeprefix("data: "))


def opened(server: Server, topics: str, **headers: str) -> http.client.HTTPResponse:
    stream = server.connect(f"/stream?topics={topics}", **headers)
    assert stream.status == 200
    assert stream.headers["Content-Type"].startswith("text/event-stream")
    assert stream.readline() == b"retry: 2000\n"
    return stream


@pytest.mark.parametrize("server", [["--https"]], indirect=True)
def test_bells_ring_over_https_and_a_page_that_goes_makes_room_there_too(server: Server, settings: Settings) -> None:
    first, second = opened(server, "order:WO-1"), opened(server, "order:WO-1")
    for _ in range(2):
        notify(settings, "order:WO-1")
        assert message(first)[1]["topic"] == message(second)[1]["topic"] == "order:WO-1"
    assert server.status("/stream?topic=a") == 503
    server.leave(second)
    wait_until(lambda: server.status("/stream?topic=a") == 200)


def test_a_bell_rings_within_a_second_and_only_for_its_topic(server: Server, settings: Settings) -> None:
    stream = opened(server, "order:WO-1,site:AMS1")
    assert {message(stream)[1]["topic"] for _ in range(2)} == {"order:WO-1", "site:AMS1"}  # listening from now on
    notify(settings, "order:WO-2")
    began = time.monotonic()
    notify(settings, "order:WO-1 released")
    assert message(stream)[1] == {"topic": "order:WO-1", "payload": "released"}
    assert time.monotonic() - began < 1


def test_what_rang_while_a_page_was_away_rings_when_it_is_back(server: Server, settings: Settings) -> None:
    stream = opened(server, "site:AMS1")
    heard, _ = message(stream)
    server.leave(stream)
    notify(settings, "site:AMS1 5")
    watcher = opened(server, "site:AMS1", **{"Last-Event-ID": heard})
    assert message(watcher)[1]["topic"] == "site:AMS1"


def test_what_rang_between_a_page_and_its_stream_rings_when_the_stream_opens(
    server: Server, settings: Settings
) -> None:
    watcher = opened(server, "site:AMS1")
    message(watcher)
    page = server.connect("/me")
    mark = re.search(r'data-live-mark="([^"]+)"', page.read().decode())
    assert mark
    notify(settings, "site:AMS1 released")
    assert message(watcher)[1]["payload"] == "released"
    late = server.connect(f"/stream?topics=site:AMS1&after={mark[1]}")
    assert message(late)[1]["topic"] == "site:AMS1"


def test_beyond_the_limit_pages_are_told_to_poll_and_a_page_that_goes_makes_room(server: Server) -> None:
    first, second = opened(server, "a"), opened(server, "a")
    refused = server.connect("/stream?topic=a")
    assert refused.status == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert json.loads(refused.read())["code"] == "too_many_streams"
    server.leave(refused)
    server.leave(second)
    wait_until(lambda: server.status("/stream?topic=a") == 200)
    first.close()


def test_stopping_with_open_pages_takes_less_than_five_seconds(server: Server) -> None:
    streams = [opened(server, "a"), opened(server, "b")]
    began = time.monotonic()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(SOON_S) == 0
    assert time.monotonic() - began < 5
    assert all(stream.read().endswith(b"\n\n") for stream in streams)


def test_an_open_page_holds_no_connection_of_the_database(server: Server, settings: Settings) -> None:
    with psycopg.connect((settings.database_url or "").replace("+psycopg", "", 1), autocommit=True) as connection:
        streams = [opened(server, "a"), opened(server, "b")]
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        ).fetchone()
    assert row == (0,)
    assert re.search(r"rackside_streams_open 2\n", server.text("/metrics"))
    for stream in streams:
        stream.close()


@pytest.mark.parametrize("query", ["", "topic=", "topic=DROP TABLE", "topics=" + ",".join(f"a:{n}" for n in range(51))])
def test_topics_that_do_not_exist_are_refused(
    person: Callable[..., int], program_of: Callable[..., Program], query: str
) -> None:
    person("tess")
    assert program_of("tess").get(f"/stream?{query}").status_code == 422


def test_the_server_says_when_it_lives_and_when_it_can_work(server: Server) -> None:
    ready = json.loads(server.text("/health/ready"))
    assert ready["status"] == "ready"
    figures = server.text("/metrics")
    assert 'rackside_requests_total{method="GET",status="200"}' in figures
    assert "rackside_outbox_pending 0" in figures
