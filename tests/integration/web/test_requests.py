"""What every request passes and how every refusal looks, whatever route it meant."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from app.core.settings import from_environment
from app.web.app import create_app
from tests.integration.conftest import Browser, Program
from tests.integration.web.conftest import Probe


@pytest.fixture
def program(probe: Probe, person: Callable[..., int], program_of: Callable[..., Program]) -> Program:
    person("tess")
    return program_of("tess")


def raw(program: Program, body: bytes, kind: str = "application/json") -> tuple[int, dict[str, object]]:
    answer = program.client.post(
        "/api/v1/rooms", data=body, content_type=kind, headers={"Authorization": f"Bearer {program.token}"}
    )
    assert answer.content_type == "application/problem+json"
    return answer.status_code, answer.get_json()


@pytest.mark.parametrize("body", [b"{", b'{"code": NaN}', b"\xff", b"[" * 100_000])
def test_json_that_cannot_be_read_is_400(program: Program, body: bytes) -> None:
    status, problem = raw(program, body)
    assert (status, problem["code"]) == (400, "malformed")


def test_ten_megabytes_of_json_are_413_before_they_are_read(program: Program) -> None:
    status, problem = raw(program, json.dumps({"code": "x" * 10_000_000}).encode())
    assert (status, problem["code"]) == (413, "too_large")


def test_another_kind_of_body_is_415(program: Program) -> None:
    assert raw(program, b"code=AMS1", "application/x-www-form-urlencoded")[0] == 415


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "a\x85", "a\ud800"])
def test_a_control_character_is_refused_with_the_name_of_its_field(program: Program, text: str) -> None:
    status, problem = raw(program, json.dumps({"code": "AMS1", "more": [{}, {"why": text}]}).encode())
    assert status == 422
    assert problem["errors"] == [
        {
            "field": "more.1.why",
            "code": "control_character",
            "detail": "Holds a control character, which nobody can see or type.",
        }
    ]


def test_lines_and_tabs_are_no_control_characters(program: Program) -> None:
    status, problem = raw(program, json.dumps({"why": "one\n\ttwo\r\n"}).encode())
    assert [error["field"] for error in problem["errors"]] == ["code", "why"]  # type: ignore[attr-defined] # JSON
    assert status == 422


def test_a_control_character_in_a_form_is_refused_too(browser: Browser) -> None:
    assert browser.sign_in("te\x00ss").status_code == 422


def test_a_control_character_in_an_address_is_an_address_that_does_not_exist(program: Program) -> None:
    assert program.get("/api/v1/rooms/%00").status_code == 404


def test_numbers_beyond_exactness_are_refused(program: Program) -> None:
    status, problem = raw(program, b'{"code": "AMS1", "size": 9007199254740993}')
    assert status == 422
    assert problem["errors"][0]["code"] == "out_of_range"  # type: ignore[index] # JSON


def test_wrong_fields_are_named_one_by_one(program: Program) -> None:
    answer = program.post("/api/v1/rooms", {"size": "many", "colour": "red"})
    assert answer.status_code == 422
    problem = answer.get_json()
    assert {key: problem[key] for key in ("title", "status", "code")} == {
        "title": "Unprocessable Entity", "status": 422, "code": "invalid",
    }  # fmt: skip
    assert {(e["field"], e["code"]) for e in problem["errors"]} == {
        ("code", "required"), ("size", "invalid"), ("colour", "unknown_field"),
    }  # fmt: skip


def test_a_list_where_an_object_belongs_is_422(program: Program) -> None:
    assert raw(program, b"[1, 2]")[0] == 422


def test_a_number_larger_than_the_database_s_is_404(program: Program) -> None:
    assert program.get(f"/api/v1/rooms/{2**63 - 1}").status_code == 200
    assert program.get(f"/api/v1/rooms/{2**63}").status_code == 404


def test_an_undeclared_method_is_405_and_says_which_there_are(program: Program) -> None:
    answer = program.client.delete("/api/v1/rooms", headers={"Authorization": f"Bearer {program.token}"})
    assert answer.status_code == 405
    assert answer.content_type == "application/problem+json"
    assert "POST" in answer.headers["Allow"]


def test_head_and_options_answer(program: Program) -> None:
    head = program.client.head("/api/v1/rooms/1", headers={"Authorization": f"Bearer {program.token}"})
    options = program.client.options("/api/v1/rooms")
    assert (head.status_code, head.data) == (200, b"")
    assert options.status_code == 200


def test_nobody_is_401_for_programs_and_sent_to_sign_in_for_people(program: Program, browser: Browser) -> None:
    answer = browser.client.post("/api/v1/rooms", json={"code": "AMS1"})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.get_json()["code"] == "unauthenticated"
    page = browser.get("/")
    assert (page.status_code, page.location) == (303, "/sign-in?next=/")


def test_a_browser_s_call_of_the_api_needs_its_token(program: Program, browser_of: Callable[[str], Browser]) -> None:
    browser = browser_of("tess")
    assert browser.client.post("/api/v1/rooms", json={"code": "AMS1"}).status_code == 403
    token = browser.get("/session").get_json()["csrf_token"]
    answer = browser.client.post("/api/v1/rooms", json={"code": "AMS1"}, headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_a_device_that_does_not_answer_is_a_fact_with_advice(program: Program) -> None:
    answer = program.get("/api/v1/device")
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "device_unreachable"
    assert "Check the cable" in answer.get_json()["detail"]


def test_a_failure_of_ours_has_a_number_and_tells_nothing(
    program: Program, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = program.get("/api/v1/broken")
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    incident = answer.get_json()["incident"]
    assert [incident in record.getMessage() for record in caplog.records] == [True]
    page = browser.get("/broken")
    assert page.status_code == 500
    assert re.search(r"[0-9a-f]{12}", page.text)
    assert "hunter2" not in page.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/nowhere", "/api/v1/nowhere", "/api/v1/openapi.json"])
def test_every_answer_carries_the_policy(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe-inline" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_any_host_name_is_served(browser: Browser) -> None:
    assert browser.client.get("/sign-in", headers={"Host": "tablet.example"}).status_code == 200


def test_a_database_that_is_down_is_503_as_a_page_and_as_a_problem(tmp_path: Path) -> None:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "RACKSIDE_INSTANCE": str(tmp_path)}
    client = create_app(from_environment(nowhere)).test_client()
    client.set_cookie("rackside", "somebody")
    page = client.get("/")
    problem = client.get("/api/v1/sites")
    assert page.status_code == problem.status_code == 503
    assert "database" in page.text
    assert problem.get_json()["code"] == "database_unavailable"
