"""At the rack: claim, start, calls for help, a second job, hand-over."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.core.clock import drill_offset, utc_text
from app.core.errors import Conflict
from app.hardware.operations.diagnose import FollowUp, request_diagnostics
from app.jobs.kind import target_of
from app.jobs.kinds import kind_named
from app.jobs.models import WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import CLOSING_SOON, Act, next_opening_local, unflag
from app.jobs.operations.escalate import open_referral
from app.jobs.operations.numbers import next_number
from app.jobs.operations.phone_codes import new_secret
from app.jobs.operations.planning import NO_TIME, appoint, find_time_or_wait, refuse_twin
from app.jobs.operations.power_left import check_left
from app.jobs.operations.procedures import pin_steps
from app.jobs.operations.proof import take_newer_before
from app.jobs.operations.rings import ring_first
from app.jobs.operations.spares import reserve_spare
from app.jobs.start import StartFacts, check_start
from app.jobs.states import OrderState
from app.jobs.stops import MATCH_VALID
from app.jobs.teams import Team
from app.shifts.operations import reassign
from app.shifts.queries import site_calendar
from app.shifts.window import latest_start, local_text, opening_at

BEFORE_TASK = "jobs.before_taken"


def claim(act: Act, _body: dict[str, Any]) -> None:
    """Take the order in hand: fresh diagnostics run, the permit says what the tablet may do offline."""
    order = act.order
    order.holder_id = act.person_id
    order.claimed_at = act.now
    order.matched_at = order.match = None
    if order.appointment is not None and act.person_id is not None:
        reassign(act.session, order.appointment, act.person_id)
    order.permit = permit(act)
    order.code_secret, order.codes = new_secret(), []
    take_before(act)
    act.leave(OrderState.CLAIMED, detail={"permit": order.permit})


def permit(act: Act) -> dict[str, Any]:
    """What the tablet judges by while it is offline."""
    latest = latest_start(act.calendar, act.now, act.order.minutes)
    return {
        "issued_at": utc_text(act.now),
        "latest_start": utc_text(latest) if latest else None,
        "match_valid_minutes": int(MATCH_VALID.total_seconds() // 60),
        "tag": act.order.asset.tag,
        "rack": act.order.asset.rack.name if act.order.asset.rack else None,
        "serials": [act.order.asset.serial] if act.order.asset.serial else [],
    }


def take_before(act: Act) -> None:
    """Ask the machine how it is before anybody touches it; the answer is frozen on the order."""
    request_diagnostics(
        act.session, act.order.asset, by=act.by, reason="before", now=act.now - drill_offset(),
        follow_up=FollowUp(BEFORE_TASK, {"number": act.order.number}),
    )  # fmt: skip


def start(act: Act, _body: dict[str, Any]) -> None:
    """Hands may touch now: inside site hours, with fresh proof and diagnostics, and only if it still fits."""
    order = act.order
    take_newer_before(act)
    check_start(start_facts(order, act.at))
    order.stop = None
    order.started_at = act.at
    act.leave(OrderState.WORKING)
    conversation.started(act)


def start_facts(order: WorkOrder, at: datetime) -> StartFacts:
    """What start looks at, also for a page that says beforehand why it is not possible."""
    calendar = site_calendar(order.site)
    is_open = opening_at(calendar, at) is not None
    return StartFacts(
        now=at,
        matched_at=order.matched_at,
        has_before=order.before_document is not None,
        consent_needed=order.consent_needed,
        latest_start=latest_start(calendar, at, order.minutes) if is_open else None,
        minutes=order.minutes,
        next_opening_local=next_opening_local(calendar, at),
        discrepancy=order.discrepancy is not None,
    )


def addition(act: Act, body: dict[str, Any]) -> WorkOrder:
    """A second job on the open chassis: a linked order for the same hands that keeps the server check."""
    order, kind = act.order, kind_named(body["job_kind"])
    refuse_twin(act, kind.name)
    linked = WorkOrder(
        number=next_number(act.session, "WO", act.now), state=OrderState.MATCHED, escalation_id=order.escalation_id,
        parent_id=order.id, site=order.site, asset=order.asset, ticket=order.ticket, job_kind=kind.name,
        site_id=order.site_id, asset_id=order.asset_id, ticket_id=order.ticket_id,
        priority=order.priority, summary=body["why"],
        answers=body["answers"], target=target_of(kind, body["answers"]), created_at=act.now, created_by=act.by,
        approval_needed=kind.approval, consent_needed=kind.consent, holder_id=order.holder_id,
        claimed_at=order.claimed_at, permit=order.permit, match=order.match, matched_at=order.matched_at,
        before_id=order.before_id, before_document=order.before_document, code_secret=new_secret(),
    )  # fmt: skip
    pin_steps(act.session, linked, kind)
    act.session.add(linked)
    act.session.flush()
    child = replace(act, order=linked, device=None)
    reserve_spare(child)
    with suppress(Conflict):  # without an appointment where the day is full: start decides, the hands are there
        appoint(child, technician=order.holder.name if order.holder else None)
    child.leave(OrderState.MATCHED, why=body["why"], detail={"added_to": order.number})
    act.stay(why=body["why"], detail={"added": linked.number})
    conversation.booked(child)
    return linked


def escalation(act: Act, body: dict[str, Any]) -> None:
    """Help, now: the team is rung with diagnostics, photos and the step that is open; the order stays as it is."""
    order = act.order
    todo = next((s.key for s in order.steps if s.done_at is None), None)
    referral = open_referral(
        act, team=Team(body["team"]), why=body["why"], step_key=todo, diagnostics_id=order.before_id
    )
    ring_first(act, referral)
    act.stay(why=body["why"], detail={"team": body["team"], "referral": referral.number})


def handover(act: Act, body: dict[str, Any]) -> None:
    """Leave the machine in a recorded safe state for whoever comes next; booked again, the customer is told."""
    order = act.order
    power = check_left(act, body)
    order.safe_state = body["safe_state"]
    order.holder_id = None
    unflag(order, CLOSING_SOON)
    order.matched_at = None
    find_time_or_wait(act, tolerated=NO_TIME)  # whoever must leave is not kept by a full calendar
    starts_local = order.appointment.starts_local if order.appointment else None
    detail = {"safe_state": body["safe_state"], "starts_local": starts_local, **power}
    act.leave(OrderState.HANDED_OVER, why=body["why"], detail=detail)
    conversation.handed_over(act, body["why"])


def latest_start_local(act: Act) -> str | None:
    """Latest start in the site's wall time, None when the site is closed."""
    latest = latest_start(act.calendar, act.at, act.order.minutes)
    return local_text(latest, act.order.site.time_zone) if latest else None
