"""Passwords: what is accepted, what matches, and that nobody can tell a missing name by the time it takes."""

from __future__ import annotations

import time

import pytest

from app.core.errors import Invalid
from app.people.operations.passwords import hashed, matches


def test_the_password_matches_its_own_hash_and_no_other() -> None:
    stored = hashed("correct horse 42", name="tess")
    assert "correct" not in stored
    assert matches(stored, "correct horse 42")
    assert not matches(stored, "correct horse 43")
    assert hashed("correct horse 42", name="tess") != stored


def test_an_accent_typed_in_two_ways_is_the_same_password() -> None:
    assert matches(hashed("caf\u00e9 au lait", name="tess"), "cafe\u0301 au lait")


@pytest.mark.parametrize("password", ["short", "x" * 201, "tess", "tess12345678"])
def test_weak_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid, match="password"):
        hashed(password, name="tess")


def test_a_longer_password_than_any_never_matches() -> None:
    assert not matches(hashed("x" * 200, name="tess"), "x" * 201)


def test_a_name_that_does_not_exist_costs_the_same_work() -> None:
    stored = hashed("correct horse 42", name="tess")
    matches(None, "warm up")
    assert _cpu_seconds(None) > 0.5 * _cpu_seconds(stored)


def _cpu_seconds(stored: str | None) -> float:
    best = 1e9
    for _ in range(3):
        began = time.thread_time()
        matches(stored, "wrong horse 42")
        best = min(best, time.thread_time() - began)
    return best
