"""Holidays as proposals for a site's closed days."""

from __future__ import annotations

from datetime import date

import pytest

from app.core.errors import Invalid
from app.shifts.closed_days import ProposedDay, propose


def test_christmas_is_proposed_in_english_wherever_the_site_is() -> None:
    assert ProposedDay(date(2026, 12, 25), "Christmas Day", False, False, False) in propose("NL", None, 2026)
    assert [day.name for day in propose("DE", None, 2026) if day.date == date(2026, 12, 25)] == ["Christmas Day"]


def test_parts_of_a_country_have_days_of_their_own() -> None:
    hesse = {day.date for day in propose("DE", "HE", 2027)}
    berlin = {day.date for day in propose("DE", "BE", 2027)}
    assert hesse - berlin == {date(2027, 5, 27)}
    assert berlin - hesse == {date(2027, 3, 8)}


def test_day_that_hangs_on_the_moon_is_marked_as_estimated() -> None:
    marked = {day.date: day for day in propose("SG", None, 2028)}
    assert marked[date(2028, 1, 26)].estimated
    assert not marked[date(2028, 12, 25)].estimated


def test_free_day_in_place_of_a_weekend_is_marked_as_observed() -> None:
    marked = {day.date: day for day in propose("US", None, 2026)}
    assert marked[date(2026, 7, 3)].observed
    assert not marked[date(2026, 7, 4)].observed


def test_day_on_which_only_some_are_free_is_marked_as_optional() -> None:
    marked = {day.date: day for day in propose("NL", None, 2027)}
    assert marked[date(2027, 5, 5)].optional  # Liberation Day
    assert not marked[date(2027, 4, 27)].optional


def test_days_come_in_order_each_once_and_all_in_the_year_asked() -> None:
    for country in ("NL", "US", "SG", "EG", "IL", "JP", "CN", "IN", "GB"):
        days = [day.date for day in propose(country, None, 2027)]
        assert days == sorted(set(days))
        assert {day.year for day in days} == {2027}


def test_country_without_public_holidays_proposes_none() -> None:
    assert propose("UA", None, 2026) == []  # suspended under martial law


@pytest.mark.parametrize(
    ("country", "subdivision", "year"),
    [
        ("XX", None, 2027),
        ("", None, 2027),
        ("nl", None, 2027),
        ("holiday_base", None, 2027),
        ("DE", "ZZ", 2027),
        ("NL", None, 9999),
    ],
)
def test_unknown_country_part_or_year_is_refused(country: str, subdivision: str | None, year: int) -> None:
    with pytest.raises(Invalid):
        propose(country, subdivision, year)
