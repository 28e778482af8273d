"""The tablet without network: a job is read, done, kept through a closed tab and an ended sign-in, and sent once."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from playwright.sync_api import Page, expect
from sqlalchemy import select

from app.core.database import transaction
from app.core.events import Event
from app.jobs.models import Photo, WorkOrder
from tests.browser.conftest import Saver
from tests.browser.tablet import STEPS, all_sent, cut, do_step, is_kept, mend, not_sent
from tests.browser.test_technician import Served, served, touch
from tests.integration.jobs.conftest import Hall

__all__ = ["served"]

SERIALS = {"new_serial": "NEW-1", "old_serial": "OLD-1"}


def psu_swap(hall: Hall) -> str:
    order = hall.order(job_kind="psu_swap", answers={"psu": "2"}, summary="PSU 2 has no input.")
    return str(order["number"])


def device_events(hall: Hall, number: str) -> list[tuple[str, str | None, int, datetime, datetime]]:
    """Verb, step, the device's count and time, and our time, of what a tablet did to an order."""
    with hall.app.app_context(), transaction() as session:
        query = select(Event).where(Event.stream == number, Event.device_id.is_not(None)).order_by(Event.seq)
        return [
            (e.verb, e.detail.get("step"), e.device_seq or 0, e.device_at or e.at, e.at) for e in session.scalars(query)
        ]


def opened(served: Served, page: Page, number: str) -> Page:
    """The order's page, kept on the tablet."""
    served.sign_in(page, "tess")
    page.goto(f"{served.url}/orders/{number}")
    is_kept(page, f"/orders/{number}")
    return page


def test_a_power_supply_is_swapped_without_network_and_reaches_the_server_once_and_in_order(
    served: Served, page: Page, save_screenshot: Saver
) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.to_matched(number)
    opened(served, page, number)
    cut(page)
    touch(page, "Start")
    for step in STEPS[:4]:
        do_step(page, step, SERIALS)
    not_sent(page, 5)
    save_screenshot(page, "tablet-offline")
    context = page.context
    page.close()
    page = context.new_page()
    page.goto(f"{served.url}/orders/{number}")
    expect(page.locator("#kept")).to_contain_text("No network: data from")
    not_sent(page, 5)
    for step in STEPS[4:]:
        do_step(page, step, SERIALS)
    expect(page.get_by_label("Serial taken out")).to_have_value("OLD-1")
    expect(page.get_by_label("Serial put in")).to_have_value("NEW-1")
    page.get_by_text("Repaired", exact=True).click()
    touch(page, "Complete")
    expect(page.get_by_text("All done on this tablet")).to_be_visible()
    not_sent(page, 11)
    assert device_events(hall, number) == []
    mend(page)
    all_sent(page)
    told = device_events(hall, number)
    assert [step or verb for verb, step, *_ in told] == ["start", *STEPS, "completion"]
    assert all(one[2] < two[2] and one[3] <= two[3] for one, two in pairwise(told))
    assert all(device_at <= at for *_, device_at, at in told)
    with hall.app.app_context(), transaction() as session:
        order = session.scalars(select(WorkOrder).where(WorkOrder.number == number)).one()
        taken = session.scalars(select(Photo).where(Photo.order_id == order.id).order_by(Photo.at)).all()
        assert [one.step_key for one in taken] == ["photo_before", "photo_after"]
        assert [s.given["sha256"] for s in order.steps if s.given and s.evidence == "photo"] == [
            p.sha256 for p in taken
        ]
        assert (order.state, order.removed_serial, order.installed_serial) == ("verifying", "OLD-1", "NEW-1")
        assert order.flags == []
    expect(page.get_by_text("The machine is asked again")).to_be_visible()
