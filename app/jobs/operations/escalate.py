"""Level 1 escalates: a work order for hands, a referral for another team, or a word that it stays with Level 1."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from app.core.access import Principal
from app.core.database import notify
from app.core.errors import FieldError, Invalid, NotAllowed
from app.core.permissions import Permission, Role
from app.hardware.models import Asset
from app.hardware.queries import asset_for
from app.jobs.kind import Kind, target_of
from app.jobs.kinds import kind_named
from app.jobs.models import Escalation, Referral, WorkOrder
from app.jobs.operations import conversation
from app.jobs.operations.act import Act
from app.jobs.operations.numbers import next_number
from app.jobs.operations.offers import team_promise
from app.jobs.operations.planning import advance
from app.jobs.operations.procedures import pin_steps
from app.jobs.queries import same_open_order
from app.jobs.states import OrderState, Verb
from app.jobs.teams import LEVEL_1_MINUTES, TEAMS, Team, stays_with_level_1
from app.tickets.intake import handle
from app.tickets.models import Ticket
from app.tickets.operations import ticket_of

STAYS = (
    f"Stays with Level 1, who answer at any hour: usually within {LEVEL_1_MINUTES} minutes. "
    "Billing is needed only for refunds and faults of the payment gateway."
)


@dataclass(frozen=True, slots=True)
class Escalated:
    """What came of it; `created` False when the same order was open already."""

    escalation: Escalation | None
    work_order: WorkOrder | None
    referral: Referral | None
    message: str
    created: bool = True


def escalate(
    session: Session, principal: Principal, body: dict[str, Any], *, now: datetime, diagnostics_id: UUID | None = None
) -> Escalated:
    """Turn what Level 1 asks (EscalationSchema) into an order, a referral, or an answer that it stays with Level 1.

    Books, writes the message and defers the work in the caller's transaction. Raises Invalid, NotFound (asset),
    Conflict (`does_not_fit`, `no_window`, `no_technician`).
    """
    team = Team(body["team"])
    if stays_with_level_1(team, body["summary"], body["answers"]):
        return Escalated(None, None, None, STAYS, created=False)
    asset = asset_for(session, principal, body["asset"], Permission.ASSETS_READ) if body["asset"] else None
    if team == Team.DATA_CENTER:
        return _for_hands(session, principal, body, asset, now, diagnostics_id)
    asked = _escalation(session, principal, body, _ticket(session, body, now), asset, now, diagnostics_id)
    referral = refer(session, asked, team=team, by=principal.name, now=now, automatic=principal.is_program)
    return Escalated(asked, None, referral, f"{referral.number} is with {TEAMS[team].title}. {referral.next_steps}")


def _for_hands(
    session: Session,
    principal: Principal,
    body: dict[str, Any],
    asset: Asset | None,
    now: datetime,
    diagnostics_id: UUID | None,
) -> Escalated:
    kind, asset = _what_and_where(principal, body, asset)
    ticket = _ticket(session, body, now)  # held from here on: the same escalation sent twice at once makes one order
    existing = same_open_order(session, ticket.id, asset.id, kind.name)
    if existing is not None:
        told = f"{existing.number} is already open for this ticket, machine and job."
        return Escalated(existing.escalation, existing, None, told, created=False)
    with session.no_autoflush:  # what is decided of a new order is written once, not again after each question
        asked = _escalation(session, principal, body, ticket, asset, now, diagnostics_id)
        order = _order(session, asked, asset, kind, principal.name, now)
        act = Act(session, order, Verb.NOTE, principal.name, principal.person_id, now, by_program=principal.is_program)
        advance(act, why=body["summary"], detail={"escalation": asked.number})
    return Escalated(asked, order, None, f"{order.number} is {order.state.replace('_', ' ')}.")


def _what_and_where(principal: Principal, body: dict[str, Any], asset: Asset | None) -> tuple[Kind, Asset]:
    wrong = [
        FieldError(name, "required", sentence)
        for name, sentence in (("job_kind", "Say which kind of job."), ("asset", "Say which machine, by its tag."))
        if not body[name]
    ]
    if wrong or asset is None:
        raise Invalid("invalid", "Work in the data center needs a machine and a kind of job.", wrong)
    if not principal.may(Permission.ORDERS_CREATE, asset.site_id):
        raise NotAllowed("not_allowed", f"You may not create orders for {asset.site.name}.")
    return kind_named(body["job_kind"]), asset


def _ticket(session: Session, body: dict[str, Any], now: datetime) -> Ticket:
    given = body["ticket"]
    return ticket_of(
        session, system=given["system"], external_id=given["id"], url=given.get("url"), subject=given["subject"],
        channel=given["channel"], opened_at=given["opened_at"], now=now,
        language=given.get("language"),
    )  # fmt: skip


def _escalation(
    session: Session,
    principal: Principal,
    body: dict[str, Any],
    ticket: Ticket,
    asset: Asset | None,
    now: datetime,
    taken: UUID | None,
) -> Escalation:
    asked = Escalation(
        number=next_number(session, "ESC", now), ticket=ticket, ticket_id=ticket.id, asset=asset,
        job_kind=body["job_kind"], team=body["team"], reason=body["reason"], priority=body["priority"],
        summary=body["summary"], tried=body["tried"], answers=body["answers"], not_before=body["not_before"],
        created_by=principal.name, created_at=now, diagnostics_id=taken,
    )  # fmt: skip
    session.add(asked)
    handle(session, ticket, by=principal.name, now=now)
    return asked


def _order(session: Session, asked: Escalation, asset: Asset, kind: Kind, by: str, now: datetime) -> WorkOrder:
    order = WorkOrder(
        number=next_number(session, "WO", now), state=OrderState.NEEDS_INFO, escalation=asked, site=asset.site,
        site_id=asset.site_id, asset=asset, asset_id=asset.id, ticket=asked.ticket, ticket_id=asked.ticket_id,
        job_kind=kind.name, priority=asked.priority,
        summary=asked.summary, answers=asked.answers, target=target_of(kind, asked.answers),
        not_before=asked.not_before, created_at=now, created_by=by, approval_needed=kind.approval,
        consent_needed=kind.consent, part_needed=False, flags=[], promise_explanation=[],
    )  # fmt: skip
    pin_steps(session, order, kind)
    session.add(order)
    return order


def refer(
    session: Session, asked: Escalation, *, team: Team, by: str, now: datetime, automatic: bool = False
) -> Referral:
    """Put a question into another team's queue, with its hours counted, and tell the customer what happens next."""
    referral = _referral(session, team, now, ticket=asked.ticket, by=by, why=asked.summary)
    referral.escalation = asked
    referral.diagnostics_id = asked.diagnostics_id
    session.add(referral)
    session.flush()
    notify(session, "referrals")
    conversation.referred(session, referral, now, automatic=automatic)
    return referral


def open_referral(
    act: Act, *, team: Team, why: str, step_key: str | None = None, diagnostics_id: UUID | None = None
) -> Referral:
    """Ring a team from the rack: first in its queue, with the order, its step and its diagnostics."""
    referral = _referral(act.session, team, act.now, ticket=act.order.ticket, by=act.by, why=why)
    referral.order = act.order
    referral.order_id = act.order.id
    referral.from_rack = True
    referral.step_key, referral.diagnostics_id = step_key, diagnostics_id
    act.session.add(referral)
    act.session.flush()
    notify(act.session, "referrals")
    return referral


def _referral(session: Session, team: Team, now: datetime, *, ticket: Ticket, by: str, why: str) -> Referral:
    promise = team_promise(team, why, now)
    return Referral(
        number=next_number(session, "REF", now), team=team, ticket=ticket, ticket_id=ticket.id, why=why,
        next_steps=TEAMS[team].then, opened_by=by, created_at=now, team_opens_at=promise.opens_at,
        promise_to=promise.promise_to, promise_explanation=promise.explanation,
    )  # fmt: skip


def may_read_queue(principal: Principal) -> list[Team]:
    """The teams whose referrals this person answers."""
    roles: set[Role] = {grant.role for grant in principal.grants}
    return [team for team, hours in TEAMS.items() if hours.roles & roles]
