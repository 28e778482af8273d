"""A machine over time in a real browser: curves that everybody can read."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from app.core.clock import true_now
from app.core.database import db, transaction
from app.core.permissions import Role
from app.core.settings import from_environment
from app.hardware.diagnostics import DiagnosticsDocument, Reading
from app.hardware.operations.assets import Entry, Position, add_asset, place_asset
from app.hardware.operations.diagnose import begin, finish, request_diagnostics
from app.hardware.readings import State
from app.hardware.sealing import new_site_key
from app.people.operations import accounts
from app.sites.models import Site
from app.web.app import create_app
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import serving
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

PASSWORD = "correct horse 42"
HOURS = 48


@pytest.fixture
def served(database: str, tmp_path: Path) -> Iterator[str]:
    """SRV-0042, asked every hour for two days: it grew too warm, a sensor fell silent, PSU 2 lost its input twice."""
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
        session.add(site)
        sam = accounts.add_person(session, name="sam", full_name="Sam Visser", by="test", now=now, password=PASSWORD)
        accounts.grant(session, sam, Role.SYSADMIN, site, by="test", now=now)
        entry = Entry("SRV-0042", name="web-42", serial="CZ12345", model="SSG-6029P")
        server = add_asset(session, site, entry, by="sam", now=now)
        place_asset(session, server, Position("A03", "Hall 1", 21, 2), by="sam", now=now)
        for hour in range(HOURS):
            at = now - timedelta(hours=HOURS - hour)
            asked = request_diagnostics(session, server, by="tess", reason="page", now=at)
            run = begin(session, asked.id, now=at)
            assert run is not None
            finish(session, run, said(hour, at))


def said(hour: int, at: datetime) -> DiagnosticsDocument:
    document = server_with_lost_input(taken_at=at) if hour in {10, 11, 30, 47} else healthy_server(taken_at=at)
    warm = 24 + 6 * math.sin(hour / 5) + (12 if 33 < hour < 38 else 0)
    state, reason = (State.WARNING, "above its warning limit") if warm > 32 else (State.OK, None)
    inlet = Reading("temperature", "Inlet", round(warm, 1), "Cel", state, "ipmi", at, reason, lower=5.0, upper=32.0)
    if 18 < hour < 23:
        inlet = replace(inlet, value=None, state=State.UNKNOWN, reason="the BMC has no reading yet")
    others = tuple(one for one in document.readings if one.name != "Inlet")
    return replace(document, readings=(inlet, *others), taken_at=at)


def signed_in(page: Page, url: str) -> Page:
    page.goto(f"{url}/sign-in?next=/assets")
    page.get_by_label("Name").fill("sam")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/assets")
    return page


@pytest.mark.parametrize("width", ["phone", "portrait", "desk"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_history_is_accessible_and_fits(
    served: str, page_at: Callable[..., Page], axe: AxeCheck, save_screenshot: Saver, width: str, theme: str
) -> None:
    page = signed_in(page_at(width, theme), served)
    for name, path in {"history": "history", "compare": "diagnostics/compare"}.items():
        page.goto(f"{served}/assets/SRV-0042/{path}")
        if name == "history":
            expect(page.get_by_text("Nobody was sent to it yet.")).to_be_visible()
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        save_screenshot(page, f"{name}-{width}-{theme}-full")


def test_every_number_of_a_curve_is_reached_by_keyboard(served: str, page: Page, axe: AxeCheck) -> None:
    signed_in(page, served).goto(f"{served}/assets/SRV-0042/history?period=24h")
    numbers = page.locator("summary", has_text="Numbers of Inlet")
    numbers.focus()
    page.keyboard.press("Enter")
    table = page.get_by_role("region", name="Inlet, numbers")
    expect(table.get_by_role("link")).to_have_count(23)
    page.keyboard.press("Tab")
    expect(table).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/diagnostics/*")
    page.get_by_role("link", name="As kept").click()
    expect(page.get_by_text('"format": "rackside.diagnostics/1"')).to_be_visible()
    axe(page)
