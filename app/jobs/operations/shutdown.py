"""A cold job's machine is asked to shut down, watched until it is off, and watched while it has to stay off."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.core.clock import drill_offset, utc_text
from app.core.errors import Conflict
from app.core.events import Event
from app.hardware.models import DeviceAction, Diagnostics
from app.hardware.operations.assets import held
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.operations.shutdown import request_shutdown
from app.hardware.queries import latest, open_run
from app.jobs.models import WorkOrder
from app.jobs.models_power import Shutdown
from app.jobs.operations.act import SYSTEM, Act, flag, is_cold
from app.jobs.operations.check import expected_machine
from app.jobs.operations.power_guard import cords_of, power_now, power_of
from app.jobs.power import is_old
from app.jobs.power_course import (
    ADVICE,
    LOOK_EVERY,
    SENT,
    STAYS_EVERY,
    UNDER_WAY,
    WATCHED,
    WORDS,
    Course,
    after_reading,
)
from app.jobs.queries_power import newest_shutdown, shutdown_under_way
from app.jobs.rules import MatchProof
from app.jobs.states import OrderState, Verb
from app.jobs.stops import Stopped, contradictions, wrong_machine

BACK = "The machine was off and is on again: it came back by itself, or somebody switched it on."
HARD_TRUTH = frozenset({Course.UNKNOWN, Course.UNSEEN})  # whether it was sent is not known


def ask(act: Act, _body: dict[str, Any]) -> None:
    """Ask the machine's operating system to shut down: once, with the customer's consent, and only the right machine.

    Raises Conflict with what to do; Stopped where the BMC says that it is another machine's.
    """
    order = act.order
    if not is_cold(order):
        raise Conflict("wrong_state", "This job leaves the machine on: nobody shuts it down.")
    if order.consent_needed or not _has_agreed(act.session, order):
        why = "The customer's consent is not on record. Put the order on hold for it; Level 1 asks in the ticket."
        raise Conflict("consent_missing", why)
    if wrong := contradictions(MatchProof(None, None, None, None), expected_machine(order)):
        raise Stopped(wrong_machine(wrong))
    held(act.session, order.asset)  # whoever asks for the same machine at this moment waits here
    _refuse_twice(act)
    state = power_now(act)
    action = request_shutdown(act.session, order.asset, by=act.by, now=act.now - drill_offset())
    asked = Shutdown(
        id=uuid4(), order_id=order.id, asset_id=order.asset_id, action_id=action.id, asked_by=act.by, asked_at=act.now,
        until=act.now + WATCHED, since=act.now,
    )  # fmt: skip
    act.session.add(asked)
    order.stop = None
    act.stay(detail={"course": str(Course.ASKED), "until": utc_text(asked.until), "read": state.words})


def _has_agreed(session: Session, order: WorkOrder) -> bool:
    """True when the customer's yes is newer than the last time the order was booked anew (one query)."""
    turns = select(Event.verb, Event.detail).where(
        Event.stream == order.number,
        or_(Event.verb == Verb.CONSENT, Event.verb == Verb.REOPENING, Event.verb == Verb.CONFIRMATION),
    )
    newest = session.execute(turns.order_by(Event.seq.desc()).limit(1)).first()
    return newest is not None and newest.verb == Verb.CONSENT and newest.detail.get("decision") == "granted"


def _refuse_twice(act: Act) -> None:
    """One at a time; and where nobody knows what became of the last, the machine is read before it is asked again."""
    if shutdown_under_way(act.session, act.order.asset_id) is not None:
        raise Conflict("wrong_state", "It was asked for already and is watched: it is never sent twice.")
    last = newest_shutdown(act.session, act.order.id)
    if last is None or Course(last.course) not in HARD_TRUTH:
        return
    state = power_now(act)
    if is_old(state, act.now) or (state.taken_at is not None and state.taken_at < last.since):
        raise Conflict(
            "no_diagnostics",
            "Nobody knows whether the machine got the last request. Its power is read first: ask it again, and wait.",
        )
    if state.chassis is not True:
        raise Conflict("not_verified", "The BMC does not say that the machine is on: nothing is sent to it.")


def watch(session: Session, order: WorkOrder, now: datetime) -> bool:
    """One look at a shutdown: what the worker told, then what the machine says, read again until it is decided."""
    found = newest_shutdown(session, order.id)
    if found is None:
        return False
    act = Act(session, order, Verb.SHUTDOWN, SYSTEM, None, now)
    action = session.get_one(DeviceAction, found.action_id)
    if found.course == Course.ASKED and not _hear_worker(act, found, action):
        return False
    newest = latest(session, order.asset)
    sent_at = action.finished_at or action.requested_at
    is_news = newest is not None and newest.requested_at >= sent_at
    state = power_of(order, newest, cords_of(order)) if is_news else None
    was = Course(found.course)
    to = after_reading(was, state, now, found.until)
    if to == Course.BACK and not _must_stay_off(order):
        return False  # switched on as the procedure has it
    if to != was:
        said = state.words if state else None
        events = _events_since(newest.document, found.asked_at) if newest and newest.document else []
        _go(act, found, to, said=said, detail={"log": events} if events else {})
        return True
    return _look_again(act, was, newest if is_news else None)


def _look_again(act: Act, course: Course, newest: Diagnostics | None) -> bool:
    """Have the machine read again when it is time to, and nobody does already."""
    asset, now = act.order.asset, act.now - drill_offset()
    stays = course == Course.OFF and act.order.state == OrderState.WORKING
    every = STAYS_EVERY if stays else LOOK_EVERY
    if not (stays or course in SENT) or open_run(act.session, asset) is not None:
        return False
    if newest is not None and now - newest.requested_at < every:
        return False
    request_diagnostics(act.session, asset, by=SYSTEM, reason="watch", now=now)
    return True


def _must_stay_off(order: WorkOrder) -> bool:
    """True while hands are at work and a step for which it must be off has yet to be done."""
    return order.state == OrderState.WORKING and any(s.must_be_off and s.done_at is None for s in order.steps)


def _hear_worker(act: Act, found: Shutdown, action: DeviceAction) -> bool:
    """Take what the site's worker told of the sending; False while it has told nothing, or nothing was sent."""
    if action.state in {"queued", "running"}:
        return False
    to = {"done": Course.SENT, "unknown": Course.UNKNOWN}.get(action.state, Course.FAILED)
    if action.detail:
        found.problem = {"detail": action.detail, "advice": action.advice}
    told = {name: action.result[name] for name in ("before", "sent", "after")} if action.result else {}
    _go(act, found, to, said=None, detail=told)
    return to != Course.FAILED


def _go(act: Act, found: Shutdown, to: Course, *, said: str | None, detail: dict[str, Any]) -> None:
    """Keep the course as an event: what the machine says happened, beside who asked for it."""
    found.course, found.since, found.said = str(to), act.now, said
    problem = found.problem or {}
    why = " ".join(filter(None, [problem.get("detail"), problem.get("advice")])) or ADVICE.get(to)
    if to == Course.BACK:
        flag(act.order, BACK)
    read = {"read": said} if said else {}
    act.stay(why=f"{WORDS[to]} {why}" if why else WORDS[to], detail={"course": str(to), **read, **detail})


def _events_since(document: dict[str, Any], since: datetime) -> list[str]:
    """What the machine's own log holds since then, in its words: the second record of what happened."""
    return [
        f"{event['at']} {event['text']}"
        for event in document.get("events", [])
        if event["at"] and datetime.fromisoformat(event["at"]) >= since.replace(microsecond=0)
    ][:10]


def is_under_way(found: Shutdown | None) -> bool:
    """True while it is asked for or watched."""
    return found is not None and Course(found.course) in UNDER_WAY
