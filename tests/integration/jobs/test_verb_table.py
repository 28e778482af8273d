"""Who may do what from which state, through the API: every role, every verb, both sites; refusals change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import func, select

from app.core.database import transaction
from app.core.events import Event
from app.core.permissions import Role
from app.jobs.models import WorkOrder
from app.jobs.outward import COLD
from app.jobs.states import RULES, OrderState, Verb
from tests.integration.jobs.conftest import Hall

BODIES: dict[Verb, dict[str, Any]] = {
    Verb.ANSWERS: {"answers": {"bay": "3"}},
    Verb.APPROVAL: {"decision": "granted"},
    Verb.CONSENT: {"decision": "granted"},
    Verb.PART: {"serial": "N-1", "location": "cage 4"},
    Verb.MATCH: {"rack": "B17", "tag": "SRV-1", "light": "seen", "face": "front", "serial": "CZ12345"},
    Verb.DISCREPANCY: {"found": "another machine"},
    Verb.STEP: {"id": "esd", "evidence": {}},
    Verb.SIGHTING: {"power": "off"},
    Verb.HOLD: {"waiting_for": "part", "why": "none in stock"},
    Verb.ADDITION: {"job_kind": "psu_swap", "why": "PSU 2 is dark"},
    Verb.ESCALATION: {"team": "system_administrators", "why": "it beeps"},
    Verb.HANDOVER: {"why": "end of shift", "safe_state": "closed"},
    Verb.COMPLETION: {"outcome": "no_fault_found"},
    Verb.CLOSURE: {"accept_unverified": True, "why": "seen by eye"},
    Verb.CONFIRMATION: {"decision": "confirmed"},
    Verb.REOPENING: {"why": "it is back"},
    Verb.CANCELLATION: {"why": "solved"},
    Verb.NOTE: {"text": "a note"},
    Verb.RESOLUTION: {"conflict": 1, "choice": "first", "why": "seen by eye"},
}
WHO: dict[str, tuple[Role, str]] = {
    "tess": (Role.TECHNICIAN, "AMS1"),  # the holder, where somebody holds it
    "tom": (Role.TECHNICIAN, "AMS1"),
    "lena": (Role.L1_ENGINEER, "all"),
    "sam": (Role.SYSADMIN, "all"),
    "max": (Role.MANAGER, "AMS1"),
    "bot": (Role.INTEGRATION, "all"),
    "mia": (Role.TECHNICIAN, "MIA1"),
    "ada": (Role.ADMIN, "all"),
}
HELD = {  # to the end: who did it stays who did it
    OrderState.CLAIMED, OrderState.MATCHED, OrderState.WORKING, OrderState.VERIFYING,
    OrderState.AWAITING_CONFIRMATION, OrderState.CLOSED,
}  # fmt: skip
TRIED_BY_EVERYBODY = {OrderState.RELEASED, OrderState.WORKING}  # whose role it is not, it is not in any state


def in_state(hall: Hall, state: OrderState) -> str:
    """An order of that state at AMS1, held by tess where somebody holds it; brought there by the verbs themselves."""
    return _PATHS[state](hall)


def _working(hall: Hall) -> str:
    number = _matched(hall)
    hall.act("tess", number, "start")
    return number


def _matched(hall: Hall) -> str:
    number = str(hall.order()["number"])
    hall.to_matched(number)
    return number


def _verifying(hall: Hall) -> str:
    number = _working(hall)
    hall.act("tess", number, "completion", outcome="repaired")
    return number


def _confirming(hall: Hall) -> str:
    number = _verifying(hall)
    hall.answer()
    return number


def _closed(hall: Hall) -> str:
    number = _confirming(hall)
    hall.act("lena", number, "confirmation", decision="confirmed")
    return number


def _held(what: str) -> Callable[[Hall], str]:
    def wait(hall: Hall) -> str:
        number = str(hall.order()["number"])
        hall.act("lena", number, "hold", waiting_for=what, why="it has to wait")
        return number

    return wait


def _claimed(hall: Hall) -> str:
    number = str(hall.order()["number"])
    hall.act("tess", number, "claim")
    return number


def _handed_over(hall: Hall) -> str:
    number = _working(hall)
    hall.act("tess", number, "handover", why="end of shift", safe_state="closed")
    return number


def _cancelled(hall: Hall) -> str:
    number = str(hall.order()["number"])
    hall.act("lena", number, "cancellation", why="solved")
    return number


_PATHS: dict[OrderState, Callable[[Hall], str]] = {
    OrderState.NEEDS_INFO: lambda hall: str(hall.order(answers={})["number"]),
    OrderState.AWAITING_APPROVAL: _held("approval"),
    OrderState.AWAITING_CONSENT: _held("consent"),
    OrderState.AWAITING_PART: _held("part"),
    OrderState.BOOKED: lambda hall: str(hall.order(not_before="2026-12-01T09:00:00Z")["number"]),
    OrderState.RELEASED: lambda hall: str(hall.order()["number"]),
    OrderState.CLAIMED: _claimed,
    OrderState.MATCHED: _matched,
    OrderState.WORKING: _working,
    OrderState.HANDED_OVER: _handed_over,
    OrderState.VERIFYING: _verifying,
    OrderState.AWAITING_CONFIRMATION: _confirming,
    OrderState.CLOSED: _closed,
    OrderState.CANCELLED: _cancelled,
}


def trace(hall: Hall, number: str) -> tuple[int, int]:
    """The order's version and how many events it has."""
    with hall.app.app_context(), transaction() as session:
        version = session.scalar(select(WorkOrder.version).where(WorkOrder.number == number))
        events = session.scalar(select(func.count()).select_from(Event).where(Event.stream == number))
    return version or 0, events or 0


def refusal_of(who: str, verb: Verb, state: OrderState, *, second: bool) -> tuple[int, str] | None:
    """What the contract's table says: the refusal, or None for what is done."""
    role, site = WHO[who]
    rule, holds = RULES[verb], who == "tess" and state in HELD
    if role == Role.ADMIN:
        return 403, "not_allowed"
    if site == "MIA1":
        return 404, "not_found"
    if role not in rule.roles and not (rule.holder and holds) and not (second and role in rule.second and not holds):
        return (409, "not_holder") if rule.holder and role == Role.TECHNICIAN else (403, "not_allowed")
    if verb == Verb.RESOLUTION:
        return 404, "not_found"  # no step of these orders was done by two people
    if verb in COLD:  # the order of these tests leaves its machine on
        return 409, "wrong_state"
    return None if state in rule.from_states else (409, "wrong_state")


@pytest.mark.parametrize("state", list(OrderState))
def test_every_role_gets_from_every_verb_what_the_table_says(hall: Hall, state: OrderState) -> None:
    number = in_state(hall, state)
    assert hall.get("sam", f"/work-orders/{number}")["state"] == state
    before = trace(hall, number)
    for who, (role, site) in WHO.items():
        seen = role != Role.ADMIN and site != "MIA1"
        listed = hall.get(who, f"/work-orders/{number}")["verbs"] if seen else []
        for verb in Verb:
            second = verb == Verb.STEP  # a disk swap asks a second person to confirm the bay
            wanted = refusal_of(who, verb, state, second=second)
            assert (verb in listed) == (wanted is None), f"{who} is{'' if verb in listed else ' not'} told of {verb}"
            if wanted == (409, "wrong_state") or (wanted and state in TRIED_BY_EVERYBODY):
                assert hall.refusal(who, number, verb, **BODIES.get(verb, {})) == wanted, f"{verb} by {who}"
    assert trace(hall, number) == before
