"""The whole job by keyboard alone: everything is reached in the order it stands in, and is seen to be reached."""

from __future__ import annotations

from playwright.sync_api import FileChooser, Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

from app.core.clock import business_now
from tests.browser.conftest import PATIENCE_MS, Saver
from tests.browser.serving import Served
from tests.browser.tablet import STEPS, asks_for
from tests.browser.test_technician import photo
from tests.unit.hardware.samples import server_with_lost_input

MOST_STOPS = 60
# Where the focus is: its name, whether it can be seen (an outline of 2 px or more on it or on what is drawn for it, and
# nothing above its middle), and its place in the page.
FOCUS = """() => {
    const at = document.activeElement
    const name = (at.labels?.[0] ?? at).textContent.trim().replace(/\\s+/g, ' ')
    const drawn = [at, at.closest('.job'), at.closest('label'), ...(at.labels ?? [])].filter(Boolean)
    const outlined = drawn.some((one) => {
        const { outlineStyle, outlineWidth } = getComputedStyle(one)
        return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2
    })
    const boxes = drawn.map((one) => one.getBoundingClientRect()).filter(({ width, height }) => width > 4 && height > 4)
    const uncovered = boxes.some(({ x, y, width, height }) => {
        const top = document.elementFromPoint(x + width / 2, y + height / 2)
        return top && drawn.some((one) => one.contains(top) || top.contains(one))
    })
    return { name, id: at.id, type: at.type ?? '', outlined, uncovered, html: at.outerHTML.slice(0, 160) }
}"""
JUMPS = "[...document.querySelectorAll('[tabindex]')].filter((one) => one.tabIndex > 0).map((one) => one.outerHTML)"


def tab_to(page: Page, words: str, *, type_: str = "") -> None:
    """Press Tab until that is reached; every stop on the way must be seen."""
    passed = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUS)
        if stop["html"].startswith("<body"):
            continue
        assert stop["outlined"], f"no visible focus: {stop['html']}"
        assert stop["uncovered"], f"the focus is hidden: {stop['html']}"
        passed.append(stop["name"][:40])
        if words in stop["name"] and stop["type"].startswith(type_):
            return
    raise AssertionError(f"{words!r} is not reached: {passed}")


def press(page: Page, words: str) -> None:
    """Reach that button or link, and press it."""
    tab_to(page, words)
    page.keyboard.press("Enter")


def typed(page: Page, label: str, text: str) -> None:
    tab_to(page, label)
    page.keyboard.type(text, delay=60)  # a hand


def chosen(page: Page, label: str) -> None:
    """Reach a group of choices and go to this one with the arrows; or tick a box."""
    tab_to(page, label) if "done this" in label else tab_to(page, "", type_="radio")
    for _ in range(8):
        if page.evaluate(FOCUS)["name"].startswith(label):
            page.keyboard.press("Space")
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(label)


def reasoned(page: Page) -> None:
    """Say why it was typed."""
    tab_to(page, "Typed, because")
    page.keyboard.press("ArrowDown")


def checks_the_server(page: Page) -> None:
    typed(page, "Rack label", "B17")
    typed(page, "Server tag", "SRV-1")
    chosen(page, "Yes, this one")
    chosen(page, "Front")
    reasoned(page)
    press(page, "Check the server")


def arrives_at(page: Page, act: str) -> None:
    """The page asks for that act, and whoever reads is put where it begins."""
    asks_for(page, act)
    expect(page.locator("#act h2")).to_be_focused()


def chosen_by_keyboard(page: Page) -> FileChooser:
    """Open the chooser of photos; again when its field came anew after it had been reached."""
    for patience_ms in (5_000, 5_000, PATIENCE_MS):
        tab_to(page, "Take or choose a photo")
        try:
            with page.expect_file_chooser(timeout=patience_ms) as chooser:
                page.keyboard.press("Space")
        except PlaywrightTimeout:
            continue
        return chooser.value
    raise AssertionError("no chooser opened")


def does(page: Page, step: str) -> None:
    arrives_at(page, f"step:{step}")
    if step.startswith("photo"):
        chosen_by_keyboard(page).set_files(photo())
        expect(page.locator("[data-photo-status]")).to_contain_text("Ready to send")
    elif step.endswith("_serial"):
        typed(page, "Serial number on the part", step.upper())
        reasoned(page)
    else:
        chosen(page, "I have done this and seen it")
    press(page, "Done")


def test_a_power_supply_is_swapped_from_the_day_to_the_end_by_keyboard_alone(
    served: Served, page: Page, save_screenshot: Saver
) -> None:
    hall = served.hall
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"}, summary="PSU 2 has no input.")["number"])
    served.sign_in(page, "tess")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    press(page, "Power supply swap")
    page.wait_for_url(f"**/orders/{number}")
    press(page, "Claim")
    expect(page.get_by_label("Rack label")).to_be_visible()
    hall.answer(server_with_lost_input("SRV-1", business_now()))
    expect(page.get_by_role("heading", name="PSU 2 has lost its input").first).to_be_visible()
    checks_the_server(page)
    asks_for(page, "start")
    assert page.evaluate(JUMPS) == []
    press(page, "Start")
    for step in STEPS:
        does(page, step)
        save_screenshot(page, f"keyboard-after-{step}")
    arrives_at(page, "completion")
    chosen(page, "Repaired")
    typed(page, "Or type your name", "Tess")
    save_screenshot(page, "keyboard-completion")
    press(page, "Complete")
    expect(page.get_by_text("The machine is asked again. It has to prove")).to_be_visible()
    assert hall.get("tess", f"/work-orders/{number}")["state"] == "verifying"
