"""The technician's order page at a large provider's, beside Request Tracker's ticket page with a single ticket."""

from __future__ import annotations

import contextlib
import itertools
import statistics
import time
from collections.abc import Callable, Iterator, Mapping

import httpx
import psycopg

from bench.crowd import at_hand
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.rackside_server import live_pages, open_streams, served, signed_in
from bench.request_tracker import lacking, request_tracker

OURS, PEER = "Rackside", "Request Tracker 5"
STREAMS, OPENED, PEERS_OPENED = 200, 100, 40
ORDERS = """
SELECT number FROM work_order WHERE site_id = 1 AND state <> 'cancelled' ORDER BY (state = 'closed'), id DESC LIMIT 60
"""


def timed(pages: int, open_one: Callable[[], httpx.Response], must_say: Callable[[str], bool]) -> Measures:
    """Open so many pages one after the other; raises RuntimeError when one is not the page that was asked for."""
    took = []
    for _ in range(pages):
        begun = time.perf_counter()
        response = open_one()
        took.append((time.perf_counter() - begun) * 1000)
        if response.status_code != httpx.codes.OK or not must_say(response.text):
            raise RuntimeError(f"{response.url}: {response.status_code} is not the page")
    return {"p50_ms": statistics.median(took), "p95_ms": statistics.quantiles(took, n=20)[-1]}


@contextlib.contextmanager
def prepared() -> Iterator[Mapping[str, Trial]]:
    """A million orders behind our server with 200 live pages; the peer with one ticket."""
    with contextlib.ExitStack() as stack:
        database = stack.enter_context(at_hand())
        tracker = stack.enter_context(request_tracker())
        url, _ = stack.enter_context(served({"DATABASE_URL": database, "RACKSIDE_STREAM_LIMIT": str(STREAMS)}))
        cookie = signed_in(database, "tech1")
        with psycopg.connect(database.replace("+psycopg", "", 1)) as connection:
            numbers = [row[0] for row in connection.execute(ORDERS)]
        topics = [f"order:{numbers[place % len(numbers)]}" if place % 2 else "site:S001" for place in range(STREAMS)]
        stack.enter_context(live_pages(url, cookie, topics))
        browser = stack.enter_context(httpx.Client(base_url=url, cookies=cookie, timeout=30, trust_env=False))
        following = itertools.cycle(numbers)

        def ours() -> Measures:
            if open_streams(url) < STREAMS:
                raise RuntimeError("a live page was lost on the way")
            return timed(OPENED, lambda: browser.get(f"/orders/{next(following)}"), lambda said: "The job" in said)

        def peer() -> Measures:
            return timed(
                PEERS_OPENED, lambda: tracker.browser.get(tracker.ticket_page), lambda said: "Disk failed" in said
            )

        yield {OURS: ours, PEER: peer}


GROUP = Group(
    name="pages",
    about="One page after the other by somebody who is signed in; ours over 100,000 machines and 1,000,000 orders, "
    "with 200 event streams open.",
    sides={
        OURS: "the technician's order page, sixty orders in turn, embedded PostgreSQL",
        PEER: "its ticket page, the same ticket each time, without the history that browsers fetch later; SQLite",
    },
    needs=lacking,
    prepare=prepared,
    figures=(
        Figure("order-page-p95", "order page against ticket page: p95", "ms", Bar(0.10), "p95_ms", OURS, PEER),
        Figure("order-page-p50", "order page against ticket page: median", "ms", Bar(0.10), "p50_ms", OURS, PEER),
    ),
)
