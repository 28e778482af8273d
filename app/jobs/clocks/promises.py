"""What is promised by when: the clocks of a ticket, an order and a referral, from their facts and now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from app.jobs.clocks.clock import Clock, Promise
from app.jobs.clocks.facts import Call, Fact, changes, ended_at, order_turns, referral_turns, when_done
from app.jobs.clocks.ledger import Calendars, Turn, ledger, when_spent
from app.jobs.clocks.owners import Owner
from app.jobs.states import WAITING, OrderState, Verb
from app.shifts.window import Calendar

ACKNOWLEDGED_WITHIN: Mapping[str, timedelta] = {
    "ticket": timedelta(minutes=2), "email": timedelta(minutes=2), "chat": timedelta(minutes=1),
}  # fmt: skip
FIRST_RESPONSE = timedelta(minutes=10)
UPDATE_AT_WORK = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message that reached the customer; `by_person` False: nobody wrote or caused it."""

    at: datetime
    by_person: bool


@dataclass(frozen=True, slots=True)
class Appointed:
    """What the customer was promised at `at`: begun by `begin_by`, done by `done_by`. Both None: taken back."""

    at: datetime
    begin_by: datetime | None
    done_by: datetime | None


@dataclass(frozen=True, slots=True)
class OrderRecord:
    """All that the clocks of one order look at; `resolve_within` None: only the stated time counts."""

    number: str
    facts: Sequence[Fact]
    calls: Sequence[Call]
    appointed: Sequence[Appointed]
    deliveries: Sequence[Delivery]
    calendars: Calendars
    asked_for: datetime | None
    resolve_within: timedelta | None


def ticket_clocks(
    subject: str,
    channel: str,
    opened_at: datetime,
    deliveries: Iterable[Delivery],
    calendars: Calendars,
    now: datetime,
    *,
    acknowledged_at: datetime | None = None,
) -> list[Clock]:
    """Acknowledgment and first response, at any hour. `acknowledged_at`: the ticket system's own acknowledgment."""
    told = sorted(deliveries, key=lambda one: one.at)
    reached = [one.at for one in told] + ([acknowledged_at] if acknowledged_at else [])
    answered = min((one.at for one in told if one.by_person), default=None)
    turns = [Turn(opened_at, Owner.LEVEL_1, "waits for the first word")]
    limits = (
        (Promise.ACKNOWLEDGMENT, ACKNOWLEDGED_WITHIN[channel], min(reached, default=None)),
        (Promise.FIRST_RESPONSE, FIRST_RESPONSE, answered),
    )
    return [_limited(what, subject, turns, calendars, opened_at, limit, met, now) for what, limit, met in limits]


def order_clocks(record: OrderRecord, now: datetime) -> list[Clock]:
    """Each start and finish that was promised, the updates, and the whole job's working time."""
    turns = order_turns(record.facts, record.calls, asked_for=record.asked_for)
    if not turns:
        return []
    return [*_appointments(record, turns, now), *_updates(record, now), *_resolution(record, turns, now)]


def referral_clock(
    number: str,
    team: str,
    created_at: datetime,
    taken_at: datetime | None,
    answered_at: datetime | None,
    promised: datetime,
    calendars: Calendars,
    now: datetime,
) -> Clock:
    """A team's answer, in its own working time."""
    turns = referral_turns(team, created_at, taken_at)
    segments = ledger(turns, calendars, created_at, answered_at or now)
    return Clock(Promise.RESOLUTION, number, segments, created_at, promised, met_at=answered_at)


def working_day(calendar: Calendar) -> timedelta:
    """The longest day of a calendar: what "once a working day" means there."""
    return timedelta(minutes=max(sum(closes - opens for opens, closes in day) for day in calendar.hours.days))


def _limited(
    promise: Promise,
    subject: str,
    turns: Sequence[Turn],
    calendars: Calendars,
    start: datetime,
    limit: timedelta,
    met: datetime | None,
    now: datetime,
    ended: datetime | None = None,
) -> Clock:
    until = met or ended or now
    relevant = [turn for turn in turns if turn.at < until] or list(turns[:1])
    segments = ledger(relevant, calendars, start, until)
    due = when_spent(relevant, calendars, start, limit)
    return Clock(promise, subject, segments, start, due, limit, met, ended)


def _appointments(record: OrderRecord, turns: Sequence[Turn], now: datetime) -> Iterable[Clock]:
    """One clock for each time that was told, until the next one was told instead."""
    done = list(when_done(record.facts))
    moved = changes(record.facts)
    begun = [at for at, fact in done if fact.verb == Verb.START and fact.to_state == OrderState.WORKING]
    finished = [at for at, fact in moved if fact.to_state == OrderState.VERIFYING]
    over = ended_at(record.facts)
    told = sorted(record.appointed, key=lambda one: one.at)
    for promise, met in ((Promise.START, begun), (Promise.FINISH, finished)):
        for since, due, replaced in _told(told, promise, over):
            happened = min((at for at in met if at >= since), default=None)
            if happened is not None and replaced is not None and happened > replaced:
                happened = None
            segments = ledger(turns, record.calendars, since, happened or replaced or max(now, since))
            ended = None if happened else replaced
            yield Clock(promise, record.number, segments, since, due, None, happened, ended)


def _told(
    told: Sequence[Appointed], promise: Promise, over: datetime | None
) -> Iterable[tuple[datetime, datetime, datetime | None]]:
    """Each time that stood: since when, for when, until when. Another finish does not tell the same start anew."""
    since: datetime | None = None
    due: datetime | None = None
    for one in told:
        now_due = one.begin_by if promise == Promise.START else one.done_by
        if now_due == due:
            continue
        if since is not None and due is not None:
            yield since, due, one.at
        since, due = one.at, now_due
    if since is not None and due is not None:
        yield since, due, over


def _updates(record: OrderRecord, now: datetime) -> Iterable[Clock]:
    """The gaps between words to the customer while it is worked on or waits: those too long, and the newest."""
    site = record.calendars[Owner.DATA_CENTER]
    spans = [(at, str(fact.to_state)) for at, fact in changes(record.facts)]
    ends: list[datetime | None] = [*(at for at, _ in spans[1:]), None]
    heard = sorted(one.at for one in record.deliveries)
    for (begins, state), end in zip(spans, ends, strict=True):
        if state == OrderState.WORKING:
            owner, limit = Owner.LEVEL_1, UPDATE_AT_WORK  # an hour is an hour, also after closing time
        elif state in WAITING:
            owner, limit = Owner.DATA_CENTER, working_day(site)
        else:
            continue
        marks = [begins, *(at for at in heard if begins < at < (end or now))]
        pause = [Turn(begins, owner, "nothing was told")]
        for mark, following in pairwise([*marks, None]):
            assert mark is not None
            met = following
            clock = _limited(
                Promise.UPDATE, record.number, pause, record.calendars, mark, limit, met, now, None if met else end
            )
            if clock.ended_at is None or (clock.due_at is not None and clock.ended_at > clock.due_at):
                yield clock


def _resolution(record: OrderRecord, turns: Sequence[Turn], now: datetime) -> Iterable[Clock]:
    if record.resolve_within is None:
        return
    over = ended_at(record.facts)
    cancelled = over is not None and changes(record.facts)[-1][1].to_state == OrderState.CANCELLED
    yield _limited(
        Promise.RESOLUTION, record.number, turns, record.calendars, turns[0].at, record.resolve_within,
        None if cancelled else over, now, over if cancelled else None,
    )  # fmt: skip
