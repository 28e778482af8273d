"""Spares are where the product says, and a removed drive is in somebody's hands until its certificate is signed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import business_now
from app.core.database import db, transaction
from app.core.errors import Conflict
from app.core.events import Event
from app.jobs.operations import alerting
from app.parts import operations
from app.parts.models import RemovedPart, Spare
from app.parts.states import Hop
from tests.integration.conftest import Browser
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.unit.jobs.disk_samples import server_with_drives

At = Callable[[datetime], None]


def spare(hall: Hall, serial: str) -> Spare:
    with hall.app.app_context(), transaction() as session:
        return session.scalars(select(Spare).where(Spare.serial == serial)).one()


def part(hall: Hall) -> RemovedPart:
    with hall.app.app_context(), transaction() as session:
        return session.scalars(select(RemovedPart)).one()


def stocked(page: Browser, serial: str = "NEW-1") -> None:
    """A spare comes: entered, then put on its shelf."""
    entered = page.post(
        "/parts", "/parts", site="AMS1", kind="drive", name="4 TB SAS", part_number="ST4000", expected_on="2026-12-01"
    )
    assert entered.status_code == 303
    door = re.findall(r"/parts/spares/\d+/arrival", page.get("/parts").text)[-1]
    assert page.post(door, door, serial=serial, location="Cage A 3").status_code == 303


def wait_for_part(hall: Hall, number: str) -> None:
    body = {"waiting_for": "part", "why": "none here"}
    assert hall.post("lena", f"/work-orders/{number}/hold", body).status_code == 200


def swapped(hall: Hall) -> str:
    """A drive is swapped, as far as hands can tell; the serials are reported."""
    number = str(hall.order()["number"])
    hall.act("tess", number, "claim")
    hall.answer(server_with_drives())
    hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="ZC0003", installed_serial="NEW-1")
    return number


def closed(hall: Hall, number: str) -> None:
    hall.act("sam", number, "closure", accept_unverified=True, why="rebuild runs")
    hall.act("lena", number, "confirmation", decision="confirmed", why="thanks")


def hop(page: Browser, hall: Hall, name: str, **given: str) -> int:
    door = f"/parts/removed/{part(hall).id}"
    return page.post(f"{door}/{name}", door, **given).status_code


def test_a_spare_is_expected_comes_is_used_and_is_gone(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    page = sign_in("tess")
    stocked(page)
    assert "1 in stock" in page.get("/parts").text
    swapped(hall)
    assert spare(hall, "NEW-1").state == "installed"
    assert "0 in stock" in page.get("/parts").text


def test_a_spare_that_an_order_waited_for_is_kept_for_it_and_free_again_when_it_is_cancelled(
    hall: Hall, sign_in: Callable[[str], Browser]
) -> None:
    stocked(sign_in("tess"))
    number = str(hall.order()["number"])
    wait_for_part(hall, number)
    hall.act("lena", number, "part", serial="NEW-1", location="Cage A 3")
    kept = spare(hall, "NEW-1")
    assert (kept.state, kept.order_number) == ("reserved", number)
    other = str(hall.order(asset="SRV-2")["number"])
    wait_for_part(hall, other)
    assert hall.refusal("lena", other, "part", serial="NEW-1", location="Cage A 3") == (409, "part_not_free")
    hall.act("lena", number, "cancellation", why="customer moved")
    assert (spare(hall, "NEW-1").state, spare(hall, "NEW-1").order_number) == ("in_stock", None)


def test_a_spare_of_another_order_in_the_machine_is_a_flag_for_a_person(
    hall: Hall, sign_in: Callable[[str], Browser]
) -> None:
    stocked(sign_in("tess"))
    other = str(hall.order(asset="SRV-2")["number"])
    wait_for_part(hall, other)
    hall.act("lena", other, "part", serial="NEW-1", location="Cage A 3")
    number = swapped(hall)
    assert f"was reserved for {other}" in " ".join(hall.get("max", f"/work-orders/{number}")["flags"])


def test_a_spare_that_was_broken_when_it_came_goes_back_to_its_maker(
    hall: Hall, sign_in: Callable[[str], Browser]
) -> None:
    page = sign_in("tess")
    stocked(page)
    door = f"/parts/spares/{spare(hall, 'NEW-1').id}/defect"
    assert page.post(door, door, why="does not spin").status_code == 303
    assert spare(hall, "NEW-1").state == "dead"
    assert hop(page, hall, "return", rma="RMA-9", return_by="2026-12-10") == 303
    assert hop(page, hall, "send", tracking="1Z-1") == 303
    assert part(hall).state == "returned"


def test_a_removed_drive_goes_from_bag_to_certificate_each_hop_on_record(
    hall: Hall, at: At, sign_in: Callable[[str], Browser]
) -> None:
    tess, tom = sign_in("tess"), sign_in("tom")
    closed(hall, swapped(hall))
    assert (part(hall).kind, part(hall).serial, part(hall).bay) == ("drive", "ZC0003", "3")
    assert hop(tess, hall, "store", place="Cage A 9") == 409  # not without a sealed bag
    assert hop(tess, hall, "bag", bag="BAG-77") == 303
    assert hop(tess, hall, "store", place="Cage A 9") == 303
    at(MONDAY + timedelta(days=4))
    assert hop(tess, hall, "wipe", method="purge") == 303
    assert hop(tess, hall, "certify", certificate="C-1") == 409  # not by who wiped it
    assert hop(tom, hall, "certify", certificate="C-1") == 303
    gone = part(hall)
    with hall.app.app_context(), transaction() as session:
        record = session.scalars(select(Event).where(Event.stream == gone.stream).order_by(Event.seq)).all()
    assert [(one.by, one.verb) for one in record] == [
        ("tess", "removed"), ("tess", "bag"), ("tess", "store"), ("tess", "wipe"), ("tom", "certify"),
    ]  # fmt: skip


def test_data_is_not_wiped_while_its_order_is_open_nor_within_three_days(
    hall: Hall, at: At, sign_in: Callable[[str], Browser]
) -> None:
    tess = sign_in("tess")
    number = swapped(hall)
    hop(tess, hall, "bag", bag="BAG-77")
    hop(tess, hall, "store", place="Cage A 9")
    at(MONDAY + timedelta(days=4))
    assert hop(tess, hall, "destroy", method="shredded") == 409
    assert "not closed" in tess.get(f"/parts/removed/{part(hall).id}").text
    closed(hall, number)
    assert hop(tess, hall, "destroy", method="shredded") == 303


def test_of_two_people_with_the_same_drive_in_hand_one_is_first(hall: Hall) -> None:
    swapped(hall)
    with hall.app.app_context(), Session(db.engine) as tess, Session(db.engine) as tom:
        hers, his = (session.scalars(select(RemovedPart)).one() for session in (tess, tom))
        operations.move_on(tess, hers, Hop.BAG, {"bag": "BAG-1"}, by="tess", now=business_now())
        tess.commit()
        with pytest.raises(Conflict, match="Somebody else"):
            operations.move_on(tom, his, Hop.BAG, {"bag": "BAG-2"}, by="tom", now=business_now())
    assert part(hall).bag == "BAG-1"


def test_an_order_that_comes_back_needs_its_data_again(hall: Hall, at: At, sign_in: Callable[[str], Browser]) -> None:
    tess = sign_in("tess")
    number = swapped(hall)
    closed(hall, number)
    hop(tess, hall, "bag", bag="BAG-77")
    hop(tess, hall, "store", place="Cage A 9")
    hall.act("lena", number, "reopening", why="still broken")
    at(MONDAY + timedelta(days=4))
    assert hop(tess, hall, "wipe", method="clear") == 409


def test_managers_hear_once_of_a_drive_outside_the_cage(hall: Hall, at: At) -> None:
    swapped(hall)
    at(MONDAY + timedelta(hours=9))
    with hall.app.app_context(), transaction() as session:
        news = list(alerting.news_of_parts(session, business_now(), "https://rackside.example"))
    assert [(one.title, one.site) for one in news] == [("Overdue: drive ZC0003 of SRV-1 at AMS1", "AMS1")]


def test_a_power_supply_is_no_drive_and_needs_no_bag(hall: Hall) -> None:
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-P", installed_serial="NEW-P")
    assert (part(hall).kind, part(hall).state) == ("psu", "removed")


def test_the_serials_stand_in_the_machines_record(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    number = swapped(hall)
    assert f"drive 3: ZC0003 → NEW-1 ({number})" in sign_in("sam").get("/assets/SRV-1").text


def test_other_sites_people_see_no_part(hall: Hall, sign_in: Callable[[str], Browser]) -> None:
    swapped(hall)
    mia = sign_in("mia")
    assert mia.get(f"/parts/removed/{part(hall).id}").status_code == 404
    assert "ZC0003" not in mia.get("/parts").text
    assert hop(sign_in("lena"), hall, "bag", bag="B-1") == 403
