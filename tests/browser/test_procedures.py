"""A procedure is edited on its page, and a step shows its clocks and branches to who does it."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from app.core.clock import business_now
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.test_components import TOO_SMALL
from tests.unit.hardware.samples import server_with_lost_input


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_an_administrator_publishes_the_next_version(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    page = served.sign_in(page_at(width), "ada", "/procedures")
    axe(page)
    page.get_by_role("link", name="Disk swap").click()
    first = page.locator(".step-block").first
    first.locator("summary").click()
    first.get_by_label("What to do").fill("Put on strap and goggles")
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"procedure-{width}-full")
    page.get_by_label("Why is it changed?").fill("Splinters in room 2.04")
    page.get_by_role("button", name="Publish version 2").click()
    expect(page.get_by_text("Version 2 is published: new orders are booked with it.")).to_be_visible()
    expect(page.get_by_text("Splinters in room 2.04")).to_be_visible()


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_a_step_shows_its_timer_its_last_moment_and_the_way_back(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    hall = served.hall
    number = hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"]
    hall.act("tess", number, "claim")
    hall.answer(server_with_lost_input("SRV-1", business_now()))
    hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", number, "start")
    evidence = {"photo_before": {"photo": "p"}, "new_serial": {"serial": "NEW-1"}}
    for key in ("esd", "photo_before", "other_ok", "new_serial", "cord_out"):
        hall.act("tess", number, "step", id=key, evidence=evidence.get(key, {}))
    page = served.sign_in(page_at(width), "tess", f"/orders/{number}")
    timer = page.get_by_role("timer")
    expect(timer).to_contain_text(re.compile(r"Within (1:\d\d|2:00) of the step before"))
    expect(page.locator("#act")).to_contain_text("Begin this step by 16:45")
    page.get_by_role("link", name="Problem").click()
    expect(page.get_by_text("Push the old supply back in.")).to_be_visible()
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"no-return-{width}-full")
