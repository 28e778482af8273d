"""What happens by itself: nothing is forgotten, and whoever was promised something hears of it in time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.core.database import transaction
from app.hardware.models import Diagnostics
from app.jobs.models import WorkOrder
from app.jobs.operations import clockwork
from app.jobs.operations.act import CLOSING_SOON
from app.people.queries import person_named
from app.shifts.models import Roster
from app.shifts.operations import absent, end_shift, roster
from app.sites.models import Site
from app.sites.operations import close_day
from tests.integration.conftest import LONG_AGO
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, Hall
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

Clock = Callable[[datetime], None]
TUESDAY = MONDAY + timedelta(days=1)


def kinds(hall: Hall, number: str) -> list[str]:
    return [message.kind for message in hall.messages(number)]


def order_of(hall: Hall, number: str) -> Any:
    return hall.get("sam", f"/work-orders/{number}")


def working(hall: Hall) -> str:
    number = str(hall.order()["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    return number


@pytest.fixture
def nobody_rostered(hall: Hall) -> None:
    with hall.app.app_context(), transaction() as session:
        session.execute(update(Roster).values(valid_until=date(2026, 1, 31)))


def test_an_escalation_at_night_without_anybody_on_the_roster_is_kept_and_booked_later(
    hall: Hall, at: Clock, nobody_rostered: None
) -> None:
    at(MONDAY.replace(hour=3))
    order = hall.order()
    assert (order["state"], order["appointment"]) == ("booked", None)
    assert order["waiting_for"]["what"] == "technician"
    assert order["promise"]["from_local"] is None
    hall.tick()
    with hall.app.app_context(), transaction() as session:
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        tess = person_named(session, "tess")
        roster(session, tess, site, hours="Mon-Fri 08:00-17:00", valid_from=date(2026, 2, 1), by="t", now=LONG_AGO)
    hall.tick()
    order = order_of(hall, order["number"])
    assert order["appointment"]["starts_local"] == "2026-11-30T08:00:00+01:00"
    assert (order["waiting_for"], order["flags"]) == (None, [])
    assert kinds(hall, order["number"]) == ["waiting", "booked"]


def test_who_must_leave_hands_over_even_when_nobody_has_time(hall: Hall) -> None:
    number = working(hall)
    with hall.app.app_context(), transaction() as session:
        session.execute(update(Roster).values(valid_until=date(2026, 1, 31)))
    left = hall.act("tess", number, "handover", why="end of shift", safe_state="disk out, bay closed")
    assert (left["state"], left["appointment"]) == ("handed_over", None)
    assert kinds(hall, number)[-1] == "handed_over"


def test_work_that_fits_no_opening_is_refused_and_leaves_nothing(hall: Hall) -> None:
    with hall.app.app_context(), transaction() as session:
        session.execute(update(Site).values(hours="Mon-Fri 08:00-12:00"))
    answers = {"work": "rewire", "minutes": "300", "timeline": "a day"}
    refused = hall.post("lena", "/escalations", hall.escalation(job_kind="other_hands", answers=answers))
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (409, "does_not_fit")
    assert hall.get("lena", "/work-orders")["items"] == []


def test_a_day_that_is_closed_after_booking_moves_what_was_booked_on_it(hall: Hall, at: Clock) -> None:
    number = str(hall.order(not_before="2026-12-01T09:00:00+01:00")["number"])
    with hall.app.app_context(), transaction() as session:
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        close_day(session, site, TUESDAY.date(), by="max", now=LONG_AGO, name="Fire drill")
    hall.tick()
    hall.tick()
    order = order_of(hall, number)
    assert order["appointment"]["starts_local"] == "2026-12-02T08:00:00+01:00"
    assert kinds(hall, number) == ["booked", "moved"]
    told = hall.messages(number)[-1].public_text or ""
    assert "closed on that day" in told
    assert "Tuesday 1 December" in told  # what was promised before


def test_a_technician_who_falls_ill_passes_the_job_on_and_the_customer_hears_nothing(hall: Hall) -> None:
    order = hall.order(not_before="2026-12-01T09:00:00+01:00")
    ill = order["appointment"]["technician"]
    with hall.app.app_context(), transaction() as session:
        someone = person_named(session, ill)
        absent(session, someone, starts_at=TUESDAY.replace(hour=0), ends_at=TUESDAY.replace(hour=23), why="ill",
               by="max", now=LONG_AGO)  # fmt: skip
    hall.tick()
    after = order_of(hall, order["number"])
    assert {ill, after["appointment"]["technician"]} == {"tess", "tom"}
    assert after["promise"]["from_local"] == order["promise"]["from_local"]
    assert kinds(hall, order["number"]) == ["booked"]


def test_a_technician_taken_off_the_roster_passes_the_job_on(hall: Hall) -> None:
    order = hall.order(not_before="2026-12-01T09:00:00+01:00")
    gone = order["appointment"]["technician"]
    with hall.app.app_context(), transaction() as session:
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        end_shift(session, person_named(session, gone), site, first_day_off=date(2026, 12, 1), by="max", now=LONG_AGO)
    hall.tick()
    assert {gone, order_of(hall, order["number"])["appointment"]["technician"]} == {"tess", "tom"}


def test_an_order_that_nobody_took_in_time_is_booked_again_with_a_new_promise(hall: Hall, at: Clock) -> None:
    number = str(hall.order()["number"])
    at(MONDAY + timedelta(hours=2, minutes=4, seconds=30))
    hall.tick()
    hall.tick()
    order = order_of(hall, number)
    assert order["state"] == "released"
    assert order["promise"]["from_local"] == "2026-11-30T11:05:00+01:00"
    assert kinds(hall, number) == ["booked", "late"]
    told = hall.messages(number)[-1].public_text or ""
    assert "11:05" in told
    assert order["flags"] == ["Promise missed: 2026-11-30 11:00. The customer was told a new time."]


def test_an_order_whose_day_was_missed_is_booked_for_the_next_one(hall: Hall, at: Clock) -> None:
    at(FRIDAY_16_40.replace(hour=15))
    number = str(hall.order()["number"])
    at(FRIDAY_16_40.replace(hour=19))
    hall.tick()
    order = order_of(hall, number)
    assert (order["state"], order["appointment"]["starts_local"]) == ("booked", "2026-12-07T08:00:00+01:00")
    assert kinds(hall, number)[-1] == "late"


def test_work_past_closing_tells_customer_and_managers_once(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=16, minute=20))
    number = working(hall)
    at(MONDAY.replace(hour=17, minute=1))
    hall.tick()
    hall.tick()
    order = order_of(hall, number)
    assert order["state"] == "working"
    assert order["flags"].count(clockwork.PAST_CLOSING) == 1
    assert kinds(hall, number).count("late") == 1
    calls = [event for event in hall.get("max", f"/work-orders/{number}/events")["items"] if event["by"] == "system"]
    assert calls[-1]["detail"]["team"] == "management"
    assert hall.act("tess", number, "handover", why="tomorrow", safe_state="closed")["state"] == "handed_over"


def test_who_is_at_the_rack_is_warned_once_half_an_hour_before_closing(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=15))
    number = working(hall)
    at(MONDAY.replace(hour=16, minute=29))
    hall.tick()
    assert CLOSING_SOON not in order_of(hall, number)["flags"]
    at(MONDAY.replace(hour=16, minute=31))
    hall.tick()
    hall.tick()
    assert order_of(hall, number)["flags"].count(CLOSING_SOON) == 1
    warned = [e for e in hall.get("max", f"/work-orders/{number}/events")["items"] if e["why"] == CLOSING_SOON]
    assert len(warned) == 1
    handed = hall.act("tess", number, "handover", why="tomorrow", safe_state="closed")
    assert CLOSING_SOON not in handed["flags"]


def without_fault(hall: Hall) -> str:
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.act("tess", number, "claim")
    hall.answer(healthy_server("SRV-1"))
    hall.act("tess", number, "completion", outcome="no_fault_found")
    hall.answer(healthy_server("SRV-1"))
    hall.act("lena", number, "confirmation", decision="confirmed", why="fine")
    return number


def asked(hall: Hall) -> int:
    """How many diagnostics wait to be taken."""
    with hall.app.app_context(), transaction() as session:
        return len(session.scalars(select(Diagnostics.id).where(Diagnostics.state != "done")).all())


def test_a_fault_that_was_gone_is_looked_for_and_its_order_comes_back_with_it(hall: Hall, at: Clock) -> None:
    number = without_fault(hall)
    with hall.app.app_context(), transaction() as session:
        session.execute(update(WorkOrder).values(finished_at=WorkOrder.finished_at - timedelta(hours=4)))
        session.execute(update(Diagnostics).values(requested_at=Diagnostics.requested_at - timedelta(hours=4)))
    hall.tick()
    hall.tick()
    assert asked(hall) == 1
    hall.answer(healthy_server("SRV-1"))
    hall.tick()
    assert (asked(hall), order_of(hall, number)["state"]) == (0, "closed")
    hall.post("sam", "/assets/SRV-1/diagnostics")
    hall.answer(server_with_lost_input("SRV-1"))
    hall.tick()
    assert order_of(hall, number)["state"] in {"booked", "released"}
    assert "reopened" in kinds(hall, number)


def test_a_fault_that_was_gone_is_left_alone_after_a_day(hall: Hall, at: Clock) -> None:
    number = without_fault(hall)
    at(MONDAY + timedelta(hours=25))
    hall.post("sam", "/assets/SRV-1/diagnostics")
    hall.answer(server_with_lost_input("SRV-1"))
    hall.tick()
    assert order_of(hall, number)["state"] == "closed"


def test_the_ticket_hears_hourly_while_at_work_and_daily_while_waiting(hall: Hall, at: Clock) -> None:
    answers = {"work": "rewire", "minutes": "240", "timeline": "half a day"}
    number = str(hall.order(job_kind="other_hands", answers=answers)["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    for minutes in (30, 65, 70, 130):
        at(MONDAY + timedelta(minutes=minutes))
        hall.tick()
    assert kinds(hall, number).count("progress") == 2
    at(MONDAY + timedelta(minutes=140))
    hall.act("tess", number, "hold", waiting_for="part", why="the cable is too short")
    for moment in (MONDAY.replace(hour=20), TUESDAY, TUESDAY.replace(hour=15), TUESDAY + timedelta(days=1)):
        at(moment)
        hall.tick()
    assert kinds(hall, number).count("progress") == 4


def test_one_broken_order_does_not_hold_up_the_others(hall: Hall, at: Clock) -> None:
    at(FRIDAY_16_40)
    broken, well = (str(hall.order(asset=f"SRV-{n}")["number"]) for n in (1, 2))
    with hall.app.app_context(), transaction() as session:
        session.execute(update(WorkOrder).where(WorkOrder.number == broken).values(job_kind="gone"))
        session.execute(update(WorkOrder).where(WorkOrder.number == broken).values(promise_finish=None))
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        close_day(session, site, date(2026, 12, 7), by="max", now=LONG_AGO, name="Moved house")
    hall.tick()  # moving tells the ticket, and nobody knows the words of that kind of job
    assert order_of(hall, well)["appointment"]["starts_local"].startswith("2026-12-08")
    assert order_of(hall, broken)["appointment"]["starts_local"].startswith("2026-12-07")


def test_a_repair_that_proves_itself_later_goes_on_by_itself(hall: Hall) -> None:
    number = working(hall)
    hall.act("tess", number, "completion", outcome="repaired")
    hall.answer(server_with_lost_input("SRV-1"))
    unproved = order_of(hall, number)
    assert unproved["state"] == "verifying"
    assert "do not prove" in unproved["flags"][-1]
    assert hall.post("sam", "/assets/SRV-1/diagnostics").status_code == 202
    hall.answer()
    hall.tick()
    proved = order_of(hall, number)
    assert proved["state"] == "awaiting_confirmation"
    assert not any("do not prove" in sentence for sentence in proved["flags"])
    assert hall.refusal("sam", number, "closure", accept_unverified=True, why="x") == (409, "wrong_state")


def consent_wanted(hall: Hall) -> str:
    number = str(hall.order()["number"])
    hall.act("lena", number, "hold", waiting_for="consent", why="Data may be lost.")
    return number


def test_a_customer_who_does_not_answer_is_reminded_once_at_half_time(hall: Hall, at: Clock) -> None:
    number = consent_wanted(hall)
    at(MONDAY + timedelta(hours=1, minutes=50))
    hall.tick()
    assert kinds(hall, number)[-1] == "waiting"
    at(MONDAY + timedelta(hours=2, minutes=5))
    hall.tick()
    hall.tick()
    assert kinds(hall, number) == ["booked", "waiting", "reminder"]
    assert "We have not had your answer yet." in (hall.messages(number)[-1].public_text or "")


def test_nobody_is_reminded_outside_of_site_hours(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=16))
    number = consent_wanted(hall)
    at(MONDAY.replace(hour=18, minute=30))
    hall.tick()
    assert kinds(hall, number)[-1] == "waiting"


def test_when_the_time_for_a_yes_passes_nothing_is_held_and_level_1_is_told(hall: Hall, at: Clock) -> None:
    at(MONDAY)
    number = consent_wanted(hall)
    at(MONDAY + timedelta(hours=4, minutes=1))
    hall.tick()
    hall.tick()
    order = order_of(hall, number)
    assert (order["state"], order["appointment"]) == ("awaiting_consent", None)
    assert order["waiting_for"]["until"] is None
    assert order["flags"] == [
        "No answer from the customer by 2026-11-30 13:00: ask again. No appointment is held for it."
    ]
    assert kinds(hall, number) == ["booked", "waiting", "waiting"]
    assert "no time is held" in (hall.messages(number)[-1].public_text or "")
    hall.act("lena", number, "consent", decision="granted")
    assert order_of(hall, number)["appointment"] is not None


def test_a_manager_who_does_not_decide_in_time_costs_the_customer_a_new_time_not_silence(hall: Hall, at: Clock) -> None:
    at(MONDAY)
    number = str(hall.order()["number"])
    hall.act("lena", number, "hold", waiting_for="approval", why="It costs more.")
    at(MONDAY + timedelta(hours=1, minutes=1))
    hall.tick()
    hall.tick()
    order = order_of(hall, number)
    assert order["waiting_for"]["until"].startswith("2026-11-30T10:0")
    assert order["flags"] == ["No manager decided by 2026-11-30 10:00: the customer was told a new time."]
    assert kinds(hall, number) == ["booked", "waiting", "waiting"]
