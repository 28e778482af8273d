"""Site hours by example: the days and hours at which appointments went wrong elsewhere."""

from __future__ import annotations

import time
import zoneinfo
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from app.core.errors import Invalid
from app.shifts.window import (
    Calendar,
    DoesNotFit,
    NoWindow,
    Opening,
    add_working_time,
    closes_at,
    earliest,
    explain,
    first_gap,
    fits_now,
    intersect,
    is_open,
    latest_start,
    local_text,
    next_opening,
    opening_at,
    openings,
    parse_hours,
    subtract,
    union,
    working_time,
    zone,
)

OFFICE = parse_hours("Mon-Fri 08:00-17:00")
ALWAYS = parse_hours("Mon-Sun 00:00-24:00")
AMSTERDAM = Calendar("Europe/Amsterdam", OFFICE)
FRIDAY = "2026-11-20"
MONDAY = "2026-11-23"


def at(text: str, name: str = "Europe/Amsterdam") -> datetime:
    """Return a wall time such as "2026-11-20 16:40" as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zoneinfo.ZoneInfo(name)).astimezone(UTC)


def span(start: str, end: str) -> Opening:
    return Opening(at(start), at(end))


def calendar(hours: str, *closed: str, name: str = "Europe/Amsterdam") -> Calendar:
    return Calendar(name, parse_hours(hours), frozenset(map(date.fromisoformat, closed)))


# The working week


def test_disk_swap_asked_for_on_friday_at_16_40_is_booked_for_monday_morning() -> None:
    assert earliest(AMSTERDAM, at(f"{FRIDAY} 16:40"), 30) == span(f"{MONDAY} 08:00", f"{MONDAY} 08:30")


def test_work_that_ends_exactly_at_closing_still_fits() -> None:
    assert earliest(AMSTERDAM, at(f"{FRIDAY} 16:30"), 30) == span(f"{FRIDAY} 16:30", f"{FRIDAY} 17:00")
    assert fits_now(AMSTERDAM, at(f"{FRIDAY} 16:30"), 30)
    assert not fits_now(AMSTERDAM, at(f"{FRIDAY} 16:30") + timedelta(seconds=1), 30)
    assert latest_start(AMSTERDAM, at(f"{FRIDAY} 09:00"), 30) == at(f"{FRIDAY} 16:30")


def test_friday_16_59_has_one_minute_left() -> None:
    assert is_open(AMSTERDAM, at(f"{FRIDAY} 16:59"))
    assert earliest(AMSTERDAM, at(f"{FRIDAY} 16:59"), 1).starts_at == at(f"{FRIDAY} 16:59")
    assert earliest(AMSTERDAM, at(f"{FRIDAY} 16:59"), 2).starts_at == at(f"{MONDAY} 08:00")


def test_site_is_open_at_the_instant_of_opening_and_closed_at_the_instant_of_closing() -> None:
    assert is_open(AMSTERDAM, at(f"{MONDAY} 08:00"))
    assert not is_open(AMSTERDAM, at(f"{MONDAY} 08:00") - timedelta(microseconds=1))
    assert is_open(AMSTERDAM, at(f"{MONDAY} 17:00") - timedelta(microseconds=1))
    assert not is_open(AMSTERDAM, at(f"{MONDAY} 17:00"))


def test_next_opening_at_the_instant_of_opening_is_the_following_one() -> None:
    following = next_opening(AMSTERDAM, at(f"{MONDAY} 08:00"))
    assert following == span("2026-11-24 08:00", "2026-11-24 17:00")


def test_half_past_three_never_hands_out_eight_of_the_same_day() -> None:
    assert earliest(AMSTERDAM, at(f"{MONDAY} 15:30"), 120).starts_at == at("2026-11-24 08:00")


def test_appointment_starts_on_a_whole_minute() -> None:
    ready = at(f"{MONDAY} 09:00") + timedelta(microseconds=1)
    assert earliest(AMSTERDAM, ready, 30).starts_at == at(f"{MONDAY} 09:01")


def test_order_from_a_zone_on_another_calendar_day_is_booked_by_the_site_s_day() -> None:
    friday_evening_in_auckland = at("2026-11-20 22:00", "Pacific/Auckland")
    assert earliest(AMSTERDAM, friday_evening_in_auckland, 30).starts_at == at(f"{FRIDAY} 10:00")
    saturday_in_auckland = at("2026-11-21 08:00", "Pacific/Auckland")
    assert earliest(AMSTERDAM, saturday_in_auckland, 30).starts_at == at(f"{MONDAY} 08:00")


def test_asking_in_any_zone_gives_the_same_answer() -> None:
    asked = at(f"{FRIDAY} 16:40")
    for name in ("UTC", "Asia/Kathmandu", "America/Sao_Paulo"):
        there = asked.astimezone(zone(name))
        assert earliest(AMSTERDAM, there, 30) == earliest(AMSTERDAM, asked, 30)
        assert explain(AMSTERDAM, there, 30) == explain(AMSTERDAM, asked, 30)


# Closed days


def test_holiday_bridge_is_passed_over() -> None:
    bridge = calendar("Mon-Fri 08:00-17:00", "2026-12-24", "2026-12-25", "2026-12-28", "2027-01-01")
    assert earliest(bridge, at("2026-12-23 16:40"), 30).starts_at == at("2026-12-29 08:00")


def test_closed_day_of_the_site_is_the_site_s_own_day_not_the_day_in_utc() -> None:
    apia = calendar("Mon-Fri 08:00-17:00", MONDAY, name="Pacific/Apia")
    assert not is_open(apia, at(f"{MONDAY} 08:00", "Pacific/Apia"))
    assert is_open(apia, at("2026-11-24 08:00", "Pacific/Apia"))


def test_lunch_break_makes_two_openings() -> None:
    lunch = calendar("Mon-Fri 08:00-12:00, Mon-Fri 13:00-17:00")
    assert earliest(lunch, at(f"{MONDAY} 11:45"), 30).starts_at == at(f"{MONDAY} 13:00")
    assert closes_at(lunch, at(f"{MONDAY} 11:45")) == at(f"{MONDAY} 12:00")
    with pytest.raises(DoesNotFit):
        earliest(lunch, at(f"{MONDAY} 08:00"), 241)


# Openings that touch


def test_openings_that_touch_at_midnight_are_one() -> None:
    night = calendar("Mon 00:00-24:00,Tue 00:00-24:00")
    assert opening_at(night, at("2026-11-24 12:00")) == span("2026-11-23 00:00", "2026-11-25 00:00")
    assert earliest(night, at("2026-11-23 20:00"), 600).starts_at == at("2026-11-23 20:00")
    assert calendar("Mon 08:00-12:00,Mon 12:00-17:00") == calendar("Mon 08:00-17:00")


def test_around_the_clock_never_closes() -> None:
    level_1 = Calendar("Europe/Berlin", ALWAYS)
    asked = at("2026-12-25 03:00")
    assert is_open(level_1, asked)
    assert closes_at(level_1, asked) is None
    assert next_opening(level_1, asked) is None
    assert earliest(level_1, asked, 30).starts_at == asked
    assert add_working_time(level_1, asked, timedelta(minutes=10)) == asked + timedelta(minutes=10)


def test_around_the_clock_with_a_closed_day_closes_for_that_day() -> None:
    nearly = calendar("Mon-Sun 00:00-24:00", "2026-12-25")
    assert closes_at(nearly, at("2026-12-01 12:00")) == at("2026-12-25 00:00")
    following = next_opening(nearly, at("2026-12-01 12:00"))
    assert following is not None
    assert following.starts_at == at("2026-12-26 00:00")
    assert closes_at(nearly, following.starts_at) is None
    assert not is_open(nearly, at("2026-12-25 12:00"))


# Clock changes


def test_every_working_day_lasts_nine_hours_through_both_clock_changes() -> None:
    for name in ("Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"):
        year = openings(Calendar(name, OFFICE), at("2026-01-01 00:00", name), at("2027-01-01 00:00", name))
        assert {opening.duration for opening in year} == {timedelta(hours=9)}


def test_one_day_later_at_the_same_local_time_is_not_24_hours_later() -> None:
    sunday_too = calendar("Mon-Sun 08:00-17:00")
    before, after = at("2026-10-24 08:00"), at("2026-10-25 08:00")
    following = next_opening(sunday_too, before)
    assert following is not None
    assert following.starts_at == after
    assert after - before == timedelta(hours=25)


def test_time_between_friday_and_monday_is_counted_in_utc() -> None:
    always = Calendar("Europe/Amsterdam", ALWAYS)
    counted = working_time(always, at("2026-10-23 16:00"), at("2026-10-26 09:00"))
    assert counted == timedelta(days=2, hours=18)


def test_opening_inside_the_skipped_hour_begins_at_its_end() -> None:
    spring = calendar("Sun 02:30-05:00")
    assert opening_at(spring, at("2026-03-29 04:00")) == Opening(
        datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 3, 29, 3, tzinfo=UTC)
    )


def test_opening_wholly_inside_the_skipped_hour_does_not_take_place() -> None:
    spring = calendar("Sun 02:15-02:45")
    assert not list(openings(spring, at("2026-03-28 12:00"), at("2026-03-30 12:00")))


def test_repeated_hour_opens_the_first_time_and_closes_the_last_time() -> None:
    autumn = calendar("Sun 02:15-02:45")
    found = next_opening(autumn, at("2026-10-24 12:00"))
    assert found == Opening(datetime(2026, 10, 25, 0, 15, tzinfo=UTC), datetime(2026, 10, 25, 1, 45, tzinfo=UTC))


def test_closing_at_24_00_of_a_night_with_two_midnights_is_the_second() -> None:
    azores = calendar("Sat 20:00-24:00", name="Atlantic/Azores")
    assert closes_at(azores, at("2026-10-24 22:00", "Atlantic/Azores")) == datetime(2026, 10, 25, 1, tzinfo=UTC)


def test_closing_at_24_00_waits_for_the_second_midnight_on_a_working_day_too() -> None:
    casey = calendar("Wed 20:00-24:00", name="Antarctica/Casey")  # 03:00 of Thursday became 00:00
    evening = at("2023-03-08 22:00", "Antarctica/Casey")
    assert closes_at(casey, evening) == datetime(2023, 3, 8, 16, tzinfo=UTC)


def test_repeated_hour_can_join_two_openings_that_do_not_touch_on_paper() -> None:
    azores = calendar("Sat 20:00-24:00,Sun 00:30-24:00,Mon 00:00-24:00,Tue 00:00-12:00", name="Atlantic/Azores")
    current = opening_at(azores, at("2026-10-27 06:00", "Atlantic/Azores"))
    assert current is not None
    assert current.starts_at == at("2026-10-24 20:00", "Atlantic/Azores")


def test_friday_that_samoa_skipped_has_no_opening() -> None:
    apia = Calendar("Pacific/Apia", OFFICE)
    days = [
        local_text(one.starts_at, "Pacific/Apia")
        for one in openings(apia, datetime(2011, 12, 29, 12, tzinfo=UTC), datetime(2012, 1, 3, 12, tzinfo=UTC))
    ]
    assert days == ["2011-12-29T08:00:00-10:00", "2012-01-02T08:00:00+14:00", "2012-01-03T08:00:00+14:00"]


# Refusals


def test_work_longer_than_the_longest_opening_does_not_fit() -> None:
    with pytest.raises(DoesNotFit, match="10 h of work are longer than the longest opening \\(9 h\\)"):
        earliest(AMSTERDAM, at(f"{MONDAY} 08:00"), 600)
    with pytest.raises(DoesNotFit):
        earliest(AMSTERDAM, at(f"{MONDAY} 08:00"), 10**30)


def test_site_that_is_closed_for_400_days_has_no_window() -> None:
    days = [(date(2026, 11, 20) + timedelta(days=ahead)).isoformat() for ahead in range(402)]
    shut = calendar("Mon-Fri 08:00-17:00", *days)
    assert next_opening(shut, at(f"{FRIDAY} 16:40")) is None
    with pytest.raises(NoWindow):
        earliest(shut, at(f"{FRIDAY} 16:40"), 30)


def test_work_that_no_longer_fits_into_the_last_opening_has_no_window_rather_than_no_fit() -> None:
    days = [(date(2026, 11, 21) + timedelta(days=ahead)).isoformat() for ahead in range(402)]
    with pytest.raises(NoWindow):
        earliest(calendar("Mon-Fri 08:00-17:00", *days), at(f"{FRIDAY} 16:40"), 30)


def test_work_of_no_minutes_is_refused() -> None:
    with pytest.raises(Invalid):
        earliest(AMSTERDAM, at(f"{MONDAY} 08:00"), 0)


def test_unknown_zone_is_refused_by_name() -> None:
    for name in ("Europe/Amstredam", "", "../../etc/passwd", "europe/amsterdam", "zone.tab", "America", "a\0b"):
        with pytest.raises(Invalid, match="time zone"):
            Calendar(name, OFFICE)


# Clocks of promises


def test_working_time_passes_only_inside_openings() -> None:
    assert working_time(AMSTERDAM, at(f"{FRIDAY} 16:00"), at(f"{MONDAY} 09:00")) == timedelta(hours=2)
    assert working_time(AMSTERDAM, at(f"{MONDAY} 09:00"), at(f"{FRIDAY} 16:00")) == timedelta(0)
    assert add_working_time(AMSTERDAM, at(f"{FRIDAY} 16:00"), timedelta(hours=2)) == at(f"{MONDAY} 09:00")


def test_working_time_that_fills_the_day_is_done_at_closing_not_on_monday() -> None:
    assert add_working_time(AMSTERDAM, at(f"{FRIDAY} 16:00"), timedelta(hours=1)) == at(f"{FRIDAY} 17:00")
    assert add_working_time(AMSTERDAM, at(f"{FRIDAY} 20:00"), timedelta(0)) == at(f"{FRIDAY} 20:00")
    with pytest.raises(ValueError, match="cannot be taken back"):
        add_working_time(AMSTERDAM, at(f"{FRIDAY} 16:00"), timedelta(seconds=-1))


def test_clock_that_is_handed_to_another_team_follows_the_other_calendar() -> None:
    new_york = Calendar("America/New_York", OFFICE)
    due = add_working_time(new_york, at(f"{FRIDAY} 16:40"), timedelta(hours=2))
    assert local_text(due, "America/New_York") == "2026-11-20T12:40:00-05:00"


def test_closed_site_has_no_latest_start() -> None:
    assert latest_start(AMSTERDAM, at(f"{FRIDAY} 18:00"), 30) is None
    assert latest_start(AMSTERDAM, at(f"{FRIDAY} 10:00"), 541) is None
    assert not fits_now(AMSTERDAM, at(f"{FRIDAY} 18:00"), 30)


# Who is free


def test_technician_is_booked_into_the_first_gap_that_is_long_enough() -> None:
    days = openings(AMSTERDAM, at(f"{MONDAY} 08:00"), at("2026-11-25 00:00"))
    busy = [span(f"{MONDAY} 09:00", f"{MONDAY} 16:45"), span(f"{MONDAY} 08:20", f"{MONDAY} 08:40")]
    assert first_gap(days, busy, at(f"{MONDAY} 07:00"), 30) == span("2026-11-24 08:00", "2026-11-24 08:30")


def test_gap_between_two_jobs_is_used_to_the_minute() -> None:
    day = [span(f"{MONDAY} 08:00", f"{MONDAY} 17:00")]
    busy = [span(f"{MONDAY} 08:00", f"{MONDAY} 09:00"), span(f"{MONDAY} 09:30", f"{MONDAY} 17:00")]
    assert first_gap(day, busy, at(f"{MONDAY} 07:00"), 30) == span(f"{MONDAY} 09:00", f"{MONDAY} 09:30")
    assert first_gap(day, busy, at(f"{MONDAY} 07:00"), 31) is None
    assert first_gap(day, busy, at(f"{MONDAY} 09:00") + timedelta(seconds=1), 30) is None


def test_gap_after_a_job_that_ended_between_minutes_starts_on_the_next_one() -> None:
    day = [span(f"{MONDAY} 08:00", f"{MONDAY} 17:00")]
    busy = [Opening(at(f"{MONDAY} 08:00"), at(f"{MONDAY} 09:00") + timedelta(seconds=20))]
    assert first_gap(day, busy, at(f"{MONDAY} 07:00"), 30) == span(f"{MONDAY} 09:01", f"{MONDAY} 09:31")


def test_absence_over_several_days_takes_from_each_of_them() -> None:
    days = list(openings(AMSTERDAM, at(f"{MONDAY} 00:00"), at("2026-11-27 00:00")))
    away = [span(f"{MONDAY} 12:00", "2026-11-25 12:00")]
    assert list(subtract(days, away)) == [
        span(f"{MONDAY} 08:00", f"{MONDAY} 12:00"),
        span("2026-11-25 12:00", "2026-11-25 17:00"),
        span("2026-11-26 08:00", "2026-11-26 17:00"),
    ]


def test_job_of_the_day_before_takes_nothing_from_today() -> None:
    day = [span(f"{MONDAY} 08:00", f"{MONDAY} 17:00")]
    assert list(subtract(day, [span(f"{FRIDAY} 08:00", f"{FRIDAY} 17:00")])) == day


def test_roster_counts_only_inside_site_hours() -> None:
    early = Calendar("Europe/Amsterdam", parse_hours("Mon-Thu 06:00-14:00"))
    start, end = at(f"{FRIDAY} 00:00"), at("2026-11-24 00:00")
    shared = list(intersect(openings(AMSTERDAM, start, end), openings(early, start, end)))
    assert shared == [span(f"{MONDAY} 08:00", f"{MONDAY} 14:00")]


def test_union_joins_what_touches_and_drops_what_is_empty() -> None:
    assert union(
        [
            span(f"{MONDAY} 10:00", f"{MONDAY} 11:00"),
            span(f"{MONDAY} 08:00", f"{MONDAY} 10:00"),
            span(f"{MONDAY} 08:30", f"{MONDAY} 09:00"),
            span(f"{MONDAY} 12:00", f"{MONDAY} 12:00"),
        ]
    ) == [span(f"{MONDAY} 08:00", f"{MONDAY} 11:00")]


# The arithmetic in words


def test_friday_evening_is_explained_step_by_step() -> None:
    asked = at(f"{FRIDAY} 16:40")
    assert explain(AMSTERDAM, asked, 30, earliest(AMSTERDAM, asked, 30)) == [
        "Fri 16:40 Amsterdam: 30 min do not fit before 17:00",
        "Sat and Sun closed",
        "Mon 08:00 Amsterdam is the next opening",
    ]


def test_closed_days_on_the_way_are_named() -> None:
    easter = calendar("Mon-Fri 08:00-17:00", "2026-04-03", "2026-04-06")
    asked = at("2026-04-02 16:50")
    assert explain(easter, asked, 30, earliest(easter, asked, 30)) == [
        "Thu 16:50 Amsterdam: 30 min do not fit before 17:00",
        "3 Apr and 6 Apr closed",
        "Sat and Sun closed",
        "Tue 08:00 Amsterdam is the next opening",
    ]


def test_long_closure_is_told_in_one_line_and_the_arrival_has_its_date() -> None:
    weeks = calendar("Mon-Fri 08:00-17:00", *(f"2026-12-{day}" for day in range(21, 32)))
    asked = at("2026-12-21 10:00")
    assert explain(weeks, asked, 30, earliest(weeks, asked, 30)) == [
        "Mon 10:00 Amsterdam: closed, 21 Dec is a closed day",
        "8 closed days from 22 Dec to 31 Dec",
        "Sat and Sun closed",
        "Fri 1 Jan 2027 08:00 Amsterdam is the next opening",
    ]


def test_clock_change_on_the_way_and_openings_that_are_too_short_are_told() -> None:
    short = calendar("Fri 08:00-17:00,Sat 08:00-09:00,Mon 08:00-17:00")
    asked = at("2026-10-23 16:00")
    assert explain(short, asked, 90, earliest(short, asked, 90)) == [
        "Fri 16:00 Amsterdam: 90 min do not fit before 17:00",
        "Sun closed",
        "Sat 08:00 to 09:00 is shorter than 90 min",
        "the clocks change in between: UTC+02:00 becomes UTC+01:00",
        "Mon 08:00 Amsterdam is the first time that fits",
    ]


def test_work_that_fits_today_says_from_when_to_when() -> None:
    asked = at(f"{FRIDAY} 10:00")
    assert explain(AMSTERDAM, asked, 30, earliest(AMSTERDAM, asked, 30)) == [
        "Fri 10:00 Amsterdam: open until 17:00",
        "30 min fit from 10:00 to 10:30",
    ]


# The machine must not matter


def test_zone_of_the_machine_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = at(f"{FRIDAY} 16:40")
    expected = (earliest(AMSTERDAM, asked, 30), explain(AMSTERDAM, asked, 30))
    try:
        for name in ("Pacific/Apia", "America/Los_Angeles", "UTC"):
            monkeypatch.setenv("TZ", name)
            time.tzset()
            assert (earliest(AMSTERDAM, asked, 30), explain(AMSTERDAM, asked, 30)) == expected
    finally:
        monkeypatch.undo()
        time.tzset()


def test_time_zone_rules_of_the_machine_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "Europe").mkdir()
    (tmp_path / "Europe" / "Amsterdam").write_bytes(b"not a time zone")
    before = zoneinfo.TZPATH
    zone.cache_clear()
    try:
        zoneinfo.reset_tzpath([str(tmp_path)])
        assert zone("Europe/Amsterdam").utcoffset(datetime.fromisoformat("2026-07-01")) == timedelta(hours=2)
    finally:
        zoneinfo.reset_tzpath(before)
