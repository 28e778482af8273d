"""A request sent twice is done once, also when both copies arrive at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.conftest import Program
from tests.integration.web.conftest import Probe

Codes = Callable[[], list[str]]


@pytest.fixture
def program(probe: Probe, person: Callable[..., int], program_of: Callable[..., Program]) -> Program:
    person("tess")
    return program_of("tess")


def send(program: Program, key: str, code: str = "AMS1") -> tuple[int, bytes, str | None]:
    answer = program.post("/api/v1/rooms", {"code": code}, **{"Idempotency-Key": key})
    return answer.status_code, answer.data, answer.headers.get("ETag")


def test_the_same_key_and_body_give_the_same_answer_word_for_word(program: Program, probe: Probe, codes: Codes) -> None:
    first = send(program, "k1")
    second = send(program, "k1")
    assert first[0] == 201
    assert first[2] == '"1"'
    assert second == first
    assert probe.ran == 1
    assert codes() == ["AMS1"]


def test_the_same_key_with_another_body_is_refused(program: Program, codes: Codes) -> None:
    send(program, "k1", "AMS1")
    refused = program.post("/api/v1/rooms", {"code": "NYC1"}, **{"Idempotency-Key": "k1"})
    assert refused.status_code == 409
    assert refused.get_json()["code"] == "idempotency_mismatch"
    assert codes() == ["AMS1"]


def test_another_person_s_key_is_another_key(
    program: Program, person: Callable[..., int], program_of: Callable[..., Program], probe: Probe
) -> None:
    person("omar")
    send(program, "k1", "AMS1")
    assert send(program_of("omar"), "k1", "NYC1")[0] == 201
    assert probe.ran == 2


def test_two_copies_at_once_are_done_once_and_both_get_the_answer(program: Program, probe: Probe, codes: Codes) -> None:
    probe.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(send, program, "k1")
        assert probe.inside.wait(10)
        second = pool.submit(send, Program(program.client.application.test_client(), program.token), "k1")
        probe.gate.set()
        assert first.result(10) == second.result(10)
    assert probe.ran == 1
    assert codes() == ["AMS1"]


def test_what_the_rules_refused_is_refused_again_and_leaves_nothing(
    program: Program, probe: Probe, codes: Codes
) -> None:
    probe.refuse = True
    first = send(program, "k1")
    probe.refuse = False
    assert send(program, "k1") == first
    assert first[0] == 409
    assert codes() == []


def test_a_request_that_was_not_valid_may_be_corrected_under_the_same_key(program: Program) -> None:
    wrong = program.post("/api/v1/rooms", {"size": 3}, **{"Idempotency-Key": "k1"})
    assert wrong.status_code == 422
    assert send(program, "k1")[0] == 201


def test_a_key_without_an_operation_s_commit_is_free_again(program: Program, probe: Probe, codes: Codes) -> None:
    send(program, "other", "AMS1")
    assert send(program, "k1", "AMS1")[0] == 409  # the database itself refuses the second AMS1
    assert send(program, "k2", "NYC1")[0] == 201
    assert codes() == ["AMS1", "NYC1"]


@pytest.mark.parametrize("key", ["", "x" * 201, "ä"])
def test_a_key_that_cannot_be_kept_is_named(program: Program, key: str) -> None:
    answer = program.post("/api/v1/rooms", {"code": "AMS1"}, **{"Idempotency-Key": key})
    assert answer.status_code == 422
    assert answer.get_json()["errors"][0]["field"] == "Idempotency-Key"
