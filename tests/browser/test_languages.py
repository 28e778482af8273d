"""The pages in German: nothing overflows, the browser's modules speak it too, a screen reader is told which it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import update

from app.core.database import transaction
from app.people.models import Person
from tests.browser.conftest import AxeCheck, Saver
from tests.browser.mailroom import a_full_mailroom
from tests.browser.serving import Served
from tests.browser.test_office import a_busy_morning
from tests.integration.jobs.conftest import MONDAY
from tests.unit.hardware.samples import server_with_lost_input

OpenPage = Callable[..., Page]
TOO_WIDE = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture
def german(served: Served, page_at: OpenPage) -> OpenPage:
    """Pages of people who have chosen German."""
    with served.hall.app.app_context(), transaction() as session:
        session.execute(update(Person).values(language="de"))
    return page_at


@pytest.mark.parametrize("width", ["landscape", "phone"])
def test_the_office_reads_german_and_nothing_overflows(
    served: Served,
    german: OpenPage,
    at: Callable[[datetime], None],
    save_screenshot: Saver,
    axe: AxeCheck,
    width: str,
) -> None:
    paths = a_busy_morning(served.hall, at)
    shown = {
        "lena": {name: paths[name] for name in ("inbox", "new", "orders", "manage")},
        "max": {"board": "/board", "report": "/report", "messages": "/messages", "message": "/messages/late/de"},
        "sam": {"referral": paths["referral"], "machine": "/assets/SRV-5"},
    }
    for who, pages in shown.items():
        page = served.sign_in(german(width), who, "/me")
        for name, path in pages.items():
            page.goto(f"{served.url}{path}")
            expect(page.locator("html")).to_have_attribute("lang", "de")
            save_screenshot(page, f"de-{width}-{name}-full")
            assert page.evaluate(TOO_WIDE) <= 0, name
            if width == "phone":
                axe(page)


def test_what_a_customer_wrote_stays_as_it_is_on_a_german_page_and_fits_a_phone(
    served: Served, german: OpenPage, at: Callable[[datetime], None], save_screenshot: Saver, axe: AxeCheck
) -> None:
    order = a_busy_morning(served.hall, at)["manage"].split("/")[2]
    tickets = a_full_mailroom(served.hall, order)
    page = served.sign_in(german("phone"), "lena", "/inbox")
    expect(page.get_by_text("You may take it down now, the backup is done.")).to_be_visible()
    expect(page.get_by_text("mail ist falsch eingerichtet")).to_be_visible()
    expect(page.get_by_text("Das Zertifikat von mail.example.com:993 wird nicht angenommen")).to_be_visible()
    for number in tickets:
        page.goto(f"{served.url}/tickets/{number}")
        save_screenshot(page, f"de-phone-ticket-{number}-full")
        assert page.evaluate(TOO_WIDE) <= 0
        axe(page)
    page.goto(f"{served.url}/tickets/{tickets[0]}")
    said = page.locator(".talk .told-text").all_inner_texts()
    assert [words.split()[0] for words in said] == ["Guten", "Zweites", "Guten", "Gibt"]
    board = served.sign_in(german(), "max", "/board")
    expect(board.get_by_text("Disk in bay 3 has failed; the array is degraded.")).to_be_visible()
    expect(board.get_by_text("Systemadministratoren", exact=True)).to_be_visible()
    expect(board.get_by_text("Tickets von rt-hosting sind nicht lesbar")).to_be_visible()


@pytest.mark.parametrize("width", ["landscape", "phone"])
def test_a_technician_works_in_german(
    served: Served, german: OpenPage, at: Callable[[datetime], None], save_screenshot: Saver, width: str
) -> None:
    at(MONDAY)
    number = served.hall.order()["number"]
    page = served.sign_in(german(width), "tess", "/day")
    expect(page.get_by_role("heading", name="Bereit zur Übernahme")).to_be_visible()
    save_screenshot(page, f"de-{width}-day-full")
    page.get_by_role("link", name="Festplattentausch, Einschub 3").click()
    page.get_by_role("button", name="Übernehmen").click()
    expect(page.get_by_text("Ist es die richtige Maschine?")).to_be_visible()
    served.hall.answer(server_with_lost_input("SRV-1"))
    save_screenshot(page, f"de-{width}-check-full")
    served.hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front", serial="CZ12345")
    served.hall.act("tess", number, "start")
    page.goto(f"{served.url}/orders/{number}")
    expect(page.get_by_text("Schritt 1 von 8", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="ESD-Armband anlegen")).to_be_visible()
    expect(page.locator("time[data-words=left]").first).to_contain_text("noch ")
    save_screenshot(page, f"de-{width}-step-full")
    assert page.evaluate(TOO_WIDE) <= 0
