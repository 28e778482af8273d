"""A code that does not fit fills the screen at once, and a drive is shown with those that stay."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.tablet import all_sent, cut, is_kept, mend
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.test_wrong_machine import stops
from tests.unit.jobs.disk_samples import server_with_drives


def asked(served: Served) -> str:
    number = str(served.hall.order()["number"])
    served.hall.act("tess", number, "claim")
    served.hall.answer(server_with_drives())
    return number


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_a_wrong_rack_is_a_full_screen_stop_before_anything_else_is_asked(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    number = asked(served)
    page = served.sign_in(page_at(width), "tess", f"/orders/{number}")
    save_screenshot(page, f"server-check-{width}-full")
    page.get_by_label("Rack label").fill("B18")
    page.keyboard.press("Tab")
    page.wait_for_url("**/stop")
    expect(page.get_by_role("heading", name="Stop. This is not the machine of the order.")).to_be_visible()
    expect(page.get_by_text("rack B18", exact=True)).to_be_visible()
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    save_screenshot(page, f"stop-{width}")
    assert [stop["detail"]["guard"] for stop in stops(served.hall, number)] == ["rack"]
    page.locator(".actions .is-main", has_text="Check again").click()
    expect(page.get_by_label("Rack label")).to_be_visible()


def test_without_network_a_wrong_tag_stops_too_and_reaches_the_record(served: Served, page: Page) -> None:
    number = asked(served)
    served.sign_in(page, "tess", f"/orders/{number}")
    is_kept(page, f"/orders/{number}")
    cut(page)
    page.get_by_label("Server tag").fill("SRV-2")
    page.keyboard.press("Tab")
    expect(page.get_by_role("dialog", name="Stop. This is not what the order says.")).to_be_visible()
    assert stops(served.hall, number) == []
    mend(page)
    page.get_by_role("button", name="I have stopped").click()
    all_sent(page)
    assert [stop["detail"]["found"] for stop in stops(served.hall, number)] == ["SRV-2"]


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_the_drive_to_pull_stands_beside_those_that_stay(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    number = asked(served)
    page = served.sign_in(page_at(width), "tess", f"/orders/{number}")
    drive = page.locator("#disks")
    expect(drive).to_contain_text("ZC0003")
    expect(drive.locator(".healthy")).to_contain_text("ZC0001")
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"drive-{width}-full")
