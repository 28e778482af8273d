"""Site hours against a clock that is read minute by minute, over clock changes that others got wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.shifts.window import (
    HORIZON,
    Calendar,
    DoesNotFit,
    NoWindow,
    add_working_time,
    earliest,
    fits_now,
    is_open,
    next_opening,
    opening_at,
    openings,
    parse_hours,
    working_time,
    zone,
    zone_names,
)
from app.shifts.window.zones import steady_offset
from tests.unit.shifts.minute_by_minute import DAY, MINUTE, Part, open_minutes, spans

CHANGES = [
    ("Europe/Amsterdam", date(2026, 3, 29)),
    ("Europe/Amsterdam", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Pacific/Chatham", date(2026, 9, 27)),  # at 02:45
    ("Pacific/Apia", date(2011, 12, 30)),  # a Friday that never was
    ("Pacific/Kwajalein", date(1993, 8, 21)),  # a Saturday that never was
    ("Pacific/Kwajalein", date(1969, 9, 30)),  # a Tuesday of 47 hours
    ("Africa/Cairo", date(2024, 4, 26)),  # no midnight
    ("Africa/Cairo", date(2024, 11, 1)),  # the last hour of Thursday twice
    ("Asia/Jerusalem", date(2025, 3, 28)),  # a Friday
    ("Asia/Jerusalem", date(2025, 10, 26)),
    ("Atlantic/Azores", date(2026, 3, 29)),  # no midnight
    ("Atlantic/Azores", date(2026, 10, 25)),  # two midnights
    ("America/Havana", date(2026, 11, 1)),  # two midnights
    ("Africa/Casablanca", date(2026, 2, 15)),  # back and forth around Ramadan
    ("Africa/Casablanca", date(2026, 3, 22)),
    ("America/Sao_Paulo", date(2018, 11, 4)),  # no midnight
    ("America/Sao_Paulo", date(2018, 2, 18)),
    ("Asia/Kathmandu", date(1986, 1, 1)),  # a quarter of an hour
    ("Asia/Pyongyang", date(2018, 5, 4)),  # 23:30 to midnight skipped
    ("Antarctica/Casey", date(2023, 3, 9)),  # the first three hours of a Thursday twice
    ("Antarctica/Troll", date(2026, 3, 29)),  # two hours
    ("Antarctica/Troll", date(2026, 10, 25)),
]
SPAN = 5 * DAY


@dataclass(frozen=True)
class Case:
    """A random calendar near a random instant; `start` is where the minute-by-minute reading begins."""

    time_zone: str
    parts: tuple[Part, ...]
    closed: frozenset[date]
    start: datetime
    at: datetime
    minutes: int

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.time_zone, parse_hours(",".join(map(str, self.parts))), self.closed)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    first = draw(st.integers(0, 6))
    likely = st.sampled_from([0, 15, 30, 60, 75, 90, 120, 150, 165, 180, 240, 480, 720, 1020, 1380, 1410])
    opens = draw(st.one_of(likely, st.integers(0, DAY - 1)))
    length = draw(st.one_of(st.sampled_from([15, 30, 60, 90, 180, 540, DAY]), st.integers(1, DAY)))
    return Part(first, draw(st.integers(first, 6)), opens, min(opens + length, DAY))


@st.composite
def cases(draw: st.DrawFn) -> Case:
    days = st.dates(date(2015, 1, 1), date(2032, 12, 31))
    anywhere = st.tuples(st.sampled_from(sorted(zone_names())), days)
    time_zone, day = draw(st.one_of(st.sampled_from(CHANGES), st.sampled_from(CHANGES), anywhere))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=2)
    around = st.integers(-3, 4).map(lambda ahead: day + timedelta(days=ahead))
    return Case(
        time_zone,
        tuple(draw(st.lists(parts(), min_size=1, max_size=4))),
        frozenset(draw(st.lists(around, max_size=2))),
        start,
        start + timedelta(seconds=draw(st.integers(0, SPAN * 60 - 1))),
        draw(st.one_of(st.integers(1, 240), st.integers(1, 3 * DAY))),
    )


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_every_answer_is_what_the_clock_shows_minute_by_minute(case: Case) -> None:
    assert_as_shown(case)


@pytest.mark.proof
@settings(max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cases())
def test_every_answer_is_what_the_clock_shows_in_thousands_of_calendars(case: Case) -> None:
    assert_as_shown(case)


def assert_as_shown(case: Case) -> None:
    calendar, at, end = case.calendar, case.at, case.start + SPAN * MINUTE
    flags = open_minutes(case.time_zone, case.parts, case.closed, case.start, SPAN)
    shown = spans(flags, case.start)
    assert [(span.starts_at, span.ends_at) for span in openings(calendar, case.start, end)] == shown
    assert working_time(calendar, case.start, end) == sum(flags) * MINUTE

    here = (at - case.start) // MINUTE
    assert is_open(calendar, at) == flags[here]
    assert_current_as_shown(case, shown)
    following = next_opening(calendar, at)
    assert [begins for begins, _ in shown if begins > max(at, case.start)][:1] == (
        [following.starts_at] if following and following.starts_at < end else []
    )
    assert_earliest_as_shown(case, flags)


def assert_current_as_shown(case: Case, shown: list[tuple[datetime, datetime]]) -> None:
    end = case.start + SPAN * MINUTE
    current = opening_at(case.calendar, case.at)
    seen = next(((begins, ends) for begins, ends in shown if begins <= case.at < ends), None)
    if current is None or seen is None:
        assert current is None
        assert seen is None
        assert not fits_now(case.calendar, case.at, 1)
        return
    assert current.starts_at == seen[0] or current.starts_at < seen[0] == case.start
    assert current.ends_at == seen[1] or current.ends_at > seen[1] == end
    assert fits_now(case.calendar, case.at, case.minutes) == (case.at + case.minutes * MINUTE <= current.ends_at)


def assert_earliest_as_shown(case: Case, flags: list[bool]) -> None:
    ready = -(-(case.at - case.start) // MINUTE)
    fitting = next((at for at in range(ready, SPAN - case.minutes + 1) if all(flags[at : at + case.minutes])), None)
    try:
        found = earliest(case.calendar, case.at, case.minutes)
    except (DoesNotFit, NoWindow):
        assert fitting is None
        return
    if fitting is None:
        assert found.ends_at > case.start + SPAN * MINUTE
    else:
        assert found.starts_at == case.start + fitting * MINUTE
        assert found.duration == case.minutes * MINUTE


@settings(max_examples=100, deadline=None)
@given(cases(), st.integers(0, 3 * DAY * 60))
def test_added_working_time_is_the_first_instant_by_which_it_was_worked(case: Case, seconds: int) -> None:
    amount = timedelta(seconds=seconds)
    try:
        done = add_working_time(case.calendar, case.at, amount)
    except NoWindow:
        assert working_time(case.calendar, case.at, case.at + HORIZON) < amount
        return
    assert working_time(case.calendar, case.at, done) == amount
    assert not amount or working_time(case.calendar, case.at, done - timedelta(microseconds=1)) < amount


def test_no_zone_changes_its_offset_between_eight_and_five_on_a_working_day() -> None:
    days = [date(2024, 1, 1) + timedelta(days=ahead) for ahead in range(7 * 366)]
    days = [day for day in days if day.weekday() < 5 and day.year <= 2030]
    opens, closes = ([datetime.combine(day, time(hour)) for day in days] for hour in (8, 17))
    for name in zone_names():
        offset = zone(name).utcoffset
        assert list(map(offset, opens)) == list(map(offset, closes)), name


@pytest.mark.proof
def test_no_zone_changes_its_offset_and_back_within_one_week() -> None:
    """The weeks that count as steady really are: looked at every 12 hours."""
    for name in zone_names():
        local = zone(name)
        for week in range(70 * 52):
            steady = steady_offset(local, week)
            begins = datetime.combine(date(1970, 1, 1), time()) + timedelta(days=7 * week)
            if steady is not None:
                looks = (begins + timedelta(hours=hours) for hours in range(6, 168, 12))
                assert {local.utcoffset(look) for look in looks} == {timedelta(seconds=steady)}, (name, begins)
