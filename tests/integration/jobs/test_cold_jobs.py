"""A job that needs the machine off: nothing is opened before two proofs say so, or a person stands for one."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from PIL import Image

from app.core.access import Grant, Principal
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import Conflict, NotAllowed
from app.core.permissions import Role
from app.hardware.diagnostics import DiagnosticsDocument
from app.jobs.operations.phone_codes import ReadOut
from app.jobs.operations.power_guard import read_out
from app.jobs.power import Cord
from app.jobs.queries import order_alone
from app.people.queries import person_named
from tests.integration.jobs.conftest import MONDAY, PEOPLE, Hall
from tests.integration.jobs.test_wrong_machine import stops
from tests.unit.jobs.power_samples import powered

Clock = Callable[[datetime], None]
CORD = (Cord("2", "SRV-PDU", "1"),)


def said(on: bool | None, load: float | None, **more: Any) -> DiagnosticsDocument:
    return powered(on, load, cords=CORD, **more)


def booked(hall: Hall) -> str:
    """A memory swap whose customer agreed."""
    order = hall.order(job_kind="memory_swap", answers={"slot": "A1"})
    assert order["state"] == "awaiting_consent"
    number = str(order["number"])
    hall.act("lena", number, "consent", decision="granted", message_url="https://tickets.example/1#yes")
    return number


def begun(hall: Hall, before: DiagnosticsDocument | None = None) -> str:
    """The work is under way, up to the step for which the machine must be off."""
    number = booked(hall)
    hall.act("tess", number, "claim")
    hall.answer(before or said(True, 190.0))
    hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", number, "start")
    for key, evidence in (("esd", {}), ("photo_before", {"photo": "p"}), ("new_serial", {"serial": "NEW-1"})):
        hall.act("tess", number, "step", id=key, evidence=evidence)
    return number


@pytest.fixture
def number(hall: Hall) -> str:
    return begun(hall)


def ask_again(hall: Hall, document: DiagnosticsDocument) -> None:
    hall.post("tess", "/assets/SRV-1/diagnostics")
    hall.answer(document)


def unplug(hall: Hall, number: str, **evidence: Any) -> Any:
    return hall.act("tess", number, "step", id="cords_out", evidence=evidence)


def unplug_refused(hall: Hall, number: str, refused: str = "not_verified", **evidence: Any) -> str:
    """Why the guard stopped it: on record, and the step is as open as before."""
    assert hall.refusal("tess", number, "step", id="cords_out", evidence=evidence) == (409, refused)
    order = hall.get("tess", f"/work-orders/{number}")
    assert next(step for step in order["steps"] if step["id"] == "cords_out")["done_at"] is None
    assert stops(hall, number)[-1]["detail"]["guard"] == "power"
    return " ".join(order["stop"]["why"])


def keep_photo(hall: Hall, number: str) -> None:
    image = io.BytesIO()
    Image.new("RGB", (40, 30)).save(image, "PNG")
    tess = hall.programs["tess"]
    headers = {"Authorization": f"Bearer {tess.token}", "Content-Type": "image/png"}
    kept = tess.client.post(f"/api/v1/work-orders/{number}/photos", data=image.getvalue(), headers=headers)
    assert kept.status_code == 201, kept.text


def test_the_cords_come_out_once_bmc_and_outlet_say_off_and_the_record_says_why(hall: Hall, number: str) -> None:
    assert "BMC says that the machine is on" in unplug_refused(hall, number)
    ask_again(hall, said(False, 190.0))
    assert "still carry load: outlet 1 of SRV-PDU: 190 W" in unplug_refused(hall, number)
    ask_again(hall, said(False, 8.0))
    assert unplug(hall, number)["stop"] is None
    done = hall.get("lena", f"/work-orders/{number}/events")["items"][-1]
    assert done["detail"]["power"] == {"read": "the BMC says off; outlet 1 of SRV-PDU: 8 W"}


def test_what_is_older_than_five_minutes_is_asked_anew_by_itself(hall: Hall, at: Clock, number: str) -> None:
    ask_again(hall, said(False, 8.0))
    at(MONDAY + timedelta(minutes=6))
    assert "older than 5 minutes" in unplug_refused(hall, number, "no_diagnostics")
    hall.answer(said(False, 8.0))
    unplug(hall, number)


def test_an_outlet_without_a_meter_wants_a_second_person_or_a_photo(hall: Hall, at: Clock, number: str) -> None:
    ask_again(hall, said(False, None))
    assert "not metered" in unplug_refused(hall, number)
    assert hall.refusal("tess", number, "sighting", power="off") == (409, "not_verified")
    hall.act("tom", number, "sighting", power="off")
    unplug(hall, number)
    done = hall.get("lena", f"/work-orders/{number}/events")["items"][-1]
    assert (done["detail"]["power"]["seen_by"], done["detail"]["power"]["how"]) == ("tom", "second_person")


def test_the_holders_own_eyes_count_with_a_photo(hall: Hall, number: str) -> None:
    ask_again(hall, said(False, None))
    keep_photo(hall, number)
    hall.act("tess", number, "sighting", power="off")
    unplug(hall, number)


def test_who_sees_a_light_stops_it(hall: Hall, number: str) -> None:
    ask_again(hall, said(False, None))
    hall.act("tom", number, "sighting", power="on")
    unplug_refused(hall, number)


@pytest.mark.parametrize(
    ("who", "answer"), [("lena", (403, "not_allowed")), ("mia", (404, "not_found")), ("max", (403, "not_allowed"))]
)
def test_only_who_may_stand_there_says_what_is_seen(hall: Hall, number: str, who: str, answer: tuple[int, str]) -> None:
    assert hall.refusal(who, number, "sighting", power="off") == answer


def test_a_job_on_a_running_machine_asks_nobody_what_they_see(hall: Hall) -> None:
    number = str(hall.order()["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    assert hall.refusal("tom", number, "sighting", power="off")[0] in {403, 409}


def call(hall: Hall, who: str, number: str, why: str = "") -> ReadOut:
    with hall.app.app_context(), transaction() as session:
        person, role = person_named(session, who), Role(PEOPLE[who].partition("@")[0])
        principal = Principal(person.id, person.name, person.full_name, frozenset({Grant(role, None)}))
        return read_out(session, principal, order_alone(session, number, principal), now=business_now(), why=why)


def test_without_network_level_1_reads_out_a_code_that_counts_once(hall: Hall, at: Clock, number: str) -> None:
    with pytest.raises(Conflict, match="BMC says that the machine is on"):
        call(hall, "lena", number)
    with pytest.raises(NotAllowed):
        call(hall, "tess", number)
    ask_again(hall, said(False, 8.0))
    told = call(hall, "lena", number)
    at(MONDAY + timedelta(minutes=7))
    unplug_refused(hall, number, "no_diagnostics", power_code="AAAAAAAA")
    unplug_refused(hall, number, "no_diagnostics", code=told.code)  # the disk guard's is another one
    flags = unplug(hall, number, power_code=told.code)["flags"]
    assert any("by the code that lena read out" in flag for flag in flags)
    verbs = [event["verb"] for event in hall.get("lena", f"/work-orders/{number}/events")["items"]]
    assert "power_code" in verbs
    again = hall.refusal("tess", number, "step", id="cords_out", evidence={"power_code": told.code})
    assert again == (409, "no_diagnostics")


def test_a_system_administrator_may_overrule_with_a_reason(hall: Hall, number: str) -> None:
    ask_again(hall, said(False, None))
    with pytest.raises(Conflict, match="system administrator may overrule"):
        call(hall, "sam", number)
    assert call(hall, "sam", number, why="Seen dark on the camera.").code


def test_work_done_without_network_is_kept_and_flagged(hall: Hall, at: Clock, number: str) -> None:
    done_at = business_now()
    at(MONDAY + timedelta(minutes=20))
    device = {"id": "tablet-1", "seq": 1, "at": done_at.isoformat()}
    order = hall.act("tess", number, "step", id="cords_out", evidence={}, device=device)
    assert next(step for step in order["steps"] if step["id"] == "cords_out")["done_at"] is not None
    assert any("reached us later" in flag and "BMC says" in flag for flag in order["flags"])


def test_the_order_tells_for_which_step_the_machine_must_be_off(hall: Hall) -> None:
    order = hall.get("tess", f"/work-orders/{booked(hall)}")
    assert [step["id"] for step in order["steps"] if step["must_be_off"]] == ["cords_out"]
