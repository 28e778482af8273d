"""At the rack: claim, server check, start, steps, calls for help, hand-over."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from app.core.clock import drill_offset, utc_text
from app.core.errors import Conflict, FieldError, Invalid
from app.hardware.operations.diagnose import FollowUp, request_diagnostics
from app.jobs.kind import Evidence, minutes_of, target_of
from app.jobs.kinds import kind_named
from app.jobs.models import Step, WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import Act
from app.jobs.operations.escalate import open_referral, pin_steps
from app.jobs.operations.numbers import next_number
from app.jobs.operations.planning import NO_TIME, appoint, find_time_or_wait, refuse_twin
from app.jobs.operations.proof import take_newer_before
from app.jobs.rules import (
    MATCH_VALID,
    Expected,
    MatchProof,
    StartFacts,
    check_start,
    device_serial,
    mismatches,
    needs_second_person,
    proves_itself,
    same_code,
)
from app.jobs.states import OrderState
from app.jobs.teams import Team
from app.shifts.operations import reassign
from app.shifts.window import latest_start, local_text

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


def match(act: Act, body: dict[str, Any]) -> None:
    """Is it the right machine? A contradiction is recorded and leaves the order unmatched.

    Where the machine itself is silent, the serial of the pull-out tag is read by two people: the holder first, then
    another person on their own sign-in. Whoever renders this looks at `order.matched_at`.
    """
    order = act.order
    take_newer_before(act)
    proof = MatchProof(body["rack"], body["tag"], body["light"], body["face"], body.get("serial"))
    expected = expected_machine(order)
    wrong = mismatches(proof, expected)
    pending = order.match if order.match and order.match.get("pending") else None
    second = pending is not None and pending["by"] != act.by
    if not second and order.holder_id != act.person_id:
        raise Conflict(
            "not_holder", "Only who holds the order does the server check; nobody waits for a second person."
        )
    seen = {"rack": proof.rack, "tag": proof.tag, "light": proof.light, "face": proof.face, "serial": proof.serial}
    if wrong:
        order.matched_at = None
        order.match = {"by": act.by, "at": utc_text(act.at), "seen": seen, "wrong": wrong, "pending": False}
        act.leave(OrderState.CLAIMED, why=" ".join(wrong), detail={"stopped": True, "seen": seen})
        return
    if not proves_itself(proof, expected):
        raise Conflict("not_matched", "No proof yet: read the serial on the pull-out tag and send it with the check.")
    silent = needs_second_person(expected) or proof.light != "seen"
    waits = silent and not second
    order.match = {"by": act.by, "at": utc_text(act.at), "seen": seen, "wrong": [], "pending": waits}
    if second and pending is not None:
        order.match = {**order.match, "by": pending["by"], "second": act.by}
    order.matched_at = None if waits else act.at
    act.leave(OrderState.CLAIMED if waits else OrderState.MATCHED, detail={"seen": seen, "pending": waits})


def expected_machine(order: WorkOrder) -> Expected:
    """What the record and the machine itself say that this order's machine is."""
    asset = order.asset
    rack = asset.rack.name if asset.rack else None
    return Expected(rack, asset.tag, asset.face, asset.serial, device_serial(order.before_document))


def discrepancy(act: Act, body: dict[str, Any]) -> None:
    """Something else stands there: all stops until a second person says that the record is right again."""
    order = act.order
    reported = order.discrepancy
    if reported and reported["by"] != act.by:
        order.discrepancy = None
        act.stay(why=body["found"], detail={"corrected": True})
        return
    order.discrepancy = {"by": act.by, "at": utc_text(act.at), "found": body["found"]}
    order.matched_at = None
    to = OrderState.CLAIMED if order.state == OrderState.MATCHED else OrderState(order.state)
    act.leave(to, why=body["found"], detail={"photo": str(body["photo"]) if body.get("photo") else None})


def start(act: Act, _body: dict[str, Any]) -> None:
    """Hands may touch now: inside site hours, with fresh proof and diagnostics, and only if it still fits."""
    order = act.order
    take_newer_before(act)
    check_start(start_facts(act))
    order.started_at = act.at
    act.leave(OrderState.WORKING)
    conversation.started(act)


def start_facts(act: Act) -> StartFacts:
    """What start looks at, also for a page that says beforehand why it is not possible."""
    order = act.order
    return StartFacts(
        now=act.at,
        matched_at=order.matched_at,
        has_before=order.before_document is not None,
        consent_needed=order.consent_needed,
        latest_start=latest_start(act.calendar, act.at, order.minutes) if act.is_open else None,
        minutes=order.minutes,
        next_opening_local=act.next_opening_local(),
        discrepancy=order.discrepancy is not None,
    )


def step(act: Act, body: dict[str, Any]) -> None:
    """One step done, with the evidence that it asks for."""
    found = next((s for s in act.order.steps if s.key == body["id"]), None)
    if found is None:
        known = ", ".join(s.key for s in act.order.steps)
        raise Invalid("unknown_step", f"There is no step {body['id']!r}. There are: {known}.")
    if act.person_id != act.order.holder_id and found.evidence != Evidence.SECOND_PERSON:
        raise Conflict("not_holder", "A second person only confirms; the holder does the other steps.")
    _check_evidence(act, found, body["evidence"])
    found.done_at, found.done_by, found.given = act.at, act.by, _storable(body["evidence"])
    act.stay(detail={"step": found.key, "evidence": found.given})


def _check_evidence(act: Act, wanted: Step, given: dict[str, Any]) -> None:
    kind = Evidence(wanted.evidence)
    field = {Evidence.SCAN: "code", Evidence.PHOTO: "photo", Evidence.READING: "value", Evidence.SERIAL: "serial"}
    name = field.get(kind)
    if name is not None and not str(given.get(name) or "").strip():
        raise Invalid(
            "invalid",
            f"This step is proved by a {kind}: send {name!r}.",
            [FieldError(f"evidence.{name}", "required", f"A {kind} proves this step.")],
        )
    if kind == Evidence.SECOND_PERSON and (act.person_id == act.order.holder_id or given.get("confirm") is not True):
        raise Conflict("not_verified", "A second person confirms this step on their own sign-in.")
    if kind == Evidence.SERIAL and wanted.key == "new_serial":
        _check_new_serial(act.order, str(given["serial"]))


def _check_new_serial(order: WorkOrder, serial: str) -> None:
    document = order.before_document or {}
    inside = [c.get("serial") for c in document.get("components", [])]
    if any(same_code(serial, one) for one in inside):
        raise Conflict("not_verified", f"Serial {serial} is in the machine already: this is not a new part.")


def _storable(evidence: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if isinstance(value, bool | int | float | str) else str(value) for key, value in evidence.items()
    }


def addition(act: Act, body: dict[str, Any]) -> WorkOrder:
    """A second job on the open chassis: a linked order for the same hands that keeps the server check."""
    order, kind = act.order, kind_named(body["job_kind"])
    refuse_twin(act, kind.name)
    linked = WorkOrder(
        number=next_number(act.session, "WO", act.now), state=OrderState.MATCHED, escalation_id=order.escalation_id,
        parent_id=order.id, site=order.site, asset=order.asset, ticket=order.ticket, job_kind=kind.name,
        site_id=order.site_id, asset_id=order.asset_id, ticket_id=order.ticket_id,
        minutes=minutes_of(kind, body["answers"]) or kind.minutes, priority=order.priority, summary=body["why"],
        answers=body["answers"], target=target_of(kind, body["answers"]), created_at=act.now, created_by=act.by,
        approval_needed=kind.approval, consent_needed=kind.consent, holder_id=order.holder_id,
        claimed_at=order.claimed_at, permit=order.permit, match=order.match, matched_at=order.matched_at,
        before_id=order.before_id, before_document=order.before_document,
    )  # fmt: skip
    act.session.add(linked)
    pin_steps(linked, kind)
    act.session.flush()
    child = replace(act, order=linked, device=None)
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
    act.stay(why=body["why"], detail={"team": body["team"], "referral": referral.number})


def handover(act: Act, body: dict[str, Any]) -> None:
    """Leave the machine in a recorded safe state for whoever comes next; booked again, the customer is told."""
    order = act.order
    order.safe_state = body["safe_state"]
    order.holder_id = None
    order.matched_at = None
    find_time_or_wait(act, tolerated=NO_TIME)  # whoever must leave is not kept by a full calendar
    starts_local = order.appointment.starts_local if order.appointment else None
    detail = {"safe_state": body["safe_state"], "starts_local": starts_local}
    act.leave(OrderState.HANDED_OVER, why=body["why"], detail=detail)
    conversation.handed_over(act, body["why"])


def latest_start_local(act: Act) -> str | None:
    """Latest start in the site's wall time, None when the site is closed."""
    latest = latest_start(act.calendar, act.at, act.order.minutes)
    return local_text(latest, act.order.site.time_zone) if latest else None
