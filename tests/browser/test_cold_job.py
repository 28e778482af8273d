"""A cold job on the tablet: what the machine says of its power, the shutdown, and the way out when it stalls."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from app.hardware.readings import ShutdownTold
from app.jobs.power_course import WATCHED
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.conftest import MONDAY
from tests.integration.jobs.test_cold_jobs import ask_again, said
from tests.integration.jobs.test_shutdown import ON, cold_job, read, worker_tells


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_a_machine_is_shut_down_from_the_tablet_and_the_page_follows(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver,
    at: Callable[[datetime], None], width: str,
) -> None:  # fmt: skip
    hall = served.hall
    number = cold_job(hall)
    page = served.sign_in(page_at(width), "tess", f"/orders/{number}")

    def look(name: str) -> None:
        axe(page)
        assert page.evaluate(TOO_SMALL) == []
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        page.evaluate("document.getElementById('power').scrollIntoView()")  # at once: the card may come anew
        save_screenshot(page, f"cold-{name}-{width}")

    card = page.locator("#power")
    expect(card).to_contain_text("The BMC says that the machine is on.")
    look("on")
    card.get_by_role("link", name="Shut the machine down").click()
    expect(page.get_by_text("it goes on record with your name")).to_be_visible()
    axe(page)
    save_screenshot(page, f"cold-ask-{width}")
    page.get_by_role("button", name="Ask it to shut down").click()
    expect(card).to_contain_text("The site's worker is asked to send it.")
    look("asked")
    worker_tells(hall, ShutdownTold(ON, sent=True, after=ON))
    read(hall, said(True, 190.0))
    expect(card).to_contain_text("The machine was asked to shut down.")  # by itself, without a press
    at(MONDAY + WATCHED + timedelta(minutes=1))
    ask_again(hall, said(True, 190.0))
    hall.tick()
    expect(card).to_contain_text("Call the customer: something holds it up.")
    look("still-on")
    hall.act("tess", number, "shutdown")
    worker_tells(hall, ShutdownTold(ON, sent=True, after=ON))
    hall.tick()
    ask_again(hall, said(False, 8.0))
    hall.tick()
    expect(card).to_contain_text("It is off: both proofs say so.")
    look("off")
    ask_again(hall, said(True, 190.0))
    hall.tick()
    expect(card).to_contain_text("The machine is on again")
    look("back")
    ask_again(hall, said(False, None))
    expect(card).to_contain_text("A second proof is needed")
    look("unmetered")
    page.goto(f"{served.url}/orders/{number}/rack/handover")
    page.get_by_label("Safe state").fill("The lid is closed, all cords are in.")
    page.get_by_label("Why?").fill("End of shift.")
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_label("Who decided it?")).to_be_visible()
    axe(page)
    save_screenshot(page, f"cold-left-{width}")
