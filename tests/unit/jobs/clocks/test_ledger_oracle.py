"""Ledgers over random hand-overs against a clock that is read minute by minute."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.jobs.clocks import Owner, Turn, ledger, spent, when_spent
from app.jobs.clocks.ledger import Pace
from app.shifts.window import Calendar, parse_hours
from tests.unit.shifts.minute_by_minute import DAY, MINUTE, Part, open_minutes

WEEKS = [  # the clocks change in each but the last, in both directions
    ("Europe/Amsterdam", date(2026, 10, 22)),
    ("Europe/Amsterdam", date(2026, 3, 26)),
    ("America/New_York", date(2026, 10, 30)),
    ("Australia/Lord_Howe", date(2026, 4, 3)),
    ("Africa/Cairo", date(2024, 4, 24)),
    ("Asia/Kathmandu", date(2026, 12, 3)),
]
SPAN = 6 * DAY
AROUND_THE_CLOCK = (Part(0, 6, 0, DAY),)
WHYS = ("booked", "is worked on", "waits")


@dataclass(frozen=True)
class Desk:
    """An owner's calendar, for the code and for the oracle."""

    time_zone: str
    parts: tuple[Part, ...]
    closed: frozenset[date] = frozenset()

    @property
    def calendar(self) -> Calendar:
        return Calendar(self.time_zone, parse_hours(", ".join(map(str, self.parts))), self.closed)

    def open_minutes(self, start: datetime) -> list[bool]:
        if self.parts == AROUND_THE_CLOCK:
            return [True] * SPAN
        midnight = datetime.combine(start.date(), time(), UTC)
        return self._from(midnight)[(start - midnight) // MINUTE :][:SPAN]

    @lru_cache(64)  # noqa: B019 -- desks are values; most stories have the same two offices
    def _from(self, midnight: datetime) -> list[bool]:
        return open_minutes(self.time_zone, self.parts, self.closed, midnight, SPAN + DAY)


@dataclass(frozen=True)
class Story:
    """Random hand-overs within a span of minutes."""

    start: datetime
    desks: Mapping[Owner, Desk]
    turns: Sequence[Turn]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    zone, day = draw(st.sampled_from(WEEKS))
    start = datetime.combine(day, time(draw(st.integers(0, 23))), UTC)
    opens = draw(st.integers(0, 20 * 60))
    hall = Part(0, draw(st.integers(0, 6)), opens, draw(st.integers(opens + 1, DAY)))
    closed = frozenset(draw(st.lists(st.sampled_from([day + timedelta(days=d) for d in range(6)]), max_size=2)))
    desks = {
        Owner.LEVEL_1: Desk("UTC", AROUND_THE_CLOCK),
        Owner.CUSTOMER: Desk("UTC", AROUND_THE_CLOCK),
        Owner.DATA_CENTER: Desk(zone, (hall,), closed),
        Owner.SYSTEM_ADMINISTRATORS: Desk("Europe/Berlin", (Part(0, 4, 8 * 60, 22 * 60),)),
        Owner.MANAGEMENT: Desk("Europe/Berlin", (Part(0, 4, 9 * 60, 12 * 60), Part(0, 4, 13 * 60, 18 * 60))),
    }
    minutes = draw(st.lists(st.integers(-200, SPAN + 200), min_size=1, max_size=12))
    turns = [
        Turn(start + at * MINUTE, owner, draw(st.sampled_from(WHYS)), owner != Owner.CUSTOMER)
        for at in minutes
        for owner in [draw(st.sampled_from(sorted(desks)))]
    ]
    return Story(start, desks, turns)


def paces(story: Story) -> list[tuple[Owner, str, Pace] | None]:
    """What holds in each minute of the span: whose turn it is, why, and whether it counts."""
    is_open = {owner: desk.open_minutes(story.start) for owner, desk in story.desks.items()}
    told: list[tuple[Owner, str, Pace] | None] = []
    came = [((turn.at - story.start) // MINUTE, turn) for turn in story.turns]
    for minute in range(SPAN):
        latest, current = -DAY, None
        for at, turn in came:  # the latest that has come; of two at once the later one in the record
            if latest <= at <= minute:
                latest, current = at, turn
        if current is None:
            told.append(None)
        elif not current.runs:
            told.append((current.owner, current.why, Pace.PAUSED))
        else:
            pace = Pace.RUNNING if is_open[current.owner][minute] else Pace.OUTSIDE
            told.append((current.owner, current.why, pace))
    return told


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_a_ledger_over_random_hand_overs_is_what_each_minute_says(story: Story) -> None:
    check_each_minute(story)


@pytest.mark.proof
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories())
def test_five_hundred_ledgers_are_what_each_minute_says(story: Story) -> None:
    check_each_minute(story)


def check_each_minute(story: Story) -> None:
    calendars = {owner: desk.calendar for owner, desk in story.desks.items()}
    segments = ledger(story.turns, calendars, story.start, story.start + SPAN * MINUTE)
    told: list[tuple[Owner, str, Pace] | None] = [None] * SPAN
    for segment in segments:
        first, last = ((at - story.start) // MINUTE for at in (segment.starts_at, segment.ends_at))
        assert (segment.starts_at - story.start) % MINUTE == timedelta(0)
        for minute in range(first, last):
            assert told[minute] is None  # no two segments overlap
            told[minute] = (segment.owner, segment.why, segment.pace)
    expected = paces(story)
    assert told == expected
    assert spent(segments) == sum(one is not None and one[2] == Pace.RUNNING for one in expected) * MINUTE


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(stories(), st.integers(1, 2 * DAY))
def test_a_limit_is_spent_in_the_minute_that_the_minutes_say(story: Story, minutes: int) -> None:
    calendars = {owner: desk.calendar for owner, desk in story.desks.items()}
    counted = 0
    expected = None
    for minute, what in enumerate(paces(story)):
        counted += what is not None and what[2] == Pace.RUNNING
        if counted == minutes:
            expected = story.start + (minute + 1) * MINUTE
            break
    turns = [turn for turn in story.turns if turn.at < story.start + SPAN * MINUTE]
    when = when_spent(turns, calendars, story.start, minutes * MINUTE)
    if expected is not None:
        assert when == expected
    else:
        assert when is None or when > story.start + SPAN * MINUTE


@settings(max_examples=50, deadline=None)
@given(stories(), st.randoms(use_true_random=False))
def test_what_arrives_late_has_its_place_by_its_own_time(story: Story, random: Random) -> None:
    calendars = {owner: desk.calendar for owner, desk in story.desks.items()}
    distinct = list({turn.at: turn for turn in story.turns}.values())
    shuffled = list(distinct)
    random.shuffle(shuffled)
    end = story.start + SPAN * MINUTE
    assert ledger(shuffled, calendars, story.start, end) == ledger(distinct, calendars, story.start, end)
