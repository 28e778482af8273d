"""Two technicians do the same step, one of them without network: the tablet says "1 to decide", and Level 1 chooses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from app.core.clock import business_now
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.tablet import STEPS, all_sent, cut, do_step, is_kept, mend, not_sent
from tests.browser.test_components import TOO_SMALL
from tests.browser.test_technician import touch

SERIALS = {"new_serial": "NEW-TESS"}


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_what_two_did_is_kept_told_on_the_tablet_and_chosen_by_level_1(
    served: Served,
    at: Callable[[datetime], None],
    page_at: OpenPage,
    axe: AxeCheck,
    save_screenshot: Saver,
    width: str,
) -> None:
    hall = served.hall
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"}, summary="PSU 2 has no input.")["number"])
    hall.to_matched(number)
    page = served.sign_in(page_at(width), "tess", f"/orders/{number}")
    is_kept(page, f"/orders/{number}")
    cut(page)
    touch(page, "Start")
    for step in STEPS[:4]:
        do_step(page, step, SERIALS)
    not_sent(page, 5)
    hall.act("lena", number, "hold", waiting_for="consent", why="nobody answers at the rack")
    hall.act("lena", number, "consent", decision="granted")
    hall.to_matched(number, "tom")
    hall.act("tom", number, "start")
    for key, given in (
        ("esd", {}),
        ("photo_before", {"photo": "p"}),
        ("other_ok", {}),
        ("new_serial", {"serial": "NEW-TOM"}),
    ):
        hall.act("tom", number, "step", id=key, evidence=given)
    at(business_now() + timedelta(minutes=10))
    mend(page)
    all_sent(page)
    expect(page.locator("#sync")).to_have_text("4 to decide")
    page.goto(f"{served.url}/orders/{number}")
    expect(page.locator("main").get_by_text("4 to decide: two people did the same steps.")).to_be_visible()
    save_screenshot(page, f"two-versions-order-{width}")
    page.locator("#sync").click()
    page.wait_for_url(f"**/orders/{number}/conflicts")
    one = page.locator("section.card", has_text="Scan the serial of the new power supply")
    expect(one).to_contain_text("NEW-TOM")
    expect(one).to_contain_text("NEW-TESS")
    expect(one.get_by_role("radio")).to_have_count(0)
    axe(page)
    page = served.sign_in(page_at(width), "lena", f"/orders/{number}/conflicts")
    one = page.locator("section.card", has_text="Scan the serial of the new power supply")
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"two-versions-{width}-full")
    one.get_by_text("The second stands").click()
    one.get_by_label("Why").fill("The photo shows NEW-TESS in the bay.")
    one.get_by_role("button", name="Choose").click()
    expect(page.get_by_text("Chosen. Both versions stay on record.")).to_be_visible()
    expect(one).to_contain_text("The photo shows NEW-TESS in the bay.")
    save_screenshot(page, f"two-versions-chosen-{width}-full")
    axe(page)


def test_the_reminder_on_the_tablet_goes_once_somebody_has_chosen(served: Served, page_at: OpenPage) -> None:
    hall = served.hall
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"}, summary="PSU 2 has no input.")["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    page = served.sign_in(page_at("landscape"), "tess", f"/orders/{number}")
    is_kept(page, f"/orders/{number}")
    cut(page)
    do_step(page, "esd", SERIALS)
    hall.act("lena", number, "hold", waiting_for="consent", why="nobody answers at the rack")
    hall.act("lena", number, "consent", decision="granted")
    hall.to_matched(number, "tom")
    hall.act("tom", number, "start")
    hall.act("tom", number, "step", id="esd", evidence={})
    mend(page)
    expect(page.locator("#sync")).to_have_text("1 to decide")
    conflict = hall.get("lena", f"/work-orders/{number}/conflicts")["items"][0]["id"]
    hall.act("lena", number, "resolution", conflict=conflict, choice="both", why="Each wore a strap.")
    expect(page.locator("#sync")).to_be_hidden()
