"""What the tests of the tablet share: a page that is kept, the network cut and given back, a job done by touch."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.test_technician import because, takes_a_photo

KEPT = """async (path) => {
  await navigator.serviceWorker.ready
  for (const until = Date.now() + 20000; Date.now() < until; await new Promise((done) => setTimeout(done, 50)))
    for (const name of await caches.keys())
      if (name.startsWith('pages-') && await (await caches.open(name)).match(path)) return true
  return false
}"""
STEPS = ("esd", "photo_before", "other_ok", "new_serial", "cord_out", "swap", "old_serial", "cord_in", "photo_after")


def is_kept(page: Page, path: str) -> None:
    """Wait until the tablet holds that page for times without network."""
    assert page.evaluate(KEPT, path), path


def cut(page: Page) -> None:
    """No network any more."""
    page.context.set_offline(True)


def mend(page: Page) -> None:
    """The network is back."""
    page.context.set_offline(False)


def not_sent(page: Page, count: int) -> None:
    """The top bar tells how many acts wait."""
    expect(page.locator("#sync")).to_have_text(f"{count} not sent")


def all_sent(page: Page) -> None:
    """Nothing waits any more."""
    expect(page.locator("#sync")).to_have_attribute("data-waiting", "0", timeout=60_000)


def asks_for(page: Page, act: str) -> None:
    """The page asks for that act: `start`, `step:swap`, `completion`."""
    expect(page.locator("#act")).to_have_attribute("data-act", act, timeout=20_000)


def do_step(page: Page, key: str, serials: dict[str, str]) -> None:
    """Do the step that the page asks for, with the evidence that it wants."""
    asks_for(page, f"step:{key}")
    if key.startswith("photo"):
        takes_a_photo(page)
    elif key in serials:
        page.get_by_label("Serial number on the part").fill(serials[key])
        because(page)
    else:
        page.get_by_text("I have done this and seen it").click()
    page.locator(".actions .is-main", has_text="Done").click()
    expect(page.locator("#act")).not_to_have_attribute("data-act", f"step:{key}")
