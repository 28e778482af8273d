"""Nothing is lost and nothing is doubled, whatever happens to network, page, answer and sign-in. Long: `-m proof`."""

from __future__ import annotations

import io
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Error, FilePayload, Page
from sqlalchemy import delete, select

from app.core.database import transaction
from app.core.events import Event
from app.jobs.models import Photo, WorkOrder
from app.people.models import WebSession
from tests.browser.conftest import PATIENCE_MS
from tests.browser.serving import Served, serving
from tests.browser.tablet import STEPS, all_sent, cut, is_kept, mend
from tests.browser.test_technician import because, takes_a_photo, touch
from tests.integration.jobs.conftest import MONDAY, Hall

pytestmark = pytest.mark.proof

RUNS = 50
FULL = ["start", *STEPS, "completion"]
SERIALS = {"new_serial": "NEW", "old_serial": "OLD"}
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


@dataclass
class BadNetwork:
    """Between tablet and server: some sendings arrive twice, of some the answer is lost."""

    app: Wsgi
    chance: random.Random
    seen: Counter[str] = field(default_factory=Counter)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if "HTTP_IDEMPOTENCY_KEY" not in environ:
            return self.app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        luck = self.chance.random()
        fate = "lost answer" if luck < 0.2 else "sent twice" if luck < 0.4 else "sent"
        self.seen[fate] += 1
        if fate != "sent":
            b"".join(self.app({**environ, "wsgi.input": io.BytesIO(body)}, lambda *_: None))
        if fate == "lost answer":
            start_response("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<h1>no answer</h1>"]
        return self.app({**environ, "wsgi.input": io.BytesIO(body)}, start_response)


@dataclass
class Tablet:
    """One tablet in one run: its page may be closed and opened again, its network cut, its sign-in ended."""

    served: Served
    page: Page
    number: str
    chance: random.Random
    done: Counter[str]
    is_cut: bool = False
    signed_out: bool = False

    def trouble(self) -> None:
        """Perhaps something happens."""
        what = self.chance.choice(["nothing", "cut", "cut", "mend", "reload", "reopen", "expire"])
        if what == "cut" and not self.is_cut:
            cut(self.page)
            self.is_cut = True
        elif what == "mend" and self.is_cut:
            self.mend()
        elif what == "expire":
            with self.served.hall.app.app_context(), transaction() as session:
                session.execute(delete(WebSession))
            self.signed_out = True
        elif what in {"reload", "reopen"}:
            self.look_again(reopen=what == "reopen")
        else:
            return
        self.done[what] += 1

    def mend(self) -> None:
        mend(self.page)
        self.is_cut = False
        self.look_again(reopen=False)

    def look_again(self, *, reopen: bool) -> None:
        """Load the order again; with the network a lost sign-in shows, and is made good."""
        if reopen:
            context = self.page.context
            self.page.close()
            self.page = context.new_page()
        if self.signed_out and not self.is_cut:
            self.served.sign_in(self.page, "tess")
            self.signed_out = False
        try:
            self.page.goto(f"{self.served.url}/orders/{self.number}")
        except Error as error:  # the page was on its way somewhere by itself
            if "ERR_ABORTED" not in error.message:
                raise
            self.page.goto(f"{self.served.url}/orders/{self.number}")

    def do(self, act: str) -> None:
        self.see(f'#act[data-act="{act}"]')
        key = act.removeprefix("step:")
        if key.startswith("photo"):
            takes_a_photo(self.page, small_photo())
        elif key in SERIALS:
            self.page.get_by_label("Serial number on the part").fill(f"{SERIALS[key]}-{self.number}")
            because(self.page)
        elif act == "completion":
            self.page.get_by_text("Repaired", exact=True).click()
            self.page.get_by_label("Or type your name").fill("Tess")
        elif act != "start":
            self.page.get_by_text("I have done this and seen it").click()
        touch(self.page, {"start": "Start", "completion": "Complete"}.get(act, "Done"))
        self.see(f'#act:not([data-act="{act}"])')

    def see(self, wanted: str) -> None:
        """Wait until the page shows it; where the ended sign-in shows instead, sign in again and look once more."""
        self.page.locator(f"{wanted}, [name=password]").first.wait_for(state="attached")
        if self.page.locator("[name=password]").count():
            self.look_again(reopen=False)
            self.page.locator(wanted).wait_for(state="attached")


def small_photo() -> FilePayload:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "#3a4650").save(out, "JPEG")
    return {"name": "rear.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


@pytest.fixture
def network(hall: Hall) -> Iterator[tuple[Served, BadNetwork]]:
    """The hall behind a bad network."""
    bad = BadNetwork(hall.app.wsgi_app, random.Random(1))
    with serving(hall.app, bad) as url:
        yield Served(hall, url), bad


def on_record(hall: Hall, number: str) -> tuple[list[str], list[int], int]:
    """The acts of tablets on an order, their counts, and how many photos it has."""
    with hall.app.app_context(), transaction() as session:
        query = select(Event).where(Event.stream == number, Event.device_id.is_not(None)).order_by(Event.seq)
        told = [(e.detail.get("step") or e.verb, e.device_seq or 0) for e in session.scalars(query)]
        photos = select(Photo.id).join(WorkOrder, WorkOrder.id == Photo.order_id).where(WorkOrder.number == number)
        return [act for act, _ in told], [seq for _, seq in told], len(session.scalars(photos).all())


def test_fifty_jobs_through_cuts_reloads_doubled_sendings_and_ended_sign_ins_lose_and_double_nothing(
    network: tuple[Served, BadNetwork], browser: Browser, at: Callable[[datetime], None]
) -> None:
    served, bad = network
    hall, troubles, wrong = served.hall, Counter[str](), []
    for run in range(RUNS):
        at(MONDAY + timedelta(days=7 * (run // 10)))  # a day holds no more jobs
        number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
        hall.to_matched(number)
        with browser.new_context(viewport={"width": 1024, "height": 768}, reduced_motion="reduce") as context:
            context.set_default_timeout(PATIENCE_MS)
            page = served.sign_in(context.new_page(), "tess")
            whole_job(Tablet(served, page, number, random.Random(run), troubles))
        acts, counts, photos = on_record(hall, number)
        if acts != FULL or counts != sorted(set(counts)) or photos != 2:
            wrong.append((run, acts, counts, photos))
    told = f"{RUNS} runs, {RUNS * len(FULL)} acts; sendings {dict(bad.seen)}; troubles {dict(troubles)}"
    sys.stdout.write(f"{told}; wrong {len(wrong)}\n")
    assert wrong == []


def whole_job(tablet: Tablet) -> None:
    """Every act of the job, each after a trouble or none; at the end everything is sent."""
    tablet.look_again(reopen=False)
    is_kept(tablet.page, f"/orders/{tablet.number}")
    for act in ("start", *(f"step:{step}" for step in STEPS), "completion"):
        tablet.trouble()
        tablet.do(act)
    if tablet.is_cut:
        mend(tablet.page)
        tablet.is_cut = False
    tablet.look_again(reopen=False)
    all_sent(tablet.page)
