"""A wrong disk is stopped, recorded, and nothing moves on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.core.access import Grant, Principal
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import Conflict, NotAllowed
from app.core.permissions import Role
from app.hardware.readings import State
from app.jobs.models import WorkOrder
from app.jobs.operations.disk_guard import read_out
from app.jobs.operations.phone_codes import ReadOut
from app.jobs.queries import order_alone
from app.people.queries import person_named
from tests.integration.jobs.conftest import MONDAY, PEOPLE, Hall
from tests.integration.jobs.test_wrong_machine import stops
from tests.unit.jobs.disk_samples import drive, server_with_drives, volume

Clock = Callable[[datetime], None]


@pytest.fixture
def number(hall: Hall) -> str:
    """A disk swap under way: the machine named bay 3, all is ready to pull."""
    started = str(hall.order()["number"])
    hall.act("tess", started, "claim")
    hall.answer(server_with_drives())
    hall.act("tess", started, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", started, "start")
    for key, evidence in (("esd", {}), ("photo_before", {"photo": "p"}), ("new_serial", {"serial": "NEW-1"})):
        hall.act("tess", started, "step", id=key, evidence=evidence)
    return started


def confirm(hall: Hall, number: str) -> None:
    hall.act("tom", number, "step", id="bay_confirmed", evidence={"confirm": True})


def pull(hall: Hall, number: str, **evidence: Any) -> Any:
    return hall.act("tess", number, "step", id="pull", evidence=evidence)


def pull_refused(hall: Hall, number: str, **evidence: Any) -> str:
    """Why the guard stopped it: on record, and the step is as open as before."""
    assert hall.refusal("tess", number, "step", id="pull", evidence=evidence) == (409, "not_verified")
    order = hall.get("tess", f"/work-orders/{number}")
    assert next(step for step in order["steps"] if step["id"] == "pull")["done_at"] is None
    assert stops(hall, number)[-1]["detail"]["guard"] == "array"
    return str(order["stop"]["why"][0])


def ask_again(hall: Hall, changed: Any = None) -> None:
    hall.post("tess", "/assets/SRV-1/diagnostics")
    hall.answer(changed or server_with_drives())


def test_the_diagnosed_drive_comes_out_and_a_new_one_goes_in(hall: Hall, number: str) -> None:
    confirm(hall, number)
    pull(hall, number)
    hall.act("tess", number, "step", id="old_serial", evidence={"serial": "zc0003"})
    done = hall.act("tess", number, "completion", outcome="repaired", removed_serial="ZC0003", installed_serial="NEW-1")
    assert (done["state"], stops(hall, number)) == ("verifying", [])


def test_nothing_is_pulled_before_the_second_person_confirmed_the_bay(hall: Hall, number: str) -> None:
    assert hall.refusal("tess", number, "step", id="pull", evidence={}) == (409, "not_verified")
    assert stops(hall, number) == []


@pytest.mark.parametrize("serial", ["ZC0001", "XX-9"])
def test_a_wrong_or_healthy_drive_in_the_hand_is_a_stop(hall: Hall, number: str, serial: str) -> None:
    confirm(hall, number)
    pull(hall, number)
    assert hall.refusal("tess", number, "step", id="old_serial", evidence={"serial": serial}) == (409, "not_verified")
    order = hall.get("tess", f"/work-orders/{number}")
    assert (order["state"], order["stop"]["expected"], order["stop"]["found"]) == ("working", "ZC0003", serial)
    assert "Put it back" in order["stop"]["advice"]
    assert next(step for step in order["steps"] if step["id"] == "old_serial")["done_at"] is None
    assert stops(hall, number)[-1]["detail"]["guard"] == "removed_part"


def test_the_report_is_judged_like_the_steps(hall: Hall, number: str) -> None:
    wrong = {"outcome": "repaired", "removed_serial": "ZC0001", "installed_serial": "NEW-1"}
    assert hall.refusal("tess", number, "completion", **wrong) == (409, "not_verified")
    twin = {"outcome": "repaired", "removed_serial": "ZC0003", "installed_serial": "ZC0002"}
    assert hall.refusal("tess", number, "completion", **twin) == (409, "not_verified")
    assert hall.get("tess", f"/work-orders/{number}")["state"] == "working"
    assert [stop["detail"]["guard"] for stop in stops(hall, number)] == ["removed_part", "installed_part"]


def test_a_healthy_serial_does_not_go_in_as_the_new_one(hall: Hall) -> None:
    started = hall.order()["number"]
    hall.act("tess", started, "claim")
    hall.answer(server_with_drives())
    hall.act("tess", started, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", started, "start")
    assert hall.refusal("tess", started, "step", id="new_serial", evidence={"serial": "ZC0002"})[0] == 409
    assert stops(hall, started)[-1]["detail"]["guard"] == "installed_part"


@pytest.mark.parametrize(
    ("changed", "array", "word"),
    [
        (drive("1", State.WARNING, "rebuilding"), volume(), "rebuild"),
        (drive("1", State.CRITICAL, "failed"), volume(), "Redundancy"),
        (drive("3"), volume(State.OK, None), "works"),
    ],
)
def test_a_rebuild_lost_redundancy_or_a_working_drive_stops_the_pull(
    hall: Hall, number: str, changed: Any, array: Any, word: str
) -> None:
    confirm(hall, number)
    ask_again(hall, server_with_drives(changed, array=array))
    if word == "works":  # what BEFORE said of the bay counts: it had failed
        pull(hall, number)
    else:
        assert word in pull_refused(hall, number)


def test_what_is_older_than_five_minutes_is_asked_again(hall: Hall, at: Clock, number: str) -> None:
    confirm(hall, number)
    at(MONDAY + timedelta(minutes=6))
    assert "older than 5 minutes" in pull_refused(hall, number)
    ask_again(hall)
    assert pull(hall, number)["stop"] is None


def call(hall: Hall, who: str, number: str, why: str = "") -> ReadOut:
    with hall.app.app_context(), transaction() as session:
        person, role = person_named(session, who), Role(PEOPLE[who].partition("@")[0])
        principal = Principal(person.id, person.name, person.full_name, frozenset({Grant(role, None)}))
        order: WorkOrder = order_alone(session, number, principal)
        return read_out(session, principal, order, now=business_now(), why=why)


def test_without_network_level_1_reads_out_a_code_that_counts_once(hall: Hall, at: Clock, number: str) -> None:
    confirm(hall, number)
    at(MONDAY + timedelta(minutes=6))
    with pytest.raises(Conflict, match="older than 5 minutes"):
        call(hall, "lena", number)
    ask_again(hall)
    told = call(hall, "lena", number)
    at(MONDAY + timedelta(minutes=12))
    assert "older" in pull_refused(hall, number, code="AAAAAAAA")
    order = pull(hall, number, code=f"{told.code[:4]} {told.code[4:]}")
    assert any("by the code that lena read out" in flag for flag in order["flags"])
    assert told.code not in str(hall.get("lena", f"/work-orders/{number}/events")["items"][:-1])
    assert "older" in pull_refused_again(hall, number, told.code)


def pull_refused_again(hall: Hall, number: str, code: str) -> str:
    assert hall.refusal("tess", number, "step", id="pull", evidence={"code": code}) == (409, "not_verified")
    return str(hall.get("tess", f"/work-orders/{number}")["stop"]["why"][0])


def test_a_code_used_without_network_is_judged_by_the_tablets_time(hall: Hall, at: Clock, number: str) -> None:
    confirm(hall, number)
    at(MONDAY + timedelta(minutes=6))
    ask_again(hall)
    told = call(hall, "lena", number)
    at(MONDAY + timedelta(hours=2))
    device = {"id": "tablet-1", "seq": 7, "at": (MONDAY + timedelta(minutes=12)).isoformat()}
    evidence = {"code": told.code}
    order = hall.act("tess", number, "step", id="pull", evidence=evidence, device=device)
    assert next(step for step in order["steps"] if step["id"] == "pull")["done_at"] == "2026-11-30T08:12:00.000Z"
    assert not any("reached us later" in flag for flag in order["flags"])


def test_a_code_ends_after_its_minutes(hall: Hall, at: Clock, number: str) -> None:
    confirm(hall, number)
    told = call(hall, "lena", number)
    at(MONDAY + timedelta(minutes=25))
    hall.refusal("tess", number, "step", id="pull", evidence={"code": told.code, "rack": "B17", "tag": "SRV-1"})
    assert stops(hall, number)[-1]["detail"]["guard"] == "array"


def test_who_may_read_a_code_out(hall: Hall, number: str) -> None:
    with pytest.raises(NotAllowed):
        call(hall, "tess", number)
    ask_again(hall, server_with_drives(drive("1", State.CRITICAL, "failed")))
    with pytest.raises(Conflict, match="Only a system administrator"):
        call(hall, "lena", number, why="I am sure")
    with pytest.raises(Conflict):
        call(hall, "sam", number)
    assert call(hall, "sam", number, why="RAID 6, bay 1 is in another array").code
