"""The life of a work order as one table: which verb leads from where to where, and who may do it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from app.core.permissions import Role

NOBODY = "system"  # who did what happened by itself


class OrderState(StrEnum):
    """Where an order stands. "Late", "due" and "outside hours" are derived from facts and now, never stored."""

    NEEDS_INFO = "needs_info"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_CONSENT = "awaiting_consent"
    AWAITING_PART = "awaiting_part"
    BOOKED = "booked"
    RELEASED = "released"
    CLAIMED = "claimed"
    MATCHED = "matched"
    WORKING = "working"
    HANDED_OVER = "handed_over"
    VERIFYING = "verifying"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Verb(StrEnum):
    """What can be done to an order; the last word of its URL."""

    ANSWERS = "answers"
    APPROVAL = "approval"
    CONSENT = "consent"
    PART = "part"
    APPOINTMENT = "appointment"
    RELEASE = "release"
    CLAIM = "claim"
    MATCH = "match"
    DISCREPANCY = "discrepancy"
    START = "start"
    STEP = "step"
    SHUTDOWN = "shutdown"
    SIGHTING = "sighting"
    HOLD = "hold"
    ADDITION = "addition"
    ESCALATION = "escalation"
    HANDOVER = "handover"
    COMPLETION = "completion"
    CLOSURE = "closure"
    CONFIRMATION = "confirmation"
    REOPENING = "reopening"
    CANCELLATION = "cancellation"
    NOTE = "note"
    RESOLUTION = "resolution"


S, R = OrderState, Role

WAITING = frozenset({S.NEEDS_INFO, S.AWAITING_APPROVAL, S.AWAITING_CONSENT, S.AWAITING_PART})
AT_RACK = frozenset({S.CLAIMED, S.MATCHED, S.WORKING})
BEFORE_WORKING = WAITING | {S.BOOKED, S.RELEASED, S.CLAIMED, S.MATCHED, S.HANDED_OVER}
ENDED = frozenset({S.CLOSED, S.CANCELLED})
EVERY = frozenset(OrderState)
SERVICE_ROLES = frozenset({R.TECHNICIAN, R.L1_ENGINEER, R.SYSADMIN, R.MANAGER, R.INTEGRATION})


@dataclass(frozen=True, slots=True)
class Rule:
    """From where, by whom: `roles` at the order's site, or its holder; `to_states` it may lead to, none: it stays.

    `second` may do it only while the order waits for a second person.
    """

    from_states: frozenset[OrderState]
    to_states: frozenset[OrderState]
    roles: frozenset[Role] = frozenset()
    holder: bool = False
    second: frozenset[Role] = frozenset()


def _rule(
    from_states: Collection[OrderState],
    to_states: Collection[OrderState],
    *roles: Role,
    holder: bool = False,
    second: Collection[Role] = (),
) -> Rule:
    return Rule(frozenset(from_states), frozenset(to_states), frozenset(roles), holder, frozenset(second))


HANDS = frozenset({R.TECHNICIAN, R.SYSADMIN})
NEXT = WAITING | {S.BOOKED}

RULES: dict[Verb, Rule] = {
    Verb.ANSWERS: _rule({S.NEEDS_INFO}, NEXT, R.L1_ENGINEER, R.SYSADMIN, R.INTEGRATION),
    Verb.APPROVAL: _rule({S.AWAITING_APPROVAL}, NEXT | {S.CANCELLED}, R.MANAGER),
    Verb.CONSENT: _rule({S.AWAITING_CONSENT}, NEXT | {S.CANCELLED}, R.L1_ENGINEER, R.INTEGRATION),
    Verb.PART: _rule({S.AWAITING_PART}, NEXT, R.TECHNICIAN, R.L1_ENGINEER),
    Verb.APPOINTMENT: _rule({S.BOOKED, S.RELEASED, S.HANDED_OVER}, {S.BOOKED}, R.L1_ENGINEER, R.MANAGER),
    Verb.RELEASE: _rule({S.BOOKED}, {S.RELEASED}, R.MANAGER),
    Verb.CLAIM: _rule({S.RELEASED, S.HANDED_OVER}, {S.CLAIMED}, R.TECHNICIAN),
    Verb.MATCH: _rule({S.CLAIMED, S.MATCHED}, {S.CLAIMED, S.MATCHED}, holder=True, second=HANDS),
    Verb.DISCREPANCY: _rule(BEFORE_WORKING, {S.CLAIMED}, holder=True, second=SERVICE_ROLES),
    Verb.START: _rule({S.MATCHED}, {S.WORKING}, holder=True),
    Verb.STEP: _rule({S.WORKING}, (), holder=True, second=HANDS),
    Verb.SHUTDOWN: _rule({S.WORKING}, (), R.L1_ENGINEER, R.SYSADMIN, holder=True),
    Verb.SIGHTING: _rule({S.WORKING}, (), holder=True, second=HANDS),
    Verb.HOLD: _rule({S.RELEASED, S.CLAIMED, S.MATCHED, S.WORKING}, WAITING, R.L1_ENGINEER, holder=True),
    Verb.ADDITION: _rule({S.MATCHED, S.WORKING}, (), holder=True),
    Verb.ESCALATION: _rule(AT_RACK | {S.VERIFYING}, (), holder=True),
    Verb.HANDOVER: _rule(AT_RACK, {S.HANDED_OVER}, holder=True),
    Verb.COMPLETION: _rule(AT_RACK, {S.VERIFYING}, holder=True),
    Verb.CLOSURE: _rule({S.VERIFYING}, {S.AWAITING_CONFIRMATION}, R.SYSADMIN, R.MANAGER),
    Verb.CONFIRMATION: _rule({S.AWAITING_CONFIRMATION}, {S.CLOSED, S.BOOKED}, R.L1_ENGINEER, R.INTEGRATION),
    Verb.REOPENING: _rule({S.CLOSED}, {S.BOOKED}, R.L1_ENGINEER, R.MANAGER),
    Verb.CANCELLATION: _rule(BEFORE_WORKING, {S.CANCELLED}, R.L1_ENGINEER, R.MANAGER),
    Verb.NOTE: _rule(EVERY, (), *SERVICE_ROLES),
    Verb.RESOLUTION: _rule(EVERY, (), R.L1_ENGINEER, R.SYSADMIN, R.MANAGER),
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What an order still lacks before it may be booked."""

    answers: bool = False
    approval: bool = False
    consent: bool = False
    part: bool = False


def next_state(needs: Needs) -> OrderState:
    """The first of the waiting states that still applies, else booked."""
    if needs.answers:
        return S.NEEDS_INFO
    if needs.approval:
        return S.AWAITING_APPROVAL
    if needs.consent:
        return S.AWAITING_CONSENT
    if needs.part:
        return S.AWAITING_PART
    return S.BOOKED


def permitted(verb: Verb, roles: Collection[Role], *, is_holder: bool, second_wanted: bool = False) -> bool:
    """True when somebody with these roles at the order's site (or its holder) may do `verb`, whatever the state."""
    rule = RULES[verb]
    as_second = second_wanted and not is_holder and bool(rule.second & set(roles))
    return bool(rule.roles & set(roles)) or (rule.holder and is_holder) or as_second


def verbs_now(
    state: OrderState, roles: Collection[Role], *, is_holder: bool, second_wanted: Collection[Verb] = ()
) -> list[Verb]:
    """The verbs that this caller may do in this state, in the table's order."""
    return [
        verb
        for verb, rule in RULES.items()
        if state in rule.from_states
        and permitted(verb, roles, is_holder=is_holder, second_wanted=verb in second_wanted)
    ]
