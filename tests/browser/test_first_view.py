"""The order's page stands there soon on a weak tablet behind a weak network. Long on a busy machine: `-m proof`."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from app.core.clock import business_now
from tests.browser.conftest import PATIENCE_MS
from tests.browser.serving import Served
from tests.unit.hardware.samples import server_with_lost_input

LONGEST_MS = 1500
TIMES = 5
TABLET = {"rate": 4}  # times slower than this machine
RADIO = {"offline": False, "latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 750e3 / 8}
PAINTED = """() => new Promise((tell) => new PerformanceObserver((list) => {
    const last = list.getEntries().at(-1)
    tell({ms: Math.round(last.startTime), what: (last.element?.outerHTML ?? '').slice(0, 80)})
}).observe({ type: 'largest-contentful-paint', buffered: true }))"""
TIMED = """() => {
    const [loaded] = performance.getEntriesByType("navigation")
    const { responseStart, responseEnd, domContentLoadedEventEnd, decodedBodySize } = loaded
    const told = { responseStart, responseEnd, domContentLoadedEventEnd }
    for (const name in told) told[name] = Math.round(told[name])
    const first = performance.getEntriesByName('first-contentful-paint')[0]
    return { ...told, bytes: decodedBodySize, first: Math.round(first.startTime) }
}"""


def an_order(served: Served) -> str:
    """An order in tess' hands with all that its page may hold."""
    number = str(served.hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    served.hall.act("tess", number, "claim")
    served.hall.answer(server_with_lost_input("SRV-1", business_now()))
    return number


def weak(page: Page) -> Page:
    """The page on a slow tablet with a slow radio."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Network.enable")
    devtools.send("Network.emulateNetworkConditions", RADIO)
    devtools.send("Emulation.setCPUThrottlingRate", TABLET)
    return page


@pytest.mark.proof
def test_the_order_is_seen_within_a_second_and_a_half_by_a_tablet_that_has_nothing_of_it_yet(
    served: Served, browser: Browser, page: Page
) -> None:
    number = an_order(served)
    served.sign_in(page, "tess")
    signed_in: Any = page.context.storage_state()
    seen = []
    for _ in range(TIMES):
        with browser.new_context(viewport={"width": 1024, "height": 768}, storage_state=signed_in) as context:
            context.set_default_timeout(PATIENCE_MS)
            tablet = weak(context.new_page())
            tablet.goto(f"{served.url}/orders/{number}")
            expect(tablet.locator("h1")).to_contain_text(number)
            seen.append({**tablet.evaluate(TIMED), **tablet.evaluate(PAINTED)})
    sys.stdout.write("".join(f"{one}\n" for one in seen))
    # The quickest counts: whatever else this machine does only ever makes a load slower.
    assert min(one["ms"] for one in seen) <= LONGEST_MS
