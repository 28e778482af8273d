"""Clocks of tickets, orders and referrals: kept or missed by the promises that the provider gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.jobs.clocks import Clock, Owner, Promise, Standing, calendars_for
from app.jobs.clocks.facts import Call, Fact
from app.jobs.clocks.ledger import Pace
from app.jobs.clocks.promises import (
    Appointed,
    Delivery,
    OrderRecord,
    order_clocks,
    referral_clock,
    ticket_clocks,
)
from app.jobs.clocks.words import length_words, sentence
from app.shifts.window import Calendar, parse_hours

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CALENDARS = calendars_for(Calendar("Europe/Amsterdam", parse_hours("Mon-Fri 08:00-17:00")))
MIAMI = calendars_for(Calendar("America/New_York", parse_hours("Mon-Fri 08:00-17:00")))
DAY_LIMIT = timedelta(hours=9)


def at(text: str) -> datetime:
    """A wall time in Amsterdam in December 2026: "4 16:40" is Friday."""
    day, clock = text.split()
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 12, int(day), hour, minute, tzinfo=AMSTERDAM)


def moved(when: str, verb: str, from_: str | None, to: str, **more: object) -> Fact:
    return Fact(at(when), verb, from_, to, **more)  # type: ignore[arg-type]  # device_at and detail, by name


def record(*facts: Fact, **changes: object) -> OrderRecord:
    given: dict[str, object] = {
        "number": "WO-1", "facts": facts, "calls": (), "appointed": (), "deliveries": (), "calendars": CALENDARS,
        "asked_for": None, "resolve_within": DAY_LIMIT, **changes,
    }  # fmt: skip
    return OrderRecord(**given)  # type: ignore[arg-type]  # what a test changes


def one(clocks: list[Clock], promise: Promise) -> Clock:
    (found,) = [clock for clock in clocks if clock.promise == promise]
    return found


BOOKED = moved("4 16:40", "note", "needs_info", "booked")
RELEASED = moved("7 08:00", "release", "booked", "released")
CLAIMED = moved("7 08:10", "claim", "released", "claimed")
MATCHED = moved("7 08:20", "match", "claimed", "matched")
STARTED = moved("7 08:30", "start", "matched", "working")
DONE = moved("7 08:55", "completion", "working", "verifying")


def test_a_weekend_is_told_as_waiting_outside_hours_and_does_not_count() -> None:
    clock = one(order_clocks(record(BOOKED), at("7 08:00")), Promise.RESOLUTION)
    assert [sentence(segment) for segment in clock.segments] == [
        "ran 20 min: Fri 16:40 -> Fri 17:00 Amsterdam (Technicians; booked)",
        "waited 63 h: Fri 17:00 -> Mon 08:00 Amsterdam (Technicians, outside hours; booked)",
    ]
    assert clock.spent == timedelta(minutes=20)
    assert clock.due_at == at("7 16:40")


def test_the_clock_takes_the_calendar_of_whoever_has_the_work() -> None:
    facts = (
        moved("4 16:40", "note", None, "needs_info"),
        moved("4 18:00", "answers", "needs_info", "awaiting_approval"),
        moved("7 10:00", "approval", "awaiting_approval", "booked"),
    )
    clock = one(order_clocks(record(*facts, calendars=MIAMI), at("7 18:00")), Promise.RESOLUTION)
    assert [(s.owner, s.time_zone, s.pace, length_words(s.length)) for s in clock.segments] == [
        (Owner.LEVEL_1, "UTC", Pace.RUNNING, "1 h 20 min"),
        (Owner.MANAGEMENT, "Europe/Berlin", Pace.OUTSIDE, "63 h"),  # Friday 18:00 to Monday 09:00
        (Owner.MANAGEMENT, "Europe/Berlin", Pace.RUNNING, "1 h"),
        (Owner.DATA_CENTER, "America/New_York", Pace.OUTSIDE, "4 h"),  # Miami opens at 14:00 in Amsterdam
        (Owner.DATA_CENTER, "America/New_York", Pace.RUNNING, "4 h"),
    ]


def test_a_call_from_the_rack_gives_the_clock_to_the_team_that_is_called_until_it_answers() -> None:
    calls = (Call("system_administrators", at("7 08:40"), at("7 08:50")),)
    facts = (BOOKED, RELEASED, CLAIMED, MATCHED, STARTED, DONE)
    clock = one(order_clocks(record(*facts, calls=calls), at("7 09:00")), Promise.RESOLUTION)
    told = [(s.owner, s.why, s.length // timedelta(minutes=1)) for s in clock.segments[5:]]
    assert told == [
        (Owner.DATA_CENTER, "is worked on", 10),
        (Owner.SYSTEM_ADMINISTRATORS, "called for help from the rack", 10),
        (Owner.DATA_CENTER, "is worked on", 5),
        (Owner.DATA_CENTER, "the repair is proved", 5),
    ]


def test_a_call_ends_when_the_technician_leaves_the_rack() -> None:
    calls = (Call("system_administrators", at("7 08:40"), at("7 09:00")),)
    left = moved("7 08:55", "handover", "working", "handed_over")
    clock = one(order_clocks(record(STARTED, left, calls=calls), at("7 09:05")), Promise.RESOLUTION)
    assert [(s.owner, s.why, s.length // timedelta(minutes=1)) for s in clock.segments] == [
        (Owner.DATA_CENTER, "is worked on", 10),
        (Owner.SYSTEM_ADMINISTRATORS, "called for help from the rack", 15),
        (Owner.DATA_CENTER, "handed over", 10),
    ]


def test_what_the_customer_has_to_answer_stops_the_clock() -> None:
    facts = (
        moved("7 09:00", "note", "needs_info", "awaiting_consent"),
        moved("7 12:00", "consent", "awaiting_consent", "booked"),
    )
    clock = one(order_clocks(record(*facts), at("7 13:00")), Promise.RESOLUTION)
    assert [s.pace for s in clock.segments] == [Pace.PAUSED, Pace.RUNNING]
    assert clock.spent == timedelta(hours=1)
    waiting = one(order_clocks(record(facts[0]), at("7 13:00")), Promise.RESOLUTION)
    assert (waiting.due_at, waiting.standing(at("7 13:00"))) == (None, Standing.PAUSED)


def test_nobodys_clock_runs_before_the_time_that_the_customer_asked_for() -> None:
    facts = (moved("7 09:00", "note", "needs_info", "booked"), moved("8 08:00", "release", "booked", "released"))
    clock = one(order_clocks(record(*facts, asked_for=at("8 10:00")), at("8 11:00")), Promise.RESOLUTION)
    assert [(s.owner, s.pace, s.length) for s in clock.segments] == [
        (Owner.CUSTOMER, Pace.PAUSED, timedelta(hours=25)),
        (Owner.DATA_CENTER, Pace.RUNNING, timedelta(hours=1)),
    ]


def test_work_done_offline_counts_from_when_it_was_done_not_from_when_it_was_heard_of() -> None:
    late = moved("7 11:00", "start", "matched", "working", device_at=at("7 08:30"))
    ended = moved("7 11:01", "completion", "working", "verifying", device_at=at("7 08:55"))
    clocks = order_clocks(record(BOOKED, RELEASED, CLAIMED, MATCHED, late, ended, appointed=APPOINTED), at("7 12:00"))
    start, finish = one(clocks, Promise.START), one(clocks, Promise.FINISH)
    assert (start.met_at, start.standing(at("7 12:00"))) == (at("7 08:30"), Standing.KEPT)
    assert (finish.met_at, finish.standing(at("7 12:00"))) == (at("7 08:55"), Standing.KEPT)


def test_a_tablet_whose_clock_is_wrong_is_not_believed() -> None:
    wrong = moved("7 11:00", "start", "matched", "working", device_at=at("5 08:30"))
    clocks = order_clocks(record(BOOKED, RELEASED, CLAIMED, MATCHED, wrong, appointed=APPOINTED), at("7 12:00"))
    assert one(clocks, Promise.START).met_at == at("7 11:00")


APPOINTED = (Appointed(at("4 16:40"), at("7 10:00"), at("7 10:30")),)


def test_a_start_after_the_promised_range_is_missed_and_says_through_whom() -> None:
    late = moved("7 10:05", "start", "matched", "working")
    clocks = order_clocks(record(BOOKED, RELEASED, late, appointed=APPOINTED), at("7 10:10"))
    start = one(clocks, Promise.START)
    assert start.standing(at("7 10:10")) == Standing.MISSED
    cause = start.cause()
    assert cause is not None
    assert (cause.owner, cause.why) == (Owner.DATA_CENTER, "waits to be taken")


def test_another_time_told_before_the_first_one_passes_replaces_it_and_told_after_does_not() -> None:
    in_time = (*APPOINTED, Appointed(at("7 09:50"), at("7 14:00"), at("7 14:30")))
    clocks = order_clocks(record(BOOKED, RELEASED, appointed=in_time), at("7 11:00"))
    assert [c.standing(at("7 11:00")) for c in clocks if c.promise == Promise.START] == [
        Standing.REPLACED,
        Standing.RUNNING,
    ]
    too_late = (*APPOINTED, Appointed(at("7 10:01"), at("7 14:00"), at("7 14:30")))
    clocks = order_clocks(record(BOOKED, RELEASED, appointed=too_late), at("7 11:00"))
    assert next(c for c in clocks if c.promise == Promise.START).standing(at("7 11:00")) == Standing.MISSED


def test_a_longer_finish_leaves_the_promised_start_one_promise() -> None:
    longer = (*APPOINTED, Appointed(at("7 08:50"), at("7 10:00"), at("7 11:30")))
    clocks = order_clocks(record(BOOKED, RELEASED, CLAIMED, MATCHED, STARTED, appointed=longer), at("7 09:00"))
    start = one(clocks, Promise.START)
    assert (start.started_at, start.standing(at("7 09:00"))) == (at("4 16:40"), Standing.KEPT)
    finishes = [c.standing(at("7 09:00")) for c in clocks if c.promise == Promise.FINISH]
    assert finishes == [Standing.REPLACED, Standing.RUNNING]


@pytest.mark.parametrize(("channel", "limit"), [("ticket", 120), ("email", 120), ("chat", 60)])
def test_the_acknowledgment_has_two_minutes_and_in_a_chat_one(channel: str, limit: int) -> None:
    opened = at("5 03:00")  # Saturday night: at all times
    for seconds, standing in ((limit, Standing.KEPT), (limit + 1, Standing.MISSED)):
        told = [Delivery(opened + timedelta(seconds=seconds), by_person=False)]
        clocks = ticket_clocks("T-1", channel, opened, told, CALENDARS, at("5 04:00"))
        assert one(clocks, Promise.ACKNOWLEDGMENT).standing(at("5 04:00")) == standing


def test_the_ticket_systems_own_acknowledgment_counts() -> None:
    opened = at("5 03:00")
    clocks = ticket_clocks(
        "T-1", "ticket", opened, [], CALENDARS, at("5 04:00"), acknowledged_at=opened + timedelta(seconds=5)
    )
    assert one(clocks, Promise.ACKNOWLEDGMENT).standing(at("5 04:00")) == Standing.KEPT
    assert one(clocks, Promise.FIRST_RESPONSE).standing(at("5 04:00")) == Standing.MISSED


def test_only_a_persons_delivered_message_is_a_first_response() -> None:
    opened = at("5 03:00")
    told = [Delivery(at("5 03:01"), by_person=False), Delivery(at("5 03:11"), by_person=True)]
    clock = one(ticket_clocks("T-1", "ticket", opened, told, CALENDARS, at("5 04:00")), Promise.FIRST_RESPONSE)
    assert (clock.met_at, clock.standing(at("5 04:00"))) == (at("5 03:11"), Standing.MISSED)
    assert clock.due_at == at("5 03:10")


@pytest.mark.parametrize(
    ("minute", "standing"), [(7, Standing.RUNNING), (8, Standing.SOON), (10, Standing.SOON), (11, Standing.MISSED)]
)
def test_a_clock_warns_before_it_is_missed(minute: int, standing: Standing) -> None:
    now = at("5 03:00") + timedelta(minutes=minute)
    clock = one(ticket_clocks("T-1", "ticket", at("5 03:00"), [], CALENDARS, now), Promise.FIRST_RESPONSE)
    assert clock.standing(now) == standing


def test_an_hour_without_a_word_during_work_is_a_missed_update() -> None:
    heard = [Delivery(at("7 09:20"), by_person=False), Delivery(at("7 10:40"), by_person=False)]
    facts = (BOOKED, RELEASED, CLAIMED, MATCHED, STARTED)
    clocks = order_clocks(record(*facts, deliveries=heard), at("7 11:00"))
    gaps = [(c.started_at, c.standing(at("7 11:00"))) for c in clocks if c.promise == Promise.UPDATE]
    assert gaps == [
        (at("7 08:30"), Standing.KEPT),
        (at("7 09:20"), Standing.MISSED),
        (at("7 10:40"), Standing.RUNNING),
    ]


def test_who_waits_hears_once_a_working_day_and_a_weekend_is_none() -> None:
    waits = moved("4 16:00", "hold", "claimed", "awaiting_part")
    clock = one(order_clocks(record(waits), at("7 15:00")), Promise.UPDATE)
    assert (clock.due_at, clock.standing(at("7 15:00"))) == (at("7 16:00"), Standing.RUNNING)


def test_a_repair_that_is_not_proved_is_with_the_administrators() -> None:
    judged = Fact(at("7 09:00"), "closure", "verifying", "verifying", None, {"result": "not_repaired"})
    facts = (BOOKED, RELEASED, CLAIMED, MATCHED, STARTED, DONE, judged)
    clock = one(order_clocks(record(*facts), at("7 19:00")), Promise.RESOLUTION)
    assert (clock.segments[-1].owner, clock.segments[-1].pace) == (Owner.SYSTEM_ADMINISTRATORS, Pace.RUNNING)
    assert clock.segments[-1].ends_at == at("7 19:00").astimezone(UTC)


def test_a_referral_runs_in_its_teams_hours() -> None:
    clock = referral_clock("REF-1", "billing", at("4 17:30"), None, None, at("7 10:30"), CALENDARS, at("7 10:00"))
    assert [(s.pace, length_words(s.length)) for s in clock.segments] == [
        (Pace.RUNNING, "30 min"),
        (Pace.OUTSIDE, "63 h"),
        (Pace.RUNNING, "1 h"),
    ]
    assert clock.standing(at("7 10:00")) == Standing.SOON
    assert clock.standing(at("7 10:31")) == Standing.MISSED
