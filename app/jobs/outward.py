"""The contract's forms of orders, offers and escalations: what leaves through the API and into pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.access import Principal
from app.core.clock import utc_text
from app.core.events import Event
from app.core.permissions import Permission, Role
from app.hardware.models import Asset
from app.hardware.outward import diagnosis_form
from app.jobs.models import Escalation, Referral, WorkOrder
from app.jobs.operations.act import is_cold, second_wanted
from app.jobs.operations.escalate import Escalated
from app.jobs.operations.offers import Offer
from app.jobs.queries import latest_diagnostics
from app.jobs.queries_machine import diagnoses_for
from app.jobs.states import OrderState, Verb, verbs_now
from app.shifts.models import Appointment
from app.shifts.window import local_text
from app.tickets.integrations import language_of
from app.tickets.models import Ticket


def appointment_form(appointment: Appointment | None) -> dict[str, Any] | None:
    """An appointment, or None."""
    if appointment is None:
        return None
    return {
        "starts_at": utc_text(appointment.starts_at),
        "ends_at": utc_text(appointment.ends_at),
        "starts_local": appointment.starts_local,
        "ends_local": appointment.ends_local,
        "time_zone": appointment.time_zone,
        "technician": appointment.technician.name,
    }


def ticket_form(ticket: Ticket) -> dict[str, Any]:
    """A ticket as its own system knows it."""
    return {
        "system": ticket.system,
        "id": ticket.external_id,
        "url": ticket.url,
        "subject": ticket.subject,
        "channel": ticket.channel,
        "opened_at": utc_text(ticket.opened_at),
        "language": language_of(ticket),
    }


def promise_form(order: WorkOrder) -> dict[str, Any]:
    """What the customer was told; times null until the order is booked."""
    zone = order.site.time_zone
    return {
        "from_local": _local(order.promise_from, zone),
        "to_local": _local(order.promise_to, zone),
        "finishes_local": _local(order.promise_finish, zone),
        "explanation": order.promise_explanation or [],
    }


def waiting_form(order: WorkOrder) -> dict[str, Any] | None:
    """On whom the order waits, or None."""
    if order.waiting_what is None or order.waiting_since is None:
        return None
    return {
        "what": order.waiting_what,
        "who": order.waiting_who,
        "since": utc_text(order.waiting_since),
        "until": utc_text(order.waiting_until) if order.waiting_until else None,
    }


COLD = frozenset({Verb.SHUTDOWN, Verb.SIGHTING})
"""Verbs of jobs that take the machine down."""


def allowed_verbs(order: WorkOrder, principal: Principal) -> list[Verb]:
    """What this caller may do to this order now; nothing with a token that may only read."""
    if not principal.may(Permission.ORDERS_ACT, order.site_id):
        return []
    verbs = verbs_now(
        OrderState(order.state),
        principal.roles_at(order.site_id) - {Role.ADMIN},
        is_holder=order.holder_id is not None and order.holder_id == principal.person_id,
        second_wanted=second_wanted(order),
    )
    if not is_cold(order):
        verbs = [verb for verb in verbs if verb not in COLD]
    return [verb for verb in verbs if verb != Verb.RESOLUTION or order.conflicts_open]


def order_form(
    order: WorkOrder, principal: Principal, *, latest: UUID | None, diagnosis: Event | None
) -> dict[str, Any]:
    """A work order as this caller sees it; `latest` are its machine's newest diagnostics."""
    return {
        "number": order.number,
        "state": str(order.state),
        "version": order.version,
        "site": order.site.code,
        "asset": order.asset.tag,
        "job_kind": order.job_kind,
        "minutes": order.minutes,
        "priority": order.priority,
        "summary": order.summary,
        "ticket": ticket_form(order.ticket),
        "appointment": appointment_form(order.appointment),
        "promise": promise_form(order),
        "waiting_for": waiting_form(order),
        "diagnostics": {
            "latest": _id(latest),
            "before": _id(order.before_id),
            "after": _id(order.after_id),
        },
        "diagnosis": diagnosis_form(diagnosis),
        "comparison": order.comparison,
        "holder": order.holder.name if order.holder else None,
        "permit": order.permit,
        "match": order.match,
        "stop": order.stop,
        "procedure_version": order.procedure_version,
        "outcome": order.outcome,
        "flags": order.flags or [],
        "conflicts_open": order.conflicts_open,
        "added_to": order.parent.number if order.parent else None,
        "steps": [
            {
                "id": step.key,
                "title": step.title,
                "evidence": step.evidence,
                "destructive": step.destructive,
                "must_be_off": step.must_be_off,
                "done_at": utc_text(step.done_at) if step.done_at else None,
            }
            for step in order.steps
        ],
        "verbs": [str(verb) for verb in allowed_verbs(order, principal)],
    }


def offer_form(offer: Offer, asset: Asset) -> dict[str, Any]:
    """The promise before anyone submits."""
    zone = asset.site.time_zone
    when = offer.choice.when
    return {
        "earliest": {
            "starts_at": utc_text(when.starts_at),
            "ends_at": utc_text(when.ends_at),
            "starts_local": local_text(when.starts_at, zone),
            "ends_local": local_text(when.ends_at, zone),
            "time_zone": zone,
            "technician": offer.choice.name,
        },
        "range": {"from_local": local_text(offer.range_from, zone), "to_local": local_text(offer.range_to, zone)},
        "finishes_local": local_text(offer.finishes_at, zone),
        "explanation": offer.explanation,
        "missing": [{"id": q.id, "text": q.text, "required": q.required} for q in offer.missing],
        "needs": [{"what": need.what, "who": need.who, "answer_by": _instant(need.answer_by)} for need in offer.needs],
    }


def referral_form(referral: Referral | None) -> dict[str, Any] | None:
    """A referral, or None."""
    if referral is None:
        return None
    return {
        "number": referral.number,
        "team": referral.team,
        "state": referral.state,
        "why": referral.why,
        "next": referral.next_steps,
        "work_order": referral.order.number if referral.order else None,
        "from_rack": referral.from_rack,
        "created_at": utc_text(referral.created_at),
        "team_opens_at": utc_text(referral.team_opens_at),
        "promise_to": utc_text(referral.promise_to),
        "explanation": referral.promise_explanation,
        "taken_by": referral.taken_by,
        "answer": referral.answer,
    }


def escalation_form(escalation: Escalation | None) -> dict[str, Any] | None:
    """An escalation as it was asked, or None."""
    if escalation is None:
        return None
    return {
        "number": escalation.number,
        "team": escalation.team,
        "reason": escalation.reason,
        "priority": escalation.priority,
        "summary": escalation.summary,
        "tried": escalation.tried,
        "answers": escalation.answers,
        "created_at": utc_text(escalation.created_at),
        "created_by": escalation.created_by,
    }


def escalated_form(session: Session, escalated: Escalated, principal: Principal) -> dict[str, Any]:
    """What came of an escalation; the order only for who may read it."""
    order = escalated.work_order
    readable = order is not None and principal.may(Permission.ORDERS_READ, order.site_id)
    return {
        "escalation": escalation_form(escalated.escalation),
        "work_order": _readable(session, order, principal) if order is not None and readable else None,
        "referral": referral_form(escalated.referral),
        "message": escalated.message,
    }


def _readable(session: Session, order: WorkOrder, principal: Principal) -> dict[str, Any]:
    newest = latest_diagnostics(session, {order.asset_id}).get(order.asset_id)
    return order_form(order, principal, latest=newest, diagnosis=diagnoses_for(session, [order]).get(order.id))


def _local(instant: datetime | None, zone: str) -> str | None:
    return local_text(instant, zone) if instant else None


def _instant(instant: datetime | None) -> str | None:
    return utc_text(instant) if instant else None


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
