"""Work that was done while the tablet was offline, and reaches an order for which it would be refused now.

What hands did cannot be undone by a refusal: it goes on record as it was done, and the order is flagged for a person.
What was not work (a hold, a call for help, an addition) is refused as ever: the tablet shows it to who typed it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.events import Event
from app.jobs.kind import Evidence
from app.jobs.models import WorkOrder
from app.jobs.models_conflict import StepConflict
from app.jobs.operations import conversation
from app.jobs.operations.act import Act, believed, flag
from app.jobs.operations.conflicts import is_done_by_other, open_conflict
from app.jobs.operations.done_work import LIVE
from app.jobs.operations.parts import hand_over_parts
from app.jobs.states import OrderState, Verb
from app.shifts.window import local_text


def keep(act: Act, body: dict[str, Any], refusal: Conflict) -> None:
    """Record it, flag it, and let it change what nobody else has decided meanwhile."""
    assert act.device is not None
    order, was = act.order, act.device.at
    conflict = _keep_step(act, body, refusal) if act.verb == Verb.STEP else None
    if conflict is None:
        flag_late(act, refusal)
    to = OrderState(order.state)
    if act.verb == Verb.START and _stands_at_it(act):
        order.started_at, to = was, OrderState.WORKING
    elif act.verb == Verb.HANDOVER:
        order.safe_state = body["safe_state"]
    elif act.verb == Verb.COMPLETION:
        hand_over_parts(act, body.get("removed_serial"), body.get("installed_serial"))
    detail = {"arrived_late": True, "refused_as": refusal.code, "done": _plain(body)}
    act.leave(to, why=refusal.detail, detail={**detail, **({"conflict": conflict.id} if conflict else {})})
    if act.verb == Verb.START and order.started_at == was:
        conversation.started(act)


def flag_late(act: Act, refusal: Conflict) -> None:
    """Put it on the order for a person: when it was done, by whom, and why it would be refused now."""
    assert act.device is not None
    at = local_text(act.device.at, act.order.site.time_zone)[:16].replace("T", " ")
    flag(act.order, f"{str(act.verb).capitalize()} of {at} by {act.by} reached us later. Look at it: {refusal.detail}")


def _stands_at_it(act: Act) -> bool:
    """True when the right machine was in the same hands all the while: then the work has begun, whatever the hour."""
    order = act.order
    return order.holder_id == act.person_id and order.state == OrderState.MATCHED and order.discrepancy is None


def _keep_step(act: Act, body: dict[str, Any], refusal: Conflict) -> StepConflict | None:
    """The step as it was done; where somebody else has done it, a second version of it."""
    assert act.device is not None
    found = next((step for step in act.order.steps if step.key == body["id"]), None)
    if found is None or (found.evidence != Evidence.SECOND_PERSON and not _held(act, act.order)):
        raise refusal
    if is_done_by_other(act, found):
        return open_conflict(act, found, body["evidence"])
    if found.done_at is None:
        found.done_at, found.done_by, found.given = act.device.at, act.by, body["evidence"]
    return None


def taken_at(session: Session, order: WorkOrder, by: str, at: datetime | None, now: datetime) -> datetime:
    """When a photo was taken: by the tablet, where its person had claimed the order by then, whoever holds it now."""
    believable = believed(order, at, now)
    if at is None or believable == at or at > now:
        return believable
    claims = select(Event.id).where(Event.stream == order.number, Event.verb == Verb.CLAIM, Event.by == by)
    return at if session.scalar(select(exists(claims.where(Event.at <= at + LIVE)))) else now


def _held(act: Act, order: WorkOrder) -> bool:
    claims = select(Event.id).where(Event.stream == order.number, Event.verb == Verb.CLAIM, Event.by == act.by)
    return bool(act.session.scalar(select(exists(claims))))


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}
