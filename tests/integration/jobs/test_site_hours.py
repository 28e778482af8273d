"""Nothing is booked, released or started outside site hours."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, SATURDAY, Hall

Clock = Callable[[datetime], None]


@pytest.fixture
def friday_disk(hall: Hall, at: Clock) -> str:
    at(FRIDAY_16_40)
    order = hall.order()
    assert order["state"] == "booked"
    assert order["appointment"]["starts_local"] == "2026-12-07T08:00:00+01:00"
    assert order["promise"]["from_local"] == "2026-12-07T08:00:00+01:00"
    assert order["promise"]["to_local"] == "2026-12-07T10:00:00+01:00"
    assert order["promise"]["finishes_local"] == "2026-12-07T10:30:00+01:00"
    assert any("do not fit" in line for line in order["promise"]["explanation"]), order["promise"]["explanation"]
    return str(order["number"])


def test_friday_disk_is_promised_for_monday_morning_and_released_then(hall: Hall, at: Clock, friday_disk: str) -> None:
    at(SATURDAY)
    hall.tick()
    assert hall.get("max", f"/work-orders/{friday_disk}")["state"] == "booked"
    at(datetime(2026, 12, 7, 8, 0, 5, tzinfo=FRIDAY_16_40.tzinfo))
    hall.tick()
    assert hall.get("max", f"/work-orders/{friday_disk}")["state"] == "released"


@pytest.mark.parametrize("who", ["tess", "lena", "sam", "max", "bot", "ada"])
@pytest.mark.parametrize("verb", ["release", "start"])
def test_on_saturday_release_and_start_are_refused_for_everyone(
    hall: Hall, at: Clock, friday_disk: str, who: str, verb: str
) -> None:
    at(SATURDAY)
    status, code = hall.refusal(who, friday_disk, verb)
    assert (status, code) in {(409, "outside_window"), (409, "not_holder"), (403, "not_allowed"), (404, "not_found")}
    assert hall.get("max", f"/work-orders/{friday_disk}")["state"] == "booked"
    if (who, verb) == ("max", "release"):
        assert code == "outside_window"


def test_a_matched_order_does_not_start_after_closing_or_when_it_no_longer_fits(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=16, minute=20))
    number = hall.order()["number"]
    hall.to_matched(number)
    at(MONDAY.replace(hour=16, minute=31))
    assert hall.refusal("tess", number, "start") == (409, "does_not_fit")
    at(MONDAY.replace(hour=17, minute=1))
    assert hall.refusal("tess", number, "start") == (409, "outside_window")


def test_an_old_server_check_has_to_be_done_again(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    at(MONDAY + timedelta(minutes=16))
    assert hall.refusal("tess", number, "start") == (409, "not_matched")


def test_start_without_diagnostics_is_refused(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    pending = hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front", serial="CZ12345")
    assert pending["state"] == "claimed"  # the machine has not spoken yet: a second person reads the tag too
    hall.act("tom", number, "match", rack="B17", tag="SRV-1", light="seen", face="front", serial="CZ12345")
    assert hall.refusal("tess", number, "start") == (409, "no_diagnostics")


def test_silence_closes_after_the_stated_time(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired")
    hall.answer()
    hall.tick()
    assert hall.get("lena", f"/work-orders/{number}")["state"] == "awaiting_confirmation"
    at(MONDAY + timedelta(hours=24, minutes=1))
    hall.tick()
    assert hall.get("lena", f"/work-orders/{number}")["state"] == "closed"


def test_before_a_promised_finish_passes_the_ticket_hears_of_it_once(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    at(MONDAY + timedelta(hours=2, minutes=10))
    hall.tick()
    hall.tick()
    assert [message.kind for message in hall.messages(number)].count("late") == 1


def test_the_promise_says_that_the_machine_is_taken_when_the_hours_alone_would_allow_more(hall: Hall) -> None:
    first = hall.order()["appointment"]
    explanation = hall.order()["promise"]["explanation"]
    ends = f"{MONDAY:%a} {datetime.fromisoformat(first['ends_local']):%H:%M}"
    assert f"this machine has another appointment until {ends}" in explanation
    offer = hall.get("lena", "/offers?asset=SRV-1&job_kind=power_cycle")
    assert any(line.startswith("The customer must say yes first, expected by Mon") for line in offer["explanation"])
