"""Parts in a real browser: a spare comes, a removed drive goes into its bag; readable and touchable everywhere."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import THEMES, AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.test_parts import swapped


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_a_spare_comes_and_a_drive_goes_into_its_bag(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    swapped(served.hall)
    page = served.sign_in(page_at(width), "tess", "/parts")
    page.get_by_label("Its name").fill("SAS drive 4 TB")
    page.get_by_label("Part number").fill("ST4000")
    page.get_by_role("button", name="Enter").click()
    page.get_by_role("link", name="It is here").click()
    page.get_by_label("Serial").fill("ZC9A0417")
    page.get_by_label("Shelf").fill("Cage A 3")
    save_screenshot(page, f"spare-{width}-full")
    page.get_by_role("button", name="It is here").click()
    expect(page.locator("main")).to_contain_text("1 in stock")
    for theme in THEMES:
        page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"parts-{width}-full")
    page.get_by_role("link", name="ZC0003").click()
    page.get_by_label("Number of the sealed bag").fill("BAG-77")
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    save_screenshot(page, f"removed-{width}-full")
    page.get_by_role("button", name="Seal it in a bag").click()
    expect(page.get_by_role("heading", name="Put it into the cage")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
