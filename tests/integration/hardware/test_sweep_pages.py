"""What people see of the sweep: on the asset's page, in its history, on the manager's board."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from apiflask import APIFlask
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import db
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Asset, SiteSweep
from app.hardware.operations import sweep
from app.hardware.operations.diagnose import begin, finish, request_diagnostics, worst
from app.hardware.queries import worst_of
from app.hardware.statement import statement_of
from tests.integration.conftest import Browser
from tests.integration.hardware.conftest import asset, site_with_key
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

Browsers = Callable[[str], Browser]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def machine(web_app: APIFlask, keys: Path) -> Iterator[Asset]:
    """SRV-0042 in AMS1."""
    with web_app.app_context():
        session = db.session()
        yield asset(session, site_with_key(session, keys))
        session.close()


@pytest.fixture
def tess(machine: Asset, person: Callable[..., int], browser_of: Browsers) -> Browser:
    person("tess", "technician@AMS1")
    return browser_of("tess")


@pytest.fixture
def mona(machine: Asset, person: Callable[..., int], browser_of: Browsers) -> Browser:
    person("mona", "manager@AMS1")
    return browser_of("mona")


def swept(machine: Asset, document: DiagnosticsDocument, at: datetime) -> None:
    """Have the machine swept at an instant, at which it says this."""
    session: Session = db.session()
    run = sweep.begin(session, machine.site, every=timedelta(0), now=at)
    assert run is not None
    known = sweep.known_of(session, [machine.id]).get(machine.id)
    said = statement_of(replace(document, taken_at=at).to_dict())
    change, is_whole = sweep.judged(known, said, worst(document), at)
    found = sweep.Found(machine.id, machine.tag, at, worst(document), False, True, said, change, is_whole)
    sweep.keep(session, run, [found])
    sweep.end(session, run, now=at)
    session.commit()


def test_the_assets_page_says_when_it_was_swept_and_what_was_found(machine: Asset, tess: Browser) -> None:
    assert "Not asked yet" in tess.get("/assets/SRV-0042").text
    swept(machine, server_with_lost_input(), true_now() - 5 * MINUTE)
    page = tess.get("/assets/SRV-0042").text
    assert "sweep asked this machine" in page
    assert "5 min ago" in page
    assert "PSU 2 has lost its input" in page
    assert "Not asked yet" not in page


def test_the_list_of_assets_shows_what_was_found_last_by_whomever(machine: Asset, tess: Browser) -> None:
    session = db.session()
    swept(machine, server_with_lost_input(), true_now() - 5 * MINUTE)
    assert worst_of(session, [machine]) == {machine.id: "critical"}
    run = request_diagnostics(session, machine, by="tess", reason="page", now=true_now() - MINUTE)
    begun = begin(session, run.id, now=true_now())
    assert begun is not None
    assert finish(session, begun, healthy_server())
    assert worst_of(session, [machine]) == {machine.id: "ok"}
    session.commit()
    swept(machine, server_with_lost_input(), true_now())
    assert worst_of(session, [machine]) == {machine.id: "critical"}


def test_the_history_draws_sweeps_beside_what_was_asked(machine: Asset, tess: Browser) -> None:
    now = true_now()
    for number in range(6, 0, -1):
        swept(machine, server_with_lost_input() if number == 3 else healthy_server(), now - number * 5 * MINUTE)
    page = tess.get("/assets/SRV-0042/history?period=24h&kind=temperature").text
    assert "swept 6 times" in page
    assert "Inlet: " in page
    assert "PSU 2 has lost its input" in page
    assert "/diagnostics/" not in page[page.index("What changed") : page.index("Event log of the device")]


def test_the_board_shows_each_sites_sweep_and_one_that_takes_too_long(machine: Asset, mona: Browser) -> None:
    swept(machine, healthy_server(), true_now() - 2 * MINUTE)
    page = mona.get("/board").text
    assert "swept" in page
    assert "sweep takes too long" not in page
    session = db.session()
    session.add(SiteSweep(site_id=machine.site_id, started_at=true_now(), late_told=True))
    session.commit()
    assert "sweep takes too long" in mona.get("/board").text
