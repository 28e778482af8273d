"""Clocks and the managers' report in a real browser: readable at every size, and without a mouse or colours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import Served
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.conftest import FRIDAY_16_40, Hall


def a_weekend(hall: Hall, at: Callable[[datetime], None]) -> str:
    """An order that waited over a weekend and is taken too late, and one that is done."""
    at(FRIDAY_16_40)
    late = str(hall.order()["number"])
    hall.order(asset="SRV-3", job_kind="power_cycle", answers={"why_by_hand": "The BMC is silent."})
    monday = FRIDAY_16_40.replace(day=7, hour=8, minute=0)
    at(monday + timedelta(minutes=1))
    hall.tick()
    at(monday + timedelta(hours=2, minutes=30))
    hall.to_matched(late)
    hall.act("tess", late, "start")
    at(monday + timedelta(hours=2, minutes=50))
    return late


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_clocks_and_the_report_are_readable(
    served: Served, page_at: Callable[..., Page], axe: AxeCheck, save_screenshot: Saver,
    at: Callable[[datetime], None], width: str,
) -> None:  # fmt: skip
    late = a_weekend(served.hall, at)
    page = served.sign_in(page_at(width), "max", f"/orders/{late}/manage")
    page.locator("#clocks li", has_text="Solved in the usual time").locator("summary").click()
    expect(page.get_by_role("cell", name="63 h").first).to_be_visible()
    axe(page)
    save_screenshot(page, f"clocks-{width}-full")
    page.goto(page.url.partition("/orders")[0] + "/report?from=2026-12-01&to=2026-12-10")
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    expect(page.get_by_role("table", name="Promises kept and missed")).to_be_visible()
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    save_screenshot(page, f"report-{width}-full")
