"""Why a job could not begin earlier, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.shifts.rules import why_later
from app.shifts.window import Opening


def span(begin: str, end: str) -> Opening:
    first, last = (datetime.fromisoformat(f"2026-12-01T{text}").replace(tzinfo=UTC) for text in (begin, end))
    return Opening(first, last)


HOURS, FOUND = span("09:31", "10:01"), span("10:01", "10:31")
TESS, TOM = ("tess", span("09:31", "17:00")), ("tom", span("09:31", "17:00"))
ANNA, LATE = ("anna", span("08:00", "17:00")), ("late", span("10:00", "17:00"))


@pytest.mark.parametrize(
    ("shifts", "machine", "said"),
    [
        ([TESS], [], "the technician on shift is booked until"),
        ([TESS, TOM], [], "both technicians are booked until"),
        ([TESS, TOM, ANNA], [], "all 3 technicians are booked until"),
        ([LATE], [], "no technician is on shift for it before"),
        ([], [span("09:31", "10:01")], "no technician is on shift for it before"),
        ([TESS], [span("09:00", "10:01")], "this machine has another appointment until"),
        ([TESS, TOM], [span("09:30", "09:45")], "this machine and both technicians are booked until"),
        ([TESS], [span("10:01", "10:31")], "the technician on shift is booked until"),
    ],
)
def test_what_stood_in_the_way_is_said(shifts: list[tuple[str, Opening]], machine: list[Opening], said: str) -> None:
    assert why_later(shifts, machine, HOURS, FOUND) == said


def test_nothing_stood_in_the_way_of_the_first_time_that_the_hours_allow() -> None:
    assert why_later([TESS], [], FOUND, FOUND) is None
