"""The camera reads the labels that the product prints, within a second, into the field that asked for it."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageOps
from playwright.sync_api import Page, Playwright, expect

from app.hardware.labels import drawn
from tests.browser.conftest import CHROMIUM, FLAGS, ROOT, AxeCheck, Saver
from tests.browser.serving import OpenPage, Served
from tests.browser.test_components import TOO_SMALL
from tests.unit.hardware.samples import server_with_lost_input

WIDE, HIGH = 640, 480
WRITE = """
import { readFileSync } from 'node:fs'
import { prepareZXingModule, writeBarcode } from 'zxing-wasm/writer'
const wasmBinary = readFileSync('node_modules/zxing-wasm/dist/writer/zxing_writer.wasm')
prepareZXingModule({ overrides: { wasmBinary } })
const [text, format] = process.argv.slice(-2)
const { symbol } = await writeBarcode(text, { format, scale: 1 })
console.log(JSON.stringify({ width: symbol.width, height: symbol.height, data: [...symbol.data] }))
"""


def qr(code: str) -> Image.Image:
    """The code as the labels page draws it, one pixel a module."""
    rows = [[not dark for dark in row] for row in drawn(code).matrix_iter(border=4)]
    image = Image.new("1", (len(rows), len(rows)))
    image.putdata([int(light) for row in rows for light in row])
    return image


def written(code: str, kind: str) -> Image.Image:
    """The code as another maker's label has it, drawn by zxing's own writer."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    told = subprocess.run(
        [node, "--input-type=module", "-e", WRITE, code, kind],
        cwd=ROOT, capture_output=True, check=True, timeout=30, text=True,
    )  # fmt: skip
    symbol = json.loads(told.stdout)
    image = Image.new("L", (symbol["width"], symbol["height"]))
    image.putdata(symbol["data"])
    if kind == "Code128":
        image = image.resize((image.width, image.width // 3), Image.Resampling.NEAREST)
    return ImageOps.expand(image, border=10 if kind == "Code128" else 3, fill=255)


def film(symbol: Image.Image, path: Path) -> Path:
    """A camera's picture of the label, slightly turned on a grey shelf, as Chromium's fake camera takes it."""
    scale = min(WIDE * 0.7 / symbol.width, HIGH * 0.6 / symbol.height)
    label = symbol.convert("L").resize(
        (int(symbol.width * scale), int(symbol.height * scale)), Image.Resampling.NEAREST
    )
    shelf = Image.new("L", (WIDE, HIGH), 120)
    shelf.paste(label, ((WIDE - label.width) // 2, (HIGH - label.height) // 2))
    shelf = shelf.rotate(4, fillcolor=120, resample=Image.Resampling.BICUBIC)
    frame = b"FRAME\n" + shelf.tobytes() + bytes([128]) * (WIDE * HIGH // 2)
    path.write_bytes(f"YUV4MPEG2 W{WIDE} H{HIGH} F30:1 Ip A1:1 C420jpeg\n".encode() + frame * 5)
    return path


@pytest.fixture
def camera(playwright: Playwright, tmp_path: Path) -> Iterator[Callable[[Image.Image], Page]]:
    """A page whose camera films this label."""
    if not CHROMIUM.exists():
        pytest.skip("needs Debian package chromium")
    opened = []

    def look_at(symbol: Image.Image) -> Page:
        fake = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        flags = [*FLAGS, *fake, f"--use-file-for-fake-video-capture={film(symbol, tmp_path / 'label.y4m')}"]
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=flags, timeout=30_000)
        opened.append(browser)
        context = browser.new_context(viewport={"width": 768, "height": 1024}, permissions=["camera"])
        context.set_default_timeout(SLOW_MS)
        return context.new_page()

    yield look_at
    for browser in opened:
        browser.close()


SLOW_MS = 30_000  # the camera of a busy machine opens late; its reading is timed by itself
REPLACED_WHEN_THE_SHEET_OPENS = """() => new MutationObserver((_changes, watcher) => {
    if (!document.querySelector('dialog.scanner')) return
    watcher.disconnect()
    const field = document.getElementById('rack')
    field.replaceWith(field.cloneNode(true))
}).observe(document.body, { childList: true, subtree: true })"""


def at_the_check(served: Served, page: Page) -> Page:
    number = served.hall.order()["number"]
    served.hall.act("tess", number, "claim")
    served.hall.answer(server_with_lost_input("SRV-1"))
    return served.sign_in(page, "tess", f"/orders/{number}")


def open_camera(page: Page, field: str) -> None:
    page.locator(f"[data-scan-for={field}]").click()


def read_into(page: Page, name: str) -> int:
    """Scan into this field; how many milliseconds it took from the camera's first picture on."""
    open_camera(page, name)
    field = page.locator(f"#{name}")
    expect(field).not_to_have_value("", timeout=SLOW_MS)
    return int(field.get_attribute("data-read-ms") or "99999")


def test_what_the_camera_reads_goes_into_the_field_that_stands_there_now(
    served: Served, camera: Callable[[Image.Image], Page]
) -> None:
    page = at_the_check(served, camera(qr("B17")))
    page.evaluate(REPLACED_WHEN_THE_SHEET_OPENS)
    open_camera(page, "rack")
    expect(page.locator("#rack")).to_have_value("B17", timeout=SLOW_MS)


@pytest.mark.parametrize("kind", ["QRCode", "Code128", "DataMatrix"])
def test_a_label_is_read_within_a_second_and_counts_as_scanned(
    served: Served, camera: Callable[[Image.Image], Page], kind: str
) -> None:
    page = at_the_check(served, camera(qr("B17") if kind == "QRCode" else written("B17", kind)))
    assert "zxing" not in page.content()
    took = read_into(page, "rack")
    assert page.get_by_label("Rack label").input_value() == "B17"
    expect(page.locator("#rack_entry")).to_have_value("scanned")
    expect(page.get_by_label("Typed, because")).to_be_hidden()
    expect(page.get_by_label("Server tag")).to_be_focused()
    assert took < 1000


def test_a_wrong_label_before_the_camera_fills_the_screen(
    served: Served, camera: Callable[[Image.Image], Page]
) -> None:
    page = at_the_check(served, camera(qr("SRV-2")))
    open_camera(page, "tag")
    page.wait_for_url("**/stop", timeout=SLOW_MS)
    expect(page.get_by_role("heading", name="Stop. This is not the machine of the order.")).to_be_visible()
    expect(page.get_by_text("SRV-2", exact=True)).to_be_visible()


def test_without_a_camera_the_sheet_says_so_and_leaves_the_field_to_the_keyboard(served: Served, page: Page) -> None:
    at_the_check(served, page)
    open_camera(page, "rack")
    expect(page.get_by_role("dialog", name="Rack label")).to_contain_text("type the code")
    page.get_by_role("button", name="Close and type it").click()
    expect(page.get_by_role("textbox", name="Rack label")).to_be_focused()


@pytest.mark.parametrize("width", ["landscape", "portrait", "phone"])
def test_a_rack_and_what_stands_in_it_have_labels_to_print(
    served: Served, page_at: OpenPage, axe: AxeCheck, save_screenshot: Saver, width: str
) -> None:
    page = served.sign_in(page_at(width), "tess", "/day")
    page.goto(f"{served.url}/assets/SRV-1")
    page.get_by_role("link", name="Labels").click()
    codes = page.locator(".label b").all_inner_texts()
    assert codes == ["B17", "SRV-5", "SRV-4", "SRV-3", "SRV-2", "SRV-1"]
    expect(page.locator(".label", has_text="SRV-1")).to_contain_text("S/N CZ12345")
    axe(page)
    assert page.evaluate(TOO_SMALL) == []
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    save_screenshot(page, f"labels-{width}-full")
    page.emulate_media(media="print")
    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    assert page.get_by_role("img", name="QR code of SRV-1").is_visible()
