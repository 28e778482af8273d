"""A shutdown is watched until the machine proves that it is down, or the time is over; how it stands is then said."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.jobs.power import PowerState, read_power
from app.jobs.power_course import ADVICE, SENT, UNDER_WAY, WATCHED, WORDS, Course, after_reading
from tests.unit.hardware.samples import TAKEN_AT
from tests.unit.jobs.power_samples import CORDS, powered

UNTIL = TAKEN_AT + WATCHED
BEFORE = powered(True, 184.0, 188.0).to_dict()


def state(on: bool | None, *loads: float | None) -> PowerState:
    return read_power(powered(on, *loads).to_dict(), CORDS, TAKEN_AT, BEFORE)


@pytest.mark.parametrize("course", sorted(SENT))
@pytest.mark.parametrize(
    ("seen", "later", "at_the_end"),
    [
        (state(False, 8.0, 8.0), Course.OFF, Course.OFF),
        (state(False, None, None), Course.OFF, Course.OFF),  # the guard asks for a second proof all the same
        (state(True, 184.0, 184.0), None, Course.STILL_ON),
        (state(False, 184.0, 8.0), None, Course.LOADED),
        (state(None, 184.0, 8.0), None, Course.UNSEEN),
        (state(None, None, None), None, Course.UNSEEN),
        (None, None, Course.UNSEEN),
    ],
)
def test_it_is_watched_until_it_is_down_or_the_time_is_over(
    course: Course, seen: PowerState | None, later: Course | None, at_the_end: Course
) -> None:
    assert after_reading(course, seen, TAKEN_AT, UNTIL) == (later or course)
    assert after_reading(course, seen, UNTIL, UNTIL) == at_the_end


def test_a_machine_that_comes_back_is_noticed_and_one_that_falls_silent_is_not_called_back() -> None:
    assert after_reading(Course.OFF, state(True, 184.0, 184.0), TAKEN_AT, UNTIL) == Course.BACK
    assert after_reading(Course.OFF, state(None, 0.0, 0.0), TAKEN_AT, UNTIL) == Course.OFF
    assert after_reading(Course.OFF, None, UNTIL, UNTIL) == Course.OFF


@given(
    course=st.sampled_from(Course), on=st.sampled_from([True, False, None]),
    loads=st.tuples(*[st.one_of(st.none(), st.floats(0, 900))] * 2), minutes=st.integers(-20, 20),
)  # fmt: skip
def test_nothing_is_called_off_that_says_on_or_carries_load(
    course: Course, on: bool | None, loads: tuple[float | None, float | None], minutes: int
) -> None:
    now = UNTIL + timedelta(minutes=minutes)
    to = after_reading(course, state(on, *loads), now, UNTIL)
    if to == Course.OFF and course != Course.OFF:
        assert on is not True
        assert all(load is None or load <= 25 for load in loads)
    if course in SENT and minutes >= 0:
        assert to not in UNDER_WAY
    if course not in SENT | {Course.OFF}:
        assert to == course


def test_every_course_has_its_words_and_every_trouble_says_what_to_do() -> None:
    assert set(WORDS) == set(Course)
    assert set(ADVICE) == {Course.STILL_ON, Course.LOADED, Course.UNSEEN, Course.BACK}
