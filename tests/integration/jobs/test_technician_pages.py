"""The technician's pages, as their browser would use them: every act, every refusal as a sentence on the same page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from PIL import Image
from werkzeug.test import TestResponse

from app.core.clock import true_now
from app.core.database import transaction
from app.hardware.models import DeviceAction
from app.hardware.queries import asset_by_tag
from app.people.operations import accounts
from app.people.queries import person_named
from tests.integration.conftest import PASSWORD, Browser
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, SATURDAY, Hall
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

SEEN = {
    "rack": "B17", "rack_entry": "scanned", "tag": "SRV-1", "tag_entry": "scanned", "light": "seen", "face": "front",
    "serial": "", "serial_entry": "scanned", "typed_why": "",
}  # fmt: skip


class Tablet(Browser):
    """A browser at the rack: sends forms and follows to where they lead."""

    def send(self, number: str, verb: str, **fields: Any) -> TestResponse:
        """Post a form of the order; files go as they are."""
        data = {**fields, "csrf_token": self.token("/me")}
        return self.client.post(f"/orders/{number}/{verb}", data=data, follow_redirects=True)

    def order(self, number: str) -> str:
        response = self.get(f"/orders/{number}")
        assert response.status_code == 200, response.text
        return response.text


@pytest.fixture
def tablet(hall: Hall) -> Callable[[str], Tablet]:
    """The tablet of one of the hall's people, signed in."""

    def open_tablet(name: str) -> Tablet:
        with hall.app.app_context(), transaction() as session:
            someone = person_named(session, name)
            accounts.set_password(session, someone, PASSWORD, by="test", now=true_now())
        opened = Tablet(hall.app.test_client())
        assert opened.sign_in(name).status_code == 303
        return opened

    return open_tablet


@pytest.fixture
def tess(tablet: Callable[[str], Tablet]) -> Tablet:
    return tablet("tess")


def words(page: str) -> str:
    """The page's text without its tags, spaces made one."""
    without = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", without)


def main_button(page: str) -> str:
    """The words of the one main button; fails when there is more than one. What comes later waits in templates."""
    page = re.sub(r"<template.*?</template>", "", page, flags=re.DOTALL)
    found = re.findall(r'<(?:button|a) class="button is-main[^>]*>(.*?)</(?:button|a)>', page, flags=re.DOTALL)
    assert len(found) == 1, found
    return words(found[0]).strip()


def picture() -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    out.seek(0)
    return out


def test_the_day_shows_what_is_mine_what_is_ready_and_what_is_coming(hall: Hall, tess: Tablet) -> None:
    mine = hall.order()["number"]
    hall.act("tess", mine, "claim")
    ready = hall.order(asset="SRV-2", priority="urgent")["number"]
    coming = hall.order(asset="SRV-3", not_before="2026-12-01T09:00:00Z")["number"]
    elsewhere = hall.order(asset="MIA1-1")["number"]
    page = tess.get("/day").text
    places = [page.index(text) for text in ("In my hands", mine, "Ready to claim", ready, "Coming", coming)]
    assert places == sorted(places)
    assert elsewhere not in page
    assert 'data-live-topic="site:AMS1"' in page
    assert "start by" in words(page)


def test_what_does_not_fit_before_closing_says_so(hall: Hall, tess: Tablet, at: Callable[..., None]) -> None:
    hall.order()
    at(FRIDAY_16_40)
    assert "Does not fit today: 30 min are needed, the site closes at 17:00." in words(tess.get("/day").text)
    at(SATURDAY)
    assert "The site is closed now." in words(tess.get("/day").text)


def test_an_empty_day_is_told_kindly(hall: Hall, tess: Tablet) -> None:
    assert "Nothing to do here" in tess.get("/day").text


def test_yesterdays_handover_stands_before_what_is_urgent(hall: Hall, tess: Tablet, at: Callable[..., None]) -> None:
    handed = hall.order()["number"]
    hall.to_matched(handed)
    hall.act("tess", handed, "handover", why="end of the day", safe_state="disk back in bay 3")
    at(MONDAY + timedelta(days=1))
    hall.tick()
    urgent = hall.order(asset="SRV-2", priority="urgent")["number"]
    page = tess.get("/day").text
    assert page.index(handed) < page.index(urgent)
    assert "Handed over: disk back in bay 3" in words(page)


def test_a_technician_goes_from_claim_to_verifying_one_verb_at_a_time(
    hall: Hall, tess: Tablet, tablet: Callable[[str], Tablet]
) -> None:
    number = hall.order()["number"]
    first = tess.order(number)
    for fact in ("AMS1", "2.04", "B17", "U2", "front", "SRV-1", "CZ12345", "T-1"):
        assert fact in words(first)
    assert main_button(first) == "Claim"
    asked = tess.send(number, "claim").text
    assert 'data-live-topic="diagnostics:' in asked
    assert main_button(asked) == "Check the server"
    hall.answer(server_with_lost_input("SRV-1"))
    assert "PSU 2 has lost its input" in words(tess.order(number))
    assert main_button(tess.send(number, "match", **SEEN).text) == "Start"
    working = tess.send(number, "start").text
    assert "Step 1 of 8" in words(working)
    assert "Put on the ESD strap" in words(working)
    for key in ("esd", "photo_before", "new_serial"):
        evidence = {"photo_before": ("photos", {"step": key, "photo": (picture(), "bays.png")})}
        verb, fields = evidence.get(key, ("step", {"id": key, "evidence": "NEW-1"}))
        assert tess.send(number, verb, **fields).status_code == 200
    assert main_button(tess.order(number)) == "Waiting for a colleague"
    tom = tablet("tom")
    assert main_button(tom.order(number)) == "I confirm"
    tom.send(number, "step", id="bay_confirmed")
    assert "Point of no return" in tess.order(number)
    for key in ("pull", "old_serial", "insert"):
        tess.send(number, "step", id=key, evidence="OLD-1")
    done = tess.send(number, "photos", step="photo_after", photo=(picture(), "after.png")).text
    assert main_button(done) == "Complete"
    assert 'value="OLD-1"' in done
    assert 'value="NEW-1"' in done
    finished = tess.send(
        number,
        "rack/completion",
        outcome="repaired",
        removed_serial="OLD-1",
        installed_serial="NEW-1",
        note="clean",
        signed_name="Tess Surname",
    )
    assert "It has to prove the repair" in words(finished.text)
    hall.answer(healthy_server("SRV-1"))
    proved = words(tess.order(number))
    assert "Repaired: the fault is gone and nothing new broke" in proved
    assert "Gone: PSU 2 has lost its input" in proved


def test_a_wrong_machine_is_a_full_screen_stop_with_a_way_out(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    tess.send(number, "claim")
    hall.answer(server_with_lost_input("SRV-1"))
    stopped = tess.send(number, "match", **{**SEEN, "tag": "SRV-2"})
    assert stopped.request.path.endswith("/stop")
    assert "Expected SRV-1 Found SRV-2" in words(stopped.text)
    assert main_button(stopped.text) == "Check again"
    assert "Report a discrepancy" in stopped.text
    assert hall.get("tess", f"/work-orders/{number}/events")["items"][-1]["detail"]["stopped"] is True
    assert "The last check was stopped" in words(tess.order(number))


def test_a_missing_serial_is_asked_for_and_what_was_typed_is_kept(hall: Hall, tess: Tablet) -> None:
    number = hall.order(asset="SRV-2")["number"]
    tess.send(number, "claim")
    refused = tess.send(number, "match", **{**SEEN, "tag": "SRV-2", "light": "none"})
    assert refused.status_code == 422
    assert "read the serial on the pull-out tag" in words(refused.text)
    assert 'value="SRV-2"' in refused.text


def test_a_silent_machine_waits_for_the_second_person_who_is_shown_the_check(
    hall: Hall, tess: Tablet, tablet: Callable[[str], Tablet]
) -> None:
    number = hall.order(asset="SRV-2")["number"]
    tess.send(number, "claim")
    seen = {**SEEN, "tag": "SRV-2", "light": "none", "serial": "SN-AMS1-2"}
    waiting = tess.send(number, "match", **seen).text
    assert main_button(waiting) == "Waiting for a second person"
    tom = tablet("tom")
    assert main_button(tom.order(number)) == "I see the same machine"
    tom.send(number, "match", **seen)
    assert hall.get("tess", f"/work-orders/{number}")["state"] == "matched"


def test_start_is_shown_with_the_reason_why_it_is_not_possible(
    hall: Hall, tess: Tablet, tablet: Callable[[str], Tablet], at: Callable[..., None]
) -> None:
    number = hall.order(asset="SRV-2", job_kind="psu_swap", answers={"psu": "2"})["number"]
    tess.send(number, "claim")
    seen = {**SEEN, "tag": "SRV-2", "light": "none", "serial": "SN-AMS1-2"}
    tess.send(number, "match", **seen)
    tablet("tom").send(number, "match", **seen)
    page = tess.order(number)
    assert "No diagnostics were taken yet" in words(page)
    assert re.search(r'<button class="button is-main"[^>]* disabled>Start', page)
    assert "No diagnostics were taken yet" in words(tess.send(number, "start").text)
    at(MONDAY + timedelta(minutes=20))
    stale = tess.order(number)
    assert main_button(stale) == "Check the server"
    assert "older than 15 minutes" in words(stale)
    at(MONDAY + timedelta(hours=12))
    assert "The site is closed" in words(tess.order(number))


def test_a_refused_serial_stays_in_its_field_and_a_wrong_one_fills_the_screen(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.act("tess", number, "step", id="esd")
    hall.act("tess", number, "step", id="photo_before", evidence={"photo": "p"})
    refused = tess.send(number, "step", id="new_serial", evidence="P1SN", entry="typed")
    assert refused.status_code == 422
    assert "Say why you typed it" in words(refused.text)
    assert 'value="P1SN"' in refused.text
    stopped = tess.send(number, "step", id="new_serial", evidence="P1SN", entry="scanned")
    assert stopped.request.path.endswith("/stop")
    assert "is in the machine already" in words(stopped.text)
    assert main_button(stopped.text) == "Back to the step"


def test_what_is_no_picture_is_refused_in_a_sentence(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    refused = tess.send(number, "photos", photo=(io.BytesIO(b"not a picture"), "x.png"))
    assert refused.status_code == 422
    assert "This is no picture" in words(refused.text)
    kept = tess.send(number, "photos", photo=(picture(), "x.png"))
    image = re.search(r'<img src="([^"]+)"', kept.text)
    assert image
    assert tess.get(image[1]).mimetype == "image/jpeg"


def test_help_is_one_tap_away_and_names_the_administrators_first(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    assert f'href="/orders/{number}/rack/escalation"' in tess.order(number)
    form = tess.get(f"/orders/{number}/rack/escalation").text
    assert re.search(r'<input[^>]*checked[^>]*value="system_administrators"', form)
    called = tess.send(number, "rack/escalation", team="system_administrators", why="the array does not rebuild").text
    assert "the array does not rebuild" in words(called)
    referral = hall.get("sam", "/referrals")["items"][0]["number"]
    hall.post("sam", f"/referrals/{referral}/answer", {"text": "Wait until it has rebuilt."})
    page = tess.order(number)
    assert "sam answered" in page
    assert page.index("Wait until it has rebuilt.") < page.index("The job"), "an answer stands where the eyes are"
    empty = tess.send(number, "rack/escalation", team="management", why="")
    assert empty.status_code == 422
    assert "Say in a sentence what is wrong." in empty.text


@pytest.mark.parametrize(
    ("verb", "fields", "state"),
    [
        ("hold", {"waiting_for": "part", "why": "dead on arrival"}, "awaiting_part"),
        ("handover", {"why": "end of the day", "safe_state": "disk back"}, "handed_over"),
        ("discrepancy", {"found": "SRV-9 stands there"}, "claimed"),
        ("addition", {"job_kind": "psu_swap", "part": "2", "why": "PSU 2 is dark"}, "matched"),
        ("note", {"text": "the rail is bent", "public": "y"}, "matched"),
        ("completion", {"outcome": "no_fault_found", "note": "all green", "signed_name": "Tess"}, "verifying"),
    ],
)
def test_what_may_happen_beside_the_main_verb(
    hall: Hall, tess: Tablet, verb: str, fields: dict[str, str], state: str
) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    assert f'href="/orders/{number}/rack/{verb}"' in tess.order(number)
    assert tess.get(f"/orders/{number}/rack/{verb}").status_code == 200
    assert tess.send(number, f"rack/{verb}", **fields).status_code == 200
    assert hall.get("tess", f"/work-orders/{number}")["state"] == state


def test_before_work_started_only_no_fault_can_be_reported(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    form = tess.get(f"/orders/{number}/rack/completion").text
    assert 'value="no_fault_found"' in form
    assert 'value="repaired"' not in form


def test_a_part_that_comes_is_reported_by_whoever_finds_it(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "hold", waiting_for="part", why="dead on arrival")
    assert main_button(tess.order(number)) == "The part is here"
    tess.send(number, "rack/part", serial="NEW-2", location="cage 4")
    assert "cage 4" in words(tess.order(number))


def test_the_second_person_corrects_a_discrepancy(hall: Hall, tablet: Callable[[str], Tablet]) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "discrepancy", found="SRV-9 stands there")
    tom = tablet("tom")
    assert main_button(tom.order(number)) == "Correct the record"
    tom.send(number, "rack/discrepancy", found="it is SRV-1: the label was covered")
    assert "Discrepancy:" not in words(tom.order(number))


def test_the_id_led_is_asked_for_from_the_check_and_the_answer_is_told(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    tess.send(number, "claim")
    told = tess.send(number, "id-led", on="1")
    assert "No IPMI address is recorded for SRV-1." in words(told.text)
    assert 'data-live-topic="asset:SRV-1"' in told.text


def test_a_light_that_burns_says_for_how_long(hall: Hall, tess: Tablet) -> None:
    number = hall.order()["number"]
    tess.send(number, "claim")
    with hall.app.app_context(), transaction() as session:
        lit = DeviceAction(
            id=uuid4(), asset_id=asset_by_tag(session, "SRV-1").id, action="id_led", state="done",
            arguments={"on": True, "seconds": 300}, requested_by="tess", requested_at=true_now(),
            finished_at=true_now(),
        )  # fmt: skip
        session.add(lit)
    page = tess.order(number)
    assert re.search(r"The ID LED blinks · (5|4) min left", words(page))
    assert "Switch the ID LED off" in page


def test_nobody_is_shown_a_verb_that_would_be_refused(hall: Hall, tablet: Callable[[str], Tablet]) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    watching = tablet("tom").order(number)
    assert "is-main" not in watching
    assert f"/orders/{number}/rack/handover" not in watching
    assert "In the hands of Tess Surname." in words(watching)
    assert tablet("mia").get(f"/orders/{number}").status_code == 404


def test_whoever_manages_an_order_is_led_to_the_office_page(hall: Hall, tablet: Callable[[str], Tablet]) -> None:
    number = hall.order()["number"]
    for name in ("lena", "max"):
        manager = tablet(name)
        page = manager.order(number)
        assert main_button(page) == "Manage the order"
        assert manager.get(f"/orders/{number}/manage").status_code == 200
    assert "is-main" not in tablet("sam").order(number)
