"""Data centers administered at the pages: hours that cannot be are refused, closed days need a person."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.conftest import Browser

AMSTERDAM = {
    "code": "AMS1", "name": "Amsterdam", "country": "NL",
    "time_zone": "Europe/Amsterdam", "hours": "Mon-Fri 08:00-17:00",
}  # fmt: skip


@pytest.fixture
def ada(person: Callable[..., int], browser_of: Callable[[str], Browser]) -> Browser:
    person("ada", "admin@all")
    return browser_of("ada")


def test_a_site_is_added_and_its_hours_are_changed(ada: Browser) -> None:
    assert ada.post("/sites", page="/sites", **AMSTERDAM).location == "/sites/AMS1"
    later = {**AMSTERDAM, "hours": "Mon-Fri 07:00-15:00"}
    assert ada.post("/sites/AMS1", page="/sites/AMS1", **later).status_code == 303
    assert "Mon-Fri 07:00-15:00" in ada.get("/sites").text
    assert "There is a site AMS1 already" in ada.post("/sites", page="/sites", **AMSTERDAM).text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("time_zone", "Europe/Nowhere", "is not known"),
        ("hours", "Mon-Fri 17:00-08:00", "field-error"),
        ("country", "Holland", "Two capital letters"),
        ("code", "ams 1", "capital letters"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(ada: Browser, field: str, value: str, said: str) -> None:
    refused = ada.post("/sites", page="/sites", **{**AMSTERDAM, field: value})
    assert refused.status_code == 422
    assert said in refused.text
    assert "Amsterdam" in refused.text, "what was typed is kept"


def test_holidays_are_proposed_closed_by_a_person_and_opened_again(ada: Browser) -> None:
    ada.post("/sites", page="/sites", **AMSTERDAM)
    ada.post("/sites/AMS1/proposals", page="/sites/AMS1")
    page = ada.get("/sites/AMS1").text
    assert "Christmas" in page
    assert ">closed<" not in page
    day = {"day": "2030-04-01", "reason": "Inventory"}
    ada.post("/sites/AMS1/closed-days", page="/sites/AMS1", **day)
    assert ">closed<" in ada.get("/sites/AMS1").text
    ada.post("/sites/AMS1/closed-days/2030-04-01/removal", page="/sites/AMS1")
    assert "1 Apr 2030" not in ada.get("/sites/AMS1").text
    assert ada.post("/sites/AMS1/closed-days/someday/removal", page="/sites/AMS1").status_code == 404


def test_only_administrators_change_sites(person: Callable[..., int], browser_of: Callable[[str], Browser]) -> None:
    person("tess", "technician@AMS1", "manager@AMS1")
    assert browser_of("tess").get("/sites/AMS1").status_code == 403
