"""Days that go wrong at the rack: the machine stays silent, hands change, jobs come back after months."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

from tests.integration.jobs.conftest import MONDAY, Hall
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

Clock = Callable[[datetime], None]
CHECK = {"rack": "B17", "tag": "SRV-1", "light": "seen", "face": "front"}


def test_diagnostics_taken_again_become_the_before_that_never_came(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.act("tess", number, "match", **CHECK, serial="CZ12345")
    hall.act("tom", number, "match", **CHECK, serial="CZ12345")
    assert hall.refusal("tess", number, "start") == (409, "no_diagnostics")
    assert hall.post("tess", "/assets/SRV-1/diagnostics").status_code == 202
    hall.answer(server_with_lost_input("SRV-1"))
    started = hall.act("tess", number, "start")
    assert started["diagnostics"]["before"] is not None


def test_before_stays_from_before_the_first_hands_when_a_job_is_handed_over(hall: Hall) -> None:
    number = hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"]
    hall.to_matched(number)
    before = hall.act("tess", number, "start")["diagnostics"]["before"]
    hall.act("tess", number, "handover", why="end of shift", safe_state="new PSU in, cord still out")
    hall.act("tom", number, "claim")
    hall.answer(healthy_server("SRV-1"))
    taken = hall.get("tom", f"/work-orders/{number}")
    assert taken["diagnostics"]["before"] == before
    assert taken["flags"] == []
    hall.act("tom", number, "match", **CHECK)
    hall.act("tom", number, "start")
    hall.act("tom", number, "completion", outcome="repaired")
    hall.answer()
    assert hall.get("lena", f"/work-orders/{number}")["comparison"]["gone"][0]["component"] == "PSU2"


def test_who_takes_the_job_takes_its_time_in_the_calendar(hall: Hall) -> None:
    order = hall.order()
    booked = order["appointment"]["technician"]
    other = "tom" if booked == "tess" else "tess"
    assert hall.act(other, order["number"], "claim")["appointment"]["technician"] == other
    look = hall.order(asset="SRV-2", job_kind="visual_check", answers={"look_for": "lights"})
    assert look["appointment"]["technician"] == booked  # who is free now


def test_two_claims_of_what_was_handed_over_are_one(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "handover", why="lunch", safe_state="closed")
    hall.act("tom", number, "claim")
    assert hall.refusal("tess", number, "claim") == (409, "wrong_state")
    assert hall.refusal("tess", number, "match", **CHECK) == (409, "not_holder")
    assert hall.refusal("lena", number, "appointment", why="x") == (409, "wrong_state")


def test_a_hold_in_the_middle_of_the_work_says_so(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    until = (MONDAY + timedelta(days=2)).isoformat()
    held = hall.act("tess", number, "hold", waiting_for="part", why="the spare is dead", until=until)
    assert held["waiting_for"]["until"] == "2026-12-02T08:00:00.000Z"
    assert "middle of the work" in held["flags"][0]
    assert held["promise"]["from_local"] is None
    gone = hall.act("lena", number, "cancellation", why="the customer leaves")
    assert "work had begun" in gone["flags"][-1]


def test_waiting_says_until_when_inside_the_hours_of_who_answers(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=20))
    number = hall.order(asset="SRV-2", not_before="2026-12-03T09:00:00Z")["number"]
    at(MONDAY + timedelta(days=1))
    order = hall.order()
    at(MONDAY + timedelta(days=1, hours=8, minutes=30))
    held = hall.act("lena", order["number"], "hold", waiting_for="approval", why="a special request")
    assert held["waiting_for"]["until"].startswith("2026-12-02T08:30:00")  # half an hour today, half an hour tomorrow
    assert hall.get("lena", f"/work-orders/{number}")["state"] == "booked"
    cycle = hall.order(job_kind="power_cycle", answers={"why_by_hand": "the BMC hangs"}, asset="SRV-3")
    assert cycle["waiting_for"]["until"] is not None


def test_what_level_1_writes_for_colleagues_is_no_reason_for_the_customer(hall: Hall) -> None:
    order = hall.order(answers={}, summary="Customer is rude again; disk in bay 3.")
    told = hall.messages(order["number"])[0]
    assert (told.kind, "rude" in (told.public_text or "")) == ("waiting", False)


def test_a_job_comes_back_after_months_as_the_same_order_with_a_fresh_proof(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired")
    hall.answer()
    hall.act("lena", number, "confirmation", decision="confirmed")
    at(MONDAY + timedelta(days=100))
    again = hall.act("lena", number, "reopening", why="the disk fails again")
    assert (again["state"], again["flags"], again["permit"]) == ("released", [], None)
    assert again["promise"]["from_local"].startswith("2027-03-10")
    assert hall.messages(number)[-1].kind == "reopened"


def test_reopening_beside_an_open_twin_names_it(hall: Hall) -> None:
    body = hall.escalation()
    first = hall.post("lena", "/escalations", body).json
    assert first is not None
    number = first["work_order"]["number"]
    hall.to_matched(number)
    hall.act("tess", number, "completion", outcome="no_fault_found")
    hall.act("sam", number, "closure", accept_unverified=True, why="seen by eye")
    hall.act("lena", number, "confirmation", decision="confirmed")
    second = hall.post("lena", "/escalations", body)
    assert second.status_code == 201  # that one was closed: a new order
    refused = hall.post("lena", f"/work-orders/{number}/reopening", {"why": "it is back"})
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (409, "wrong_state")
    assert "WO-2026-000002" in refused.json["detail"]


def test_the_same_job_is_not_added_to_itself(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    assert hall.refusal("tess", number, "addition", job_kind="disk_swap", why="x") == (409, "wrong_state")


def test_an_addition_never_books_the_machine_twice(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    for kind in ("psu_swap", "cable_reseat"):
        hall.act("tess", number, "addition", job_kind=kind, why="seen")
    times = sorted(
        (order["appointment"]["starts_at"], order["appointment"]["ends_at"])
        for order in hall.get("tess", "/work-orders")["items"]
    )
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(times))


def test_closing_without_the_machines_proof_has_to_be_said(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "completion", outcome="no_fault_found")
    assert hall.refusal("sam", number, "closure", accept_unverified=False, why="x") == (409, "not_verified")
    hall.act("sam", number, "closure", accept_unverified=True, why="seen by eye")
    hall.answer()  # the machine speaks after the person: on record, and the state stays
    after = hall.get("sam", f"/work-orders/{number}")
    assert after["diagnostics"]["after"] is not None
    assert after["state"] == "awaiting_confirmation"


def test_not_fixed_at_night_is_booked_for_the_morning(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired")
    hall.answer()
    at(MONDAY.replace(hour=23))
    again = hall.act("bot", number, "confirmation", decision="not_fixed", why="still amber")
    assert (again["state"], again["appointment"]["starts_local"]) == ("booked", "2026-12-01T08:00:00+01:00")
