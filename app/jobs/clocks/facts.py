"""From the record to turns: who had an order, or a referral, from when on, and why. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from app.jobs.clocks.ledger import Turn
from app.jobs.clocks.owners import Owner, owner_of
from app.jobs.states import AT_RACK, ENDED, OrderState, Verb

S = OrderState
CLOCK_SLACK = timedelta(minutes=2)  # how far a tablet's clock may be ahead of ours


@dataclass(frozen=True, slots=True)
class Fact:
    """One event of a record: `at` is when it reached us, `device_at` what the tablet said when it was done."""

    at: datetime
    verb: str
    from_state: str | None
    to_state: str | None
    device_at: datetime | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """A call for help from the rack: while it is open, the order is with that team."""

    team: str
    opened_at: datetime
    answered_at: datetime | None


def when_done(facts: Iterable[Fact]) -> Iterator[tuple[datetime, Fact]]:
    """Each fact with the time at which it was done: the tablet's, where it lies between the claim and its arrival."""
    claimed_at: datetime | None = None
    for fact in facts:
        at = fact.at
        if fact.device_at is not None and claimed_at is not None:
            believable = claimed_at <= fact.device_at <= fact.at + CLOCK_SLACK
            at = min(fact.device_at, fact.at) if believable else fact.at
        if fact.verb == Verb.CLAIM:
            claimed_at = at
        yield at, fact


def changes(facts: Iterable[Fact]) -> list[tuple[datetime, Fact]]:
    """What changed the order's state, by the time it was done; the order of the record where times are the same."""
    moved = [(at, fact) for at, fact in when_done(facts) if fact.to_state and fact.to_state != fact.from_state]
    return sorted(moved, key=lambda one: one[0])


def order_turns(facts: Sequence[Fact], calls: Iterable[Call] = (), *, asked_for: datetime | None = None) -> list[Turn]:
    """Who had an order when. `asked_for`: the customer wanted it no sooner than that, so nobody's clock runs before."""
    turns = _state_turns(facts)
    for call in calls:
        turns = _overlaid(turns, call)
    return _put_off(turns, asked_for) if asked_for and turns else turns


def referral_turns(team: str, created_at: datetime, taken_at: datetime | None) -> list[Turn]:
    """Who had a referral when."""
    turns = [Turn(created_at, owner_of(team), "waits to be taken up")]
    if taken_at is not None:
        turns.append(Turn(taken_at, owner_of(team), "is looked into"))
    return turns


def ended_at(facts: Iterable[Fact]) -> datetime | None:
    """When the order ended, None while it is open; one that was opened again goes on."""
    moved = changes(facts)
    return moved[-1][0] if moved and moved[-1][1].to_state in ENDED else None


_TURNS: Mapping[str, tuple[Owner, str, bool]] = {
    S.NEEDS_INFO: (Owner.LEVEL_1, "answers are missing", True),
    S.AWAITING_APPROVAL: (Owner.MANAGEMENT, "waits for approval", True),
    S.AWAITING_CONSENT: (Owner.CUSTOMER, "waits for the customer's consent", False),
    S.AWAITING_PART: (Owner.DATA_CENTER, "waits for the spare part", True),
    S.BOOKED: (Owner.DATA_CENTER, "booked", True),
    S.RELEASED: (Owner.DATA_CENTER, "waits to be taken", True),
    S.CLAIMED: (Owner.DATA_CENTER, "a technician has it", True),
    S.MATCHED: (Owner.DATA_CENTER, "at the right machine", True),
    S.WORKING: (Owner.DATA_CENTER, "is worked on", True),
    S.HANDED_OVER: (Owner.DATA_CENTER, "handed over", True),
    S.VERIFYING: (Owner.DATA_CENTER, "the repair is proved", True),
    S.AWAITING_CONFIRMATION: (Owner.CUSTOMER, "waits for the customer's word", False),
    S.CLOSED: (Owner.CUSTOMER, "closed", False),
    S.CANCELLED: (Owner.CUSTOMER, "cancelled", False),
}
UNPROVED = (Owner.SYSTEM_ADMINISTRATORS, "the repair is not proved: a person decides", True)


def _state_turns(facts: Sequence[Fact]) -> list[Turn]:
    turns = [Turn(at, *_TURNS[str(fact.to_state)]) for at, fact in changes(facts)]
    turns += [
        Turn(fact.at, *UNPROVED)
        for fact in facts
        if fact.to_state == fact.from_state == S.VERIFYING and fact.detail.get("result", "repaired") != "repaired"
    ]
    return sorted(turns, key=lambda turn: turn.at)


_HELD = frozenset(_TURNS[state] for state in (*AT_RACK, S.VERIFYING))


def _overlaid(turns: Sequence[Turn], call: Call) -> list[Turn]:
    """The turns with a call: while it is open and somebody stands at the rack, the called team has the order."""
    helped = Turn(call.opened_at, owner_of(call.team), "called for help from the rack")
    laid: list[Turn] = []
    for place, turn in enumerate(turns):
        until = turns[place + 1].at if place + 1 < len(turns) else None
        held = (turn.owner, turn.why, turn.runs) in _HELD
        begins = max(turn.at, call.opened_at)
        ends = call.answered_at if until is None else min(call.answered_at or until, until)
        if not held or (ends is not None and begins >= ends) or (until is not None and begins >= until):
            laid.append(turn)
            continue
        if turn.at < begins:
            laid.append(turn)
        laid.append(Turn(begins, helped.owner, helped.why))
        if ends is not None and (until is None or ends < until):
            laid.append(Turn(ends, turn.owner, turn.why, turn.runs))
    return laid


def _put_off(turns: Sequence[Turn], asked_for: datetime) -> list[Turn]:
    """The turns with nobody's clock running before what the customer asked for."""
    later = [turn for turn in turns if turn.at > asked_for]
    earlier = [turn for turn in turns if turn.at <= asked_for]
    if not earlier or earlier[0].at >= asked_for:
        return list(turns)
    waited = Turn(earlier[0].at, Owner.CUSTOMER, "the customer asked for a later time", runs=False)
    current = earlier[-1]
    return [waited, Turn(asked_for, current.owner, current.why, current.runs), *later]
