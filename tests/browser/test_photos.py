"""Photos before and after stand side by side on the order's page; a tap enlarges, words stand where one lacks."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect

from tests.browser.conftest import AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.test_components import TOO_SMALL
from tests.integration.jobs.conftest import Hall

PLACES = "[...document.querySelectorAll('.photo-pair .half')].map((half) => half.getBoundingClientRect().toJSON())"


def picture(colour: str, words: str) -> bytes:
    made, out = Image.new("RGB", (640, 480), colour), io.BytesIO()
    ImageDraw.Draw(made).text((200, 220), words, fill="white", font_size=48)
    made.save(out, "JPEG")
    return out.getvalue()


def sent(hall: Hall, number: str, step: str | None, colour: str) -> str:
    """A photo for a step, as a program sends it; its id."""
    sender = hall.programs["tess"]
    headers = {"Authorization": f"Bearer {sender.token}", "Content-Type": "image/jpeg"}
    address = f"/api/v1/work-orders/{number}/photos" + (f"?step={step}" if step else "")
    kept = sender.client.post(address, data=picture(colour, step or "beside"), headers=headers)
    assert kept.status_code == 201, kept.text
    assert kept.json is not None
    return str(kept.json["id"])


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_before_and_after_stand_side_by_side_and_a_tap_enlarges(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    hall = served.hall
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act(
        "tess", number, "step", id="photo_before", evidence={"photo": sent(hall, number, "photo_before", "#741c31")}
    )
    sent(hall, number, None, "#46535d")
    page = served.sign_in(page_at(width), "sam", f"/orders/{number}")
    pair = page.locator(".photo-pair")
    left, right = pair.locator(".half").nth(0), pair.locator(".half").nth(1)
    expect(left).to_contain_text("Before")
    expect(left).to_contain_text("tess")
    expect(right).to_contain_text("Not taken yet.")
    hall.act("tess", number, "step", id="photo_after", evidence={"photo": sent(hall, number, "photo_after", "#0a7880")})
    expect(right.locator("img")).to_be_visible()
    places = page.evaluate(PLACES)  # of one moment: the page gets its parts anew while we look
    assert places[0]["y"] == places[1]["y"]
    assert places[0]["right"] < places[1]["x"]
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    pair.scroll_into_view_if_needed()
    for image in pair.locator("img").all():
        expect(image).to_have_js_property("complete", value=True)
    save_screenshot(page, f"photos-{width}")
    left.locator("a").click()
    shown = page.locator("dialog.enlarged")
    expect(shown).to_contain_text("Before: Take a photo of the rear with both cords · tess")
    axe(page)
    save_screenshot(page, f"photos-enlarged-{width}")
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    right.locator("a").press("Enter")
    shown.get_by_role("button", name="Close").click()
    expect(shown).to_have_count(0)
    assert page.url.endswith(f"/orders/{number}")
