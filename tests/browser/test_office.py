"""The office's pages in a real browser: a ticket becomes an order with its promise in sight; all is readable."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Page, expect

from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import Served
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.conftest import Hall
from tests.unit.hardware.samples import server_with_lost_input

OpenPage = Callable[..., Page]

LIVE = "() => document.documentElement.dataset.live === 'live'"


def ticket(page: Page, number: str = "48213", subject: str = "Alarm: power redundancy lost") -> None:
    page.get_by_label("Ticket system").fill("console")
    page.get_by_label("Ticket number").fill(number)
    page.get_by_label("Subject").fill(subject)


def a_busy_morning(hall: Hall, at: Callable[[datetime], None]) -> dict[str, str]:
    """One order of each sort that the office meets; the paths of pages worth looking at, by name."""
    late = hall.order(summary="Disk in bay 3 has failed; the array is degraded.")["number"]
    hall.to_matched(late)
    hall.act("tess", late, "escalation", team="system_administrators", why="Two disks blink amber. Which one is it?")
    hall.post("tom", f"/work-orders/{late}/note", {"text": "ask sam"})
    hall.order(asset="SRV-3", job_kind="power_cycle", answers={"why_by_hand": "The BMC is silent."}, priority="urgent")
    hall.order(asset="SRV-4", answers={}, summary="A disk has failed, the bay is not known yet.")
    other = hall.order(asset="SRV-5", job_kind="outlet_check", answers={"outlet": "5"}, summary="PSU 2 has no input.")
    hall.act("tom", other["number"], "claim")
    hall.answer(server_with_lost_input("SRV-5"))
    hall.post(
        "tom",
        f"/work-orders/{other['number']}/match",
        {"rack": "B17", "tag": "SRV-4", "light": "seen", "face": "front"},
    )
    hall.post("lena", "/escalations", hall.escalation(asset=None, job_kind=None, team="management", reason="approval",
              summary="The customer asks for a credit for Thursday's outage."))  # fmt: skip
    at(datetime.fromisoformat("2026-11-30T11:30:00+01:00"))
    return {
        "inbox": "/inbox", "new": "/orders/new?asset=SRV-1&job_kind=disk_swap", "orders": "/orders",
        "manage": f"/orders/{late}/manage", "note": f"/orders/{late}/note", "referral": "/referrals/REF-2026-000002",
        "move": f"/orders/{other['number']}/cancellation",
    }  # fmt: skip


def test_a_finding_fills_the_order_in_and_the_promise_is_seen_before_it_is_sent(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver
) -> None:
    page = served.sign_in(page_at("landscape"), "lena", "/inbox")
    page.get_by_role("link", name="New order").click()
    page.get_by_label("Tag of the machine").fill("srv-")
    page.get_by_role("button", name="SRV-1").click()
    expect(page.get_by_text("rack B17")).to_be_visible()
    page.get_by_label("What Level 1 already tried").fill("Asked the customer: nothing was changed.")
    page.get_by_role("button", name="Run diagnostics").click()
    expect(page.get_by_text("Waiting for the site")).to_be_visible()
    page.wait_for_function(LIVE)
    served.hall.answer(server_with_lost_input("SRV-1"))
    page.get_by_role("button", name="Fill in: Outlet check, PDU-A outlet 14").click()
    expect(page.get_by_label("Which PDU and outlet?")).to_have_value("PDU-A outlet 14")
    expect(page.get_by_label("What is wrong")).to_have_value(re.compile("PSU 2 has lost its input"))
    expect(page.get_by_text("On offer now", exact=True)).to_be_visible()
    expect(page.locator("#offer-short")).to_contain_text("09:00\N{EN DASH}11:00 Amsterdam")
    expect(page.get_by_label("What Level 1 already tried")).to_have_value("Asked the customer: nothing was changed.")
    save_screenshot(page, "new-filled-landscape-full")
    axe(page)
    ticket(page)
    page.get_by_role("button", name="Escalate").click()
    page.wait_for_url("**/manage")
    expect(page.get_by_role("heading", name="What the ticket was told")).to_be_visible()
    expect(page.get_by_text("between 09:00 and 11:00").first).to_be_visible()
    save_screenshot(page, "manage-after-full")
    axe(page)


def test_answers_come_back_when_the_kind_of_job_does(served: Served, page_at: OpenPage) -> None:
    page = served.sign_in(page_at(), "lena", "/orders/new")
    page.get_by_label("Tag of the machine").fill("SRV-2")
    page.get_by_role("radio", name="Disk swap").check()
    page.get_by_label("Which bay holds the failing disk?").fill("7")
    page.get_by_role("radio", name="Visual check").check()
    expect(page.get_by_label("What should the technician look at?")).to_be_visible()
    expect(page.get_by_role("link", name="What should the technician look at?")).to_be_visible()
    page.get_by_role("radio", name="Disk swap").check()
    expect(page.get_by_label("Which bay holds the failing disk?")).to_have_value("7")
    expect(page.get_by_text("Still missing")).to_be_hidden()


def test_a_question_about_a_bill_is_told_to_stay_with_level_1(served: Served, page_at: OpenPage) -> None:
    page = served.sign_in(page_at(), "lena", "/orders/new")
    page.get_by_role("radio", name="Level 2 billing").check()
    expect(page.get_by_role("radio", name="Disk swap")).to_be_hidden()
    page.get_by_role("radio", name="Only an explanation").check()
    expect(page.locator("#offer")).to_contain_text(
        "Stays with Level 1, who answer at any hour: usually within 30 minutes"
    )
    page.get_by_role("radio", name="A refund").check()
    expect(page.locator("#offer")).to_contain_text("Answer by 11:00 Berlin")


def test_a_call_from_the_rack_appears_by_itself(served: Served, page_at: OpenPage) -> None:
    number = served.hall.order()["number"]
    served.hall.to_matched(number)
    page = served.sign_in(page_at(), "sam", "/queue")
    page.wait_for_function(LIVE)
    served.hall.act("tess", number, "escalation", team="system_administrators", why="Which disk is it?")
    expect(page.get_by_role("heading", name="tess calls from the rack")).to_be_visible()
    page.get_by_role("button", name="Take it").click()
    page.get_by_role("textbox", name="Answer").fill("Bay 3.")
    page.get_by_role("button", name="Send the answer").click()
    expect(page.get_by_text("Nobody waits for you")).to_be_visible()


def test_every_page_is_readable_and_takes_a_gloved_finger(
    served: Served, at: Callable[[datetime], None], page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver
) -> None:
    paths = a_busy_morning(served.hall, at)
    sam = {"queue": "/queue", "referral": "/referrals/REF-2026-000001"}
    for who, visited in (("lena", paths), ("sam", sam), ("max", {"board": "/board"})):
        for width in ("landscape", "portrait", "phone"):
            page = served.sign_in(page_at(width), who, "/me")
            for name, path in visited.items():
                page.goto(f"{served.url}{path}")
                expect(page.locator("h1")).to_be_visible()
                save_screenshot(page, f"{who}-{name}-{width}-full")
                axe(page)
                assert page.evaluate(TOO_SMALL) == [], (path, width)
                assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, (path, width)
