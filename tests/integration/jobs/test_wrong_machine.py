"""A wrong server is stopped, recorded, and nothing moves on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.jobs.conftest import Hall
from tests.unit.hardware.samples import server_with_lost_input

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
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    assert events[-1]["detail"]["stopped"] is True


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
