"""A page that stays open becomes fresh in place: nothing typed, opened or begun in it is lost."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from app.core.clock import business_now
from tests.browser.serving import Served
from tests.browser.tablet import cut, is_kept, mend
from tests.browser.test_technician import listens
from tests.unit.hardware.samples import server_with_lost_input

AWAY = "data-kept"
EVENTS = re.compile(r"^\d+ events$")


HAS_SCANNER = """async (seconds) => {
  await navigator.serviceWorker.ready
  for (const until = Date.now() + seconds * 1000; ; await new Promise((done) => setTimeout(done, 100))) {
    const kept = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()))
    if (kept.flat().some(({ url }) => url.endsWith('.wasm'))) return true
    if (Date.now() >= until) return false
  }
}"""


def claimed(served: Served, page: Page) -> str:
    """The page of an order in tess' hands."""
    number = str(served.hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    served.hall.act("tess", number, "claim")
    served.hall.answer(server_with_lost_input("SRV-1", business_now()))
    served.sign_in(page, "tess", f"/orders/{number}")
    return number


def opened(page: Page, words: str | re.Pattern[str]) -> None:
    """Open what stands below these words."""
    page.locator("details > summary", has_text=words).first.click()
    expect(page.locator("details[open] > summary", has_text=words)).to_have_count(1)


def test_a_kept_page_becomes_fresh_in_place_when_the_network_is_back(served: Served, page: Page) -> None:
    number = claimed(served, page)
    is_kept(page, f"/orders/{number}")
    cut(page)
    page.goto(f"{served.url}/orders/{number}")
    expect(page.locator("#kept")).to_contain_text("No network: data from")
    expect(page.locator("html")).to_have_attribute(AWAY, "")
    loads: list[str] = []
    page.on("framenavigated", lambda frame: loads.append(frame.url))
    page.evaluate("window.isStillOpen = true")
    served.hall.act("tom", number, "note", text="The aisle door sticks.")
    before = page.locator("details > summary", has_text=EVENTS).inner_text()
    mend(page)
    expect(page.locator("#kept")).to_be_hidden()
    expect(page.get_by_text(before, exact=True)).to_have_count(0)
    expect(page.locator("html")).not_to_have_attribute(AWAY, "")
    listens(page)
    assert loads == []
    assert page.evaluate("window.isStillOpen") is True


def test_the_scanner_comes_to_the_tablet_when_it_is_idle_and_not_before(served: Served, page: Page) -> None:
    page.goto(f"{served.url}/sign-in")
    assert page.evaluate(HAS_SCANNER, 0) is False
    claimed(served, page)
    assert page.evaluate(HAS_SCANNER, 25) is True


def test_what_was_typed_on_a_kept_page_survives_the_network(served: Served, page: Page) -> None:
    number = claimed(served, page)
    is_kept(page, f"/orders/{number}")
    cut(page)
    page.goto(f"{served.url}/orders/{number}")
    page.get_by_label("Server tag").fill("SRV-1")
    served.hall.act("tom", number, "note", text="The aisle door sticks.")
    mend(page)
    listens(page)
    expect(page.get_by_label("Server tag")).to_have_value("SRV-1")


def test_who_goes_by_keyboard_stays_where_they_are_when_a_part_comes_anew(served: Served, page: Page) -> None:
    number = claimed(served, page)
    listens(page)
    link = page.get_by_role("link", name="Write a note")
    link.focus()
    served.hall.act("tom", number, "note", text="The aisle door sticks.")
    expect(page.get_by_text("The aisle door sticks.")).to_be_attached()
    expect(link).to_be_focused()


def test_what_is_open_stays_open_when_its_part_comes_anew_and_nothing_else_opens(served: Served, page: Page) -> None:
    number = claimed(served, page)
    listens(page)
    opened(page, EVENTS)
    opened(page, "All parts, readings and events")
    shown = page.locator("details[open]").count()
    part = page.locator("#order").element_handle()
    assert part is not None
    served.hall.act("tom", number, "note", text="The aisle door sticks.")
    expect(page.get_by_text("The aisle door sticks.")).to_be_visible()
    assert part.evaluate("part => part.isConnected") is False
    expect(page.locator("details[open]")).to_have_count(shown)
    expect(page.locator("details[open] > summary", has_text="All parts, readings and events")).to_have_count(1)
