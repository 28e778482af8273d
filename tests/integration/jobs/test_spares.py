"""A fitting spare is kept for the order that needs it, for one order alone, and free again when it ends without it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app.core.clock import business_now
from app.core.database import transaction
from app.parts import operations
from app.parts.models import Spare
from app.parts.states import PartKind, SpareState
from app.sites.queries import site_coded
from tests.integration.conftest import Browser, Program
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_technician_pages import words

PSU: dict[str, Any] = {"job_kind": "psu_swap", "answers": {"psu": "2"}}
At = Callable[[datetime], None]


def stocked(hall: Hall, *serials: str | None, part_number: str = "PWS-1K", site: str = "AMS1") -> None:
    """Power supplies of a site: on the shelf under these serials, or (None) on their way."""
    with hall.app.app_context(), transaction() as session:
        where, now = site_coded(session, site), business_now()
        for serial in serials:
            spare = operations.expect(
                session, where, kind=PartKind.PSU, name="1 kW supply", part_number=part_number,
                expected_on=date(2026, 12, 3), by="test", now=now,
            )  # fmt: skip
            if serial:
                operations.arrive(session, spare, serial=serial, location="Cage A 3", by="test", now=now)


def spares(hall: Hall) -> dict[str, tuple[str, str | None]]:
    """State and order of each spare on record, by serial."""
    with hall.app.app_context(), transaction() as session:
        found = session.scalars(select(Spare).where(Spare.serial.is_not(None)).order_by(Spare.id))
        return {str(one.serial): (one.state, one.order_number) for one in found}


def worked(hall: Hall, number: str, **completion: object) -> None:
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", **completion)


def test_a_booked_order_has_its_spare_and_says_which_and_where(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    stocked(hall, "P-1", "P-2")
    stocked(hall, "M-1", site="MIA1")
    order = hall.order(**PSU)
    assert spares(hall) == {
        "P-1": ("reserved", order["number"]), "P-2": ("in_stock", None), "M-1": ("in_stock", None)
    }  # fmt: skip
    assert order["flags"] == []
    seen = words(sign_in("tess").get(f"/orders/{order['number']}").text)
    assert "1 kW supply (PWS-1K), serial P-1, Cage A 3" in seen
    assert "P-1" in words(sign_in("tess").get("/parts").text)


def test_the_spare_is_free_again_when_the_order_is_cancelled(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    stocked(hall, "P-1")
    number = hall.order(**PSU)["number"]
    hall.act("lena", number, "cancellation", why="solved")
    assert spares(hall) == {"P-1": ("in_stock", None)}
    assert "P-1" not in words(sign_in("lena").get(f"/orders/{number}").text)


def test_the_spare_is_free_again_when_the_work_is_done_without_it(hall: Hall) -> None:
    stocked(hall, "P-1", "P-2", "P-3")
    other, none_needed = hall.order(**PSU)["number"], hall.order(**PSU)["number"]
    assert [state for state, _ in spares(hall).values()] == ["reserved", "reserved", "in_stock"]
    worked(hall, other, outcome="repaired", installed_serial="P-3")
    assert spares(hall)["P-1"] == ("in_stock", None)
    assert spares(hall)["P-3"] == ("installed", other)
    worked(hall, none_needed, outcome="no_fault_found")
    assert spares(hall)["P-2"] == ("in_stock", None)


def test_the_spare_that_is_put_in_is_used_up(hall: Hall) -> None:
    stocked(hall, "P-1")
    number = hall.order(**PSU)["number"]
    worked(hall, number, outcome="repaired", installed_serial="P-1")
    assert spares(hall) == {"P-1": ("installed", number)}


def test_where_none_is_left_level_1_and_the_promise_say_so(hall: Hall) -> None:
    stocked(hall, "P-1", None)
    hall.order(**PSU)
    offer = hall.get("lena", "/offers?asset=SRV-2&job_kind=psu_swap&psu=2")
    told = "No spare power supply is free here. One is expected on Thu 03 Dec 2026."
    assert told in offer["explanation"]
    assert {"what": "part", "who": "A spare", "answer_by": None} in offer["needs"]
    second = hall.order(asset="SRV-2", **PSU)
    assert second["flags"] == [told]
    assert told in second["promise"]["explanation"]


def test_where_none_is_expected_that_is_said(hall: Hall) -> None:
    stocked(hall, "P-1")
    hall.order(**PSU)
    flags = hall.order(asset="SRV-2", **PSU)["flags"]
    assert flags == [
        "No spare power supply is free here, and none is expected: order one, or let the order wait for it."
    ]


def test_a_site_that_keeps_no_such_spares_here_is_not_asked(hall: Hall) -> None:
    stocked(hall, "M-1", site="MIA1")
    order = hall.order(**PSU)
    assert order["flags"] == []
    assert hall.get("lena", "/offers?asset=SRV-2&job_kind=psu_swap&psu=2")["needs"] == []


def test_of_several_sorts_nobody_guesses_but_what_was_in_the_machine_before_fits(hall: Hall) -> None:
    stocked(hall, "P-1")
    worked(hall, hall.order(**PSU)["number"], outcome="repaired", installed_serial="P-1")
    stocked(hall, "OLD-1", part_number="OTHER")
    stocked(hall, "P-2")
    unknown, known = hall.order(asset="SRV-2", **PSU), hall.order(**PSU)
    assert "Several sorts of power supply lie in stock" in unknown["flags"][0]
    assert spares(hall)["P-2"] == ("reserved", known["number"])
    assert spares(hall)["OLD-1"] == ("in_stock", None)


def test_one_that_a_person_names_takes_the_place_of_the_one_that_was_kept(hall: Hall) -> None:
    stocked(hall, "P-1", "P-2")
    number = hall.order(**PSU)["number"]
    hall.act("lena", number, "hold", waiting_for="part", why="the other one, please")
    hall.act("lena", number, "part", serial="P-2", location="Cage A 3")
    assert spares(hall) == {"P-1": ("in_stock", None), "P-2": ("reserved", number)}


def test_an_order_that_comes_back_gets_another_one(hall: Hall, at: At) -> None:
    stocked(hall, "P-1", "P-2")
    number = hall.order(**PSU)["number"]
    worked(hall, number, outcome="repaired", installed_serial="P-1")
    hall.answer()
    hall.act("lena", number, "confirmation", decision="not_fixed", why="still dark")
    assert spares(hall) == {"P-1": ("installed", number), "P-2": ("reserved", number)}


def test_of_eight_who_book_at_once_each_has_another_spare_and_who_comes_too_late_is_told(hall: Hall) -> None:
    stocked(hall, *(f"P-{n}" for n in range(5)))
    bodies = [hall.escalation(asset=f"SRV-{1 + n % 5}", **PSU) for n in range(8)]
    start = threading.Barrier(8)

    def book(body: dict[str, object]) -> tuple[str, list[str]]:
        program = Program(hall.app.test_client(), hall.programs["lena"].token)
        start.wait()
        answer = program.post("/api/v1/escalations", json=body)
        assert answer.status_code == 201, answer.text
        assert answer.json is not None
        return answer.json["work_order"]["number"], answer.json["work_order"]["flags"]

    with ThreadPoolExecutor(8) as pool:
        told = dict(pool.map(book, bodies))
    kept = [order for state, order in spares(hall).values() if state == SpareState.RESERVED]
    assert len(kept) == len(set(kept)) == 5, "every spare for one order, no order with two"
    late = [flags for number, flags in told.items() if number not in kept]
    assert len(late) == 3
    assert all("No spare power supply is free here" in flags[0] for flags in late)


def test_two_connections_that_reserve_at_once_get_two_spares(hall: Hall) -> None:
    stocked(hall, "P-1", "P-2")
    both_have = threading.Barrier(2, timeout=20)

    def reserve(order: str) -> str | None:
        with hall.app.app_context(), transaction() as session:
            found = operations.reserve_any(
                session, site_coded(session, "AMS1"), PartKind.PSU, "PWS-1K", order, by="test",
                now=MONDAY + timedelta(minutes=1),
            )  # fmt: skip
            both_have.wait()  # before either commits: who waited for the other's row would never come here
            return found.serial if found else None

    with ThreadPoolExecutor(2) as pool:
        assert sorted(str(one) for one in pool.map(reserve, ["WO-A", "WO-B"])) == ["P-1", "P-2"]
