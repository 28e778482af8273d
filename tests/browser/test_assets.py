"""The machines' pages in a real browser: readable by everybody, and moving while diagnostics arrive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.core.clock import true_now
from app.core.database import db, transaction
from app.core.permissions import Role
from app.core.settings import from_environment
from app.hardware.models import Diagnostics
from app.hardware.operations.assets import Entry, Position, add_asset, place_asset
from app.hardware.operations.cabling import set_power_cord
from app.hardware.operations.diagnose import begin, finish, request_diagnostics, show_parts
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.sealing import new_site_key
from app.people.operations import accounts
from app.sites.models import Site
from app.web.app import create_app
from tests.browser.conftest import THEMES, AxeCheck, Saver
from tests.browser.serving import serving
from tests.unit.hardware.samples import server_with_lost_input

PASSWORD = "correct horse 42"


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[str]:
    """The application with SRV-0042 and its diagnostics; sam may enter, ask and light."""
    app = create_app(from_environment({"DATABASE_URL": database, "RACKSIDE_INSTANCE": str(tmp_path)}))
    with app.app_context():
        seed()
    with serving(app) as url, app.app_context():
        yield url
        db.session.remove()


def seed() -> None:
    now = true_now()
    with transaction() as session:
        site = Site(code="AMS1", name="Amsterdam", time_zone="Europe/Amsterdam", public_key=new_site_key()[0])
        site.worker_seen_at = now
        session.add(site)
        sam = accounts.add_person(session, name="sam", full_name="Sam Visser", by="test", now=now, password=PASSWORD)
        accounts.grant(session, sam, Role.SYSADMIN, site, by="test", now=now)
        entry = Entry("SRV-0042", name="web-42", serial="CZ12345", model="SSG-6029P")
        server, pdu = (add_asset(session, site, one, by="sam", now=now) for one in (entry, Entry("PDU-A", "pdu")))
        place_asset(session, server, Position("A03", "Hall 1", 21, 2), by="sam", now=now)
        set_power_cord(session, server, psu="2", pdu=pdu, outlet="14", by="sam", now=now)
        bmc = {"address": "10.0.0.42", "username": "rackside", "password": "kD93-never-told"}
        set_endpoint(session, server, "ipmi", bmc, by="sam", now=now)
        asked = request_diagnostics(session, server, by="tess", reason="page", now=now)
        run = begin(session, asked.id, now=now)
        assert run is not None
        finish(session, run, server_with_lost_input(taken_at=now))


def signed_in(page: Page, url: str) -> Page:
    page.goto(f"{url}/sign-in?next=/assets")
    page.get_by_label("Name").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/assets")
    return page


@pytest.mark.parametrize("theme", THEMES)
def test_every_page_is_accessible(
    served: str, page_at: Callable[..., Page], axe: AxeCheck, save_screenshot: Saver, theme: str
) -> None:
    width = {"light": "portrait", "dark": "desk", "contrast": "phone"}[theme]
    page = signed_in(page_at(width, theme), served)
    for name, path in {
        "assets": "/assets",
        "asset": "/assets/SRV-0042",
        "history": "/assets/SRV-0042/diagnostics",
        "correction": "/assets/SRV-0042/correction",
        "cabling": "/assets/SRV-0042/cabling",
        "ipmi": "/assets/SRV-0042/endpoints/ipmi",
        "snmp": "/assets/PDU-A/endpoints/snmp",
        "new": "/assets/new",
    }.items():
        page.goto(f"{served}{path}")
        axe(page)
        save_screenshot(page, f"{name}-{width}-{theme}-full")


def test_diagnostics_fill_part_by_part_without_a_reload(served: str, page: Page, save_screenshot: Saver) -> None:
    signed_in(page, served).goto(f"{served}/assets/SRV-0042")
    page.get_by_role("button", name="Take diagnostics").click()
    page.wait_for_url("**/diagnostics/*")
    expect(page.get_by_text("10.0.0.42")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    with transaction() as session:
        run = session.query(Diagnostics).filter(Diagnostics.state == "queued").one()
        begun = begin(session, run.id, now=true_now())
        assert begun is not None
        assert begun.started_at is not None
        part = {"name": "ipmi", "state": "reading", "detail": "sensors: 41"}
        show_parts(session, run.id, started_at=begun.started_at, parts=[part])
    expect(page.get_by_text("sensors: 41")).to_be_visible()
    save_screenshot(page, "running")
    with transaction() as session:
        finish(session, begun, server_with_lost_input(taken_at=true_now()))
    expect(page.get_by_role("heading", name="PSU 2 has lost its input")).to_be_visible()
    save_screenshot(page, "done-full")
