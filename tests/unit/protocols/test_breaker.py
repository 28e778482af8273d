"""A device that fails again and again is left alone for a while, and asked again after it."""

from __future__ import annotations

import pytest

from app.core.errors import AuthRefused, Unreachable
from app.hardware.protocols.breaker import Breaker

SILENT = Unreachable("nothing answers", "look at the cable")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=3, rest_s=60, clock=clock)


def test_third_failure_in_a_row_gives_rest_that_tells_the_last_reason_and_how_long(
    breaker: Breaker, clock: Clock
) -> None:
    for _ in range(3):
        breaker.check("a")
        breaker.failed("a", SILENT)
    clock.now += 20
    with pytest.raises(Unreachable, match="nothing answers; it is left alone for 40 s more") as refused:
        breaker.check("a")
    assert refused.value.advice == "look at the cable"
    breaker.check("b")


def test_after_the_rest_it_is_asked_again_and_needs_three_failures_more(breaker: Breaker, clock: Clock) -> None:
    for _ in range(3):
        breaker.failed("a", SILENT)
    clock.now += 60
    for _ in range(2):
        breaker.check("a")
        breaker.failed("a", SILENT)
    breaker.check("a")


def test_answer_between_failures_begins_the_count_anew(breaker: Breaker) -> None:
    for _ in range(5):
        breaker.failed("a", SILENT)
        breaker.failed("a", SILENT)
        breaker.answered("a")
    breaker.check("a")


def test_who_insists_is_let_through_once_and_a_failure_gives_rest_again(breaker: Breaker, clock: Clock) -> None:
    assert breaker.check("a", insists=True) is False
    breaker.failed("a", SILENT, at_once=True)
    clock.now += 50
    assert breaker.check("a", insists=True) is True
    breaker.failed("a", SILENT, at_once=True)
    with pytest.raises(Unreachable, match="left alone for 60 s more"):
        breaker.check("a")
    assert breaker.check("a", insists=True) is True
    breaker.answered("a")
    assert breaker.check("a") is False


def test_failure_that_asking_makes_worse_gives_rest_at_once(breaker: Breaker) -> None:
    breaker.failed("a", AuthRefused("no free session", "wait"), at_once=True)
    with pytest.raises(AuthRefused, match="left alone"):
        breaker.check("a")
