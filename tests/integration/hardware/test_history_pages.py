"""A machine over time: two diagnostics side by side, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from apiflask import APIFlask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import db
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.operations.diagnose import begin, finish, request_diagnostics
from app.hardware.queries import asset_by_tag
from app.hardware.readings import State
from tests.integration.conftest import Browser
from tests.integration.hardware.conftest import asset, site_with_key
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

Browsers = Callable[[str], Browser]
Say = Callable[..., UUID]
ROLES = {"sam": "sysadmin@AMS1", "tess": "technician@AMS1", "lena": "l1_engineer@AMS1", "nora": "sysadmin@NYC1"}


@pytest.fixture
def stored(web_app: APIFlask, keys: Path) -> Iterator[Session]:
    """SRV-0042 in AMS1, and a site NYC1 beside it."""
    with web_app.app_context():
        session = db.session()
        asset(session, site_with_key(session, keys))
        site_with_key(session, keys, "NYC1", "America/New_York")
        yield session
        session.close()


@pytest.fixture
def says(stored: Session) -> Say:
    """Keep what the machine said some time ago: says(document, days=3)."""

    def keep(document: DiagnosticsDocument, *, minutes: float = 0, days: float = 0) -> UUID:
        at = true_now() - timedelta(minutes=minutes, days=days)
        stored.rollback()
        run = request_diagnostics(stored, asset_by_tag(stored, "SRV-0042"), by="tess", reason="page", now=at)
        begun = begin(stored, run.id, now=at)
        assert begun is not None
        assert finish(stored, begun, replace(document, taken_at=at))
        stored.commit()
        return run.id

    return keep


@pytest.fixture
def browser_of(browser_of: Browsers, person: Callable[..., int]) -> Browsers:
    """A browser of one of ROLES."""

    def open_browser(name: str) -> Browser:
        person(name, ROLES[name])
        return browser_of(name)

    return open_browser


def test_newest_two_stand_side_by_side_in_words(says: Say, browser_of: Browsers) -> None:
    says(server_with_lost_input(), minutes=20)
    after = healthy_server()
    gone = tuple(part for part in after.components if part.name != "DIMM_A1")
    says(replace(after, components=gone), minutes=5)
    page = browser_of("tess").get("/assets/SRV-0042/diagnostics/compare").text
    for words in ("Gone:", "PSU 2 has lost its input", "well again", "DIMM A1 is no longer there", "Memory modules"):
        assert words in page
    assert "1 → 0" in page


def test_named_two_are_compared_whichever_are_newer(says: Say, browser_of: Browsers) -> None:
    first = says(server_with_lost_input(), days=3)
    second = says(healthy_server(), days=2)
    says(server_with_lost_input(), minutes=5)
    address = f"/assets/SRV-0042/diagnostics/compare?before={first}&after={second}&finding=psu:2"
    assert "Repaired: the fault is gone" in browser_of("tess").get(address).text


def test_one_asking_is_nothing_to_compare(says: Say, browser_of: Browsers) -> None:
    says(healthy_server())
    assert "Nothing to compare yet" in browser_of("tess").get("/assets/SRV-0042/diagnostics/compare").text


def test_part_that_is_not_read_is_never_called_gone(says: Say, browser_of: Browsers) -> None:
    says(server_with_lost_input(), minutes=20)
    after = healthy_server()
    drive = tuple(
        replace(p, state=State.UNKNOWN, reason="no answer") if p.name == "Drive 0" else p for p in after.components
    )
    says(replace(after, components=drive), minutes=5)
    page = browser_of("tess").get("/assets/SRV-0042/diagnostics/compare").text
    assert "cannot be read now" in page
    assert "no longer there" not in page


def test_another_sites_machine_has_no_pages(says: Say, browser_of: Browsers) -> None:
    one, other, nora = says(healthy_server(), minutes=9), says(healthy_server()), browser_of("nora")
    compared = f"diagnostics/compare?before={one}&after={other}"
    for path in (compared, "history", f"diagnostics/{one}/raw", "orders"):
        assert nora.get(f"/assets/SRV-0042/{path}").status_code == 404


def test_diagnostics_of_another_machine_are_not_compared(says: Say, stored: Session, browser_of: Browsers) -> None:
    ours = says(healthy_server())
    other = "4f7f2f0e-3c5b-4a3c-9d55-0a4b6f1d7c99"
    address = f"/assets/SRV-0042/diagnostics/compare?before={other}&after={ours}"
    assert browser_of("tess").get(address).status_code == 404


def test_history_draws_readings_tells_turns_and_what_came_again(says: Say, browser_of: Browsers) -> None:
    for hours, document in enumerate([server_with_lost_input(), healthy_server()] * 2):
        says(document, minutes=60 * (4 - hours))
    tess = browser_of("tess")
    page = tess.get("/assets/SRV-0042/history").text
    assert "asked 4 times" in page
    assert 'aria-label="Inlet: 24 °C to 24 °C, 4 readings"' in page
    assert "None of 4 readings could be read: the sensor is switched off." in page
    assert "PSU2: critical → ok" in page
    assert "1 came again" in page
    assert "2 times" in page
    assert "Input lost" in page
    fans = tess.get("/assets/SRV-0042/history?kind=fan&period=24h").text
    assert "4270 rpm" in fans
    assert "Inlet" not in fans


def test_period_is_chosen_and_older_ones_are_reached(says: Say, browser_of: Browsers) -> None:
    says(healthy_server(), days=3)
    tess = browser_of("tess")
    assert "nobody asked this machine" in tess.get("/assets/SRV-0042/history?period=24h").text
    assert "asked 1 time" in tess.get("/assets/SRV-0042/history?period=90d").text
    week = tess.get("/assets/SRV-0042/history?period=7d").text
    older = re.search(r'rel="prev"', week), re.search(r'rel="next" href="([^"]+)"', week)
    assert older[0] is None
    assert older[1] is not None
    before = tess.get(older[1][1].replace("&amp;", "&")).text
    assert "nobody asked this machine" in before
    assert 'rel="prev"' in before


def test_odd_addresses_of_history_show_the_usual_week(says: Say, browser_of: Browsers) -> None:
    says(healthy_server())
    odd = "/assets/SRV-0042/history?period=ever&until=soon&kind=nonsense&start=-7"
    page = browser_of("tess").get(odd)
    assert page.status_code == 200
    assert "asked 1 time" in page.text


def test_history_of_many_runs_opens_few_documents(says: Say, stored: Session, browser_of: Browsers) -> None:
    kept = says(healthy_server(), minutes=5)
    stored.execute(
        text(
            "INSERT INTO diagnostics (id, asset_id, state, reason, requested_by, requested_at, taken_at, deadline_s,"
            " parts, document, worst, frozen) SELECT gen_random_uuid(), asset_id, state, reason, requested_by,"
            " requested_at - n * interval '1 hour', taken_at - n * interval '1 hour', deadline_s, parts, document,"
            " worst, frozen FROM diagnostics, generate_series(1, 500) n WHERE id = :kept"
        ),
        {"kept": kept},
    )
    stored.commit()
    page = browser_of("tess").get("/assets/SRV-0042/history?period=90d").text
    assert "asked 501 times, drawn from 120 of them" in page


def test_document_is_shown_as_it_was_kept(says: Say, browser_of: Browsers) -> None:
    run, tess = says(server_with_lost_input()), browser_of("tess")
    page = tess.get(f"/assets/SRV-0042/diagnostics/{run}/raw").text
    assert "rackside.diagnostics/1" in page
    assert f"/api/v1/diagnostics/{run}" in page
    assert f"/assets/SRV-0042/diagnostics/{run}/raw" in tess.get(f"/diagnostics/{run}").text


def test_machine_without_orders_says_so(says: Say, browser_of: Browsers) -> None:
    assert "Nobody was sent to it yet." in browser_of("tess").get("/assets/SRV-0042/orders").text
