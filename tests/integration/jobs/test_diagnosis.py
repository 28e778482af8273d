"""A system administrator's short diagnosis: signed into the machine's record, on top of the technician's order."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.chain import chained_hash
from app.core.clock import true_now
from app.core.database import db, transaction
from app.core.events import history
from app.hardware.models import Diagnostics
from app.people.operations import accounts
from app.people.queries import person_named
from tests.integration.conftest import PASSWORD, Browser
from tests.integration.jobs.conftest import Hall
from tests.unit.hardware.samples import server_with_lost_input

WORDS = "Drive 3 is dying, drive 0 is fine.\nLeave the cage closed."


@pytest.fixture
def claimed(hall: Hall) -> tuple[str, str]:
    """An order that tess claimed, and the diagnostics that are its BEFORE."""
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.answer(server_with_lost_input("SRV-1"))
    return number, hall.get("tess", f"/work-orders/{number}")["diagnostics"]["before"]


def browser(hall: Hall, name: str) -> Browser:
    with hall.app.app_context(), transaction() as session:
        accounts.set_password(session, person_named(session, name), PASSWORD, by="test", now=true_now())
    opened = Browser(hall.app.test_client())
    assert opened.sign_in(name).status_code == 303
    return opened


def order(hall: Hall, number: str) -> Any:
    return hall.get("tess", f"/work-orders/{number}")


def test_diagnosis_stands_on_the_technicians_order_and_in_its_form(hall: Hall, claimed: tuple[str, str]) -> None:
    number, run = claimed
    assert order(hall, number)["diagnosis"] is None
    signed = hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": WORDS})
    assert signed.status_code == 201, signed.text
    told = order(hall, number)["diagnosis"]
    assert told == signed.json
    assert (told["text"], told["by"], told["diagnostics"]) == (WORDS, "sam", run)
    page = browser(hall, "tess").get(f"/orders/{number}").text
    assert "Drive 3 is dying, drive 0 is fine." in page
    assert "signed by <b>sam</b>" in page
    assert "Write a diagnosis" not in page
    listed = hall.get("tess", "/work-orders")["items"]
    assert [one["diagnosis"]["hash"] for one in listed] == [told["hash"]]


def test_diagnosis_is_an_event_of_the_machines_chain_and_keeps_its_diagnostics(
    hall: Hall, claimed: tuple[str, str]
) -> None:
    _, run = claimed
    told: Any = hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": WORDS}).json
    with hall.app.app_context():
        events = list(history(db.session(), "asset:SRV-1"))
        assert events[-1].hash == told["hash"]
        assert events[-1].previous_hash == events[-2].hash
        form = events[-1].form()
        fields = {name: form[name] for name in form if name not in {"hash", "previous_hash"}}
        assert chained_hash(fields, events[-2].hash) == told["hash"]
        assert db.session().get_one(Diagnostics, run).frozen


def test_newer_diagnosis_takes_the_place_of_the_older_one(hall: Hall, claimed: tuple[str, str]) -> None:
    number, run = claimed
    hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": "It is the disk."})
    hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": "It is the backplane."})
    assert order(hall, number)["diagnosis"]["text"] == "It is the backplane."


def test_diagnosis_of_another_machine_stays_there(hall: Hall, claimed: tuple[str, str]) -> None:
    _, run = claimed
    other = hall.order(asset="SRV-2")["number"]
    hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": WORDS})
    assert order(hall, other)["diagnosis"] is None


@pytest.mark.parametrize(("who", "status"), [("tess", 403), ("lena", 403), ("max", 403), ("mia", 403), ("ada", 403)])
def test_only_a_system_administrator_signs(hall: Hall, claimed: tuple[str, str], who: str, status: int) -> None:
    _, run = claimed
    assert hall.post(who, f"/diagnostics/{run}/diagnosis", {"text": WORDS}).status_code == status


@pytest.mark.parametrize("text", ["", " \n ", "a\nb\nc\nd", "x" * 161])
def test_diagnosis_is_short(hall: Hall, claimed: tuple[str, str], text: str) -> None:
    number, run = claimed
    assert hall.post("sam", f"/diagnostics/{run}/diagnosis", {"text": text}).status_code == 422
    assert order(hall, number)["diagnosis"] is None


def test_system_administrator_signs_from_the_order_and_comes_back_to_it(hall: Hall, claimed: tuple[str, str]) -> None:
    number, run = claimed
    sam = browser(hall, "sam")
    assert "Write a diagnosis" in sam.get(f"/orders/{number}").text
    form = f"/assets/SRV-1/diagnostics/{run}/diagnosis?order={number}"
    refused = sam.post(form, page=form, text="1\n2\n3\n4")
    assert refused.status_code == 422
    assert "At most 3 lines" in refused.text
    done = sam.post(form, page=form, text=WORDS)
    assert (done.status_code, done.location) == (303, f"/orders/{number}")
    assert "signed by <b>sam</b>" in sam.get(f"/orders/{number}").text
    assert "Drive 3 is dying" in sam.get(f"/diagnostics/{run}").text
    assert "diagnosis signed" in sam.get("/assets/SRV-1").text
    elsewhere = sam.post(f"/assets/SRV-1/diagnostics/{run}/diagnosis?order=//evil", page=form, text=WORDS)
    assert elsewhere.location == f"/diagnostics/{run}"


def test_machines_history_tells_its_orders_and_how_often_nothing_was_found(
    hall: Hall, claimed: tuple[str, str]
) -> None:
    number, _ = claimed
    hall.act("tess", number, "completion", outcome="no_fault_found", note="all lights green")
    page = browser(hall, "tess").get("/assets/SRV-1/orders").text
    assert "No fault found: 1 of 1 order." in page
    assert f"/orders/{number}" in page
    assert browser(hall, "mia").get("/assets/SRV-1/orders").status_code == 404
