"""When a failed message is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tickets.rules.retries import MOST_ATTEMPTS, STEPS, next_attempt, waiting_asked

NOW = datetime(2026, 11, 27, 15, 40, tzinfo=UTC)


def test_the_waiting_grows_from_seconds_to_hours_over_three_days_then_a_person_must_look() -> None:
    waits = [next_attempt(n, NOW, None, 0.5) for n in range(1, MOST_ATTEMPTS)]
    seconds = [(at - NOW).total_seconds() for at in waits if at]
    assert seconds[:6] == [5, 30, 120, 600, 3600, 21600]
    assert timedelta(days=2.5) < timedelta(seconds=sum(seconds)) < timedelta(days=3.5)
    assert next_attempt(MOST_ATTEMPTS, NOW, None, 0.5) is None


@given(
    st.integers(1, MOST_ATTEMPTS - 1),
    st.none() | st.timedeltas(timedelta(0), timedelta(days=900)),
    st.floats(0, 1, exclude_max=True),
)
def test_a_retry_keeps_to_its_step_by_a_fifth_and_never_undercuts_what_was_asked(
    attempts: int, asked: timedelta | None, jitter: float
) -> None:
    at = next_attempt(attempts, NOW, asked, jitter)
    assert at is not None
    step = STEPS[min(attempts, 6) - 1]
    assert at - NOW >= step * 0.8
    assert at - NOW <= max(step * 1.2, min(asked or timedelta(0), timedelta(days=1)))
    assert at - NOW >= min(asked or timedelta(0), timedelta(days=1))


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        ("120", timedelta(minutes=2)),
        (" 0 ", timedelta(0)),
        ("99999999999999", timedelta(days=1)),
        ("Fri, 27 Nov 2026 15:41:00 GMT", timedelta(minutes=1)),
        ("Fri, 27 Nov 2026 15:00:00 GMT", timedelta(0)),
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("\u0661", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(header: str | None, asked: timedelta | None) -> None:
    assert waiting_asked(header, NOW) == asked


@given(st.text())
def test_any_retry_after_is_answered_without_an_exception(header: str) -> None:
    waiting_asked(header, NOW)
