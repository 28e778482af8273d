"""Fixtures for pages in a real browser: Debian's Chromium, axe, screenshots."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.browser.serving import Served, serving
from tests.integration.conftest import (
    compiled_addresses,
    compiled_templates,
    engines,
    program_of,
    settings,
    site,
    web_app,
)
from tests.integration.jobs.conftest import Hall, at, hall

# fixtures that pages need too
__all__ = [
    "at",
    "compiled_addresses",
    "compiled_templates",
    "engines",
    "hall",
    "program_of",
    "settings",
    "site",
    "web_app",
]

ROOT = Path(__file__).parents[2]
SHELL = Path("/usr/bin/chromium-headless-shell")
CHROMIUM = SHELL if SHELL.exists() else Path("/usr/bin/chromium")  # the same engine; the shell does a third less beside
AXE = ROOT / "node_modules/axe-core/axe.min.js"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

WIDTHS = {"landscape": (1024, 768), "portrait": (768, 1024), "phone": (390, 844), "desk": (1280, 900)}
THEMES = ("light", "dark", "contrast")

PATIENCE_MS = 30_000  # how long a busy machine may take; what has to be fast is timed by itself
expect.set_options(timeout=PATIENCE_MS)

AxeCheck = Callable[[Page], None]
Saver = Callable[[Page, str], Path | None]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One headless Chromium for the file; tests open contexts in it.

    Not for the session: while Playwright is open its event loop runs in this thread, and a later test of another file
    that calls asyncio.run() would fail.
    """
    if not CHROMIUM.exists():
        pytest.skip("needs Debian package chromium")
    launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, timeout=30_000)
    yield launched
    launched.close()


@pytest.fixture
def page_at(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a page: page_at("phone", "dark"); any console error or CSP refusal fails the test at its end."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def open_page(width: str = "landscape", theme: str = "light", **options: Any) -> Page:
        wide, high = WIDTHS[width]
        context = browser.new_context(viewport={"width": wide, "height": high}, reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(f"localStorage.getItem('theme') ?? localStorage.setItem('theme', '{theme}')")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    # A refused stream or an error page is what some tests ask for; the browser reports the status, nothing more.
    assert [text for text in complaints if not text.startswith("Failed to load resource")] == []


@pytest.fixture
def served(hall: Hall) -> Iterator[Served]:
    """The hall behind a real address."""
    with serving(hall.app) as url:
        yield Served(hall, url)


@pytest.fixture
def page(page_at: Callable[..., Page]) -> Page:
    """A page at 1024 x 768 in light."""
    return page_at()


@pytest.fixture(scope="session")
def axe() -> AxeCheck:
    """axe(page): no accessibility violation, or a list of what and where."""
    if not AXE.exists():
        pytest.skip("needs axe-core (npm ci)")
    source = AXE.read_text("utf-8")

    def check(page: Page) -> None:
        # Run through the debugger's door: the page's own CSP stays as it is.
        page.evaluate(source)
        found = page.evaluate("() => axe.run().then(result => result.violations)")
        told = [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in found]
        assert told == [], "\n".join(told)

    return check


@pytest.fixture(scope="session")
def save_screenshot() -> Saver:
    """save_screenshot(page, name): a PNG into the folder that RACKSIDE_SCREENSHOTS names; nothing without it."""
    folder = os.environ.get("RACKSIDE_SCREENSHOTS")

    def save(page: Page, name: str) -> Path | None:
        if folder is None:
            return None
        path = Path(folder) / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=path, full_page=name.endswith("-full"))
        return path

    return save
