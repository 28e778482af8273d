"""Shifts planned by a manager, at the pages and at the command line: without them nothing can be booked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from apiflask import APIFlask

from app.core.database import transaction
from app.shifts.queries import site_calendar
from app.shifts.queries_places import Place, present_at
from app.sites.queries import site_coded
from tests.integration.conftest import Browser

MONDAY = datetime(2030, 4, 1, 9, 0, tzinfo=UTC)
SHIFT = {"technician": "tess", "hours": "Mon-Fri 08:00-17:00", "first_day": "2026-01-01"}


@pytest.fixture
def max_(person: Callable[..., int], browser_of: Callable[[str], Browser]) -> Browser:
    person("max", "manager@AMS1")
    person("tess", "technician@AMS1")
    return browser_of("max")


def present(app: APIFlask, at: datetime = MONDAY) -> list[str]:
    with app.app_context(), transaction() as session:
        site = site_coded(session, "AMS1")
        place = Place(site.id, site.code, site.name, site.hours, site.worker_seen_at, site_calendar(site))
        return list(present_at(session, [place], at)[site.id])


def test_a_technician_is_put_on_the_roster_and_taken_off_again(max_: Browser, web_app: APIFlask) -> None:
    assert "nothing can be booked" in max_.get("/shifts/AMS1").text
    assert max_.post("/shifts/AMS1/roster", page="/shifts/AMS1", **SHIFT).status_code == 303
    assert present(web_app) == ["Tess"]
    max_.post("/shifts/AMS1/roster/tess/removal", page="/shifts/AMS1")
    assert present(web_app) == []
    assert "nothing can be booked" in max_.get("/shifts/AMS1").text


def test_new_hours_take_the_place_of_the_old_ones_from_their_day_on(max_: Browser, web_app: APIFlask) -> None:
    max_.post("/shifts/AMS1/roster", page="/shifts/AMS1", **SHIFT)
    later = {**SHIFT, "hours": "Tue 08:00-12:00", "first_day": "2030-04-01"}
    max_.post("/shifts/AMS1/roster", page="/shifts/AMS1", **later)
    assert present(web_app, datetime(2030, 3, 29, 9, tzinfo=UTC)) == ["Tess"]
    assert present(web_app) == []
    assert present(web_app, datetime(2030, 4, 2, 9, tzinfo=UTC)) == ["Tess"]


def test_who_is_away_is_not_there_until_that_is_taken_back(max_: Browser, web_app: APIFlask) -> None:
    max_.post("/shifts/AMS1/roster", page="/shifts/AMS1", **SHIFT)
    away = {"absent": "tess", "starts": "2030-04-01T08:00", "ends": "2030-04-02T17:00", "reason": "training"}
    assert max_.post("/shifts/AMS1/absences", page="/shifts/AMS1", **away).status_code == 303
    page = max_.get("/shifts/AMS1").text
    assert "training" in page
    assert present(web_app) == []
    removal = page.partition('action="/shifts/AMS1/absences/')[2].partition('"')[0]
    max_.post(f"/shifts/AMS1/absences/{removal}", page="/shifts/AMS1")
    assert present(web_app) == ["Tess"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("roster", {**SHIFT, "hours": "Mon 17:00-08:00"}, "field-error"),
        ("roster", {**SHIFT, "first_day": "0001-01-01"}, "A day from 2000 to 2999."),
        ("roster", {**SHIFT, "technician": "max"}, "Not a valid choice"),
        ("absences", {"absent": "tess", "starts": "2030-04-02T08:00", "ends": "2030-04-01T08:00"}, "ends after it"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_beside_its_field(max_: Browser, path: str, body: dict[str, str], said: str) -> None:
    max_.post("/shifts/AMS1/roster", page="/shifts/AMS1", **SHIFT)
    refused = max_.post(f"/shifts/AMS1/{path}", page="/shifts/AMS1", **body)
    assert refused.status_code == 422
    assert said in refused.text


def test_shifts_are_planned_by_the_managers_of_the_site(
    max_: Browser, site: Callable[..., int], browser_of: Callable[[str], Browser]
) -> None:
    site("MIA1")
    assert max_.get("/shifts/MIA1").status_code == 404
    assert "MIA1" not in max_.get("/shifts").text
    assert browser_of("tess").get("/shifts/AMS1").status_code == 403
