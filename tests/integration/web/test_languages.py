"""Pages in the language of who reads them: theirs by choice, else as their browser asks, else English."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.integration.conftest import Browser, Program

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}


@pytest.fixture
def tess(person: Callable[..., int], browser_of: Callable[[str], Browser]) -> Browser:
    person("tess", "technician@AMS1")
    return browser_of("tess")


def test_a_visitor_is_spoken_to_as_the_browser_asks(browser: Browser) -> None:
    page = browser.client.get("/sign-in", headers=GERMAN).text
    assert '<html lang="de"' in page
    assert "Anmelden" in page
    assert "Sign in<" not in page
    assert '<html lang="en"' in browser.client.get("/sign-in", headers={"Accept-Language": "fr"}).text


def test_a_chosen_language_counts_more_than_the_browsers(tess: Browser) -> None:
    assert "Mein Tag" in tess.client.get("/day", headers=GERMAN).text
    assert tess.post("/me/language", "/me", language="en").status_code == 303
    assert "My day" in tess.client.get("/day", headers=GERMAN).text
    assert tess.post("/me/language", "/me", language="de").status_code == 303
    page = tess.get("/day").text
    assert "Hier ist nichts zu tun" in page
    assert "Kein offener Auftrag an Ihren Standorten." in page
    assert tess.post("/me/language", "/me", language="").status_code == 303
    assert "My day" in tess.get("/day").text
    assert tess.post("/me/language", "/me", language="xx").status_code == 422


def test_refusals_and_what_forms_complain_of_are_told_in_it(tess: Browser) -> None:
    tess.post("/me/language", "/me", language="de")
    assert "Ihre Rolle umfasst das nicht" in tess.get("/people").text
    assert "Hier ist nichts" in tess.get("/nothing").text
    refused = tess.post("/me/password", "/me", current="wrong", password="long enough 1", again="another")
    assert "Die beiden sind nicht gleich." in refused.text


def test_programs_are_answered_in_english(person: Callable[..., int], program_of: Callable[..., Program]) -> None:
    person("bot", "integration@AMS1")
    answer = program_of("bot").get("/api/v1/work-orders/WO-1", **GERMAN)
    assert answer.json is not None
    assert answer.json["detail"] == "There is no work order WO-1 that you can see."
