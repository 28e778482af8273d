"""The verb table: who may do what from where, cell by cell."""

from __future__ import annotations

from itertools import product

import pytest

from app.core.permissions import Role
from app.jobs.states import RULES, Needs, OrderState, Verb, next_state, permitted, verbs_now

S, R, V = OrderState, Role, Verb
CONTRACT = {
    V.ANSWERS: {R.L1_ENGINEER, R.SYSADMIN, R.INTEGRATION},
    V.APPROVAL: {R.MANAGER},
    V.CONSENT: {R.L1_ENGINEER, R.INTEGRATION},
    V.PART: {R.TECHNICIAN, R.L1_ENGINEER},
    V.SHUTDOWN: {R.L1_ENGINEER, R.SYSADMIN},
    V.APPOINTMENT: {R.L1_ENGINEER, R.MANAGER},
    V.RELEASE: {R.MANAGER},
    V.CLAIM: {R.TECHNICIAN},
    V.HOLD: {R.L1_ENGINEER},
    V.CLOSURE: {R.SYSADMIN, R.MANAGER},
    V.CONFIRMATION: {R.L1_ENGINEER, R.INTEGRATION},
    V.REOPENING: {R.L1_ENGINEER, R.MANAGER},
    V.CANCELLATION: {R.L1_ENGINEER, R.MANAGER},
    V.RESOLUTION: {R.L1_ENGINEER, R.SYSADMIN, R.MANAGER},
    V.NOTE: {R.TECHNICIAN, R.L1_ENGINEER, R.SYSADMIN, R.MANAGER, R.INTEGRATION},
}
HOLDERS = {
    V.MATCH, V.DISCREPANCY, V.START, V.STEP, V.HOLD, V.ADDITION, V.ESCALATION, V.HANDOVER, V.COMPLETION,
    V.SIGHTING, V.SHUTDOWN,
}  # fmt: skip


@pytest.mark.parametrize(("verb", "role"), list(product(Verb, Role)))
def test_a_role_has_exactly_the_verbs_of_the_contract(verb: Verb, role: Role) -> None:
    assert permitted(verb, [role], is_holder=False) == (role in CONTRACT.get(verb, set()))


@pytest.mark.parametrize("verb", list(Verb))
def test_a_holder_has_exactly_the_holders_verbs(verb: Verb) -> None:
    assert permitted(verb, [], is_holder=True) == (verb in HOLDERS)


def test_an_administrator_holds_no_verb() -> None:
    assert [verb for verb in Verb if permitted(verb, [R.ADMIN], is_holder=False, second_wanted=True)] == []


def test_every_state_but_the_last_has_a_way_on() -> None:
    everybody = list(Role)
    for state in OrderState:
        ways = [v for v in verbs_now(state, everybody, is_holder=True) if RULES[v].to_states - {state}]
        assert bool(ways) == (state != S.CANCELLED), state


def test_every_state_can_be_reached() -> None:
    reached = {S.NEEDS_INFO}
    for _ in OrderState:
        reached |= {to for rule in RULES.values() if rule.from_states & reached for to in rule.to_states}
    assert reached == set(OrderState)


def test_needs_are_asked_for_in_the_contracts_order() -> None:
    assert next_state(Needs(True, True, True, True)) == S.NEEDS_INFO
    assert next_state(Needs(approval=True, consent=True, part=True)) == S.AWAITING_APPROVAL
    assert next_state(Needs(consent=True, part=True)) == S.AWAITING_CONSENT
    assert next_state(Needs(part=True)) == S.AWAITING_PART
    assert next_state(Needs()) == S.BOOKED


def test_nothing_can_be_cancelled_once_hands_are_in_the_machine() -> None:
    assert S.WORKING not in RULES[V.CANCELLATION].from_states
    assert S.VERIFYING not in RULES[V.CANCELLATION].from_states
