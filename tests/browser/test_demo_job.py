"""The main job through the pages of the real demo, with a real BMC and a real PDU answering.

`RACKSIDE_SCREENSHOTS=docs/pictures ./rackside test -m "proof or not proof" tests/browser/test_demo_job.py` renews the
README's pictures.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from lab.tools import missing
from tests.browser.conftest import Saver
from tests.browser.test_technician import photo
from tests.integration.demo.conftest import Demo, environment

SERVER = "AMS-004217"
TUESDAY = "2026-12-01T09:30+01:00"
SLOW_MS = 30_000  # a BMC is asked everything twice, on a machine that does much else
OpenPage = Callable[..., Page]
SIZES = {"landscape": "1024x768", "portrait": "768x1024", "phone": "390x844"}
PHONE = pytest.param("phone", marks=pytest.mark.proof)  # the pages on a phone have quicker tests, too


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The demo on a Tuesday morning."""
    if lacking := missing("ipmi_sim", "snmpd"):
        pytest.skip(f"needs Debian package for {', '.join(lacking)}")
    instance = tmp_path_factory.mktemp("demo") / "instance"
    running = Demo(instance, "--at", TUESDAY)
    yield {**running.wait_until_ready(), "instance": instance}
    running.stop()


def sign_in(page: Page, demo: dict[str, Any], name: str, path: str) -> Page:
    page.goto(f"{demo['url']}/sign-in?next={path}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(demo["people"][name]["password"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**{path}")
    return page


def lab(instance: Path, deed: str) -> None:
    """Play the hands."""
    command = [sys.executable, "-P", "-m", "app", "lab", deed, SERVER]
    subprocess.run(command, check=True, cwd="/", env=environment(instance), timeout=60, stdout=subprocess.DEVNULL)


def touch(page: Page, words: str) -> None:
    """Press the main button."""
    page.locator(".actions .is-main", has_text=words).click()


@pytest.mark.parametrize("width", ["landscape", "portrait", PHONE])
def test_an_outlet_that_is_off_goes_from_ticket_to_closed(
    demo: dict[str, Any], page_at: OpenPage, save_screenshot: Saver, width: str
) -> None:
    lab(demo["instance"], "break")

    def look(name: str, page: Page) -> None:
        save_screenshot(page, f"{name}-{SIZES[width]}")

    lena = sign_in(page_at(width), demo, "lena", "/inbox")
    look("inbox", lena)
    number = escalate(lena, f"48300-{width}", look)
    tess = sign_in(page_at(width), demo, "tess", "/day")
    look("day", tess)
    tess.goto(f"{demo['url']}/orders/{number}")
    touch(tess, "Claim")
    expect(tess.locator(".actions .is-main", has_text="Check the server")).to_be_visible(timeout=SLOW_MS)
    expect(tess.get_by_text("1 of 2 ok")).to_be_visible(timeout=SLOW_MS)  # BEFORE is there
    look("order", tess)
    check_the_server(tess, look)
    touch(tess, "Start")
    do_the_steps(tess, demo["instance"], look)
    tess.get_by_text("Repaired", exact=True).click()
    tess.get_by_label("Or type your name").fill("Tess")
    touch(tess, "Complete")
    expect(tess.get_by_text("Repaired: the fault is gone and nothing new broke")).to_be_visible(timeout=SLOW_MS)
    look("verified", tess)
    lena.goto(f"{demo['url']}/orders/{number}/confirmation")
    lena.get_by_text(re.compile("confirmed|it works|fixed", re.IGNORECASE)).first.click()
    lena.locator(".actions .is-main, form .is-main").first.click()
    lena.goto(f"{demo['url']}/orders/{number}/manage")
    expect(lena.get_by_text("closed").first).to_be_visible()
    look("told", lena)


def escalate(page: Page, ticket: str, look: Callable[[str, Page], None]) -> str:
    """Level 1's form: diagnostics fill it, the promise is seen, the order is made."""
    page.get_by_role("link", name="New order").click()
    page.get_by_label("Tag of the machine").fill(SERVER)
    page.get_by_label("What Level 1 already tried").fill("Asked the customer: nothing was changed.")
    page.get_by_role("button", name="Run diagnostics").click()
    suggestion = page.get_by_role("button", name=re.compile("Fill in: Outlet check"))
    suggestion.click(timeout=SLOW_MS)
    expect(page.get_by_text("On offer now", exact=True)).to_be_visible()
    page.get_by_label("Ticket system").fill("helpdesk")
    page.get_by_label("Ticket number").fill(ticket)
    page.get_by_label("Subject").fill("Alarm: power redundancy lost")
    page.evaluate("scrollTo(0, 0)")
    look("new-order", page)
    page.get_by_role("button", name="Escalate").click()
    page.wait_for_url("**/manage*")
    found = re.search(r"WO-\d{4}-\d{6}", page.url)
    assert found
    return found[0]


def check_the_server(page: Page, look: Callable[[str, Page], None]) -> None:
    """The light is switched on for real; a wrong tag is a full stop, the right one goes on."""
    switch = page.get_by_role("button", name="Switch the ID LED on")
    if switch.count():  # from an order before, it may still burn
        switch.click()
    expect(page.locator("#lamp")).to_contain_text("blinks", timeout=SLOW_MS)
    for tag in ("AMS-004218", SERVER):
        page.get_by_label("Rack label").fill("B17")
        page.get_by_label("Server tag").fill(tag)
        if tag != SERVER:
            page.keyboard.press("Tab")
            expect(page.get_by_role("heading", name="Stop. This is not the machine of the order.")).to_be_visible()
            look("stop", page)
            touch(page, "Check again")
            continue
        page.get_by_text("Yes, this one").click()
        page.get_by_text("Front", exact=True).click()
        page.get_by_label("Typed, because").select_option("label_unreadable")
        look("match", page)
        touch(page, "Check the server")


def do_the_steps(page: Page, instance: Path, look: Callable[[str, Page], None]) -> None:
    """Every step until completion; at the one that cannot be undone the lab's outlet is really switched on."""
    for _ in range(20):
        done = page.locator(".actions .is-main")
        expect(done).to_be_visible()
        picture = page.get_by_label("Take or choose a photo")
        asked = picture.or_(page.get_by_text("I have done this and seen it")).or_(
            page.get_by_text("Repaired", exact=True)
        )
        expect(asked.first).to_be_visible()
        if "Complete" in done.inner_text():
            return
        if page.get_by_role("heading", name="Switch the outlet on").count():
            look("step", page)
            lab(instance, "repair")
        if picture.count():
            picture.set_input_files(photo())
            expect(page.locator("[data-photo-status]")).to_contain_text("Ready to send")
        else:
            page.get_by_text("I have done this and seen it").click()
        before = page.locator("h2").all_inner_texts()
        done.click()
        expect(page.locator("h2")).not_to_have_text(before)
    raise AssertionError("the steps never came to an end")
