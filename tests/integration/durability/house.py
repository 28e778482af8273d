"""A small data center of real processes that a test may kill: web, workers, PostgreSQL, one BMC, a ticket system."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy.orm import Session

from app.core import migrations
from app.core.clock import true_now
from app.core.database import bare_app, db, transaction
from app.core.permissions import Role
from app.core.postgres import running
from app.demo.children import Children
from app.hardware.operations.assets import Entry, Position, add_asset, place_asset
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.sealing import new_site_key, write_key
from app.people.operations.accounts import add_person, grant
from app.people.operations.tokens import create_token
from app.shifts.operations import roster
from app.sites.models import Site
from lab import fleet
from lab.bmc import BmcServer
from lab.machines import Bmc, drive_failing
from lab.processes import free_tcp_ports
from tests.integration.tickets.receiver import Receiver, receiving
from tests.waiting import wait_until

SECRET: Final = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
HOURS: Final = "Mon-Fri 08:00-17:00"
TAG: Final = "SRV-1"
FAULT: Final = drive_failing(3, "fault")
SERVER: Final = Bmc(TAG, "CZ10001", TAG, faults=(FAULT,))
PEOPLE: Final = {"tess": Role.TECHNICIAN, "tom": Role.TECHNICIAN, "lena": Role.L1_ENGINEER}
ANSWER_WITHIN_S: Final = 60.0


@dataclass
class House:
    """What runs, and short words for what tests do with it."""

    url: str
    folder: Path
    database: str
    children: Children
    bmc: BmcServer
    receiver: Receiver
    tokens: Mapping[str, str]
    server_faults: list[str] = field(default_factory=list)

    def kill(self, victim: str) -> None:
        """End it as a power cut would: "web", "worker" (all of them) or "postgres". Something starts it again."""
        if victim == "postgres":
            with suppress(FileNotFoundError, ProcessLookupError):  # it may be dead still from the last time
                told = (self.folder / "postgres" / "data" / "postmaster.pid").read_text()
                os.kill(int(told.split()[0]), signal.SIGKILL)
            return
        for name, pid in self.children.pids().items():
            if name.startswith(victim):
                with suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)

    @contextmanager
    def killing(self, victim: str, after_s: float) -> Iterator[None]:
        """Kill it that long after the block began: before, during or after what the block asks for."""
        killer = threading.Timer(after_s, self.kill, [victim])
        killer.start()
        try:
            yield
        finally:
            killer.join()

    def post(self, who: str, path: str, body: object = None, image: bytes | None = None) -> Any:
        """POST as somebody, again and again under one Idempotency-Key, until there is an answer; it must be 2xx."""
        data = image if image is not None else json.dumps({} if body is None else body).encode()
        kind = "application/json" if image is None else "image/png"
        return self._ask(who, path, data, {"Content-Type": kind, "Idempotency-Key": str(uuid.uuid4())})

    def get(self, who: str, path: str) -> Any:
        """GET as somebody, until there is an answer."""
        return self._ask(who, path, None, {})

    def act(self, who: str, number: str, verb: str, **body: object) -> Any:
        """Do one verb to an order."""
        return self.post(who, f"/work-orders/{number}/{verb}", body)

    def _ask(self, who: str, path: str, data: bytes | None, headers: dict[str, str]) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[who]}", **headers}
        deadline = time.monotonic() + ANSWER_WITHIN_S
        while True:
            request = urllib.request.Request(f"{self.url}/api/v1{path}", data=data, headers=headers)
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    return json.load(answer)
            except urllib.error.HTTPError as refusal:
                said = f"{path}: {refusal.code} {refusal.read().decode(errors='replace')}"
                if refusal.code < 500:
                    pytest.fail(said)
                if refusal.code != 503:
                    self.server_faults.append(said)
            except (OSError, HTTPException, ValueError) as error:  # nobody listens, or it died in mid-sentence
                said = f"{path}: {error!r}"
            assert time.monotonic() < deadline, said
            time.sleep(0.05)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Read from the database directly, whatever just happened to it."""
        deadline = time.monotonic() + 20
        while True:
            try:
                with psycopg.connect(self.database.replace("+psycopg", ""), row_factory=dict_row) as connection:
                    return connection.execute(query.encode()).fetchall()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline
                time.sleep(0.1)


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """All of it at work while the block runs; nothing is left afterwards."""
    with ExitStack() as stack:
        receiver = stack.enter_context(receiving())
        hall = stack.enter_context(fleet.running([SERVER], [], folder / "lab"))
        database = stack.enter_context(running(folder / "postgres"))
        migrations.upgrade(database)
        bmc = hall.bmcs[TAG]
        tokens = _seed(database, folder / "keys", bmc)
        port = free_tcp_ports(1)[0]
        children = stack.enter_context(Children(folder / "logs", _environment(folder, database, receiver.url)))
        for name, command in _commands(port).items():
            children.start(name, command)
        url = f"http://127.0.0.1:{port}"
        assert children.wait_until_ready(url, 60, lambda a_moment: threading.Event().wait(a_moment))
        yield House(url, folder, database, children, bmc, receiver, tokens)


def _commands(port: int) -> dict[str, Sequence[str]]:
    python = (sys.executable, "-m", "app")
    return {
        "web": [*python, "serve", "--port", str(port)],
        "worker-central": [*python, "worker", "--central"],
        "worker-site": [*python, "worker", "--site", "AMS1"],
    }


def _environment(folder: Path, database: str, hook: str) -> dict[str, str]:
    integrations = {"rt": {"system": "webhook", "url": hook, "secrets": [SECRET]}}
    (folder / "integrations.json").write_text(json.dumps(integrations), encoding="utf-8")
    offset = round((_monday() - true_now()).total_seconds())
    return os.environ | {
        "DATABASE_URL": database,
        "RACKSIDE_INSTANCE": str(folder),
        "RACKSIDE_INTEGRATIONS": str(folder / "integrations.json"),
        "RACKSIDE_SITE_KEYS": str(folder / "keys"),
        "RACKSIDE_DRILL": "1",
        "RACKSIDE_DRILL_OFFSET_S": str(offset),
    }


def _monday() -> datetime:
    """A Monday at 09:00 where the machine stands: the job is done inside site hours on whatever day the test runs."""
    local = true_now().astimezone(ZoneInfo("Europe/Amsterdam"))
    nine = local.replace(hour=9, minute=0, second=0, microsecond=0)
    monday = nine + timedelta(days=7 - local.weekday())
    return monday if (monday.month, monday.day) not in {(1, 1), (12, 25), (12, 26), (4, 27)} else monday + timedelta(7)


def _seed(database: str, keys: Path, bmc: BmcServer) -> dict[str, str]:
    """One site, its people and its server; gives everybody's token."""
    app = bare_app(database)
    with app.app_context(), transaction() as session:
        public, private = new_site_key()
        write_key(keys, "AMS1", private)
        site = Site(code="AMS1", name="Amsterdam 1", time_zone="Europe/Amsterdam", hours=HOURS, public_key=public)
        session.add(site)
        session.flush()
        tokens = {name: _person(session, site, name, role) for name, role in PEOPLE.items()}
        server = add_asset(session, site, Entry(TAG, "server", serial=SERVER.serial), by="test", now=true_now())
        place_asset(session, server, Position("B17", "2.04", 11), by="test", now=true_now())
        target = {
            "address": "127.0.0.1", "port": bmc.port, "username": SERVER.username, "password": SERVER.password,
            "privilege": "operator",
        }  # fmt: skip
        set_endpoint(session, server, "ipmi", target, by="test", now=true_now())
    with app.app_context():
        db.engine.dispose()
    return tokens


def _person(session: Session, site: Site, name: str, role: Role) -> str:
    now = true_now()
    someone = add_person(session, name=name, full_name=f"{name.title()} Surname", by="test", now=now)
    grant(session, someone, role, None if role is Role.L1_ENGINEER else site, by="test", now=now)
    if role is Role.TECHNICIAN:
        roster(session, someone, site, hours=HOURS, valid_from=(now - timedelta(days=30)).date(), by="test", now=now)
    return create_token(session, someone, name="test", by="test", now=now, scopes=None)[1]


def escalation(ticket: str = "48190") -> dict[str, Any]:
    """What Level 1 sends when a customer's disk has failed."""
    return {
        "ticket": {
            "system": "rt", "id": ticket, "url": f"https://tickets.example/{ticket}", "subject": "Disk failed",
            "channel": "ticket", "opened_at": true_now().isoformat(),
        },
        "asset": TAG, "job_kind": "disk_swap", "reason": "server_issue", "priority": "urgent",
        "summary": "The disk in bay 3 has failed.", "tried": "Read the log.", "answers": {"bay": "3"},
        "team": "data_center",
    }  # fmt: skip


def wait_for_order(house: House, number: str, fact: str, within_s: float = 75) -> Any:
    """The order once its diagnostics ("before", "after") are there or it is in the state named."""

    def there() -> Any:
        order = house.get("tess", f"/work-orders/{number}")
        return order if order["diagnostics"].get(fact) or order["state"] == fact else None

    return wait_until(there, within_s=within_s, every_s=0.1)
