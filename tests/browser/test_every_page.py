"""Every page there is, readable by everybody in the three themes. A new page has to be named here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.core.clock import business_now
from app.core.database import transaction
from app.parts import operations as parts
from app.parts.states import PartKind
from app.sites.models import Site
from tests.browser.conftest import AXE, THEMES, Saver
from tests.browser.mailroom import a_full_mailroom
from tests.browser.serving import OpenPage, Served
from tests.browser.test_office import a_busy_morning
from tests.integration.jobs.conftest import Hall
from tests.unit.hardware.samples import server_with_lost_input

# What a browser may ask for that is no page: data, files, and parts that a page fetches into itself.
NO_PAGE: Final = {
    "web.home", "static", "stream.stream", "health.live", "health.ready", "health.metrics", "people.who_am_i",
    "tablet.manifest", "tablet.worker", "report.table", "completion.report", "hardware.panel", "machine.orders",
    "new_order.machine", "new_order.questions", "new_order.offer", "new_order.diagnostics",
}  # fmt: skip
WEAR = "theme => { document.documentElement.dataset.theme = theme }"
# Only colours change with the theme: the other rules are asked once.
LOOK = """async (rules) => {
    const { violations } = await axe.run(rules.length ? { runOnly: { type: 'rule', values: rules } } : {})
    const where = (one) => one.nodes.slice(0, 3).map(({ html }) => html.slice(0, 160))
    return violations.map((one) => `${one.id}: ${one.help}: ${where(one)}`)
}"""
OF_COLOUR: Final = ["color-contrast", "link-in-text-block"]


@dataclass(frozen=True)
class Pages:
    """Who looks at which address, by the route's name."""

    by_endpoint: dict[str, tuple[str, list[str]]]

    def of(self, who: str) -> list[str]:
        return [path for name, paths in self.by_endpoint.values() if name == who for path in paths]


def a_full_house(hall: Hall, at: Callable[[datetime], None]) -> Pages:
    """Something of every sort, and where it is seen."""
    morning = a_busy_morning(hall, at)
    late, other = morning["note"].split("/")[2], morning["move"].split("/")[2]
    swap = str(hall.order(asset="SRV-2", job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.act("tess", swap, "claim")
    hall.answer(server_with_lost_input("SRV-2", business_now()))
    hall.act("tess", late, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", late, "start")
    first = hall.get("tess", f"/work-orders/{late}")["diagnostics"]["before"]
    hall.post("sam", "/assets/SRV-1/diagnostics", {})
    hall.answer(server_with_lost_input("SRV-1", business_now()))
    second = hall.get("sam", "/assets/SRV-1/diagnostics")["items"][0]["id"]
    tickets = [f"/tickets/{number}" for number in a_full_mailroom(hall, late)]
    spare, removed = some_parts(hall)
    asset, order = "/assets/SRV-1", f"/orders/{late}"
    at_the_rack = (
        "discrepancy",
        "hold",
        "handover",
        "escalation",
        "addition",
        "note",
        "completion",
        "shutdown",
        "sighting",
    )
    return Pages({
        "people.sign_in": ("nobody", ["/sign-in"]), "tablet.offline": ("nobody", ["/offline"]),
        "tablet.not_sent": ("tess", ["/tablet"]),
        "people.me": ("tess", ["/me"]),
        "technician.day": ("tess", ["/day"]), "technician.order": ("tess", [f"/orders/{swap}", order]),
        "technician.stop": ("tom", [f"/orders/{other}/stop"]),
        "conflicts.conflicts": ("lena", [f"{order}/conflicts"]),
        "technician.add_photo": ("tess", [f"{order}/photos/new"]),
        "technician.ask": ("tess", [f"{order}/rack/{verb}" for verb in at_the_rack]),
        "level1.inbox": ("lena", ["/inbox"]), "level1.orders": ("lena", ["/orders"]),
        "new_order.form": ("lena", [morning["new"]]), "tickets.ticket": ("lena", tickets),
        "office.manage": ("lena", [morning["manage"]]),
        "office.act": ("lena", [morning["note"], morning["move"]]),
        "queue.queue": ("sam", ["/queue"]), "queue.referral": ("sam", ["/referrals/REF-2026-000001"]),
        "board.board": ("max", ["/board"]), "report.page": ("max", ["/report"]),
        "shifts.shifts": ("max", ["/shifts"]), "shifts.site": ("max", ["/shifts/AMS1"]),
        "parts.overview": ("tess", ["/parts"]), "parts.removed": ("tess", [removed]),
        "parts.arrival": ("tess", [f"{spare}/arrival"]), "parts.defect": ("tess", [f"{spare}/defect"]),
        "sites.sites": ("ada", ["/sites"]), "sites.site": ("ada", ["/sites/AMS1"]),
        "people.people": ("ada", ["/people"]), "people.person": ("ada", ["/people/tess"]),
        "procedures.overview": ("ada", ["/procedures"]), "procedures.edit": ("ada", ["/procedures/psu_swap"]),
        "wordings.overview": ("ada", ["/messages"]), "wordings.edit": ("ada", ["/messages/booked/en"]),
        "hardware.assets": ("sam", ["/assets"]), "hardware.asset": ("sam", [asset]),
        "hardware.history": ("sam", [f"{asset}/diagnostics"]),
        "hardware.diagnostics": ("sam", [f"/diagnostics/{first}"]),
        "hardware_history.sign": ("sam", [f"{asset}/diagnostics/{second}/diagnosis"]),
        "hardware_history.raw": ("sam", [f"{asset}/diagnostics/{second}/raw"]),
        "hardware_history.comparison": ("sam", [f"{asset}/diagnostics/compare?before={first}&after={second}"]),
        "hardware_history.over_time": ("sam", [f"{asset}/history"]),
        "hardware_entry.add": ("sam", ["/assets/new"]),
        "hardware_entry.change": ("sam", [f"{asset}/correction"]),
        "hardware_entry.cabling": ("sam", [f"{asset}/cabling"]),
        "hardware_entry.endpoint": ("sam", [f"{asset}/endpoints/{one}" for one in ("ipmi", "snmp", "redfish", "ssh")]),
        "hardware_labels.of_asset": ("sam", [f"{asset}/labels"]),
        "hardware_labels.of_rack": ("sam", [f"{asset}/labels/rack"]),
    })  # fmt: skip


def some_parts(hall: Hall) -> tuple[str, str]:
    """The address of a spare on its way, and of one that was dead on arrival."""
    now = business_now()
    with hall.app.app_context(), transaction() as session:
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        spares = [
            parts.expect(session, site, kind=kind, name="Spare", part_number="P1", expected_on=None, by="tess", now=now)
            for kind in (PartKind.DRIVE, PartKind.PSU)
        ]
        parts.arrive(session, spares[1], serial="PS-1", location="Cage A 3", by="tess", now=now)
        removed = parts.is_dead(session, spares[1], why="It smells burnt.", by="tess", now=now)
        session.flush()
        return f"/parts/spares/{spares[0].id}", f"/parts/removed/{removed.id}"


def looked_at(page: Page, url: str, path: str) -> list[str]:
    """What is wrong on that page, in every theme; the page is loaded once."""
    answer = page.goto(f"{url}{path}")
    assert answer is not None
    if answer.status != 200 or page.url.split("?")[0] != f"{url}{path}".split("?")[0]:
        return [f"{path}: {answer.status} at {page.url}"]
    expect(page.locator("h1").first).to_be_visible()
    page.evaluate(AXE.read_text("utf-8"))
    wrong = []
    for theme in THEMES:
        page.evaluate(WEAR, theme)
        wrong += [f"{path} {theme}: {one}" for one in page.evaluate(LOOK, [] if theme == "light" else OF_COLOUR)]
    return wrong


def test_every_page_is_readable_by_everybody_in_light_dark_and_contrast(
    served: Served, at: Callable[[datetime], None], page_at: OpenPage, save_screenshot: Saver
) -> None:
    if not AXE.exists():
        pytest.skip("needs axe-core (npm ci)")
    pages = a_full_house(served.hall, at)
    reached = {
        rule.endpoint
        for rule in served.hall.app.url_map.iter_rules()
        if "GET" in (rule.methods or ()) and not rule.rule.startswith("/api/")
    }
    assert reached - NO_PAGE == set(pages.by_endpoint), "every page is looked at, and no other"
    wrong: list[str] = []
    for who in ("nobody", "tess", "tom", "lena", "sam", "max", "ada"):
        page = page_at("portrait")
        if who != "nobody":
            served.sign_in(page, who, "/me")
        for path in pages.of(who):
            wrong += looked_at(page, served.url, path)
            save_screenshot(page, f"every{path.split('?')[0].replace('/', '-')}-full")
    assert wrong == [], "\n".join(wrong)
