"""A technician's whole job in a real browser, at the sizes of a tablet: read, checked, done and proved by touch."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import FilePayload, Page, expect

from app.core.clock import business_now
from tests.browser.conftest import PATIENCE_MS, THEMES, AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.conftest import FRIDAY_16_40
from tests.unit.hardware.samples import healthy_server, server_with_lost_input
from tests.waiting import wait_until


def photo() -> FilePayload:
    """What a tablet's camera would give, larger than needed."""
    image = Image.new("RGB", (2600, 1950), "#3a4650")
    draw = ImageDraw.Draw(image)
    for bay in range(8):
        draw.rectangle((200 + bay * 280, 600, 440 + bay * 280, 1500), fill="#12181d", outline="#8a97a1", width=8)
        draw.ellipse((300 + bay * 280, 640, 340 + bay * 280, 680), fill="#fcd84d" if bay == 3 else "#6dfff1")
    out = io.BytesIO()
    image.save(out, "JPEG")
    return {"name": "bays.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def main_button(page: Page) -> str:
    """The words of the one main verb, which stands in the thumb zone: at least 64 px high."""
    button = page.locator(".actions .is-main")
    expect(button).to_have_count(1)
    box = wait_until(button.bounding_box)  # None while its part is brought anew
    assert box["height"] >= 64
    size = page.viewport_size
    assert size is not None
    assert box["y"] + box["height"] <= size["height"]
    return button.inner_text().strip()


def listens(page: Page) -> None:
    """Wait until the page hears what changes."""
    expect(page.locator("html")).to_have_attribute("data-live", "live")


def touch(page: Page, words: str) -> None:
    """Press the main button."""
    page.locator(".actions .is-main", has_text=words).click()


@dataclass(frozen=True)
class Eye:
    """Looks at a page: readable by everybody, large enough for gloves, nothing off to the side; keeps a picture."""

    width: str
    axe: AxeCheck
    save: Saver

    def look(self, page: Page, name: str) -> None:
        self.axe(page)
        assert page.evaluate(TOO_SMALL) == [], name
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
        for kind in ("", "-full"):
            self.save(page, f"technician-{self.width}-{name}{kind}")


@pytest.fixture(params=["landscape", "portrait"])
def eye(request: pytest.FixtureRequest, axe: AxeCheck, save_screenshot: Saver) -> Eye:
    return Eye(request.param, axe, save_screenshot)


def test_a_disk_is_swapped_from_the_day_to_the_proof(served: Served, page_at: OpenPage, eye: Eye) -> None:
    hall, number = served.hall, served.hall.order()["number"]
    hall.order(asset="SRV-2", job_kind="outlet_check", priority="urgent", answers={})
    hall.order(asset="SRV-3", job_kind="psu_swap", answers={"psu": "1"}, not_before="2026-12-01T09:00:00Z")
    page = served.sign_in(page_at(eye.width), "tess")
    claims(page, eye)
    hall.answer(server_with_lost_input("SRV-1", business_now()))
    expect(page.get_by_role("heading", name="PSU 2 has lost its input").first).to_be_visible()
    proves_the_machine(page, eye)
    touch(page, "Start")
    goes_to_the_second_person(page, eye)
    tom = served.sign_in(page_at(eye.width), "tom", f"/orders/{number}")
    assert main_button(tom) == "I confirm"
    eye.look(tom, "11-tom")
    touch(tom, "I confirm")
    does_the_rest(page, eye)
    touch(page, "Complete")
    expect(page.get_by_text("The machine is asked again. It has to prove")).to_be_visible()
    listens(page)
    eye.look(page, "14-verifying")
    hall.answer(healthy_server("SRV-1", business_now()))
    expect(page.get_by_text("Repaired: the fault is gone and nothing new broke")).to_be_visible()
    eye.look(page, "15-proved")


def claims(page: Page, eye: Eye) -> None:
    expect(page.get_by_role("heading", name="Ready to claim")).to_be_visible()
    eye.look(page, "01-day")
    page.get_by_role("link", name="Disk swap, bay 3").click()
    assert main_button(page) == "Claim"
    eye.look(page, "02-released")
    touch(page, "Claim")
    expect(page.get_by_role("heading", name="Waiting for the site")).to_be_visible()
    listens(page)
    eye.look(page, "03-claimed")


def proves_the_machine(page: Page, eye: Eye) -> None:
    assert main_button(page) == "Check the server"
    page.get_by_role("button", name="Switch the ID LED on").click()
    expect(page.locator("#lamp")).to_contain_text("No IPMI address is recorded")
    eye.look(page, "04-check")
    page.get_by_label("Rack label").fill("B17")
    page.get_by_label("Server tag").fill("SRV-2")
    page.keyboard.press("Tab")
    expect(page.get_by_role("heading", name="Stop. This is not the machine of the order.")).to_be_visible()
    eye.look(page, "05-stop")
    touch(page, "Check again")
    check(page, "SRV-1")
    assert main_button(page) == "Start"
    eye.look(page, "06-matched")


def goes_to_the_second_person(page: Page, eye: Eye) -> None:
    tick(page)
    eye.look(page, "07-step")
    touch(page, "Done")
    takes_a_photo(page)
    eye.look(page, "08-photo")
    touch(page, "Done")
    page.get_by_label("Serial number on the part").fill("NEW-1")
    because(page)
    eye.look(page, "09-serial")
    touch(page, "Done")
    expect(page.get_by_role("button", name="Waiting for a colleague")).to_be_disabled()
    eye.look(page, "10-second-person")


def does_the_rest(page: Page, eye: Eye) -> None:
    expect(page.get_by_text("Point of no return. After this step")).to_be_visible()
    tick(page)
    eye.look(page, "12-no-return")
    touch(page, "Done")
    page.get_by_label("Serial number on the part").fill("OLD-1")
    because(page)
    touch(page, "Done")
    tick(page)
    touch(page, "Done")
    takes_a_photo(page)
    touch(page, "Done")
    expect(page.get_by_label("Serial taken out")).to_have_value("OLD-1")
    page.get_by_text("Repaired", exact=True).click()
    signs(page)
    eye.look(page, "13-complete")


def signs(page: Page) -> None:
    """Draw a signature with the finger."""
    pad = page.locator(".pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 9):
        page.mouse.move(box["x"] + 60 + step * 30, box["y"] + 60 + (step % 2) * 50)
    page.mouse.up()


def tick(page: Page) -> None:
    page.get_by_text("I have done this and seen it").click()


def takes_a_photo(page: Page, picture: FilePayload | None = None) -> None:
    """Choose a picture; again when its part came anew between finding the field and filling it."""
    status = page.locator("[data-photo-status]")
    for patience_ms in (5_000, 5_000, PATIENCE_MS):
        page.get_by_label("Take or choose a photo").set_input_files(picture or photo())
        try:
            expect(status).to_contain_text("Ready to send", timeout=patience_ms)
        except AssertionError:
            continue
        return
    raise AssertionError(status.inner_text())


def because(page: Page) -> None:
    """Say why a code was typed instead of scanned."""
    page.get_by_label("Typed, because").select_option("label_unreadable")


def check(page: Page, tag: str) -> None:
    """Do the server check."""
    page.get_by_label("Rack label").fill("B17")
    page.get_by_label("Server tag").fill(tag)
    page.get_by_text("Yes, this one").click()
    page.get_by_text("Front", exact=True).click()
    because(page)
    touch(page, "Check the server")


@pytest.mark.parametrize("theme", THEMES)
def test_the_pages_are_readable_in_every_theme_and_with_gloves_on_a_phone(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, theme: str
) -> None:
    number = served.hall.order()["number"]
    served.hall.to_matched(number)
    page = page_at("phone", theme)
    page.add_init_script("localStorage.setItem('glove', 'on')")
    served.sign_in(page, "tess")
    verbs = ("escalation", "hold", "handover", "addition", "discrepancy", "note", "completion")
    ways = ("", "/photos/new", *(f"/rack/{verb}" for verb in verbs))
    for path in ("/day", *(f"/orders/{number}{way}" for way in ways)):
        page.goto(f"{served.url}{path}")
        axe(page)
        assert page.evaluate(TOO_SMALL) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path
        save_screenshot(page, f"technician-phone-{theme}{path.replace(number, 'order').replace('/', '-')}")


def test_the_day_moves_by_itself_when_an_order_comes(served: Served, page: Page) -> None:
    served.sign_in(page, "tess")
    expect(page.get_by_role("heading", name="Nothing to do here")).to_be_visible()
    listens(page)
    served.hall.order()
    expect(page.get_by_role("link", name="Disk swap, bay 3")).to_be_visible()


def test_what_was_typed_survives_a_light_that_comes_on(served: Served, page: Page) -> None:
    number = served.hall.order()["number"]
    served.hall.act("tess", number, "claim")
    served.sign_in(page, "tess", f"/orders/{number}")
    page.get_by_label("Rack label").fill("B17")
    page.get_by_role("button", name="Switch the ID LED on").click()
    expect(page.locator("#lamp")).to_contain_text("No IPMI address is recorded")
    served.hall.answer(server_with_lost_input("SRV-1", business_now()))
    expect(page.get_by_label("Rack label")).to_have_value("B17")


def test_enter_from_a_hand_scanner_goes_to_the_next_field(served: Served, page: Page) -> None:
    number = served.hall.order()["number"]
    served.hall.act("tess", number, "claim")
    served.sign_in(page, "tess", f"/orders/{number}")
    page.get_by_label("Rack label").fill("B17")
    page.get_by_label("Rack label").press("Enter")
    expect(page.get_by_label("Server tag")).to_be_focused()


def test_a_job_that_no_longer_fits_shows_why_above_its_button(
    served: Served, page: Page, at: Callable[..., None], save_screenshot: Saver
) -> None:
    at(FRIDAY_16_40 - timedelta(minutes=15))
    number = served.hall.order()["number"]
    served.hall.to_matched(number)
    at(FRIDAY_16_40 - timedelta(minutes=5))
    served.sign_in(page, "tess", f"/orders/{number}")
    expect(page.locator(".actions")).to_contain_text("30 minutes do not fit before closing any more")
    expect(page.get_by_role("button", name="Start")).to_be_disabled()
    save_screenshot(page, "technician-does-not-fit")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signed_diagnosis_arrives_on_top_of_the_order(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, theme: str
) -> None:
    number = served.hall.order()["number"]
    served.hall.act("tess", number, "claim")
    served.hall.answer(server_with_lost_input("SRV-1"))
    run = served.hall.get("tess", f"/work-orders/{number}")["diagnostics"]["before"]
    page = served.sign_in(page_at("portrait", theme), "tess")
    page.goto(f"{served.url}/orders/{number}")
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    words = "Bay 3 is dying, bay 0 is fine.\nLeave the cage of the backplane closed."
    assert served.hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": words}).status_code == 201
    expect(page.get_by_role("region", name="Diagnosis", exact=True)).to_contain_text("Bay 3 is dying")
    axe(page)
    save_screenshot(page, f"diagnosis-{theme}-full")
    sam = served.sign_in(page_at("portrait", theme), "sam", "/queue")
    sam.goto(f"{served.url}/assets/SRV-1/diagnostics/{run}/diagnosis?order={number}")
    axe(sam)
    save_screenshot(sam, f"diagnosis-form-{theme}-full")
