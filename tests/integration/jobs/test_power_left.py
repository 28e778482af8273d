"""Before an order is left its machine's power is looked at: on again, as found, or with a reason and a name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core.clock import business_now
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_cold_jobs import ask_again, begun, keep_photo, said, unplug
from tests.unit.hardware.samples import healthy_server

Clock = Callable[[datetime], None]
DONE = {"outcome": "repaired", "removed_serial": "M-OLD", "installed_serial": "NEW-1"}
HANDED = {"why": "end of shift", "safe_state": "lid closed"}
REASON = {"power_why": "The customer keeps it off until Monday.", "power_by": "Ines Roth, Lindenhof Media"}


@pytest.fixture
def number(hall: Hall) -> str:
    """A memory swap whose machine went down."""
    found = begun(hall)
    ask_again(hall, said(False, 8.0))
    unplug(hall, found)
    return found


def refused(hall: Hall, number: str, verb: str, **body: Any) -> dict[str, Any]:
    response = hall.post("tess", f"/work-orders/{number}/{verb}", body)
    assert response.status_code == 409, response.text
    told: dict[str, Any] = response.json or {}
    assert hall.get("tess", f"/work-orders/{number}")["state"] == "working"
    return told


@pytest.mark.parametrize(("verb", "body"), [("completion", DONE), ("handover", HANDED)])
def test_a_machine_that_is_off_is_not_left_without_a_word(
    hall: Hall, number: str, verb: str, body: dict[str, Any]
) -> None:
    told = refused(hall, number, verb, **body)
    assert told["code"] == "not_verified"
    assert "The machine is off, and it has to be on." in told["detail"]
    ask_again(hall, said(True, 190.0))
    hall.act("tess", number, verb, **body)


@pytest.mark.parametrize(("verb", "body"), [("completion", DONE), ("handover", HANDED)])
def test_a_reason_and_a_name_are_the_way_out_and_level_1_is_told(
    hall: Hall, number: str, verb: str, body: dict[str, Any]
) -> None:
    refused(hall, number, verb, **body, power_why="because")  # nobody's decision
    order = hall.act("tess", number, verb, **body, **REASON)
    assert any("Decided by: Ines Roth" in flag for flag in order["flags"])
    left = [e for e in hall.get("lena", f"/work-orders/{number}/events")["items"] if e["verb"] == verb][-1]
    assert left["detail"]["power"]["decided_by"] == REASON["power_by"]
    assert "the BMC says off" in left["detail"]["power"]["read"]
    told = [message for message in hall.messages(number) if message.kind == "power_left"]
    assert len(told) == 1
    assert told[0].public_text is None
    assert "keeps it off until Monday" in str(told[0].internal_text)


def test_an_old_reading_is_asked_anew_by_itself(hall: Hall, at: Clock, number: str) -> None:
    ask_again(hall, said(True, 190.0))
    at(MONDAY + timedelta(minutes=6))
    assert refused(hall, number, "completion", **DONE)["code"] == "no_diagnostics"
    hall.answer(said(True, 190.0))
    hall.act("tess", number, "completion", **DONE)


def test_a_silent_machine_is_looked_at_with_a_photo(hall: Hall, number: str) -> None:
    ask_again(hall, said(None, 190.0))
    assert "Nobody can tell" in refused(hall, number, "completion", **DONE)["detail"]
    keep_photo(hall, number)
    hall.act("tess", number, "sighting", power="on")
    hall.act("tess", number, "completion", **DONE)


def test_a_machine_that_was_found_off_may_stay_off(hall: Hall) -> None:
    number = begun(hall, said(False, 8.0))
    unplug(hall, number)
    hall.act("tess", number, "completion", **DONE)


def test_a_job_on_a_running_machine_does_not_leave_it_off(hall: Hall) -> None:
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    ask_again(hall, said(False, 0.0))
    assert "has to be on" in refused(hall, number, "handover", **HANDED)["detail"]
    ask_again(hall, said(True, 190.0))
    hall.act("tess", number, "handover", **HANDED)


def test_nothing_is_asked_of_a_machine_that_nobody_began_to_work_on(hall: Hall) -> None:
    number = str(hall.order()["number"])
    hall.to_matched(number)
    ask_again(hall, said(False, 0.0))
    hall.act("tess", number, "handover", **HANDED)


def test_what_a_tablet_reports_late_is_never_refused_but_flagged(hall: Hall, at: Clock, number: str) -> None:
    done_at = business_now()
    at(MONDAY + timedelta(minutes=30))
    device = {"id": "tablet-1", "seq": 1, "at": done_at.isoformat()}
    order = hall.act("tess", number, "completion", **DONE, device=device)
    assert order["state"] == "verifying"
    assert any("Left without network; look at its power." in flag for flag in order["flags"])
    assert [message.kind for message in hall.messages(number)].count("power_left") == 1


def test_an_after_that_says_off_closes_nothing_by_itself_and_level_1_is_told(hall: Hall, number: str) -> None:
    ask_again(hall, said(True, 190.0))
    hall.act("tess", number, "completion", **DONE)
    hall.answer(said(False, 8.0))
    order = hall.get("lena", f"/work-orders/{number}")
    assert order["state"] == "verifying"
    assert any("diagnostics after the work say that the machine is off" in flag for flag in order["flags"])
    assert [message.kind for message in hall.messages(number)].count("power_left") == 1


def test_the_page_asks_why_only_when_the_power_differs(hall: Hall, number: str, sign_in: Callable[[str], Any]) -> None:
    tess = sign_in("tess")
    hidden = 'data-asked-for="power_why power_by" hidden'
    assert hidden in tess.get(f"/orders/{number}/rack/handover").text
    sent = tess.post(f"/orders/{number}/rack/handover", **HANDED)
    assert sent.status_code == 422
    assert "The machine is off, and it has to be on." in sent.text
    assert hidden not in sent.text
    assert "lid closed" in sent.text
    assert tess.post(f"/orders/{number}/rack/handover", **HANDED, **REASON).status_code == 303


def test_the_page_of_a_finish_has_an_old_reading_taken_again(
    hall: Hall, at: Clock, number: str, sign_in: Callable[[str], Any]
) -> None:
    ask_again(hall, said(True, 190.0))
    at(MONDAY + timedelta(minutes=6))
    tess = sign_in("tess")
    finish = {**DONE, "signed_name": "Tess"}
    assert "The machine is asked now" in tess.post(f"/orders/{number}/rack/completion", **finish).text
    hall.answer(healthy_server("SRV-1"))
    assert tess.post(f"/orders/{number}/rack/completion", **finish).status_code == 303
