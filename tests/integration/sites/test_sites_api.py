"""Sites and shifts through the API: each caller sees their own sites, with the window as it is now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from apiflask import APIFlask

from app.core.database import transaction
from app.people import queries
from app.shifts import operations as shifts
from app.shifts.api import site_form
from app.sites import operations
from app.sites.queries import site_coded
from tests.integration.conftest import Program

FRIDAY_NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


def test_each_caller_sees_their_own_sites(
    site: Callable[..., int], person: Callable[..., int], program_of: Callable[..., Program]
) -> None:
    site("NYC1", "America/New_York")
    person("tess", "technician@AMS1")
    person("lena", "l1_engineer@all")
    own = program_of("tess").get("/api/v1/sites").get_json()
    assert [one["code"] for one in own["items"]] == ["AMS1"]
    assert own["next"] is None
    assert [one["code"] for one in program_of("lena").get("/api/v1/sites").get_json()["items"]] == ["AMS1", "NYC1"]


@pytest.mark.parametrize("what", ["sites", "shifts"])
def test_what_many_sites_have_comes_page_by_page(
    what: str, site: Callable[..., int], person: Callable[..., int], program_of: Callable[..., Program]
) -> None:
    codes = ["AMS1", "BER1", "LON1", "NYC1"]
    for number, code in enumerate(codes[::-1]):
        site(code)
        person(f"tech{number}", f"technician@{code}")
    person("lena", "l1_engineer@all")
    program = program_of("lena")
    first = program.get(f"/api/v1/{what}?limit=3").get_json()
    assert first["next"] == "LON1"
    rest = program.get(f"/api/v1/{what}?limit=3&cursor={first['next']}").get_json()
    assert rest["next"] is None
    if what == "sites":
        assert [one["code"] for one in (*first["items"], *rest["items"])] == codes
    assert program.get(f"/api/v1/{what}?limit=4").get_json()["next"] is None
    assert program.get(f"/api/v1/{what}?limit=0").status_code == 422
    assert program.get(f"/api/v1/{what}?limit=1000").status_code == 422


def test_another_site_looks_like_one_that_does_not_exist(
    site: Callable[..., int], person: Callable[..., int], program_of: Callable[..., Program]
) -> None:
    site("NYC1")
    person("tess", "technician@AMS1")
    program = program_of("tess")
    theirs, nobodys = program.get("/api/v1/sites/NYC1"), program.get("/api/v1/sites/XXX9")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.get_json()["detail"] == nobodys.get_json()["detail"].replace("XXX9", "NYC1")
    assert program.get("/api/v1/shifts?site=NYC1").status_code == 404


def test_a_site_says_until_when_it_is_open(web_app: APIFlask, site: Callable[..., int]) -> None:
    site("AMS1")
    with web_app.app_context(), transaction() as session:
        form = site_form(site_coded(session, "AMS1"), FRIDAY_NOON)
    assert form["is_open"] is True
    assert form["closes_at"] == "2026-11-27T16:00:00.000Z"
    assert form["next_opens_at"] == "2026-11-30T07:00:00.000Z"


def test_a_closed_day_counts_once_a_person_confirmed_it(web_app: APIFlask, site: Callable[..., int]) -> None:
    site("AMS1")
    friday = date(2026, 11, 27)
    with web_app.app_context(), transaction() as session:
        place = site_coded(session, "AMS1")
        operations.propose_closed_day(session, place, day=friday, name="Inventory", source="person")
        assert site_form(place, FRIDAY_NOON)["is_open"] is True
        operations.close_day(session, place, friday, by="omar", now=FRIDAY_NOON)
        closed = site_form(place, FRIDAY_NOON)
        assert closed["is_open"] is False
        assert closed["closed_days"] == [{"date": "2026-11-27", "name": "Inventory"}]
        operations.open_day(session, place, friday, by="omar", now=FRIDAY_NOON)
        assert site_form(place, FRIDAY_NOON)["is_open"] is True


def test_shifts_are_the_roster_inside_site_hours_without_absences(
    web_app: APIFlask, person: Callable[..., int], program_of: Callable[..., Program]
) -> None:
    person("tess", "technician@AMS1")
    with web_app.app_context(), transaction() as session:
        tess, place = queries.person_named(session, "tess"), site_coded(session, "AMS1")
        shifts.roster(
            session, tess, place, hours="Mon-Fri 06:00-15:00", valid_from=date(2026, 1, 1), by="omar", now=FRIDAY_NOON
        )
        away = (datetime(2026, 11, 30, 10, tzinfo=UTC), datetime(2026, 12, 2, 0, tzinfo=UTC))
        shifts.absent(session, tess, starts_at=away[0], ends_at=away[1], why="training", by="omar", now=FRIDAY_NOON)
    answer = program_of("tess").get("/api/v1/shifts?site=AMS1&from=2026-11-29T00:00:00Z&days=4").get_json()
    assert [(one["starts_local"], one["ends_local"]) for one in answer["items"]] == [
        ("2026-11-30T08:00:00+01:00", "2026-11-30T11:00:00+01:00"),
        ("2026-12-02T08:00:00+01:00", "2026-12-02T15:00:00+01:00"),
    ]
    assert {one["technician"] for one in answer["items"]} == {"tess"}


def test_a_shift_that_runs_is_told_with_its_own_beginning(
    web_app: APIFlask, person: Callable[..., int], program_of: Callable[..., Program]
) -> None:
    person("tess", "technician@AMS1")
    with web_app.app_context(), transaction() as session:
        tess, place = queries.person_named(session, "tess"), site_coded(session, "AMS1")
        since = date(2026, 1, 1)
        shifts.roster(session, tess, place, hours="Mon-Fri 08:00-17:00", valid_from=since, by="omar", now=FRIDAY_NOON)
    answer = program_of("tess").get("/api/v1/shifts?from=2026-11-27T12:00:30.5Z&days=1").get_json()
    assert [one["starts_local"] for one in answer["items"]] == ["2026-11-27T08:00:00+01:00"]
    answer = program_of("tess").get("/api/v1/shifts?from=2026-11-27T16:00:00Z&days=1").get_json()
    assert answer["items"] == []


@pytest.mark.parametrize("query", ["days=0", "days=32", "from=yesterday", "from=2026-11-29T00:00:00"])
def test_a_question_that_makes_no_sense_is_named(
    person: Callable[..., int], program_of: Callable[..., Program], query: str
) -> None:
    person("tess", "technician@AMS1")
    answer = program_of("tess").get(f"/api/v1/shifts?{query}")
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == query.partition("=")[0]
