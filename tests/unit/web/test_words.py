"""Times, windows and quantities in the words of the page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.web.components import (
    SiteHours,
    agreement,
    curve,
    dated,
    initials,
    is_stale,
    left,
    place_of,
    quantity,
    relative,
    spent_percent,
    wall,
    wall_range,
    window_words,
)

AMS = "Europe/Amsterdam"
NOW = datetime(2026, 11, 24, 14, 8, tzinfo=UTC)  # a Tuesday, 15:08 in Amsterdam
OPEN = SiteHours("Amsterdam", AMS, True, NOW.replace(hour=7, minute=0), NOW.replace(hour=16, minute=0), None)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "now"),
        (40, "in 40 s"),
        (-40, "40 s ago"),
        (2100, "in 35 min"),
        (-6720, "1 h 52 min ago"),
        (-9e4, "1 day ago"),
    ],
)
def test_an_instant_is_told_from_now(seconds: float, words: str) -> None:
    assert relative(NOW + timedelta(seconds=seconds), NOW) == words


def test_time_left_never_runs_below_nothing() -> None:
    assert left(NOW + timedelta(minutes=112), NOW) == "1 h 52 min left"
    assert left(NOW - timedelta(seconds=1), NOW) == "time is up"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("2026-11-24T15:45:00Z", "16:45"),
        ("2026-11-24T23:30:00Z", "tomorrow 00:30"),
        ("2026-11-23T09:00:00Z", "yesterday 10:00"),
        ("2026-11-30T07:00:00Z", "Mon 30 Nov 08:00"),
        ("2027-01-04T07:00:00Z", "Mon 4 Jan 2027 08:00"),
    ],
)
def test_the_wall_clock_is_the_data_centers_and_as_short_as_clear(at: str, words: str) -> None:
    assert wall(at, AMS, NOW) == words


def test_a_drill_is_dated_even_when_it_is_today() -> None:
    assert dated(NOW, AMS, NOW) == "Tue 24 Nov 15:08"


def test_a_range_repeats_the_day_only_when_it_changes() -> None:
    start = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert wall_range(start, start + timedelta(hours=2), AMS, NOW) == "Mon 30 Nov 08:00\N{EN DASH}10:00"
    assert wall_range(start, start + timedelta(hours=20), AMS, NOW).endswith("\N{EN DASH}Tue 1 Dec 04:00")


def test_the_window_says_when_it_closes_or_opens() -> None:
    def closed(opens: datetime | None) -> SiteHours:
        return SiteHours("Amsterdam", AMS, False, None, None, opens)

    assert window_words(OPEN, NOW) == "Open until 17:00 Amsterdam"
    assert window_words(closed(NOW + timedelta(days=5)), NOW) == "Opens Sun 15:08 Amsterdam"
    assert window_words(closed(NOW + timedelta(days=20)), NOW) == "Opens Mon 14 Dec 15:08 Amsterdam"
    assert window_words(closed(None), NOW) == "Amsterdam has no opening planned"


def test_the_day_is_used_up_from_opening_to_closing() -> None:
    assert spent_percent(OPEN, NOW) == 79
    assert spent_percent(OPEN, NOW + timedelta(days=1)) == 100


def test_a_value_that_was_not_read_is_unknown_and_never_zero() -> None:
    assert quantity(None, "W") == "unknown"
    assert [quantity(28.5, "Cel"), quantity(0, "W"), quantity(12_480, "/min"), quantity(3, None)] == [
        "28.5 °C",
        "0 W",
        "12480 rpm",
        "3",
    ]


def test_evidence_counts_sources_not_lines() -> None:
    ipmi, snmp = {"source": "ipmi"}, {"source": "snmp"}
    assert agreement([ipmi, ipmi]) == "said by ipmi alone"
    assert agreement([ipmi, snmp, ipmi]) == "agreed by two sources"
    assert agreement([]) == "no source kept"


def test_a_curve_stays_in_its_box_and_shows_its_limit() -> None:
    drawn = curve([20.0, 30.0, 25.0], limit=28.0)
    assert drawn is not None
    assert drawn.line == "0.0,46.0 120.0,2.0 240.0,24.0"
    assert drawn.limit_y == pytest.approx(10.8)
    assert curve([20.0]) is None


def test_stale_is_older_than_its_limit() -> None:
    assert not is_stale(NOW - timedelta(seconds=300), 300, NOW)
    assert is_stale((NOW - timedelta(seconds=301)).isoformat(), 300, NOW)


def test_names_are_short_on_a_phone() -> None:
    assert [initials("Tess Bakker"), initials("Ana Maria de Souza"), initials("Ravi"), initials("")] == [
        "TB",
        "AS",
        "R",
        "",
    ]
    assert place_of("America/New_York") == "New York"
