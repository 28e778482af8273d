"""What the order's page shows of a cold job: both proofs, the shutdown's progress, and what to do when it stalls."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from app.hardware.readings import ShutdownTold
from app.jobs.power_course import WATCHED
from tests.integration.conftest import Browser
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_cold_jobs import ask_again, said, unplug
from tests.integration.jobs.test_shutdown import ON, number, read, sent, worker_tells

__all__ = ["number"]

Clock = Callable[[datetime], None]
SignIn = Callable[[str], Browser]


def card(page: str) -> str:
    """The words of the card Power."""
    found = re.search(r'<section[^>]*id="power".*?</section>', page, re.DOTALL)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def shown(browser: Browser, number: str) -> str:
    return card(browser.get(f"/orders/{number}").text)


@pytest.fixture
def tess(sign_in: SignIn, hall: Hall) -> Browser:
    assert hall
    return sign_in("tess")


def test_the_page_goes_from_on_over_asked_to_off(hall: Hall, tess: Browser, number: str) -> None:
    words = shown(tess, number)
    assert "the machine is on" in words
    assert "190 W" in words
    assert "The BMC says that the machine is on. Unplug and open nothing." in words
    form = tess.get(f"/orders/{number}/rack/shutdown").text
    assert "Its operating system is asked to shut down, once." in form
    assert tess.post(f"/orders/{number}/rack/shutdown").status_code == 303
    words = shown(tess, number)
    assert "The site&#39;s worker is asked to send it." in words
    assert "It is watched until 09:" in words
    assert "Asked for by tess" in words
    assert "Shut the machine down" not in words
    worker_tells(hall, ShutdownTold(ON, sent=True, after=ON))
    read(hall, said(False, 8.0))
    words = shown(tess, number)
    assert "The machine went down." in words
    assert "It is off: both proofs say so." in words


def test_a_machine_that_does_not_go_down_says_whom_to_call(hall: Hall, at: Clock, tess: Browser, number: str) -> None:
    sent(hall, number)
    read(hall, said(True, 190.0))
    at(MONDAY + WATCHED + timedelta(minutes=1))
    ask_again(hall, said(True, 190.0))
    hall.tick()
    words = shown(tess, number)
    assert "The machine did not go down. Call the customer" in words
    assert "Shut the machine down" in words


def test_a_refused_request_is_told_on_its_page(hall: Hall, tess: Browser, number: str) -> None:
    sent(hall, number)
    refused = tess.post(f"/orders/{number}/rack/shutdown")
    assert refused.status_code == 422
    assert "it is never sent twice" in refused.text


def test_level_1_asks_from_the_office(sign_in: SignIn, number: str) -> None:
    lena = sign_in("lena")
    assert f"/orders/{number}/shutdown" in lena.get(f"/orders/{number}/manage").text
    assert "Ask it to shut down" in lena.get(f"/orders/{number}/shutdown").text


def test_what_is_missing_is_named_with_the_way_to_prove_it(hall: Hall, tess: Browser, number: str) -> None:
    ask_again(hall, said(False, None))
    words = shown(tess, number)
    assert "not metered" in words
    assert "A second proof is needed" in words
    assert "I say what I see" in words
    refused = tess.post(f"/orders/{number}/rack/sighting", power="off")
    assert "Take a photo of its front first" in refused.text
    hall.act("tom", number, "sighting", power="off")
    words = shown(tess, number)
    assert "Seen by tom" in words
    assert "It counts as off: a person saw it dark." in words


def test_the_step_carries_what_a_tablet_checks_a_code_by(hall: Hall, tess: Browser, number: str) -> None:
    page = tess.get(f"/orders/{number}").text
    assert 'name="power_code"' in page
    lena = hall.get("lena", f"/work-orders/{number}")
    assert "shutdown" in lena["verbs"]


def test_a_code_is_read_out_from_the_office(hall: Hall, sign_in: SignIn, number: str) -> None:
    ask_again(hall, said(False, 8.0))
    lena = sign_in("lena")
    assert "this machine is off" in lena.get(f"/orders/{number}/manage").text
    told = lena.post(f"/orders/{number}/power-code").text
    assert "It counts once, for this machine, until" in told


def test_a_job_on_a_running_machine_shows_no_such_card(hall: Hall, tess: Browser) -> None:
    hot = str(hall.order()["number"])
    hall.to_matched(hot)
    assert 'id="power"' not in tess.get(f"/orders/{hot}").text


def test_what_came_of_a_shutdown_is_not_told_against_the_machine(hall: Hall, tess: Browser, number: str) -> None:
    sent(hall, number)
    read(hall, said(False, 8.0))
    assert "The machine went down." in shown(tess, number)
    ask_again(hall, said(True, 190.0))
    hall.tick()
    words = shown(tess, number)
    assert "The machine is on again" in words
    assert "The BMC says that the machine is on." not in words  # said once is enough
    ask_again(hall, said(False, 8.0))
    assert "on again" not in shown(tess, number)


def test_once_hands_are_done_inside_nobody_is_told_to_keep_it_off(hall: Hall, tess: Browser, number: str) -> None:
    ask_again(hall, said(False, 8.0))
    unplug(hall, number)
    ask_again(hall, said(True, 190.0))
    words = shown(tess, number)
    assert "the machine is on" in words
    assert "Unplug and open nothing" not in words
