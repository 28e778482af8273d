"""The customer is promised a range: moving inside it tells nobody, leaving it tells why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import text

from app.core.database import transaction
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, Hall

BOOKED_UNTIL_NOON = text("""
    INSERT INTO appointment (site_id, technician_id, machine_id, order_number, during, starts_local, ends_local,
                             time_zone, active)
    SELECT site.id, person.id, 1000000, 'WO-2025-1', '[2026-11-30 08:00+01, 2026-11-30 12:00+01)', '', '',
           site.time_zone, true
    FROM site, person WHERE site.code = 'AMS1' AND person.name = 'tess'
""")
Clock = Callable[[datetime], None]


def kinds(hall: Hall, number: str) -> list[str]:
    return [message.kind for message in hall.messages(number)]


def test_a_move_inside_the_promised_range_tells_nobody(hall: Hall) -> None:
    number = hall.order()["number"]
    later = (MONDAY + timedelta(minutes=90)).isoformat()
    moved = hall.act("lena", number, "appointment", not_before=later, why="the spare comes at ten")
    assert moved["appointment"]["starts_local"] == "2026-11-30T10:30:00+01:00"
    assert moved["promise"]["from_local"] == "2026-11-30T09:00:00+01:00"
    assert kinds(hall, number) == ["booked"]


def test_a_move_out_of_the_range_tells_the_new_time_and_why(hall: Hall) -> None:
    number = hall.order()["number"]
    tomorrow = (MONDAY + timedelta(days=1)).isoformat()
    moved = hall.act("max", number, "appointment", not_before=tomorrow, why="Both technicians are at a power failure.")
    assert moved["state"] == "booked"
    assert moved["promise"]["from_local"] == "2026-12-01T09:00:00+01:00"
    told = hall.messages(number)[-1]
    assert told.kind == "moved"
    assert told.public_text is not None
    assert "power failure" in told.public_text
    assert "Tuesday 1 December" in told.public_text


def test_a_chosen_technician_gets_it(hall: Hall) -> None:
    number = hall.order()["number"]
    assert hall.act("lena", number, "appointment", technician="tom")["appointment"]["technician"] == "tom"
    assert hall.refusal("lena", number, "appointment", technician="mia") == (409, "no_technician")
    assert hall.get("lena", f"/work-orders/{number}")["appointment"]["technician"] == "tom"


def test_a_chosen_technician_s_own_bookings_are_why_it_is_no_earlier(hall: Hall) -> None:
    """Not "no technician is on shift": tom is, with nothing to do."""
    with hall.app.app_context(), transaction() as session:
        session.execute(BOOKED_UNTIL_NOON)
    number = hall.order()["number"]
    moved = hall.act("max", number, "appointment", technician="tess", why="The customer knows her.")
    assert moved["appointment"]["starts_local"] == "2026-11-30T12:00:00+01:00"
    assert "the technician asked for is booked until Mon 12:00" in " ".join(moved["promise"]["explanation"])


def test_a_handover_books_the_next_day_when_nothing_fits_today(hall: Hall, at: Clock) -> None:
    at(FRIDAY_16_40.replace(hour=15))
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    at(FRIDAY_16_40)
    left = hall.act(
        "tess", number, "handover", why="the rebuild takes hours", safe_state="new disk in, array rebuilding"
    )
    assert left["state"] == "handed_over"
    assert left["appointment"]["starts_local"] == "2026-12-07T08:00:00+01:00"
    assert kinds(hall, number)[-1] == "handed_over"
    at(datetime(2026, 12, 7, 8, 5, tzinfo=FRIDAY_16_40.tzinfo))
    assert hall.act("tom", number, "claim")["state"] == "claimed"


def test_a_cancelled_order_gives_its_time_back(hall: Hall) -> None:
    first = hall.order(asset="SRV-1")
    hall.act("lena", first["number"], "cancellation", why="the customer solved it")
    second = hall.order(asset="SRV-1", job_kind="visual_check", answers={"look_for": "lights"})
    assert second["appointment"]["starts_local"] == first["appointment"]["starts_local"]
    assert kinds(hall, first["number"])[-1] == "cancelled"


def test_the_offer_is_what_is_booked(hall: Hall) -> None:
    offer = hall.get("lena", "/offers?asset=SRV-1&job_kind=disk_swap&bay=3")
    order = hall.order()
    assert order["appointment"]["starts_at"] == offer["earliest"]["starts_at"]
    assert order["promise"]["to_local"] == offer["range"]["to_local"]
    assert offer["missing"] == []
    assert hall.get("lena", "/offers?asset=SRV-2&job_kind=disk_swap")["missing"][0]["id"] == "bay"
