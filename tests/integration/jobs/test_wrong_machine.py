"""A wrong server is stopped, recorded, and nothing moves on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.integration.jobs.conftest import MONDAY, Hall
from tests.unit.hardware.samples import server_with_lost_input

Clock = Callable[[datetime], None]
RIGHT = {"rack": "B17", "tag": "SRV-1", "light": "seen", "face": "front", "serial": "CZ12345"}


@pytest.mark.parametrize(
    "wrong",
    [{"rack": "B18"}, {"tag": "SRV-2"}, {"light": "other"}, {"face": "rear"}, {"serial": "SN-AMS1-2"}],
)
def test_each_contradiction_stops_the_job(hall: Hall, wrong: dict[str, Any]) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.answer(server_with_lost_input("SRV-1"))
    assert hall.refusal("tess", number, "match", **{**RIGHT, **wrong}) == (409, "not_matched")
    assert hall.refusal("tess", number, "start") == (409, "wrong_state")
    order = hall.get("tess", f"/work-orders/{number}")
    assert (order["state"], order["stop"]["by"]) == ("claimed", "tess")
    assert stops(hall, number)[-1]["detail"]["guard"] in {*wrong, "tag_serial"}


def stops(hall: Hall, number: str) -> list[dict[str, Any]]:
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    return [event for event in events if event["detail"].get("stopped")]


def test_a_wrong_rack_is_a_stop_before_anything_else_was_looked_at(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    assert hall.refusal("tess", number, "match", rack="B18") == (409, "not_matched")
    assert stops(hall, number)[0]["detail"]["seen"]["tag"] is None
    missing = hall.post("tess", f"/work-orders/{number}/match", {"rack": "B17"})
    assert missing.json is not None
    assert (missing.status_code, {error["field"] for error in missing.json["errors"]}) == (
        422,
        {"tag", "light", "face"},
    )


def test_a_right_check_ends_the_stop(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.answer(server_with_lost_input("SRV-1"))
    hall.refusal("tess", number, "match", **{**RIGHT, "tag": "SRV-2"})
    assert hall.act("tess", number, "match", **RIGHT)["stop"] is None


def test_typing_a_label_needs_a_reason_which_goes_on_record(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.answer(server_with_lost_input("SRV-1"))
    typed = {**RIGHT, "entry": {"rack": "scanned", "tag": "typed"}}
    assert hall.refusal("tess", number, "match", **typed) == (422, "invalid")
    order = hall.act("tess", number, "match", **typed, typed_why="label_unreadable")
    assert (order["state"], order["match"]["typed_why"]) == ("matched", "label_unreadable")


def test_an_old_check_stops_the_start_and_goes_on_record(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    at(MONDAY + timedelta(minutes=16))
    assert hall.refusal("tess", number, "start") == (409, "not_matched")
    assert [stop["detail"]["guard"] for stop in stops(hall, number)] == ["stale_check"]
    assert hall.get("tess", f"/work-orders/{number}")["state"] == "matched"


def rewiring(hall: Hall) -> str:
    answers = {"work": "rewire", "minutes": "300", "timeline": "today"}
    number = str(hall.order(job_kind="other_hands", answers=answers)["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    return number


def test_a_destructive_step_asks_again_when_the_check_is_old(hall: Hall, at: Clock) -> None:
    number = rewiring(hall)
    at(MONDAY + timedelta(hours=4))
    hall.act("tess", number, "step", id="esd", evidence={})
    assert hall.refusal("tess", number, "step", id="work", evidence={}) == (409, "not_matched")
    assert stops(hall, number)[-1]["detail"]["guard"] == "stale_check"
    wrong = {"rack": "B17", "tag": "SRV-2"}
    assert hall.refusal("tess", number, "step", id="work", evidence=wrong) == (409, "not_matched")
    order = hall.get("tess", f"/work-orders/{number}")
    assert (order["state"], order["stop"]["guard"]) == ("working", "tag")
    assert [step["done_at"] for step in order["steps"] if step["id"] == "work"] == [None]
    again = hall.act("tess", number, "step", id="work", evidence={"rack": "B17", "tag": "SRV-1"})
    assert again["stop"] is None
    assert next(step for step in again["steps"] if step["id"] == "work")["done_at"] is not None


def test_a_stop_tells_the_manager_once_for_each_scan(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    for rack in ("B18", "B19"):
        hall.refusal("tess", number, "match", rack=rack)
    assert [stop["detail"]["found"] for stop in stops(hall, number)] == ["rack B18", "rack B19"]


def test_a_wrong_scan_after_a_right_one_takes_the_match_away(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.refusal("tess", number, "match", **{**RIGHT, "tag": "SRV-2"})
    assert hall.get("tess", f"/work-orders/{number}")["state"] == "claimed"


def test_the_stop_is_kept_and_answered_again_under_an_idempotency_key(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.answer(server_with_lost_input("SRV-1"))
    body = {**RIGHT, "tag": "SRV-2"}
    path = f"/work-orders/{number}/match"
    answers = [hall.post("tess", path, body, **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    verbs = [event["verb"] for event in hall.get("tess", f"/work-orders/{number}/events")["items"]]
    assert verbs.count("match") == 1


def test_a_silent_machine_needs_two_people_at_its_tag(hall: Hall) -> None:
    number = hall.order(asset="SRV-2")["number"]
    hall.act("tess", number, "claim")
    seen = {**RIGHT, "tag": "SRV-2", "serial": "SN-AMS1-2", "light": "none"}
    assert hall.act("tess", number, "match", **seen)["state"] == "claimed"
    assert hall.refusal("mia", number, "match", **seen)[0] == 404
    assert hall.act("tom", number, "match", **seen)["state"] == "matched"


def test_a_discrepancy_stops_all_until_a_second_person_corrects_the_record(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "discrepancy", found="SRV-9 stands in B17 U2")
    hall.act("tess", number, "match", **RIGHT)
    assert hall.refusal("tess", number, "start") == (409, "wrong_state")
    hall.act("tom", number, "discrepancy", found="record corrected: it is SRV-1 after all")
    assert hall.act("tess", number, "start")["state"] == "working"


def test_a_new_part_that_is_in_the_machine_already_is_refused(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    refused = hall.refusal("tess", number, "step", id="new_serial", evidence={"serial": "P1SN"})
    assert refused == (409, "not_verified")


def test_the_holder_is_not_the_second_person(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    refused = hall.refusal("tess", number, "step", id="bay_confirmed", evidence={"confirm": True})
    assert refused == (409, "not_verified")
