"""A call for help: the rack sees who is rung and who answers; whoever answers has the machine beside it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from app.core.clock import business_now
from app.core.database import transaction
from app.people.operations.accounts import set_phone
from app.people.queries import person_named
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.tablet import cut, is_kept
from tests.browser.test_components import TOO_SMALL
from tests.integration.conftest import LONG_AGO
from tests.unit.hardware.samples import server_with_lost_input


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_the_rack_sees_who_is_rung_and_who_answers(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    hall = served.hall
    with hall.app.app_context(), transaction() as session:
        for name, number in (("sam", "+31 20 555 0100"), ("lena", "+49 30 555 0101"), ("max", "+31 20 555 0102")):
            set_phone(session, person_named(session, name), number, by="test", now=LONG_AGO)
    order = str(hall.order(job_kind="psu_swap", answers={"psu": "2"}, summary="PSU 2 has no input.")["number"])
    hall.to_matched(order)
    hall.act("tess", order, "start")
    page = served.sign_in(page_at(width), "tess", f"/orders/{order}")
    page.get_by_role("link", name="Call for help").click()
    axe(page)
    save_screenshot(page, f"call-ask-{width}-full")
    page.get_by_label("What is wrong?").fill("The other supply is amber.")
    page.locator(".actions .is-main").click()
    card = page.locator("section.card", has=page.get_by_role("heading", name="Calls for help"))
    expect(card).to_contain_text("Sam Surname is rung since")
    expect(card.get_by_role("link", name="+31 20 555 0100")).to_be_visible()
    card.scroll_into_view_if_needed()
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"call-rung-{width}")
    hall.answer(server_with_lost_input("SRV-1", business_now()))
    referral = hall.get("sam", "/referrals")["items"][0]["number"]
    other = served.sign_in(page_at(width), "sam", f"/referrals/{referral}")
    expect(other.locator("#machine-now")).to_contain_text("PSU 2 has lost its input")
    axe(other)
    assert other.evaluate(TOO_SMALL) == []
    assert other.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(other, f"call-answers-{width}-full")
    hall.post("sam", f"/referrals/{referral}/take")
    expect(card).to_contain_text("sam is on it since")
    expect(other.locator("#rings")).to_contain_text("sam is on it since")


def test_without_network_the_numbers_are_there(served: Served, page_at: OpenPage) -> None:
    hall = served.hall
    with hall.app.app_context(), transaction() as session:
        set_phone(session, person_named(session, "sam"), "+31 20 555 0100", by="test", now=LONG_AGO)
    order = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(order)
    hall.act("tess", order, "start")
    page = served.sign_in(page_at("landscape"), "tess", f"/orders/{order}")
    is_kept(page, f"/orders/{order}/rack/escalation")
    cut(page)
    page.get_by_role("link", name="Call for help").click()
    expect(page.locator("#kept")).to_contain_text("No network: data from")
    expect(page.get_by_role("link", name="+31 20 555 0100")).to_be_visible()
