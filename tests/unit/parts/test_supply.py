"""Which sort of spare a job takes."""

from __future__ import annotations

from datetime import date

from app.parts.rules import OnShelf, Stock, Supply, supply_of
from app.parts.states import SpareState

IN_STOCK, EXPECTED, INSTALLED = SpareState.IN_STOCK, SpareState.EXPECTED, SpareState.INSTALLED


def spare(number: str, state: SpareState = IN_STOCK, *, day: date | None = None, ours: bool = False) -> OnShelf:
    return OnShelf(number, state, day, ours)


def test_the_only_sort_that_is_free_is_taken() -> None:
    assert supply_of([spare("A"), spare("A"), spare("B", SpareState.RESERVED)]) == Supply(Stock.THERE, "A")


def test_the_sort_that_was_in_the_machine_last_is_taken_among_several() -> None:
    before = [spare("C", INSTALLED, ours=True), spare("A", INSTALLED, ours=True), spare("B", INSTALLED)]
    assert supply_of([spare("A"), spare("B"), *before]) == Supply(Stock.THERE, "A")
    assert supply_of([spare("A"), spare("B"), spare("B", INSTALLED)]) == Supply(Stock.SEVERAL)


def test_what_is_expected_first_is_told_and_without_a_day_that_one_comes() -> None:
    coming = [spare("A", EXPECTED, day=date(2026, 12, 9)), spare("A", EXPECTED, day=date(2026, 12, 3))]
    assert supply_of(coming) == Supply(Stock.EXPECTED, expected_on=date(2026, 12, 3))
    assert supply_of([spare("A", EXPECTED)]) == Supply(Stock.EXPECTED)


def test_none_is_left_or_none_was_ever_kept_here() -> None:
    assert supply_of([spare("A", INSTALLED)]).stock == Stock.NONE
    assert supply_of([]).stock == Stock.UNTRACKED
