"""People, roles and tokens: what an administrator changes counts at once, and is on record."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from apiflask import APIFlask
from sqlalchemy import select

from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import Conflict, Invalid
from app.core.events import history
from app.core.permissions import Permission, Role
from app.people import queries
from app.people.models import ApiToken, WebSession
from app.people.operations import accounts, tokens
from tests.integration.conftest import PASSWORD, Browser, Program

Add = Callable[..., int]
Open = Callable[[str], Browser]


def test_a_deactivated_person_is_out_at_once(
    web_app: APIFlask, person: Add, browser_of: Open, program_of: Callable[..., Program]
) -> None:
    person("ada", "admin@all")
    person("tess", "technician@AMS1")
    tess, script, ada = browser_of("tess"), program_of("tess"), browser_of("ada")
    assert script.get("/api/v1/sites").status_code == 200

    ada.post("/people/tess/deactivation", page="/people/tess")

    assert tess.get("/session").status_code == 401
    assert script.get("/api/v1/sites").status_code == 401
    assert Browser(web_app.test_client()).sign_in("tess").status_code == 422

    ada.post("/people/tess/activation", page="/people/tess")
    assert script.get("/api/v1/sites").status_code == 401, "a revoked token stays revoked"
    assert Browser(web_app.test_client()).sign_in("tess").status_code == 303


def test_somebody_inactive_is_nobody_whatever_session_or_token_is_left(
    web_app: APIFlask, person: Add, browser_of: Open, program_of: Callable[..., Program]
) -> None:
    person("tess")
    tess, script = browser_of("tess"), program_of("tess")
    with web_app.app_context(), transaction() as session:
        queries.person_named(session, "tess").active = False
    assert tess.get("/session").status_code == 401
    assert script.get("/session").status_code == 401


def test_a_role_counts_from_the_next_request_on_and_stops_counting_as_fast(person: Add, browser_of: Open) -> None:
    person("ada", "admin@all")
    person("omar", "manager@AMS1")
    ada, omar = browser_of("ada"), browser_of("omar")
    assert omar.get("/people").status_code == 403

    ada.post("/people/omar/roles", page="/people/omar", role="admin", site="all")
    assert omar.get("/people").status_code == 200

    ada.post("/people/omar/roles/revocation", page="/people/omar", role="admin", site="all")
    assert omar.get("/people").status_code == 403


def test_an_administrator_adds_somebody_who_then_signs_in(web_app: APIFlask, person: Add, browser_of: Open) -> None:
    person("ada", "admin@all")
    ada = browser_of("ada")
    added = ada.post("/people", page="/people", name="tess", full_name="Tess Bakker", password=PASSWORD)
    assert (added.status_code, added.location) == (303, "/people/tess")
    assert Browser(web_app.test_client()).sign_in("tess").status_code == 303
    again = ada.post("/people", page="/people", name="tess", full_name="Tess Again")
    assert again.status_code == 422
    assert "There is a person tess already" in again.text


def test_the_last_administrator_can_neither_leave_nor_be_thrown_out(person: Add, browser_of: Open) -> None:
    person("ada", "admin@all")
    ada = browser_of("ada")
    ada.post("/people/ada/roles/revocation", page="/people/ada", role="admin", site="all")
    ada.post("/people/ada/deactivation", page="/people/ada")
    assert "last administrator" in ada.get("/people/ada").text
    assert ada.get("/people").status_code == 200


def test_admin_is_never_held_at_one_site(person: Add, browser_of: Open) -> None:
    person("ada", "admin@all")
    person("tess", "technician@AMS1")
    ada = browser_of("ada")
    ada.post("/people/tess/roles", page="/people/tess", role="admin", site="AMS1")
    assert "held for all sites" in ada.get("/people/tess").text


def test_everything_about_a_person_is_on_record(web_app: APIFlask, person: Add, browser_of: Open) -> None:
    person("ada", "admin@all")
    person("tess")
    ada = browser_of("ada")
    ada.post("/people/tess/roles", page="/people/tess", role="sysadmin", site="all")
    ada.post("/people/tess/password", page="/people/tess", password="another horse 43")
    with web_app.app_context(), transaction() as session:
        told = [(event.verb, event.by) for event in history(session, "person:tess")]
    assert told == [("added", "test"), ("role_granted", "ada"), ("password_set", "ada")]


def test_a_new_password_ends_every_session_but_the_one_it_was_changed_in(person: Add, browser_of: Open) -> None:
    person("tess")
    here, elsewhere = browser_of("tess"), browser_of("tess")
    changed = here.post(
        "/me/password", page="/me", current=PASSWORD, password="another horse 43", again="another horse 43"
    )
    assert changed.status_code == 303
    assert here.get("/session").status_code == 200
    assert elsewhere.get("/session").status_code == 401


@pytest.mark.parametrize(
    ("current", "password", "again"),
    [("wrong", "another horse 43", "another horse 43"), (PASSWORD, "short", "short"), (PASSWORD, "a" * 12, "b" * 12)],
)
def test_a_password_is_not_changed_by_a_slip(
    web_app: APIFlask, person: Add, browser_of: Open, current: str, password: str, again: str
) -> None:
    person("tess")
    slip = browser_of("tess").post("/me/password", page="/me", current=current, password=password, again=again)
    assert slip.status_code == 422
    assert Browser(web_app.test_client()).sign_in("tess").status_code == 303


def test_a_token_is_shown_once_works_and_is_revoked(web_app: APIFlask, person: Add, browser_of: Open) -> None:
    person("tess", "technician@AMS1")
    tess = browser_of("tess")
    page = tess.post("/me/tokens", page="/me", name="scanner", days="30")
    found = re.search(r"rks_[\w-]{43}", page.text)
    assert found
    assert found[0] not in tess.get("/me").text
    script = Program(web_app.test_client(), found[0])
    assert script.get("/api/v1/sites").status_code == 200
    with web_app.app_context(), transaction() as session:
        token = session.scalars(select(ApiToken)).one()
    assert found[0] not in token.secret_hash

    tess.post(f"/me/tokens/{token.id}/revocation", page="/me")
    refused = script.get("/api/v1/sites")
    assert (refused.status_code, refused.get_json()["code"]) == (401, "invalid_token")


def test_nobody_revokes_another_person_s_token(
    web_app: APIFlask, person: Add, browser_of: Open, program_of: Callable[..., Program]
) -> None:
    person("tess")
    person("mallory")
    script = program_of("tess")
    with web_app.app_context(), transaction() as session:
        token_id = session.scalars(select(ApiToken.id)).one()
    assert browser_of("mallory").post(f"/me/tokens/{token_id}/revocation", page="/me").status_code == 404
    assert script.get("/session").status_code == 200


def test_a_token_cannot_make_another_nor_change_the_password(person: Add, program_of: Callable[..., Program]) -> None:
    person("ada", "admin@all")
    script = program_of("ada")
    for path in ("/me/tokens", "/me/password", "/people/ada/password", "/people/ada/roles", "/people"):
        answer = script.client.post(
            path, data={"name": "x", "days": "1", "full_name": "x"}, headers={"Authorization": f"Bearer {script.token}"}
        )
        assert answer.status_code == 403, path


def test_a_token_with_a_scope_does_only_that(person: Add, program_of: Callable[..., Program]) -> None:
    person("tess", "technician@AMS1")
    script = program_of("tess", Permission.ASSETS_READ)
    assert script.get("/api/v1/assets").status_code == 200
    assert script.get("/api/v1/sites").status_code == 403


def test_a_scope_gives_nothing_that_the_person_does_not_hold(person: Add, program_of: Callable[..., Program]) -> None:
    person("tess", "technician@AMS1")
    assert program_of("tess", Permission.PEOPLE_WRITE).get("/people").status_code == 403


def test_an_expired_token_is_refused(web_app: APIFlask, person: Add) -> None:
    person("tess")
    then = true_now() - timedelta(days=2)
    with web_app.app_context(), transaction() as session:
        tess = queries.person_named(session, "tess")
        _, secret = tokens.create_token(
            session, tess, name="old", by="test", now=then, expires_at=then + timedelta(days=1)
        )
    assert Program(web_app.test_client(), secret).get("/session").status_code == 401


@pytest.mark.parametrize("column", ["seen_at", "expires_at"])
def test_a_session_ends_by_silence_and_by_age(web_app: APIFlask, person: Add, browser_of: Open, column: str) -> None:
    person("tess")
    tess = browser_of("tess")
    with web_app.app_context(), transaction() as session:
        kept = session.scalars(select(WebSession)).one()
        setattr(kept, column, true_now() - timedelta(hours=12, seconds=1))
    assert tess.get("/session").status_code == 401


@pytest.mark.parametrize("name", ["Tess", "", "-tess", "te ss", "té", "x" * 65])
def test_names_that_cannot_be_logins_are_refused(web_app: APIFlask, name: str) -> None:
    with web_app.app_context(), pytest.raises(Invalid), transaction() as session:
        accounts.add_person(session, name=name, full_name="Tess", by="test", now=true_now())


def test_holding_a_role_twice_is_holding_it_once(web_app: APIFlask, person: Add) -> None:
    person("tess", "technician@all")
    with web_app.app_context(), transaction() as session:
        tess = queries.person_named(session, "tess")
        accounts.grant(session, tess, Role.TECHNICIAN, None, by="test", now=true_now())
        assert len(tess.grants) == 1
        with pytest.raises(Conflict):
            accounts.add_person(session, name="tess", full_name="Again", by="test", now=true_now())
