"""Whom a call for help rings, and for how long."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.jobs.rings import BETWEEN_ROUNDS, PATIENCE, Reachable, next_of, patience

NOW = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def person(
    number: int, *, seen: int | None = None, rung: int | None = None, phone: str | None = "+31 20 1"
) -> Reachable:
    """Somebody who was at a page, and rung by another call, so many minutes ago."""
    seen_at = NOW - timedelta(minutes=seen) if seen is not None else None
    rung_at = NOW - timedelta(minutes=rung) if rung is not None else None
    return Reachable(number, f"Person {number}", phone, seen_at, rung_at)


def test_who_works_at_a_page_is_rung_before_who_does_not() -> None:
    people = [person(1, seen=16), person(2), person(3, seen=15)]
    assert next_of(people, [], true=NOW) == people[2]


def test_who_has_a_telephone_comes_before_who_has_none() -> None:
    people = [person(1, phone=None), person(2)]
    assert next_of(people, [], true=NOW) == people[1]


def test_of_equals_whoever_was_rung_least_lately_is_rung() -> None:
    people = [person(1, rung=5), person(2, rung=50), person(3, rung=20)]
    assert next_of(people, [], true=NOW) == people[1]


def test_nobody_is_rung_twice_before_everybody_was_rung_and_then_it_begins_again() -> None:
    people = [person(1), person(2), person(3)]
    rung: list[int] = []
    for _ in range(7):
        chosen = next_of(people, rung, true=NOW)
        assert chosen is not None
        rung.append(chosen.id)
    assert rung == [1, 2, 3, 1, 2, 3, 1]


def test_nobody_is_there() -> None:
    assert next_of([], [], true=NOW) is None
    assert next_of([], [1, 2], true=NOW) is None, "who was rung is away by now"


def test_the_last_one_of_a_round_gets_the_same_time_and_the_next_round_is_slower() -> None:
    people = [person(1), person(2)]
    assert [patience(people, rung) for rung in ([], [1], [1, 2])] == [PATIENCE, PATIENCE, BETWEEN_ROUNDS]
