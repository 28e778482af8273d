"""Signing in: who gets in, who does not, and what a browser holds afterwards."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask

from app.core.clock import true_now
from app.core.database import transaction
from app.people.models import SignInAttempt, WebSession
from app.people.operations.sessions import forget_ended
from tests.integration.conftest import PASSWORD, Browser


def test_name_and_password_open_the_page_that_was_asked_for(browser: Browser, person: Callable[..., int]) -> None:
    person("ada", "admin@all")
    asked = browser.get("/?after=b")
    assert asked.status_code == 303
    assert asked.location == "/sign-in?next=/%3Fafter%3Db"

    answer = browser.post("/sign-in", page=asked.location, name="ada", password=PASSWORD, next="/?after=b")

    assert answer.status_code == 303
    assert answer.location == "/?after=b"
    assert browser.get("/session").get_json()["name"] == "ada"


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:x", "/\tx"]
)
def test_signing_in_never_leads_to_another_site(browser: Browser, person: Callable[..., int], target: str) -> None:
    person("tess", "technician@AMS1")
    answer = browser.post("/sign-in", name="tess", password=PASSWORD, next=target)
    assert answer.status_code in {303, 422}
    assert answer.location in {None, "/"}


def test_wrong_password_and_unknown_name_look_the_same(browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    wrong = browser.sign_in("tess", "not the password")
    unknown = browser.sign_in("nobody", "not the password")
    assert wrong.status_code == unknown.status_code == 422
    assert "do not belong together" in wrong.text
    pages = [re.sub(r"[0-9-]{10}T[0-9:.]+Z", "", page.text) for page in (wrong, unknown)]  # when each was made
    assert pages[0].replace("tess", "") == pages[1].replace("nobody", "")


def test_ten_failures_lock_a_name_for_everybody_and_say_for_how_long(
    browser: Browser, person: Callable[..., int]
) -> None:
    person("tess")
    for _ in range(10):
        assert browser.sign_in("tess", "wrong password").status_code == 422
    locked = browser.sign_in("tess")
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 15 * 60 + 1


def test_failures_are_forgotten_after_success(browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    for _ in range(9):
        browser.sign_in("tess", "wrong password")
    assert browser.sign_in("tess").status_code == 303
    browser.post("/sign-out")
    assert browser.sign_in("tess", "wrong password").status_code == 422


def test_a_cookie_planted_before_signing_in_is_worth_nothing(web_app: APIFlask, person: Callable[..., int]) -> None:
    person("tess")
    victim, attacker = Browser(web_app.test_client()), Browser(web_app.test_client())
    victim.client.set_cookie("rackside", "planted")
    attacker.client.set_cookie("rackside", "planted")

    assert victim.sign_in("tess").status_code == 303

    assert victim.get("/session").status_code == 200
    assert attacker.get("/session").status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    cookie = browser.sign_in("tess").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_the_database_holds_no_secret(web_app: APIFlask, browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    browser.sign_in("tess")
    cookie = browser.client.get_cookie("rackside")
    assert cookie
    with web_app.app_context(), transaction() as session:
        stored = [row.secret_hash for row in session.query(WebSession)]
    assert len(stored) == 1
    assert cookie.value not in stored


def test_signing_out_ends_the_session_on_the_server(browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    browser.sign_in("tess")
    cookie = browser.client.get_cookie("rackside")
    assert cookie
    assert browser.post("/sign-out", page="/nowhere").status_code == 303
    browser.client.set_cookie("rackside", cookie.value)
    assert browser.get("/session").status_code == 401


def test_a_post_without_the_token_changes_nothing(browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    browser.sign_in("tess")
    assert browser.client.post("/sign-out").status_code == 403
    assert browser.client.post("/sign-out", data={"csrf_token": "0" * 64}).status_code == 403
    assert browser.get("/session").status_code == 200


def test_a_post_from_another_site_is_refused_even_with_the_token(browser: Browser, person: Callable[..., int]) -> None:
    person("tess")
    browser.sign_in("tess")
    token = browser.get("/session").get_json()["csrf_token"]
    refused = browser.client.post("/sign-out", data={"csrf_token": token}, headers={"Sec-Fetch-Site": "cross-site"})
    assert refused.status_code == 403


def test_what_ended_is_forgotten_and_what_counts_is_kept(
    web_app: APIFlask, browser: Browser, person: Callable[..., int]
) -> None:
    person("tess")
    browser.sign_in("tess")
    Browser(web_app.test_client()).sign_in("tess", "wrong password")
    with web_app.app_context(), transaction() as session:
        forget_ended(session, true_now())
        assert [session.query(kept).count() for kept in (WebSession, SignInAttempt)] == [1, 2]
        forget_ended(session, true_now() + timedelta(days=7))
        assert [session.query(kept).count() for kept in (WebSession, SignInAttempt)] == [0, 0]
