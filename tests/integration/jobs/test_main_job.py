"""The main job through the API: from a ticket to a closed order, each step as its person would do it."""

from __future__ import annotations

from app.core.chain import first_break
from tests.integration.jobs.conftest import Hall
from tests.unit.hardware.samples import server_with_lost_input


def test_a_disk_goes_from_ticket_to_closed_and_the_ticket_hears_all_of_it(hall: Hall) -> None:
    order = hall.order()
    assert order["state"] == "released"  # booked for now, and the site is open
    assert order["appointment"]["starts_local"] == "2026-11-30T09:00:00+01:00"
    number = order["number"]
    claimed = hall.act("tess", number, "claim")
    assert claimed["state"] == "claimed"
    assert claimed["permit"]["latest_start"] == "2026-11-30T15:30:00.000Z"
    hall.answer(server_with_lost_input("SRV-1"))
    matched = hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    assert matched["state"] == "matched"
    assert hall.act("tess", number, "start")["state"] == "working"
    hall.do_steps(number)
    done = hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    assert done["state"] == "verifying"
    hall.answer()
    proved = hall.get("lena", f"/work-orders/{number}")
    assert proved["state"] == "awaiting_confirmation"
    assert proved["comparison"]["result"] == "repaired"
    assert hall.act("lena", number, "confirmation", decision="confirmed")["state"] == "closed"
    told = [message.kind for message in hall.messages(number)]
    assert told == ["booked", "started", "finished", "closed_report", "closed"]


def test_the_record_is_a_chain_that_breaks_when_a_word_is_changed(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    assert [event["verb"] for event in events][:3] == ["note", "release", "claim"]
    assert first_break(events) is None
    events[1]["why"] = "somebody tidied up"
    assert first_break(events) == 1


def test_no_internals_reach_the_customer(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act(
        "tess", number, "handover", why="closing time, disk sn CZ12345 in B17 tray", safe_state="disk back in bay 3"
    )
    texts = " ".join(message.public_text or "" for message in hall.messages(number))
    assert "closing time" in texts
    for internal in ("CZ12345", "B17", "2.04", "127.0.0.1", "SRV-PDU"):
        assert internal not in texts


def test_a_repair_that_the_machine_does_not_prove_waits_for_a_person(hall: Hall) -> None:
    number = hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired")
    hall.answer(server_with_lost_input("SRV-1"))
    order = hall.get("sam", f"/work-orders/{number}")
    assert (order["state"], order["comparison"]["result"]) == ("verifying", "not_repaired")
    assert hall.refusal("tess", number, "closure", accept_unverified=True, why="looks fine")[0] == 403
    accepted = hall.act("sam", number, "closure", accept_unverified=True, why="sensor known to be wrong")
    assert accepted["state"] == "awaiting_confirmation"


def test_a_customer_who_says_not_fixed_gets_the_same_order_booked_again(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired")
    hall.answer()
    again = hall.act("lena", number, "confirmation", decision="not_fixed", why="still amber")
    assert again["state"] == "released"
    assert again["diagnostics"]["before"] is None
    assert all(step["done_at"] is None for step in again["steps"])


def test_the_same_escalation_twice_is_one_order(hall: Hall) -> None:
    body = hall.escalation()
    first, second = hall.post("lena", "/escalations", body), hall.post("lena", "/escalations", body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json
    assert second.json
    assert first.json["work_order"]["number"] == second.json["work_order"]["number"]


def test_missing_answers_are_asked_for_and_then_it_is_booked(hall: Hall) -> None:
    order = hall.order(answers={})
    assert order["state"] == "needs_info"
    assert order["waiting_for"]["what"] == "answers"
    assert hall.act("lena", order["number"], "answers", answers={"bay": "3"})["state"] == "released"


def test_a_power_cycle_waits_for_the_customer_and_a_no_ends_it(hall: Hall) -> None:
    order = hall.order(job_kind="power_cycle", answers={"why_by_hand": "the BMC hangs"})
    assert order["state"] == "awaiting_consent"
    offer = hall.get("lena", "/offers?asset=SRV-1&job_kind=power_cycle&why_by_hand=hangs")
    assert offer["needs"][0]["what"] == "consent"
    assert offer["earliest"]["starts_local"] == "2026-11-30T13:00:00+01:00"  # four hours for the customer to answer
    ended = hall.act("bot", order["number"], "consent", decision="refused", why="we wait for the weekend")
    assert ended["state"] == "cancelled"


def test_a_started_job_waits_for_a_part_and_goes_on(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    held = hall.act("tess", number, "hold", waiting_for="part", why="the spare is dead on arrival")
    assert (held["state"], held["appointment"]) == ("awaiting_part", None)
    assert hall.act("lena", number, "part", serial="NEW-2", location="cage 4")["state"] == "released"


def test_a_second_fault_opens_a_linked_order_that_keeps_the_server_check(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "addition", job_kind="psu_swap", why="PSU 2 is dark", answers={"psu": "2"})
    linked = next(o for o in hall.get("tess", "/work-orders")["items"] if o["added_to"] == number)
    assert linked["state"] == "matched"
    assert hall.act("tess", linked["number"], "start")["state"] == "working"


def test_help_is_called_from_the_rack_and_stands_first_in_the_queue(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    after = hall.act("tess", number, "escalation", team="system_administrators", why="the array does not rebuild")
    assert after["state"] == "matched"
