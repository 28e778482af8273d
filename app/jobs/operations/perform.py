"""The one door to the verbs: look the order up, check, act."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.core.access import Principal
from app.core.errors import Conflict, VersionConflict
from app.core.events import DeviceStamp
from app.jobs.models import WorkOrder
from app.jobs.operations import check as checking
from app.jobs.operations import conflicts, late, notes, planning, power_guard, proof, rack, shutdown, steps
from app.jobs.operations.act import Act, check, replayed
from app.jobs.operations.disk_guard import look_again
from app.jobs.operations.done_work import DONE, is_done_work
from app.jobs.operations.stopping import record_stop
from app.jobs.queries import order_alone
from app.jobs.states import Verb
from app.jobs.stops import LATE_IS_DONE, Guard, Stopped

HANDLERS: Mapping[Verb, Callable[[Act, dict[str, Any]], object]] = {
    Verb.ANSWERS: planning.answers,
    Verb.APPROVAL: planning.approval,
    Verb.CONSENT: planning.consent,
    Verb.PART: planning.part,
    Verb.APPOINTMENT: planning.appointment,
    Verb.RELEASE: planning.release,
    Verb.CLAIM: rack.claim,
    Verb.MATCH: checking.match,
    Verb.DISCREPANCY: checking.discrepancy,
    Verb.START: rack.start,
    Verb.STEP: steps.step,
    Verb.SHUTDOWN: shutdown.ask,
    Verb.SIGHTING: power_guard.sighting,
    Verb.HOLD: planning.hold,
    Verb.ADDITION: rack.addition,
    Verb.ESCALATION: rack.escalation,
    Verb.HANDOVER: rack.handover,
    Verb.COMPLETION: proof.completion,
    Verb.CONFIRMATION: proof.confirmation,
    Verb.REOPENING: planning.reopening,
    Verb.CANCELLATION: planning.cancellation,
    Verb.NOTE: notes.note,
}


def perform(
    session: Session,
    principal: Principal,
    number: str,
    verb: Verb,
    body: dict[str, Any],
    *,
    now: datetime,
    silence: timedelta,
    version: int | None = None,
) -> WorkOrder:
    """Do one verb to one order and return the order as it is then.

    `body` is what the verb's schema (forms.py) read, `now` is business time, `silence` how long a customer may stay
    silent before an order closes, `version` the caller's copy (If-Match): stale raises VersionConflict. Raises Invalid,
    NotFound, NotAllowed, Conflict with the contract's codes. The same act of the same device counts once, and work
    that a tablet reports late is kept whatever became of the order meanwhile (`late`). What a guard stopped is kept
    too and does not raise: the edge looks at `stopped_now`.
    """
    order = order_alone(session, number, principal)
    given = dict(body)
    stamp = given.pop("device", None)
    device = DeviceStamp(stamp["id"], stamp["seq"], stamp["at"]) if stamp else None
    act = Act(session, order, verb, principal.name, principal.person_id, now, device, principal.is_program)
    if replayed(act):
        return order
    if version is not None and device is None and version != order.version:
        raise VersionConflict("version_conflict", f"The order has changed: it is at version {order.version} now.")
    try:
        with session.begin_nested() if act.verb in DONE else nullcontext():
            check(act, principal)
            _act(act, given, silence)
    except Stopped as stopped:
        _keep_stop(act, given, stopped)
    except Conflict as refusal:
        if not is_done_work(act) and not conflicts.second_version(act, given):
            raise
        late.keep(act, given, refusal)
    return order


def _keep_stop(act: Act, given: dict[str, Any], stopped: Stopped) -> None:
    """A stop is kept, never rolled back; what a tablet reports late is flagged too, and done if it was work."""
    if not is_done_work(act):
        record_stop(act, stopped.stop, seen=given.get("evidence"))
        if stopped.stop.guard == Guard.POWER and stopped.code == "no_diagnostics":
            look_again(act.session, act.order, by=act.by, now=act.now)
    elif stopped.stop.guard in LATE_IS_DONE or act.verb == Verb.COMPLETION:
        late.keep(act, given, stopped)
    else:
        late.flag_late(act, stopped)
        record_stop(act, stopped.stop, seen=given.get("evidence"))


def _act(act: Act, body: dict[str, Any], silence: timedelta) -> None:
    try:
        if act.verb == Verb.CLOSURE:
            proof.closure(act, body, silence)
        elif act.verb == Verb.RESOLUTION:
            conflicts.resolution(act, body, silence)
        else:
            HANDLERS[act.verb](act, body)
    except StaleDataError as error:
        raise Conflict("wrong_state", "Somebody else changed this order first. Load it again.") from error
