"""Who does a job and when, and why it could not begin earlier, in words."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.shifts.rules import Choice, Rostered, Staff, choose, on_shift, why_later
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


@pytest.mark.parametrize(
    ("shifts", "machine", "said"),
    [
        ([TESS], [], "the technician asked for is booked until"),
        ([LATE], [], "the technician asked for is not on shift for it before"),
        ([TESS], [span("09:30", "09:45")], "this machine and the technician asked for are booked until"),
        ([TESS], [span("09:00", "10:01")], "this machine has another appointment until"),
    ],
)
def test_of_one_who_was_asked_for_nothing_is_said_of_the_others(
    shifts: list[tuple[str, Opening]], machine: list[Opening], said: str
) -> None:
    assert why_later(shifts, machine, HOURS, FOUND, named=True) == said


def test_nothing_stood_in_the_way_of_the_first_time_that_the_hours_allow() -> None:
    assert why_later([TESS], [], FOUND, FOUND) is None


DAY = span("08:00", "17:00")
MORNING, NOON, EVENING = span("08:00", "12:00"), span("12:00", "13:00"), span("13:00", "17:00")


def technician(person_id: int, away: tuple[Opening, ...] = (), booked: tuple[Opening, ...] = ()) -> Rostered:
    return Rostered(person_id, f"tech{person_id}", ([DAY],), away, booked)


@pytest.mark.parametrize(
    ("staff", "chosen"),
    [
        (Staff([technician(1, booked=(MORNING,)), technician(2)]), (2, "08:00", "08:30")),
        (Staff([technician(1, booked=(EVENING,)), technician(2, booked=(NOON,))]), (2, "08:00", "08:30")),
        (Staff([technician(2), technician(1)]), (1, "08:00", "08:30")),
        (Staff([technician(1, away=(MORNING,)), technician(2, booked=(MORNING, NOON))]), (1, "12:00", "12:30")),
        (Staff([technician(1), technician(2)], machine=(MORNING,)), (1, "12:00", "12:30")),
        (Staff([technician(1, away=(EVENING,)), technician(2, booked=(NOON,))]), (1, "08:00", "08:30")),
    ],
    ids=["earliest", "less-booked", "by-name", "away", "machine", "absence-is-no-load"],
)
def test_who_is_earliest_is_chosen_and_of_equals_who_has_less_booked(
    staff: Staff, chosen: tuple[int, str, str]
) -> None:
    person_id, begin, end = chosen
    assert choose(staff, DAY.starts_at, 30) == Choice(person_id, f"tech{person_id}", span(begin, end))


def test_bookings_count_the_same_whether_they_came_as_one_span_or_as_many() -> None:
    apart = technician(1, booked=(span("10:00", "11:00"), span("11:00", "12:00")))
    as_one = technician(2, booked=(span("10:00", "12:01"),))
    assert choose(Staff([apart, as_one]), DAY.starts_at, 30) == Choice(1, "tech1", span("08:00", "08:30"))


def test_nobody_is_chosen_where_nobody_has_the_time_in_one_piece() -> None:
    assert choose(Staff([technician(1, booked=(NOON,))]), DAY.starts_at, 5 * 60) is None
    assert choose(Staff([]), DAY.starts_at, 5) is None


def test_who_is_away_is_not_on_shift_and_who_is_booked_is() -> None:
    there = list(on_shift([technician(1, away=(NOON,)), technician(2, booked=(NOON,))], DAY.ends_at))
    assert there == [("tech1", MORNING), ("tech1", EVENING), ("tech2", DAY)]
    assert list(on_shift([technician(1)], DAY.starts_at)) == []
