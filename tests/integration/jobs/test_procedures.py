"""Administrators publish procedures; an order keeps the version that it was booked with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from werkzeug.test import TestResponse

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.people.operations import accounts
from app.people.queries import person_named
from tests.integration.conftest import PASSWORD, Browser
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_technician_pages import words
from tests.unit.hardware.samples import server_with_lost_input

Clock = Callable[[datetime], None]


@pytest.fixture
def ada(hall: Hall) -> Browser:
    with hall.app.app_context(), transaction() as session:
        accounts.set_password(session, person_named(session, "ada"), PASSWORD, by="test", now=true_now())
    browser = Browser(hall.app.test_client())
    assert browser.sign_in("ada").status_code == 303
    return browser


def send(ada: Browser, kind: str, **fields: str) -> TestResponse:
    """Send the edit form as the page shows it, with these fields changed."""
    page = ada.get(f"/procedures/{kind}").text
    given: dict[str, str] = {}
    for block in re.findall(
        r"<(input|textarea|select)\b([^>]*)>(.*?)(?=<(?:input|textarea|select)\b|$)", page, re.DOTALL
    ):
        tag, attributes, after = block
        name = re.search(r'name="([^"]+)"', attributes)
        if name is None or not (
            name[1].startswith("steps-") or name[1] in {"seen", "verify_minutes", "back_out_minutes"}
        ):
            continue
        if tag == "input" and 'type="checkbox"' in attributes:
            if " checked" in attributes:
                given[name[1]] = "y"
        elif tag == "input":
            value = re.search(r'value="([^"]*)"', attributes)
            given[name[1]] = value[1] if value else ""
        elif tag == "textarea":
            given[name[1]] = after.partition("</textarea>")[0].strip()
        else:
            chosen = re.search(r'<option selected value="([^"]*)"', after)
            given[name[1]] = chosen[1] if chosen else "tick"
    return ada.client.post(
        f"/procedures/{kind}", data={**given, **fields, "csrf_token": ada.token("/me")}, follow_redirects=True
    )


def titles(hall: Hall, number: str) -> list[str]:
    return [step["title"] for step in hall.get("tess", f"/work-orders/{number}")["steps"]]


def test_a_new_version_counts_for_new_orders_and_leaves_the_booked_ones(hall: Hall, ada: Browser) -> None:
    before = hall.order()["number"]
    told = send(ada, "disk_swap", **{"steps-0-title": "Put on strap and goggles", "why": "Splinters in room 2.04"})
    assert "Version 2 is published: new orders are booked with it." in words(told.text)
    after = hall.order(asset="SRV-2")
    assert (titles(hall, before)[0], after["steps"][0]["title"]) == ("Put on the ESD strap", "Put on strap and goggles")
    assert after["procedure_version"] == 2
    assert hall.get("tess", f"/work-orders/{before}")["procedure_version"] == 1
    assert "Splinters in room 2.04" in words(ada.get("/procedures/disk_swap").text)


def test_the_minutes_of_the_published_version_count_for_new_orders_and_booked_ones_keep_theirs(
    hall: Hall, ada: Browser
) -> None:
    before = hall.order()
    send(ada, "disk_swap", verify_minutes="25", back_out_minutes="30", why="The array rebuilds before we leave")
    after = hall.order(asset="SRV-2")
    assert (before["minutes"], after["minutes"]) == (30, 70), "15 of hands, and what the version says"
    ends, starts = (datetime.fromisoformat(after["appointment"][name]) for name in ("ends_at", "starts_at"))
    assert ends - starts == timedelta(minutes=70)
    assert hall.get("lena", f"/work-orders/{before['number']}")["minutes"] == 30
    offer = hall.get("lena", "/offers?asset=SRV-3&job_kind=disk_swap&bay=3")["earliest"]
    assert datetime.fromisoformat(offer["ends_at"]) - datetime.fromisoformat(offer["starts_at"]) == timedelta(
        minutes=70
    )
    told = {kind["name"]: kind["minutes"] for kind in hall.get("lena", "/job-kinds")["items"]}
    assert (told["disk_swap"], told["psu_swap"]) == (70, 30)
    assert "25 + 30 min" in words(ada.get("/procedures/disk_swap").text)


def test_the_last_moment_before_no_return_is_the_one_of_the_orders_own_version(
    hall: Hall, ada: Browser, at: Clock, sign_in: Callable[[str], Browser]
) -> None:
    old = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    send(ada, "psu_swap", verify_minutes="20", back_out_minutes="40", why="Cords are hard to reach")
    new = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    flags = {}
    for number, last in ((old, "15:45"), (new, "15:00")):  # UTC
        at(MONDAY + timedelta(minutes=30))
        hall.act("tess", number, "claim")
        hall.answer(server_with_lost_input("SRV-1", business_now()))
        hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
        hall.act("tess", number, "start")
        page = sign_in("tess").get(f"/orders/{number}").text
        late = MONDAY.replace(hour=16, minute=30)  # 15 minutes before closing fits, 60 do not
        at(late)
        proof = {"rack": "B17", "tag": "SRV-1", "overtime": "nearly done"}
        hall.act("tess", number, "step", id="swap", evidence=proof)
        flags[number] = [flag for flag in hall.get("tess", f"/work-orders/{number}")["flags"] if "no return" in flag]
        assert f'data-no-return="2026-11-30T{last}' in page
    assert flags[old] == []
    assert "Point of no return after 16:00" in flags[new][0]


def test_what_is_too_long_to_start_by_its_version_does_not_fit_before_closing(
    hall: Hall, ada: Browser, at: Clock
) -> None:
    send(ada, "psu_swap", verify_minutes="30", back_out_minutes="60", why="Cords are hard to reach")
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(number)
    at(MONDAY.replace(hour=15, minute=30))  # 30 minutes would fit, 105 do not
    hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front", serial="CZ12345")
    assert hall.refusal("tess", number, "start") == (409, "does_not_fit")


@pytest.mark.parametrize("minutes", ["", "-1", "241", "soon"])
def test_minutes_that_cannot_be_are_refused(hall: Hall, ada: Browser, minutes: str) -> None:
    refused = send(ada, "disk_swap", verify_minutes=minutes, why="shorter")
    assert refused.status_code == 422
    assert hall.order()["procedure_version"] == 1


def test_what_cannot_stand_is_said_and_nothing_is_published(hall: Hall, ada: Browser) -> None:
    refused = send(ada, "disk_swap", **{"steps-4-back_out": "", "why": "shorter"})
    assert refused.status_code == 422
    assert "Step 5 is a point of no return: say how one gets back." in words(refused.text)
    assert hall.order()["procedure_version"] == 1


def test_two_who_edit_at_once_do_not_overwrite_each_other(hall: Hall, ada: Browser) -> None:
    assert send(ada, "disk_swap", why="first").status_code == 200
    second = send(ada, "disk_swap", why="second", seen="1")
    assert "Version 2 was published meanwhile" in words(second.text)
    assert hall.order()["procedure_version"] == 2


def test_a_block_is_added_without_publishing(ada: Browser) -> None:
    page = send(ada, "disk_swap", act="add:0").text
    assert "A new step" in words(page)
    assert "Version 1 is published." in words(page)


def test_only_administrators_edit_procedures(hall: Hall) -> None:
    for who in ("tess", "lena", "sam", "max", "bot"):
        assert hall.programs[who].get("/procedures").status_code == 403
        assert hall.programs[who].get("/procedures/disk_swap").status_code == 403
    assert hall.programs["ada"].get("/procedures/none").status_code == 404


def psu_swap(hall: Hall) -> str:
    number = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    for key, evidence in (
        ("esd", {}),
        ("photo_before", {"photo": "p"}),
        ("other_ok", {}),
        ("new_serial", {"serial": "N"}),
    ):
        hall.act("tess", number, "step", id=key, evidence=evidence)
    return number


@pytest.mark.parametrize(("seconds", "late"), [(100, 0), (180, 1)])
def test_a_swap_that_takes_longer_than_the_machine_allows_is_flagged(
    hall: Hall, at: Clock, seconds: int, late: int
) -> None:
    number = psu_swap(hall)
    hall.act("tess", number, "step", id="cord_out", evidence={})
    at(MONDAY + timedelta(seconds=seconds))
    order = hall.act("tess", number, "step", id="swap", evidence={})
    assert len([flag for flag in order["flags"] if "longer than the 120 s" in flag]) == late


def test_past_the_last_moment_the_manager_reads_the_reason(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=16, minute=20))
    number = psu_swap(hall)
    at(MONDAY.replace(hour=16, minute=30))
    hall.act("tess", number, "step", id="cord_out", evidence={})
    at(MONDAY.replace(hour=16, minute=46))
    evidence = {"rack": "B17", "tag": "SRV-1", "overtime": "the spare sticks"}
    order = hall.act("tess", number, "step", id="swap", evidence=evidence)
    assert any("after 16:45" in flag and "the spare sticks" in flag for flag in order["flags"])


def test_the_last_moment_in_time_flags_nothing(hall: Hall, at: Clock) -> None:
    at(MONDAY.replace(hour=16, minute=29))
    number = psu_swap(hall)
    order = hall.act("tess", number, "step", id="swap", evidence={})
    assert not any("Point of no return" in flag for flag in order["flags"])


def test_a_handover_begins_with_what_was_done_and_scanned(hall: Hall) -> None:
    number = psu_swap(hall)
    with hall.app.app_context(), transaction() as session:
        accounts.set_password(session, person_named(session, "tess"), PASSWORD, by="test", now=true_now())
    tess = Browser(hall.app.test_client())
    tess.sign_in("tess")
    page = words(tess.get(f"/orders/{number}/rack/handover").text)
    assert "Done up to: Scan the serial of the new power supply; new serial N; not done: Unplug the cord" in page
