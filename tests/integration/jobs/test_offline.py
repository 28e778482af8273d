"""What a tablet did while it was offline: judged by its own time, kept whatever happened meanwhile, counted once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from tests.integration.jobs.conftest import MONDAY, Hall

Clock = Callable[[datetime], None]
SEQ = count(1)


def stamp(moment: datetime) -> dict[str, Any]:
    return {"id": "tablet-1", "seq": next(SEQ), "at": moment.isoformat()}


@pytest.fixture
def matched(hall: Hall) -> str:
    number = str(hall.order()["number"])
    hall.to_matched(number)
    return number


def kept(hall: Hall, number: str) -> list[dict[str, Any]]:
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    return [event for event in events if event["detail"].get("arrived_late")]


def test_a_start_inside_the_permit_that_arrives_after_closing_is_a_start(hall: Hall, at: Clock, matched: str) -> None:
    at(MONDAY.replace(hour=18))
    began = stamp(MONDAY + timedelta(minutes=5))
    order = hall.act("tess", matched, "start", device=began)
    assert (order["state"], order["flags"]) == ("working", [])
    late_step = hall.act("tess", matched, "step", id="esd", evidence={}, device=stamp(MONDAY + timedelta(minutes=6)))
    assert late_step["steps"][0]["done_at"] == "2026-11-30T08:06:00.000Z"
    assert kept(hall, matched) == []


def test_a_start_after_the_latest_start_is_kept_and_flagged(hall: Hall, at: Clock, matched: str) -> None:
    at(MONDAY.replace(hour=20))
    order = hall.act("tess", matched, "start", device=stamp(MONDAY.replace(hour=17, minute=30)))
    assert order["state"] == "working"
    assert "closed" in order["flags"][0]
    assert kept(hall, matched)[0]["detail"]["refused_as"] == "outside_window"


def test_a_start_that_happens_now_is_refused_whatever_the_tablet_calls_it(hall: Hall, at: Clock, matched: str) -> None:
    evening = MONDAY.replace(hour=20)
    at(evening)
    assert hall.refusal("tess", matched, "start", device=stamp(evening)) == (409, "outside_window")
    assert hall.refusal("tess", matched, "start", device=stamp(evening + timedelta(days=9))) == (409, "outside_window")
    assert hall.refusal("tess", matched, "start", device=stamp(MONDAY - timedelta(days=9))) == (409, "outside_window")


def test_work_on_an_order_that_level_1_held_meanwhile_is_kept_and_moves_nothing(
    hall: Hall, at: Clock, matched: str
) -> None:
    hall.act("tess", matched, "start")
    at(MONDAY + timedelta(minutes=40))
    hall.act("lena", matched, "hold", waiting_for="consent", why="the customer wants to wait")
    at(MONDAY + timedelta(hours=2))
    done = MONDAY + timedelta(minutes=30)
    order = hall.act("tess", matched, "step", id="esd", evidence={}, device=stamp(done))
    assert order["steps"][0]["done_at"] == "2026-11-30T08:30:00.000Z"
    order = hall.act("tess", matched, "completion", outcome="repaired", installed_serial="N-1", device=stamp(done))
    assert (order["state"], order["waiting_for"]["what"]) == ("awaiting_consent", "consent")
    assert kept(hall, matched)[-1]["detail"]["done"] == {"outcome": "repaired", "installed_serial": "N-1"}
    assert any("Completion of 2026-11-30 09:30 by tess" in flag for flag in order["flags"])


def test_work_on_an_order_that_was_cancelled_meanwhile_is_kept(hall: Hall, at: Clock, matched: str) -> None:
    at(MONDAY + timedelta(minutes=30))
    hall.act("lena", matched, "cancellation", why="solved")
    at(MONDAY + timedelta(hours=1))
    order = hall.act("tess", matched, "start", device=stamp(MONDAY + timedelta(minutes=9)))
    assert order["state"] == "cancelled"
    assert "Start of" in order["flags"][-1]
    assert len(kept(hall, matched)) == 1


def test_what_is_no_work_and_who_never_held_it_are_refused_as_ever(hall: Hall, at: Clock, matched: str) -> None:
    at(MONDAY + timedelta(minutes=30))
    hall.act("lena", matched, "cancellation", why="solved")
    at(MONDAY + timedelta(hours=1))
    then = MONDAY + timedelta(minutes=9)
    assert hall.refusal("tess", matched, "hold", waiting_for="part", why="x", device=stamp(then))[0] == 409
    assert hall.refusal("tom", matched, "start", device=stamp(then)) == (409, "not_holder")
    assert hall.refusal("tom", matched, "step", id="esd", evidence={}, device=stamp(then))[0] == 409
    assert hall.refusal("mia", matched, "start", device=stamp(then))[0] == 404
    assert hall.refusal("bot", matched, "start", device=stamp(then))[0] == 403
    assert kept(hall, matched) == []


def test_a_late_act_that_comes_twice_counts_once_and_needs_no_fresh_copy(hall: Hall, at: Clock, matched: str) -> None:
    at(MONDAY + timedelta(hours=12))
    body = {"device": stamp(MONDAY.replace(hour=16, minute=50))}
    for _ in range(2):
        sent = hall.post("tess", f"/work-orders/{matched}/start", body, **{"If-Match": '"1"'})
        assert sent.status_code == 200, sent.text
    assert len(kept(hall, matched)) == 1
    assert hall.refusal("tess", matched, "note", text="x", device=body["device"]) == (409, "idempotency_mismatch")
