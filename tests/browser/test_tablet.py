"""The tablet without network: a job is read, done, kept through a closed tab and an ended sign-in, and sent once."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import delete, select

from app.core.database import transaction
from app.core.events import Event
from app.jobs.models import Photo, WorkOrder
from app.people.models import WebSession
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import Served
from tests.browser.tablet import STEPS, all_sent, asks_for, cut, do_step, is_kept, mend, not_sent
from tests.browser.test_technician import because, signs, touch
from tests.integration.jobs.conftest import Hall

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
    expect(page.get_by_role("alert")).to_contain_text("Or type your name")
    signs(page)
    save_screenshot(page, "tablet-signing")
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
        signed = session.scalars(select(Event.detail).where(Event.stream == number, Event.verb == "completion")).one()
        assert signed["signature"].startswith("M")
    expect(page.get_by_text("The machine is asked again")).to_be_visible()


def sign_out(page: Page) -> None:
    page.locator(".bar .menu-name").click()
    page.get_by_role("button", name="Sign out", exact=True).click()


def test_an_ended_sign_in_loses_nothing_and_another_person_sends_nothing_of_it(served: Served, page: Page) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.to_matched(number)
    hall.act("tess", number, "start")
    opened(served, page, number)
    cut(page)
    do_step(page, "esd", SERIALS)
    not_sent(page, 1)
    with hall.app.app_context(), transaction() as session:
        session.execute(delete(WebSession))
    mend(page)
    expect(page.locator("#sync")).to_have_text("1 not sent · sign in")
    served.sign_in(page, "tom")
    expect(page.locator("#sync")).to_have_text("1 of others not sent")
    page.goto(f"{served.url}/tablet")
    expect(page.get_by_text("1 of tess: sent once they sign in on this tablet.")).to_be_visible()
    assert device_events(hall, number) == []
    assert "pages-tess" not in page.evaluate("caches.keys()")
    sign_out(page)
    page.wait_for_url("**/sign-in")
    served.sign_in(page, "tess")
    all_sent(page)
    assert [step for _, step, *_ in device_events(hall, number)] == ["esd"]


def test_what_is_refused_later_shows_both_versions_and_a_person_decides(
    served: Served, page: Page, axe: AxeCheck, save_screenshot: Saver
) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.act("tess", number, "claim")
    opened(served, page, number)
    is_kept(page, f"/orders/{number}/rack/discrepancy")
    cut(page)
    page.goto(f"{served.url}/orders/{number}/rack/discrepancy")
    page.get_by_label("What did you find?").fill("SRV-9 stands in U2.")
    touch(page, "Report it and stop")
    page.wait_for_url(f"**/orders/{number}")
    not_sent(page, 1)
    axe(page)
    hall.act("lena", number, "cancellation", why="solved by itself")
    mend(page)
    expect(page.locator("#sync")).to_have_text("1 needs you")
    page.locator("#sync").click()
    refused = page.locator("article")
    expect(refused).to_contain_text("The order is cancelled")
    expect(refused).to_contain_text("found: SRV-9 stands in U2.")
    expect(refused).to_contain_text("cancellation by lena")
    axe(page)
    save_screenshot(page, "tablet-needs-you-full")
    sign_out(page)
    expect(page.get_by_role("heading", name="Sign out now?")).to_be_visible()
    axe(page)
    save_screenshot(page, "tablet-leaving-full")
    page.get_by_role("button", name="Write it into the record as a note").click()
    expect(page.get_by_text("Everything done on this tablet is sent.")).to_be_visible()
    assert "SRV-9 stands in U2." in hall.get("tess", f"/work-orders/{number}/events")["items"][-1]["why"]
    sign_out(page)
    page.wait_for_url("**/sign-in")
    assert not [name for name in page.evaluate("caches.keys()") if name.startswith("pages-")]
    cut(page)
    page.goto(f"{served.url}/orders/{number}")
    expect(page.get_by_text("No network, and this page is not on the tablet")).to_be_visible()
    axe(page)


def test_a_typed_serial_without_a_reason_is_told_on_the_page_and_kept(
    served: Served, page: Page, axe: AxeCheck, save_screenshot: Saver
) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.to_matched(number)
    hall.act("tess", number, "start")
    opened(served, page, number)
    for step in STEPS[:3]:
        do_step(page, step, SERIALS)
    for network in ("there", "gone"):
        if network == "gone":
            cut(page)
        asks_for(page, "step:new_serial")
        page.get_by_label("Serial number on the part").fill("NEW-1")
        touch(page, "Done")
        expect(page.get_by_role("alert")).to_contain_text("Typed, because: still missing")
        expect(page.get_by_label("Serial number on the part")).to_have_value("NEW-1")
        axe(page)
        save_screenshot(page, f"tablet-still-wants-network-{network}")
    because(page)
    touch(page, "Done")
    asks_for(page, "step:cord_out")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_button_stays_with_the_step_that_is_begun_when_its_part_comes_anew(served: Served, page: Page) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.to_matched(number)
    opened(served, page, number)
    page.context.route("**/start", lambda route: route.abort())
    touch(page, "Start")
    asks_for(page, "step:esd")
    page.get_by_text("I have done this and seen it").click()
    page.evaluate("document.getElementById('thumb').dataset.old = ''")
    page.evaluate("document.dispatchEvent(new CustomEvent('page:stale'))")
    expect(page.locator("#thumb[data-old]")).to_have_count(0)
    expect(page.locator(".actions .is-main")).to_have_text("Done")
    touch(page, "Done")
    asks_for(page, "step:photo_before")


def test_the_next_step_comes_into_the_open_page_so_that_nothing_begun_in_it_is_lost(served: Served, page: Page) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.to_matched(number)
    opened(served, page, number)
    page.evaluate("window.isStillOpen = true")
    touch(page, "Start")
    expect(page.locator("#flashes")).to_contain_text("Started. Go step by step.")
    for step in STEPS[:4]:
        do_step(page, step, SERIALS)
    asks_for(page, "step:cord_out")
    expect(page.locator("#step-title")).to_be_focused()
    assert page.evaluate("window.isStillOpen") is True


def test_signing_out_without_network_tells_what_is_not_sent_and_what_the_tablet_still_shows(
    served: Served, page: Page, axe: AxeCheck
) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.to_matched(number)
    hall.act("tess", number, "start")
    opened(served, page, number)
    is_kept(page, "/tablet")
    cut(page)
    do_step(page, "esd", SERIALS)
    not_sent(page, 1)
    sign_out(page)
    expect(page.get_by_role("heading", name="Sign out now?")).to_be_visible()
    expect(page.get_by_text("1 of yours is not sent.")).to_be_visible()
    page.get_by_role("button", name="Sign out anyway").click()
    expect(page.get_by_role("alert")).to_contain_text("Signing out needs the network")
    axe(page)
    not_sent(page, 1)
    mend(page)
    all_sent(page)
    assert [step for _, step, *_ in device_events(hall, number)] == ["esd"]


def test_without_network_what_needs_others_says_so_and_keeps_what_was_typed(served: Served, page: Page) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.act("tess", number, "claim")
    opened(served, page, number)
    cut(page)
    page.get_by_label("Rack label").fill("B17")
    page.get_by_label("Server tag").fill("SRV-1")
    touch(page, "Check the server")
    expect(page.get_by_text("This needs the network")).to_be_visible()
    expect(page.get_by_label("Rack label")).to_have_value("B17")


def test_what_is_no_picture_is_refused_with_a_sentence(served: Served, page: Page) -> None:
    hall, number = served.hall, psu_swap(served.hall)
    hall.act("tess", number, "claim")
    served.sign_in(page, "tess")
    page.goto(f"{served.url}/orders/{number}/photos/new")
    fake: FilePayload = {"name": "rear.jpg", "mimeType": "image/jpeg", "buffer": b"<svg onload=alert(1)>"}
    page.get_by_label("Take or choose a photo").set_input_files(fake)
    expect(page.locator("[data-photo-status]")).to_contain_text("This is no picture")
    touch(page, "Keep the photo")
    assert page.evaluate("document.getElementById('photo-form').checkValidity()") is False
    assert page.url.endswith("/photos/new")
    sent = hall.programs["tess"].client.post(
        f"/api/v1/work-orders/{number}/photos", data=fake["buffer"], content_type="image/jpeg",
        headers={"Authorization": f"Bearer {hall.programs['tess'].token}"},
    )  # fmt: skip
    assert sent.status_code == 422
    assert "This is no picture: send a JPEG, PNG or WebP." in sent.text
