"""Two people do the same step, one without network: both versions are kept, and a third person chooses."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from app.core.clock import true_now
from app.core.database import transaction
from app.core.permissions import Role
from app.jobs.models import Photo
from app.jobs.models_conflict import StepConflict
from app.jobs.queries import order_alone
from app.people.operations.accounts import grant
from app.people.queries import person_named
from app.sites.models import Site
from tests.integration.conftest import Browser, Program
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.integration.jobs.test_technician_pages import words

Clock = Callable[[datetime], None]
SEQ = count(1)
PSU: dict[str, Any] = {"job_kind": "psu_swap", "answers": {"psu": "2"}}


def stamp(minutes: float, tablet: str = "tablet-tess") -> dict[str, Any]:
    return {"id": tablet, "seq": next(SEQ), "at": (MONDAY + timedelta(minutes=minutes)).isoformat()}


@pytest.fixture
def taken_over(hall: Hall, at: Clock) -> str:
    """tess works without network; Level 1 holds the order, and tom takes it over and has begun with it."""
    number = str(hall.order(**PSU)["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    at(MONDAY + timedelta(minutes=20))
    hall.act("lena", number, "hold", waiting_for="consent", why="nobody answers at the rack")
    hall.act("lena", number, "consent", decision="granted")
    at(MONDAY + timedelta(minutes=25))
    hall.to_matched(number, "tom")
    hall.act("tom", number, "start")
    return number


def of(hall: Hall, number: str) -> list[dict[str, Any]]:
    return list(hall.get("lena", f"/work-orders/{number}/conflicts")["items"])


def two_versions_of(hall: Hall, at: Clock, number: str, key: str, tom: object, tess: object) -> dict[str, Any]:
    """tom does the step now, and tess's tablet reports later that it was done at 09:10; the conflict."""
    hall.act("tom", number, "step", id=key, evidence=tom)
    at(MONDAY + timedelta(minutes=40))
    hall.act("tess", number, "step", id=key, evidence=tess, device=stamp(10))
    return of(hall, number)[0]


def test_both_versions_are_kept_with_who_when_on_the_device_and_when_they_arrived(
    hall: Hall, at: Clock, taken_over: str
) -> None:
    one = two_versions_of(hall, at, taken_over, "new_serial", {"serial": "NEW-TOM"}, {"serial": "NEW-TESS"})
    assert (one["first"]["by"], one["first"]["evidence"]) == ("tom", {"serial": "NEW-TOM"})
    assert (one["second"]["by"], one["second"]["evidence"]) == ("tess", {"serial": "NEW-TESS"})
    assert one["second"]["device_at"] == "2026-11-30T08:10:00.000Z"
    assert one["second"]["arrived_at"].startswith("2026-11-30T08:40")
    order = hall.get("lena", f"/work-orders/{taken_over}")
    assert order["conflicts_open"] == 1
    assert [flag for flag in order["flags"] if "Two people did this step" in flag]
    last = hall.get("lena", f"/work-orders/{taken_over}/events")["items"][-1]
    assert last["detail"]["done"]["evidence"] == {"serial": "NEW-TESS"}, "the second version is in the chain"


def test_whoever_is_second_overwrites_nothing_also_when_it_is_the_holder(
    hall: Hall, at: Clock, taken_over: str
) -> None:
    at(MONDAY + timedelta(minutes=40))
    hall.act("tess", taken_over, "step", id="new_serial", evidence={"serial": "NEW-TESS"}, device=stamp(10))
    hall.act("tom", taken_over, "step", id="new_serial", evidence={"serial": "NEW-TOM"})
    one = of(hall, taken_over)[0]
    assert [one[side]["by"] for side in ("first", "second")] == ["tess", "tom"]


def test_a_report_that_comes_at_once_is_kept_too_and_not_refused(hall: Hall, at: Clock, taken_over: str) -> None:
    hall.act("tom", taken_over, "step", id="esd", evidence={})
    at(MONDAY + timedelta(minutes=40))
    hall.act("tess", taken_over, "step", id="esd", evidence={}, device=stamp(39.9))
    assert of(hall, taken_over)[0]["second"]["by"] == "tess"
    # what nobody else has done is refused at once, as ever: she reads it where she stands
    assert hall.refusal("tess", taken_over, "step", id="other_ok", evidence={}, device=stamp(39.9))[1] == "not_holder"


def test_who_never_held_the_order_adds_no_version(hall: Hall, at: Clock) -> None:
    number = str(hall.order(**PSU)["number"])
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "step", id="esd", evidence={})
    at(MONDAY + timedelta(minutes=40))
    assert hall.refusal("tom", number, "step", id="esd", evidence={}, device=stamp(30, "t2"))[1] == "not_holder"
    assert of(hall, number) == []


@pytest.mark.parametrize(("choice", "serial"), [("first", "NEW-TOM"), ("second", "NEW-TESS"), ("both", "NEW-TOM")])
def test_the_choice_decides_what_stands_and_both_stay_in_the_chained_record(
    hall: Hall, at: Clock, taken_over: str, choice: str, serial: str
) -> None:
    one = two_versions_of(hall, at, taken_over, "new_serial", {"serial": "NEW-TOM"}, {"serial": "NEW-TESS"})
    order = hall.act("lena", taken_over, "resolution", conflict=one["id"], choice=choice, why="The photo shows it.")
    assert order["conflicts_open"] == 0
    assert not [flag for flag in order["flags"] if "Two people did this step" in flag]
    last = hall.get("lena", f"/work-orders/{taken_over}/events")["items"][-1]
    assert (last["verb"], last["by"], last["why"]) == ("resolution", "lena", "The photo shows it.")
    assert [last["detail"][side]["evidence"]["serial"] for side in ("first", "second")] == ["NEW-TOM", "NEW-TESS"]
    with hall.app.app_context(), transaction() as session:
        kept = session.get_one(StepConflict, one["id"])
        assert (kept.choice, kept.decided_by) == (choice, "lena")
        assert _given(hall, taken_over, "new_serial") == serial


def _given(hall: Hall, number: str, key: str) -> str:
    export = hall.get("lena", f"/work-orders/{number}/export")
    assert export["signature"]
    with hall.app.app_context(), transaction() as session:
        order = order_alone(session, number)
        return str(next(step.given or {} for step in order.steps if step.key == key)["serial"])


def test_nobody_judges_their_own_version_and_technicians_do_not_judge(hall: Hall, at: Clock, taken_over: str) -> None:
    one = two_versions_of(hall, at, taken_over, "esd", {}, {})
    asked = {"conflict": one["id"], "choice": "first", "why": "mine"}
    assert hall.refusal("tom", taken_over, "resolution", **asked)[0] == 403
    with hall.app.app_context(), transaction() as session:
        here = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        grant(session, person_named(session, "tom"), Role.MANAGER, here, by="test", now=true_now())
    assert hall.refusal("tom", taken_over, "resolution", **asked) == (409, "not_second_person")
    assert hall.refusal("lena", taken_over, "resolution", **{**asked, "conflict": 999})[0] == 404
    assert of(hall, taken_over)[0]["choice"] is None


def test_the_order_ends_only_once_somebody_has_chosen(hall: Hall, at: Clock, taken_over: str) -> None:
    one = two_versions_of(hall, at, taken_over, "esd", {}, {})
    hall.act("tom", taken_over, "completion", outcome="repaired")
    hall.answer()
    order = hall.get("lena", f"/work-orders/{taken_over}")
    assert (order["state"], order["comparison"]["result"]) == ("verifying", "repaired"), "proved, and still waiting"
    refused = hall.refusal("max", taken_over, "closure", accept_unverified=True, why="seen")
    assert refused == (409, "conflict_open")
    order = hall.act("max", taken_over, "resolution", conflict=one["id"], choice="both", why="both wore it")
    assert order["state"] == "awaiting_confirmation", "what the machine proved goes on by itself"


def test_silence_does_not_close_what_waits_for_a_choice(hall: Hall, at: Clock, taken_over: str) -> None:
    hall.act("tom", taken_over, "step", id="esd", evidence={})
    hall.act("tom", taken_over, "completion", outcome="repaired")
    hall.answer()
    at(MONDAY + timedelta(hours=2))
    hall.act("tess", taken_over, "step", id="esd", evidence={}, device=stamp(10))
    assert hall.refusal("lena", taken_over, "confirmation", decision="confirmed") == (409, "conflict_open")
    at(MONDAY + timedelta(hours=30))
    hall.tick()
    assert hall.get("lena", f"/work-orders/{taken_over}")["state"] == "awaiting_confirmation"
    one = of(hall, taken_over)[0]
    hall.act("lena", taken_over, "resolution", conflict=one["id"], choice="first", why="tom wore it")
    hall.tick()
    assert hall.get("lena", f"/work-orders/{taken_over}")["state"] == "closed"


def test_of_two_who_choose_at_once_one_has_chosen_and_the_other_is_told(hall: Hall, at: Clock, taken_over: str) -> None:
    one = two_versions_of(hall, at, taken_over, "new_serial", {"serial": "NEW-TOM"}, {"serial": "NEW-TESS"})
    start = threading.Barrier(2)

    def choose(who: str, choice: str) -> tuple[int, str | None]:
        program = Program(hall.app.test_client(), hall.programs[who].token)
        body = {"conflict": one["id"], "version": one["version"], "choice": choice, "why": "I saw it"}
        start.wait()
        answer = program.post(f"/api/v1/work-orders/{taken_over}/resolution", json=body)
        assert answer.json is not None
        return answer.status_code, answer.json.get("code")

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(choose, ["lena", "sam"], ["first", "second"]))
    assert sorted(told, key=str) == [(200, None), (409, "already_decided")]
    events = hall.get("lena", f"/work-orders/{taken_over}/events")["items"]
    assert [event["verb"] for event in events].count("resolution") == 1


def test_a_third_version_is_compared_with_what_was_chosen(hall: Hall, at: Clock, taken_over: str) -> None:
    one = two_versions_of(hall, at, taken_over, "new_serial", {"serial": "NEW-TOM"}, {"serial": "NEW-TESS"})
    hall.act("tess", taken_over, "step", id="new_serial", evidence={"serial": "NEW-T2"}, device=stamp(11))
    second = of(hall, taken_over)[1]
    hall.act("lena", taken_over, "resolution", conflict=one["id"], choice="second", why="the photo")
    left = next(c for c in of(hall, taken_over) if c["choice"] is None)
    assert left["first"]["evidence"] == {"serial": "NEW-TESS"}
    stale = {"conflict": left["id"], "version": second["version"], "choice": "first", "why": "old copy"}
    assert hall.refusal("lena", taken_over, "resolution", **stale) == (409, "version_conflict")


def test_the_page_shows_both_and_takes_the_choice(
    hall: Hall, at: Clock, taken_over: str, sign_in: Callable[[str], Browser]
) -> None:
    one = two_versions_of(hall, at, taken_over, "new_serial", {"serial": "NEW-TOM"}, {"serial": "NEW-TESS"})
    address = f"/orders/{taken_over}/conflicts"
    tess, lena = sign_in("tess"), sign_in("lena")
    assert "1 to decide: two people did the same step." in words(tess.get(f"/orders/{taken_over}").text)
    seen = words(tess.get(address).text)
    assert "NEW-TOM" in seen
    assert "NEW-TESS" in seen
    assert "Which version stands?" not in seen
    prefix = f"c{one['id']}-"
    assert "Which version stands?" in words(lena.get(address).text)
    send = {"csrf_token": lena.token("/me"), f"{prefix}version": str(one["version"]), f"{prefix}choice": "second"}
    without = lena.client.post(f"{address}/{one['id']}/resolution", data=send)
    assert without.status_code == 422
    assert "Say why: it goes on record." in words(without.text)
    done = lena.client.post(
        f"{address}/{one['id']}/resolution", data={**send, f"{prefix}why": "Photo"}, follow_redirects=True
    )
    assert "Chosen. Both versions stay on record." in words(done.text)
    assert "lena" in words(done.text)
    assert "to decide" not in words(lena.get(f"/orders/{taken_over}").text)


def test_a_photo_of_who_held_it_before_has_the_time_on_their_tablet(
    hall: Hall, at: Clock, taken_over: str, sign_in: Callable[[str], Browser]
) -> None:
    tess, image = sign_in("tess"), io.BytesIO()
    Image.new("RGB", (32, 24), "#741c31").save(image, "JPEG")
    hall.act("tom", taken_over, "step", id="photo_before", evidence={"photo": "p-1"})
    at(MONDAY + timedelta(minutes=40))
    sent = tess.client.post(
        f"/orders/{taken_over}/photos",
        data={"photo": (io.BytesIO(image.getvalue()), "rear.jpg"), "step": "photo_before"},
        headers={
            "X-CSRFToken": tess.token("/me"), "Idempotency-Key": "photo-1",
            "Rackside-Device": json.dumps({**stamp(10), "by": "tess"}),
        },
    )  # fmt: skip
    assert sent.status_code == 200, sent.text
    assert sent.json is not None
    assert sent.json["to_decide"] == 1
    with hall.app.app_context(), transaction() as session:
        photo = session.scalars(select(Photo)).one()
        assert photo.at == (MONDAY + timedelta(minutes=10)).astimezone(UTC)
    second = of(hall, taken_over)[0]["second"]
    assert second["evidence"]["photo"] == str(photo.id)
    assert second["device_at"] == "2026-11-30T08:10:00.000Z"
