"""A call for help from the rack rings one after the other until somebody takes it; managers hear when nobody does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from app.core.clock import business_now
from app.core.database import transaction
from app.core.permissions import Role
from app.hardware.models import Diagnostics
from app.jobs.models import Referral
from app.jobs.operations.alerting import news_of_calls
from app.jobs.queries_rings import rings_of
from app.people.operations.accounts import add_person, grant, set_phone
from app.people.queries import person_named
from app.shifts.models import Absence
from app.sites.queries import site_coded
from tests.integration.conftest import LONG_AGO, Browser, Program
from tests.integration.jobs.conftest import MONDAY, SATURDAY, Hall
from tests.integration.jobs.test_technician_pages import words

At = Callable[[datetime], None]


@pytest.fixture
def number(hall: Hall, program_of: Callable[..., Program]) -> str:
    """An order at work. sam has a telephone, sid has none, and mick is of another site."""
    with hall.app.app_context(), transaction() as session:
        set_phone(session, person_named(session, "sam"), "+31 20 555 0100", by="test", now=LONG_AGO)
        for name, code in (("sid", "AMS1"), ("mick", "MIA1")):
            someone = add_person(session, name=name, full_name=f"{name.title()} Surname", by="test", now=LONG_AGO)
            grant(session, someone, Role.SYSADMIN, site_coded(session, code), by="test", now=LONG_AGO)
    hall.programs["sid"] = program_of("sid")
    done = str(hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"])
    hall.to_matched(done)
    hall.act("tess", done, "start")
    return done


def call(hall: Hall, number: str) -> str:
    hall.act("tess", number, "escalation", team="system_administrators", why="it beeps")
    return str(hall.get("sam", "/referrals")["items"][0]["number"])


def rung(hall: Hall, referral: str) -> list[str]:
    with hall.app.app_context(), transaction() as session:
        found = session.scalars(select(Referral).where(Referral.number == referral)).unique().one()
        return [one.person.name for one in rings_of(session, found)]


def news(hall: Hall) -> list[str]:
    with hall.app.app_context(), transaction() as session:
        return [one.title for one in news_of_calls(session, business_now(), "http://localhost")]


def test_somebody_of_the_team_at_this_site_is_rung_at_once_and_the_machine_is_asked(hall: Hall, number: str) -> None:
    referral = call(hall, number)
    assert rung(hall, referral) == ["sam"], "who has a telephone comes first; nobody of another site"
    with hall.app.app_context(), transaction() as session:
        asked = session.scalars(select(Diagnostics).where(Diagnostics.state != "done")).all()
        assert [(one.asset.tag, one.reason) for one in asked] == [("SRV-1", "help")]


def test_when_nobody_answers_the_next_one_is_rung_and_managers_are_told(hall: Hall, at: At, number: str) -> None:
    referral = call(hall, number)
    at(MONDAY + timedelta(minutes=4))
    hall.tick()
    assert (rung(hall, referral), news(hall)) == (["sam"], [])
    at(MONDAY + timedelta(minutes=6))
    hall.tick()
    hall.tick()
    assert rung(hall, referral) == ["sam", "sid"], "once, however often one looks"
    flags = hall.get("max", f"/work-orders/{number}")["flags"]
    assert f"Nobody answered the call for help {referral} in time: the next one is rung." in flags
    assert news(hall) == ["Nobody answers a call for help from the rack at AMS1: Level 3 system administrators"]
    last = hall.get("max", f"/work-orders/{number}/events")["items"][-1]
    assert (last["detail"]["rung"], last["detail"]["in_vain"]) == ("sid", "sam")
    at(MONDAY + timedelta(minutes=12))
    hall.tick()
    assert rung(hall, referral) == ["sam", "sid", "sam"], "and round again"


def test_it_stops_once_somebody_is_on_it_and_the_rack_sees_who_and_since_when(
    hall: Hall, at: At, number: str, sign_in: Callable[[str], Browser]
) -> None:
    referral = call(hall, number)
    tess = sign_in("tess")
    seen = words(tess.get(f"/orders/{number}").text)
    assert "Sam Surname is rung since 08:59" in seen or "Sam Surname is rung since 09:00" in seen
    at(MONDAY + timedelta(minutes=7))
    hall.tick()
    assert "Sam Surname was rung at" in words(tess.get(f"/orders/{number}").text)
    assert hall.post("sid", f"/referrals/{referral}/take").status_code == 200
    assert "sid is on it since 09:07" in words(tess.get(f"/orders/{number}").text)
    at(MONDAY + timedelta(minutes=30))
    hall.tick()
    assert (rung(hall, referral), news(hall)) == (["sam", "sid"], [])


def test_outside_the_teams_hours_nobody_is_rung_until_they_begin(hall: Hall, at: At, number: str) -> None:
    at(SATURDAY)
    referral = call(hall, number)
    hall.tick()
    assert rung(hall, referral) == []
    at((SATURDAY + timedelta(days=2)).replace(hour=8, minute=1))
    hall.tick()
    assert rung(hall, referral) == ["sam"]


def test_who_is_away_is_not_rung_and_where_nobody_is_left_it_is_said(hall: Hall, number: str) -> None:
    with hall.app.app_context(), transaction() as session:
        for name in ("sam", "sid"):
            span = {"starts_at": MONDAY - timedelta(days=1), "ends_at": MONDAY + timedelta(days=1)}
            session.add(Absence(person_id=person_named(session, name).id, **span))
    referral = call(hall, number)
    hall.tick()
    assert rung(hall, referral) == []
    flags = hall.get("max", f"/work-orders/{number}")["flags"]
    assert f"There is nobody to ring for the call for help {referral}." in flags


def test_numbers_to_call_stand_on_the_pages_that_a_tablet_keeps(
    hall: Hall, number: str, sign_in: Callable[[str], Browser]
) -> None:
    tess = sign_in("tess")
    for path in (f"/orders/{number}", f"/orders/{number}/rack/escalation"):
        page = tess.get(path).text
        assert 'href="tel:+31205550100"' in page, path
        assert "Mick Surname" not in page
    assert f'/orders/{number}/rack/escalation" data-keep' in tess.get(f"/orders/{number}").text


def test_whoever_answers_has_the_machine_beside_the_call(
    hall: Hall, number: str, sign_in: Callable[[str], Browser]
) -> None:
    referral = call(hall, number)
    sam = sign_in("sam")
    seen = words(sam.get(f"/referrals/{referral}").text)
    assert "What SRV-1 says now" in seen
    assert "The machine is asked." in seen
    assert "Sam Surname is rung since" in seen
    hall.answer()
    assert "The machine is asked." not in words(sam.get(f"/referrals/{referral}").text)


def test_an_administrator_enters_a_number_and_what_is_none_is_refused(
    hall: Hall, sign_in: Callable[[str], Browser]
) -> None:
    ada = sign_in("ada")
    for given, kept in (("+31 20 555 0199", "+31 20 555 0199"), ("call me", "+31 20 555 0199"), ("", None)):
        sent = {"phone": given, "csrf_token": ada.token("/me")}
        told = ada.client.post("/people/lena/phone", data=sent, follow_redirects=True)
        assert ("A telephone number is digits and spaces" in words(told.text)) == (given == "call me")
        with hall.app.app_context(), transaction() as session:
            assert person_named(session, "lena").phone == kept, given
