"""The components in a real browser: readable by all, large enough for gloves, calm when things change."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from playwright.sync_api import Dialog, Page, Route, expect

from tests.browser.conftest import WIDTHS, AxeCheck, Saver
from tests.browser.gallery import create_gallery, serve, stream_of
from tests.browser.samples import DRILL

PAGES = ("", "order", "step", "queue", "form", "confirm", "error/503")
OpenPage = Callable[..., Page]

TOO_SMALL = """() => [...document.querySelectorAll('a, button, summary, select, textarea, input, label.option')]
  .filter(e => e.checkVisibility() && !e.closest('.option input') && !e.matches('.option input, .photo input, .skip'))
  .map(e => ({text: e.outerHTML.slice(0, 80), box: e.getBoundingClientRect()}))
  .filter(({box}) => box.height < 47.9 || box.width < 47.9)
  .map(({text, box}) => `${box.width}x${box.height} ${text}`)"""


@pytest.fixture
def app() -> Flask:
    return create_gallery()


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    with serve(app) as url:
        yield url


@pytest.mark.parametrize(("width", "theme"), [("portrait", "dark"), ("desk", "light"), ("phone", "contrast")])
def test_no_page_has_an_accessibility_violation(
    address: str, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, theme: str, width: str
) -> None:
    page = page_at(width, theme)
    for path in PAGES:
        page.goto(f"{address}/{path}")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        save_screenshot(page, f"{path.replace('/', '-') or 'all'}-{width}-{theme}")
        axe(page)


@pytest.mark.parametrize("glove", ["off", "on"])
@pytest.mark.parametrize("width", sorted(WIDTHS))
def test_every_target_takes_a_gloved_finger_and_nothing_scrolls_sideways(
    address: str, page_at: OpenPage, width: str, glove: str
) -> None:
    page = page_at(width)
    page.add_init_script(f"localStorage.setItem('glove', '{glove}')")
    for path in PAGES:
        page.goto(f"{address}/{path}")
        assert page.evaluate(TOO_SMALL) == [], path
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, path


def test_the_main_button_stands_full_width_in_the_thumb_zone(address: str, page_at: OpenPage) -> None:
    page = page_at("portrait")
    page.goto(f"{address}/step")
    box = page.get_by_role("button", name="Done").bounding_box()
    assert box is not None
    assert box["height"] >= 64
    assert box["width"] > 768 * 0.75
    assert box["y"] > 1024 * 0.85


def test_a_chosen_theme_is_worn_again_before_the_first_paint(address: str, page_at: OpenPage) -> None:
    page = page_at()
    page.goto(address)
    page.get_by_text("Tess Bakker", exact=True).first.click()
    page.get_by_role("button", name="Dark").click()
    page.get_by_role("button", name="Gloves: larger").click()
    assert page.evaluate("[document.documentElement.dataset.theme, document.documentElement.dataset.glove]") == [
        "dark",
        "on",
    ]
    page.add_init_script(
        "new MutationObserver(() => { if (document.body) window.first ??= document.documentElement.dataset.theme })"
        ".observe(document, {childList: true, subtree: true})"
    )
    page.reload()
    assert page.evaluate("window.first") == "dark"


def test_the_system_decides_while_nobody_chose_a_theme(address: str, page_at: OpenPage) -> None:
    page = page_at(theme="auto", color_scheme="dark")
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_menu_and_page_are_reached_by_keyboard(address: str, page: Page) -> None:
    page.goto(f"{address}/queue")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Walk them in order")).to_be_focused()
    summary = page.locator(".bar-end summary")
    summary.press("Enter")
    expect(page.get_by_role("link", name="My day")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="My day")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_frame_says_the_drill_and_the_hours_of_every_site(page_at: OpenPage, axe: AxeCheck) -> None:
    with serve(create_gallery(DRILL)) as address:
        page = page_at("phone")
        page.goto(f"{address}/queue")
        expect(page.get_by_text("Drill: the clock is set to Tue 24 Nov 08:08 Chicago")).to_be_visible()
        page.get_by_text("1 of 2 sites open").click()
        expect(page.get_by_text("Open until 17:00 Amsterdam")).to_be_visible()
        expect(page.get_by_text("Opens Wed 08:00 Chicago")).to_be_visible()
        axe(page)


def test_a_wrong_form_keeps_what_was_typed_and_leads_to_the_fault(
    address: str, page_at: OpenPage, axe: AxeCheck
) -> None:
    page = page_at("phone")
    page.goto(f"{address}/form")
    page.get_by_label("What Level 1 already did").fill("Rebooted twice.")
    page.get_by_label("Minutes").fill("9000")
    page.get_by_role("button", name="Book it").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(page.get_by_label("What Level 1 already did")).to_have_value("Rebooted twice.")
    page.get_by_role("link", name="Minutes: Between 1 and 480 minutes.").click()
    expect(page.get_by_label("Minutes")).to_be_focused()
    expect(page.get_by_label("Minutes")).to_have_attribute("aria-invalid", "true")
    axe(page)


def test_a_second_touch_is_swallowed_and_the_first_echoes_at_once(address: str, page: Page) -> None:
    sent: list[str] = []

    def take(route: Route) -> None:
        sent.append(route.request.method)
        route.fulfill(status=204)  # nothing to show: the page stays

    page.goto(f"{address}/form")
    page.route("**/form", take)
    page.get_by_label("What is wrong").fill("PSU 2 has no input")
    button = page.get_by_role("button", name="Book it")
    with page.expect_response("**/form"):
        words, after_ms = button.evaluate("""async b => {
          const pressed = performance.now()
          b.click()
          const echo = [b.textContent, performance.now() - pressed]
          for (let touch = 0; touch < 3; touch += 1) {
            await new Promise(requestAnimationFrame)
            b.click()
          }
          return echo
        }""")
    assert words == "Booking …"
    assert after_ms < 100
    assert sent == ["POST"]


def test_leaving_a_form_with_typed_text_asks_first(address: str, page: Page) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.goto(f"{address}/form")
    page.get_by_label("What is wrong").press_sequentially("PSU")
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(f"{address}/form")
    assert asked == ["beforeunload"]


def test_a_photo_is_drawn_smaller_before_it_is_sent(address: str, page: Page) -> None:
    page.goto(address)
    photo = page.evaluate("""async () => {
      const canvas = Object.assign(document.createElement('canvas'), {width: 4000, height: 3000})
      canvas.getContext('2d').fillRect(0, 0, 4000, 3000)
      const blob = await new Promise(done => canvas.toBlob(done, 'image/png'))
      return [...new Uint8Array(await blob.arrayBuffer())]
    }""")
    chooser = page.locator(".photo input[type=file]")
    chooser.set_input_files({"name": "rear.png", "mimeType": "image/png", "buffer": bytes(photo)})
    expect(page.locator("[data-photo-status]")).to_contain_text("Ready to send")
    sent = chooser.evaluate(
        "async i => { const b = await createImageBitmap(i.files[0]); return [i.files[0].name, b.width, b.height] }"
    )
    assert sent == ["rear.jpg", 1600, 1200]


def test_a_change_told_by_the_stream_appears_without_a_reload(app: Flask, address: str, page: Page) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    page.evaluate("window.sameDocument = true")
    stream_of(app).change()
    expect(page.get_by_text("Changed 1 times")).to_be_visible()
    assert page.evaluate("window.sameDocument")
    assert stream_of(app).asked == ["counter"]


def test_a_refused_stream_is_asked_again_and_the_page_polls_meanwhile(app: Flask, address: str, page: Page) -> None:
    stream_of(app).refuses = True
    page.goto(address)
    expect(page.get_by_text("Not live")).to_be_visible()
    stream_of(app).change()
    expect(page.get_by_text("Changed 1 times")).to_be_visible()
    stream_of(app).refuses = False
    stream_of(app).changed.clear()
    expect(page.locator("html")).to_have_attribute("data-live", "live", timeout=15_000)


def test_a_part_in_which_somebody_types_waits_for_them(app: Flask, address: str, page: Page) -> None:
    page.goto(address)
    expect(page.locator("html")).to_have_attribute("data-live", "live")
    page.locator("#counter").evaluate("p => p.append(Object.assign(document.createElement('input'), {id: 'typing'}))")
    page.locator("#typing").press_sequentially("CN-77")
    with page.expect_response(
        lambda answer: answer.url.startswith(f"{address}/stream?topics=counter&"), timeout=10_000
    ) as told:
        stream_of(app).change()  # the stream ends after its event, and the browser opens it again
    assert told.value.ok
    expect(page.locator("#typing")).to_have_value("CN-77")
    page.locator("body").click(position={"x": 5, "y": 400})
    expect(page.get_by_text("Changed 1 times")).to_be_visible()
