"""Weekly hours as people write them."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.shifts.window import parse_hours

DAY = 24 * 60


def test_days_from_to_get_the_same_hours() -> None:
    assert parse_hours("Mon-Fri 08:00-17:00").days == (((480, 1020),),) * 5 + ((),) * 2


def test_single_day_and_closing_at_midnight() -> None:
    assert parse_hours("Sun 00:00-24:00").days[6] == ((0, DAY),)


def test_parts_of_a_day_are_put_in_order_and_joined_where_they_touch() -> None:
    hours = parse_hours("Mon 13:00-17:00, Mon 08:00-10:00 ,Mon-Tue  09:00-12:00,Mon 17:00-18:00")
    assert hours.days[:2] == (((480, 720), (780, 1080)), ((540, 720),))


def test_hours_that_mean_the_same_are_equal() -> None:
    assert parse_hours("Mon-Tue 08:00-17:00") == parse_hours("Tue 08:00-17:00,Mon 08:00-17:00")
    assert hash(parse_hours("Mon-Tue 08:00-17:00")) == hash(parse_hours("Mon 08:00-17:00,Tue 08:00-17:00"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "''"),
        ("Mon-Fri 08:00-17:00,", "''"),
        ("Mon-Fri", "'Mon-Fri'"),
        ("08:00-17:00", "'08:00-17:00'"),
        ("Mon-Fri 8:00-17:00", "'Mon-Fri 8:00-17:00'"),
        ("Mon-Fri 08:00-17:00 CET", "CET"),
        ("Mon-Fri 08:00-17:00\n", "n'"),
        ("Mon\t08:00-17:00", "t08"),
        ("Mon-Fri ٠٨:00-17:00", "17:00'"),
        ("Mon-Wed 08:00-17:00, Fry 08:00-17:00", "'Fry'"),
        ("monday 08:00-17:00", "'monday'"),
        ("Fri-Mon 08:00-17:00", "wrap"),
        ("Mon 17:00-08:00", "does not end after its start"),
        ("Mon 08:00-08:00", "does not end after its start"),
        ("Mon 24:00-24:00", "does not end after its start"),
        ("Mon 08:60-17:00", "08:60"),
        ("Mon 08:00-24:01", "24:01"),
        ("Mon 08:00-25:00", "25:00"),
        ("Mon 08:00-17:00," * 200, "longer than"),
    ],
)
def test_hours_that_cannot_be_read_name_the_bad_part(text: str, named: str) -> None:
    with pytest.raises(Invalid, match="hours") as refused:
        parse_hours(text)
    assert named in refused.value.detail
    assert refused.value.code == "invalid"
