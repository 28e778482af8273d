"""Which time the demo starts in, and which arguments it refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app import cli
from app.core.clock import true_now
from app.demo.drill import drill_offset, instant

TUESDAY_NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
SATURDAY = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


def test_while_a_site_is_open_the_demo_lives_in_true_time() -> None:
    assert drill_offset(None, TUESDAY_NOON) == (timedelta(0), "")


def test_while_no_site_is_open_the_clock_goes_to_the_next_opening_and_the_demo_says_so() -> None:
    offset, told = drill_offset(None, SATURDAY)
    assert SATURDAY + offset == datetime(2026, 11, 30, 0, 30, tzinfo=UTC)  # Singapore opens first
    assert told.endswith("so the clock was set to the next opening, Mon 2026-11-30 01:30 in Europe/Amsterdam")


def test_the_clock_goes_where_it_was_asked_to_go_also_to_a_saturday() -> None:
    offset, told = drill_offset(SATURDAY, TUESDAY_NOON)
    assert offset == timedelta(days=4)
    assert "as asked" in told


def test_an_instant_is_read_with_its_offset() -> None:
    soon = (true_now() + timedelta(days=3)).replace(microsecond=0)
    assert instant(soon.isoformat()) == soon
    assert instant(soon.isoformat().replace("+00:00", "+01:00")) == soon - timedelta(hours=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--at", "tomorrow"],
        ["--at", "2026-12-01T09:30"],  # whose 09:30?
        ["--at", "9999-12-31T23:59:59-01:00"],
        ["--at", "0001-01-01T00:00:00+01:00"],
        ["--port", "http"],
        ["--port", "0"],
        ["--port", "65536"],
        ["--port", "²"],
        ["somewhere"],
    ],
)
def test_arguments_that_mean_nothing_are_refused_before_anything_starts(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo", *arguments])
    assert ended.value.code == 64
    assert arguments[-1] in capsys.readouterr().err
