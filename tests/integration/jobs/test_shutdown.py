"""A cold job's machine is shut down through the app: asked once, watched until it is off, on record twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.hardware.diagnostics import DiagnosticsDocument, Event, Kind
from app.hardware.models import DeviceAction
from app.hardware.operations import shutdown
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.led import Failure
from app.hardware.queries import asset_by_tag
from app.hardware.readings import ChassisPower, ShutdownTold, State
from app.hardware.sealing import new_site_key
from app.jobs.power_course import WATCHED
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_cold_jobs import ask_again, begun, booked, said, unplug, unplug_refused
from tests.integration.jobs.test_wrong_machine import stops

Clock = Callable[[datetime], None]
ON, OFF = ChassisPower(on=True), ChassisPower(on=False)


@pytest.fixture
def number(hall: Hall) -> str:
    return cold_job(hall)


def cold_job(hall: Hall) -> str:
    """A memory swap under way on a machine whose BMC is on record."""
    with hall.app.app_context(), transaction() as session:
        machine = asset_by_tag(session, "SRV-1")
        machine.site.public_key = new_site_key()[0]
        given = {"address": "127.0.0.1", "port": 1, "username": "admin", "password": "never used"}
        set_endpoint(session, machine, "ipmi", given, by="test", now=true_now())
    return begun(hall)


def worker_tells(hall: Hall, told: ShutdownTold | Failure) -> None:
    """Play the site's worker: send what waits to be sent."""
    with hall.app.app_context(), transaction() as session:
        for action in session.scalars(select(DeviceAction).where(DeviceAction.state == "queued")):
            begin = shutdown.begin(session, action.id, now=true_now())
            assert begin is not None
            assert shutdown.end(session, begin, told, now=true_now())


def read(hall: Hall, document: DiagnosticsDocument) -> None:
    """One look: the clockwork asks, the machine answers, the clockwork judges."""
    hall.tick()
    hall.answer(document)
    hall.tick()


def courses(hall: Hall, number: str) -> list[str]:
    return [event["detail"]["course"] for event in events(hall, number)]


def events(hall: Hall, number: str) -> list[dict[str, Any]]:
    found = hall.get("lena", f"/work-orders/{number}/events")["items"]
    return [event for event in found if event["verb"] == "shutdown" and "course" in event["detail"]]


def sent(hall: Hall, number: str) -> None:
    hall.act("tess", number, "shutdown")
    worker_tells(hall, ShutdownTold(ON, sent=True, after=ON))


def jobs_waiting(hall: Hall) -> int:
    with hall.app.app_context(), transaction() as session:
        query = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'hardware.shut_down'")
        return int(session.scalar(query) or 0)


def test_it_is_asked_for_once_and_watched_until_bmc_and_outlet_say_off(hall: Hall, number: str) -> None:
    sent(hall, number)
    read(hall, said(True, 190.0))
    assert courses(hall, number) == ["asked", "sent"]
    ask_again(hall, said(False, 8.0))
    hall.tick()
    assert courses(hall, number) == ["asked", "sent", "off"]
    unplug(hall, number)
    assert jobs_waiting(hall) == 1


def test_who_asked_and_what_the_machine_said_are_both_on_record(hall: Hall, number: str) -> None:
    sent(hall, number)
    hall.tick()
    ask_again(hall, said(False, 8.0))
    hall.tick()
    asked, told, down = events(hall, number)
    assert (asked["by"], asked["detail"]["read"]) == ("tess", "the BMC says on; outlet 1 of SRV-PDU: 190 W")
    assert told["by"] == down["by"] == "system"
    assert (told["detail"]["before"]["on"], told["detail"]["after"]["on"]) == (True, True)
    assert down["detail"]["read"] == "the BMC says off; outlet 1 of SRV-PDU: 8 W"


@pytest.mark.parametrize("who", ["lena", "sam"])
def test_level_1_and_administrators_may_ask_too(hall: Hall, number: str, who: str) -> None:
    hall.act(who, number, "shutdown")
    assert events(hall, number)[0]["by"] == who


@pytest.mark.parametrize(
    ("who", "answer"),
    [("tom", (409, "not_holder")), ("max", (403, "not_allowed")), ("mia", (404, "not_found")),
     ("bot", (403, "not_allowed")), ("ada", (403, "not_allowed"))],
)  # fmt: skip
def test_nobody_else_may(hall: Hall, number: str, who: str, answer: tuple[int, str]) -> None:
    assert hall.refusal(who, number, "shutdown") == answer
    assert jobs_waiting(hall) == 0


def test_a_job_on_a_running_machine_shuts_nothing_down(hall: Hall) -> None:
    number = str(hall.order()["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    assert hall.refusal("tess", number, "shutdown") == (409, "wrong_state")
    assert "shutdown" not in hall.get("tess", f"/work-orders/{number}")["verbs"]


def test_nothing_is_shut_down_before_the_work_has_begun(hall: Hall) -> None:
    number = booked(hall)
    hall.act("tess", number, "claim")
    assert hall.refusal("tess", number, "shutdown") == (409, "wrong_state")


def test_without_the_customers_yes_on_record_nothing_is_shut_down(hall: Hall, number: str) -> None:
    with hall.app.app_context(), transaction() as session:
        session.execute(text("ALTER TABLE event DISABLE TRIGGER ALL"))
        session.execute(text("UPDATE event SET verb = 'note' WHERE verb = 'consent'"))
        session.execute(text("ALTER TABLE event ENABLE TRIGGER ALL"))
    assert hall.refusal("tess", number, "shutdown") == (409, "consent_missing")


def test_a_bmc_of_another_machine_is_never_asked(hall: Hall, number: str) -> None:
    with hall.app.app_context(), transaction() as session:
        asset_by_tag(session, "SRV-1").serial = "ANOTHER"
    assert hall.refusal("tess", number, "shutdown") == (409, "not_matched")
    assert stops(hall, number)[-1]["detail"]["guard"] == "bmc_serial"
    assert jobs_waiting(hall) == 0


def test_it_is_never_asked_twice_while_it_is_under_way(hall: Hall, number: str) -> None:
    hall.act("tess", number, "shutdown")
    assert hall.refusal("tess", number, "shutdown") == (409, "wrong_state")
    worker_tells(hall, ShutdownTold(ON, sent=True, after=ON))
    hall.tick()
    assert hall.refusal("lena", number, "shutdown") == (409, "wrong_state")
    assert jobs_waiting(hall) == 1


def test_a_machine_that_does_not_go_down_is_told_with_what_to_do_and_may_be_asked_again(
    hall: Hall, at: Clock, number: str
) -> None:
    sent(hall, number)
    read(hall, said(True, 190.0))
    at(MONDAY + WATCHED + timedelta(seconds=30))
    read(hall, said(True, 190.0))
    last = events(hall, number)[-1]
    assert last["detail"]["course"] == "still_on"
    assert "Call the customer" in last["why"]
    hall.act("tess", number, "shutdown")


def test_what_was_not_sent_says_why_and_may_be_asked_again(hall: Hall, number: str) -> None:
    hall.act("tess", number, "shutdown")
    worker_tells(hall, Failure("the BMC refused the shutdown", "Give the account the operator privilege."))
    hall.tick()
    last = events(hall, number)[-1]
    assert last["detail"]["course"] == "failed"
    assert "operator privilege" in last["why"]
    hall.act("tess", number, "shutdown")


def test_an_unknown_outcome_is_said_read_and_never_sent_again_before(hall: Hall, at: Clock, number: str) -> None:
    hall.act("tess", number, "shutdown")
    worker_tells(hall, ShutdownTold(ON, sent=None, after=None, doubt="the BMC stopped answering"))
    hall.tick()
    assert events(hall, number)[-1]["detail"]["course"] == "unknown"
    hall.answer(said(None, 190.0))
    at(MONDAY + WATCHED + timedelta(seconds=30))
    read(hall, said(None, 190.0))
    assert events(hall, number)[-1]["detail"]["course"] == "unseen"
    assert hall.refusal("tess", number, "shutdown") == (409, "no_diagnostics")
    ask_again(hall, said(None, 190.0))
    assert hall.refusal("tess", number, "shutdown") == (409, "not_verified")
    ask_again(hall, said(True, 190.0))
    hall.act("tess", number, "shutdown")


def test_an_unknown_outcome_is_settled_by_a_machine_that_is_off(hall: Hall, number: str) -> None:
    hall.act("tess", number, "shutdown")
    worker_tells(hall, ShutdownTold(ON, sent=None, after=None, doubt="the BMC stopped answering"))
    read(hall, said(False, 8.0))
    assert courses(hall, number) == ["asked", "unknown", "off"]


def test_a_machine_that_was_off_already_is_sent_nothing_and_counts_as_down(hall: Hall, number: str) -> None:
    hall.act("tess", number, "shutdown")
    worker_tells(hall, ShutdownTold(OFF, sent=False, after=OFF))
    read(hall, said(False, 8.0))
    assert events(hall, number)[1]["detail"]["sent"] is False
    assert courses(hall, number)[-1] == "off"


def test_a_machine_that_comes_back_by_itself_is_noticed_flagged_and_stops_the_hands(
    hall: Hall, at: Clock, number: str
) -> None:
    sent(hall, number)
    read(hall, said(False, 8.0))
    at(MONDAY + timedelta(minutes=4))
    ask_again(hall, said(True, 190.0))
    hall.tick()
    assert courses(hall, number)[-1] == "back"
    assert any("on again" in flag for flag in hall.get("tess", f"/work-orders/{number}")["flags"])
    assert "came back by itself" in unplug_refused(hall, number)


def test_a_machine_that_is_switched_on_as_the_procedure_has_it_has_not_come_back(
    hall: Hall, at: Clock, number: str
) -> None:
    sent(hall, number)
    read(hall, said(False, 8.0))
    unplug(hall, number)
    at(MONDAY + timedelta(minutes=4))
    ask_again(hall, said(True, 190.0))
    hall.tick()
    assert courses(hall, number)[-1] == "off"


def test_what_the_machines_own_log_says_is_kept_beside_it(hall: Hall, number: str) -> None:
    sent(hall, number)
    hall.tick()
    down = said(False, 8.0)
    log = (
        Event(business_now(), "ACPI", Kind.SYSTEM, State.OK, "S5: soft-off", "ipmi-sel", "21"),
        Event(MONDAY - timedelta(days=3), "PSU2", Kind.PSU, State.CRITICAL, "Input lost", "ipmi-sel", "11"),
    )
    ask_again(hall, replace(down, events=log))
    hall.tick()
    kept = events(hall, number)[-1]["detail"]["log"]
    assert len(kept) == 1
    assert kept[0].endswith("S5: soft-off")


def test_without_a_bmc_on_record_it_says_whom_to_ask(hall: Hall) -> None:
    assert hall.refusal("tess", begun(hall), "shutdown") == (409, "no_bmc")
