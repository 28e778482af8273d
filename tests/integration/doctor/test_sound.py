"""A sound installation: real web server with its certificate, real worker, a ticket system that answers."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.core.clock import true_now
from app.core.database import bare_app, db, transaction
from app.core.permissions import Role
from app.hardware.operations.assets import Entry, add_asset
from app.hardware.operations.keys import create_site_key
from app.people.operations.accounts import add_person, grant
from app.shifts.operations import roster
from app.sites.models import Site
from app.sites.operations import close_day
from lab.processes import free_tcp_ports
from tests.databases import plain
from tests.integration.conftest import LONG_AGO, PASSWORD
from tests.integration.tickets.receiver import receiving
from tests.waiting import wait_until

SOURCE = Path(__file__).resolve().parents[3]
SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
PEOPLE = {"ada": Role.ADMIN, "lena": Role.L1_ENGINEER, "max": Role.MANAGER, "tess": Role.TECHNICIAN}


def furnish(url: str, folder: Path) -> None:
    """A site with its key, hours, holidays, people and one machine."""
    app, now = bare_app(url), true_now()
    with app.app_context(), transaction() as session:
        site = Site(code="AMS1", name="Amsterdam", time_zone="Europe/Amsterdam")
        session.add(site)
        session.flush()
        create_site_key(session, site, folder / "site-keys", by="test", now=LONG_AGO)
        close_day(session, site, now.date() + timedelta(days=200), by="test", now=now, name="A holiday")
        for name, role in PEOPLE.items():
            one = add_person(session, name=name, full_name=name, by="test", now=LONG_AGO, password=PASSWORD)
            grant(session, one, role, None, by="test", now=LONG_AGO)
            if role == Role.TECHNICIAN:
                roster(
                    session,
                    one,
                    site,
                    hours="Mon-Fri 08:00-17:00",
                    valid_from=date(2026, 1, 1),
                    by="test",
                    now=LONG_AGO,
                )
        add_asset(session, site, Entry("PDU-1", "pdu"), by="test", now=LONG_AGO)
    with app.app_context():
        db.session.remove()


@contextmanager
def running(env: dict[str, str], *command: str) -> Iterator[None]:
    """A process of ours, ended with the block."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        [sys.executable, "-m", "app", *command], env=env, cwd="/", stdout=quiet, stderr=quiet
    ) as process:
        try:
            yield
        finally:
            process.terminate()
            process.wait(20)


def doctor(env: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
    done = subprocess.run(
        [sys.executable, "-m", "app", "doctor", "--json"], env=env, cwd="/", capture_output=True, text=True, timeout=30,
        check=False,
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, json.loads(done.stdout)["findings"]


def at_work(url: str, port: int) -> bool:
    """Whether both processes have come up."""
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", port), timeout=1),
        psycopg.connect(plain(url)) as line,
    ):
        return bool(line.execute("SELECT FROM sign_of_life, site WHERE worker_seen_at IS NOT NULL").fetchall())
    return False


@pytest.fixture
def env(database: str, tmp_path: Path) -> dict[str, str]:
    """What this installation is told; its ticket system is asked for with `{hook}`."""
    furnish(database, tmp_path)
    alerts = tmp_path / "alerts.json"
    alerts.touch(0o600)
    alerts.write_text(json.dumps({"managers": {"url": "mailtos://u:p@127.0.0.1?to=managers@example.com"}}))
    return os.environ | {
        "DATABASE_URL": database, "RACKSIDE_INSTANCE": str(tmp_path), "RACKSIDE_ALERTS": str(alerts),
        "PYTHONPATH": str(SOURCE), "PYTHONTZPATH": "",
    }  # fmt: skip


def test_a_sound_installation_has_nothing_to_do_and_says_what_was_looked_at(
    env: dict[str, str], tmp_path: Path
) -> None:
    (port,) = free_tcp_ports(1)
    with receiving() as receiver:
        file = tmp_path / "integrations.json"
        file.touch(0o600)
        file.write_text(json.dumps({"rt": {"system": "webhook", "url": receiver.url, "secrets": [SECRET]}}))
        env |= {"RACKSIDE_INTEGRATIONS": str(file), "RACKSIDE_BASE_URL": f"https://127.0.0.1:{port}"}
        with running(env, "serve", "--https", "--port", str(port)), running(env, "worker"):
            wait_until(lambda: at_work(env["DATABASE_URL"], port), within_s=40)
            assert (
                subprocess.run([sys.executable, "-m", "app", "backup", str(tmp_path)], env=env, check=False).returncode
                == 0
            )
            status, found = doctor(env)
        assert [one for one in found if one["state"] != "ok"] == []
        assert status == 0
        assert {"web server", "certificate", "workers", "ticket system rt"} <= {one["name"] for one in found}
        assert len(found) >= 25
        assert receiver.received == []  # it was looked at, nothing was sent
