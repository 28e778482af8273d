"""What became of a machine over time, and how it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from app.hardware.charts import BOTTOM, LEFT, RIGHT, TOP, chart
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.history import Moment, Point, Run, Series, kinds_of, recurring, series_of, spread, turns_of
from app.hardware.readings import SourceStatus, State
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def moment(document: DiagnosticsDocument, at: datetime) -> Moment:
    told: dict[str, Any] = document.to_dict()
    parts = {name: told[name] for name in ("readings", "components", "findings", "sources")}
    return Moment(uuid4(), at, complete=document.complete, **parts)


def days(*documents: DiagnosticsDocument, apart: timedelta = DAY) -> list[Moment]:
    return [moment(document, NOON + place * apart) for place, document in enumerate(documents)]


WELL, SICK = healthy_server(), server_with_lost_input()
SILENT = replace(
    WELL,
    complete=False,
    sources=tuple(replace(source, status=SourceStatus.TIMEOUT) for source in WELL.sources),
    components=(),
    readings=(),
)


def test_finding_that_went_and_came_again_is_counted() -> None:
    seen = days(SICK, WELL, SICK, WELL, SICK)
    (found,) = recurring(seen, NOON + 5 * DAY)
    assert (found.title, found.times, found.is_open) == ("PSU 2 has lost its input", 3, True)
    assert (found.first, found.last) == (NOON, NOON + 4 * DAY)


def test_finding_that_stayed_is_one() -> None:
    assert [one.times for one in recurring(days(SICK, SICK, SICK), NOON + 3 * DAY)] == [1]


def test_silence_ends_no_episode() -> None:
    (found,) = recurring(days(SICK, SILENT, SICK), NOON + 3 * DAY)
    assert (found.times, found.is_open) == (1, True)


def test_what_comes_again_after_more_than_14_days_begins_anew() -> None:
    seen = [moment(SICK, NOON), moment(WELL, NOON + DAY), moment(SICK, NOON + 16 * DAY)]
    assert [one.times for one in recurring(seen, NOON + 17 * DAY)] == [1]
    assert recurring(seen[:2], NOON + 17 * DAY) == []


def test_turns_of_parts_and_sources_are_told_newest_first() -> None:
    turns = turns_of(days(WELL, SICK, SICK, WELL))
    assert [(one.what, one.before, one.after, one.mark) for one in turns] == [
        ("Outlet 14 of PDU-A", "off, critical", "on", "ok"),
        ("PSU2", "critical", "ok", "ok"),
        ("Outlet 14 of PDU-A", "on", "off, critical", "critical"),
        ("PSU2", "ok", "critical", "critical"),
    ]


def test_silent_source_is_one_turn_and_its_parts_are_not_called_changed() -> None:
    turns = turns_of(days(WELL, SILENT, WELL))
    assert {one.what for one in turns} == {"Source ipmi", "Source snmp:PDU-A"}
    assert [one.after for one in turns if one.what == "Source ipmi"] == ["answered", "no answer"]


def test_moment_without_a_reading_leaves_a_gap_in_its_curve() -> None:
    curve = next(one for one in series_of(days(WELL, SILENT, WELL)) if one.name == "Inlet")
    assert [point.value for point in curve.points] == [24.0, None, 24.0]
    assert curve.points[1].state == State.UNKNOWN


def test_kinds_that_people_look_at_first_stand_first() -> None:
    assert list(kinds_of(series_of(days(WELL)))) == ["temperature", "power", "fan"]


def series(values: Sequence[float | None], **limits: float) -> Series:
    points = tuple(
        Point(UUID(int=place), NOON + place * timedelta(hours=1), value, State.UNKNOWN if value is None else State.OK)
        for place, value in enumerate(values)
    )
    return Series("temperature", "Inlet", "Cel", points, **limits)


def test_curve_breaks_where_a_value_is_unknown_and_marks_it() -> None:
    drawn = chart(series([20, 21, None, 22, 23]), NOON, NOON + DAY, "Europe/Amsterdam")
    assert drawn is not None
    assert len(drawn.lines) == 2
    assert [dot.y for dot in drawn.dots if dot.state == "unknown"] == [BOTTOM]


def test_limit_near_the_values_is_drawn_and_a_far_one_is_not() -> None:
    drawn = chart(series([24, 25], lower=-4000.0, upper=42.0), NOON, NOON + DAY, "Europe/Amsterdam")
    assert drawn is not None
    assert [tick.words for tick in drawn.limits] == ["42"]
    assert all(TOP <= tick.at <= BOTTOM for tick in drawn.limits)


def test_nothing_read_is_nothing_drawn() -> None:
    assert chart(series([None, None]), NOON, NOON + DAY, "Europe/Amsterdam") is None


def test_day_is_ticked_by_the_data_centers_clock() -> None:
    drawn = chart(series([1, 2]), NOON, NOON + DAY, "America/New_York")
    assert drawn is not None
    assert [tick.words for tick in drawn.across] == ["12:00", "18:00", "00:00", "06:00"]


@given(st.lists(st.none() | st.floats(-1e9, 1e9), min_size=1, max_size=24), st.floats(-1e9, 1e9))
def test_every_curve_fits_its_box(values: list[float | None], limit: float) -> None:
    drawn = chart(series(values, upper=limit), NOON, NOON + DAY, "Europe/Amsterdam")
    if drawn is None:
        assert not [value for value in values if value is not None]
        return
    places = [tuple(map(float, pair.split(","))) for line in drawn.lines for pair in line.split()]
    places += [(dot.x, dot.y) for dot in drawn.dots]
    assert all(LEFT <= x <= RIGHT and TOP - 0.1 <= y <= BOTTOM + 0.1 for x, y in places)
    assert 2 <= len(drawn.up) <= 12


@given(st.lists(st.sampled_from(["ok", "warning", "critical", "unknown"]), max_size=300), st.integers(4, 60))
def test_spread_keeps_its_bound_its_order_and_both_ends(worst: list[str], most: int) -> None:
    runs = [Run(UUID(int=place), NOON + place * DAY, state) for place, state in enumerate(worst)]
    kept = spread(runs, most)
    assert len(kept) <= max(most, 0)
    assert kept == sorted(kept, key=lambda run: run.at)
    if runs:
        assert (kept[0], kept[-1]) == (runs[0], runs[-1])


def test_short_trouble_between_many_quiet_runs_is_kept() -> None:
    runs = [Run(UUID(int=place), NOON + place * DAY, "critical" if place == 777 else "ok") for place in range(2000)]
    assert 777 in [run.id.int for run in spread(runs, 100)]
