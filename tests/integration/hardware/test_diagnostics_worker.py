"""The real worker process of a site: takes its own site's diagnostics only, and may be killed in the middle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Asset, DeviceAction, Diagnostics
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.led import request_id_led
from app.sites.models import Site
from lab.bmc import BmcServer
from lab.machines import Bmc, psu_input_lost
from lab.processes import started
from lab.tools import missing
from tests.conftest import NEEDS_PACKAGE
from tests.integration.hardware.conftest import asset, site_with_key
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
NEEDED = missing("ipmi_sim")
pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"{NEEDS_PACKAGE}: {', '.join(NEEDED)}")

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(database: str, keys: Path, tmp_path: Path) -> Iterator[Start]:
    """Start `rackside worker` with options; whatever is left of them is ended with the test."""
    environment = {"DATABASE_URL": database, "RACKSIDE_SITE_KEYS": str(keys), "RACKSIDE_INSTANCE": str(tmp_path)}
    running: list[subprocess.Popen[bytes]] = []

    def worker(*options: str) -> subprocess.Popen[bytes]:
        with (tmp_path / f"worker-{len(running)}.log").open("wb") as log:
            command = [sys.executable, "-m", "app", "worker", *options]
            running.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log))
        return running[-1]

    yield worker
    for one in running:
        one.kill()
        one.wait(10)


@pytest.fixture
def bmc(tmp_path: Path) -> Iterator[BmcServer]:
    with started([BmcServer(Bmc("srv-0042", "CZ12345", "SRV-0042", faults=(psu_input_lost(2),)), tmp_path)]) as bmcs:
        yield bmcs[0]


@pytest.fixture
def site(session: Session, keys: Path) -> Site:
    return site_with_key(session, keys)


@pytest.fixture
def server(session: Session, site: Site, bmc: BmcServer) -> Asset:
    entered, target = asset(session, site), bmc.target()
    reached = {"address": target.address, "port": target.port, "cipher_suites": [3]}
    account = {"username": target.username, "password": target.password}
    set_endpoint(session, entered, "ipmi", reached | account, by="sam", now=true_now())
    session.commit()
    return entered


def ask(session: Session, what: Asset, deadline_s: int = 10) -> UUID:
    asked = request_diagnostics(session, what, by="tess", reason="page", now=true_now(), deadline_s=deadline_s)
    session.commit()
    return asked.id


def state(session: Session, asked: UUID) -> str:
    session.rollback()
    return session.get_one(Diagnostics, asked, populate_existing=True).state


def light_state(session: Session, asked: UUID) -> str:
    session.rollback()
    return session.get_one(DeviceAction, asked, populate_existing=True).state


def found(session: Session, asked: UUID) -> DiagnosticsDocument:
    document = session.get_one(Diagnostics, asked).document
    assert document is not None
    return DiagnosticsDocument.from_dict(document)


def test_a_sites_worker_takes_its_own_site_only(
    session: Session, keys: Path, server: Asset, bmc: BmcServer, start: Start
) -> None:
    elsewhere = asset(session, site_with_key(session, keys, "NYC1"), "SRV-0900")
    ours, theirs = ask(session, server), ask(session, elsewhere)
    light = request_id_led(session, server, on=True, seconds=60, by="tess", now=true_now())
    session.commit()
    start("--site", "AMS1")
    wait_until(lambda: state(session, ours) == "done", within_s=30)
    assert [finding.number for finding in found(session, ours).findings] == ["2"]
    wait_until(lambda: bmc.identify_log() == ["60 0"], within_s=10)
    wait_until(lambda: light_state(session, light.id) == "done", within_s=10)
    assert state(session, theirs) == "queued"


def test_a_worker_killed_in_the_middle_leaves_nothing_undone(
    session: Session, server: Asset, bmc: BmcServer, start: Start
) -> None:
    bmc.hang()
    asked = ask(session, server, deadline_s=30)
    victim = start("--site", "AMS1")
    wait_until(lambda: state(session, asked) == "running", within_s=30)
    victim.kill()
    victim.wait(10)
    bmc.resume()
    session.execute(text("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '10 minutes'"))
    session.commit()

    start("--site", "AMS1")

    wait_until(lambda: state(session, asked) == "done", within_s=45)
    document = found(session, asked)
    assert document.complete
    assert [finding.number for finding in document.findings] == ["2"]
