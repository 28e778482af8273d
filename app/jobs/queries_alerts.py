"""Whose clocks are watched for managers: open tickets, orders and referrals. Reads only, bounded."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, defer, lazyload

from app.core.errors import NotFound
from app.jobs.models import Alert, Referral, WorkOrder
from app.jobs.queries import OPEN_STATES
from app.jobs.states import OrderState
from app.tickets.models import Ticket

MOST = 500
FOR_CLOCKS = (
    *map(defer, (WorkOrder.before_document, WorkOrder.after_document)),
    *map(lazyload, (WorkOrder.asset, WorkOrder.appointment, WorkOrder.holder, WorkOrder.steps, WorkOrder.ticket)),
)
"""For clocks alone: order, escalation and site."""
RUNS = [state for state in OPEN_STATES if state != OrderState.AWAITING_CONFIRMATION]


def unanswered(session: Session, now: datetime) -> Mapping[int, Ticket]:
    """Tickets of the last day that no person has answered, by id; oldest first."""
    wanted = select(Ticket).where(
        Ticket.first_response_at.is_(None), Ticket.opened_at > now - timedelta(days=1), ~Ticket.closed
    )
    return {ticket.id: ticket for ticket in session.scalars(wanted.order_by(Ticket.opened_at).limit(MOST))}


def watched(session: Session) -> Sequence[WorkOrder]:
    """Open orders that do not wait for the customer's last word, those whose promise ends first before the others."""
    wanted = select(WorkOrder).where(WorkOrder.state.in_(RUNS))
    wanted = wanted.order_by(WorkOrder.promise_to.nulls_first(), WorkOrder.id).limit(MOST)
    return session.scalars(wanted.options(*FOR_CLOCKS)).unique().all()


def referrals(session: Session) -> Sequence[Referral]:
    """Referrals that nobody has answered, those due first before the others."""
    wanted = select(Referral).where(Referral.state != "answered").order_by(Referral.promise_to).limit(MOST)
    return session.scalars(wanted).unique().all()


def dead(session: Session, sites: Collection[str], *, limit: int = 20) -> Sequence[Alert]:
    """Alerts of these sites, and of none, that never got through, newest first (one query, bounded)."""
    wanted = select(Alert).where(Alert.state == "dead", or_(Alert.site.is_(None), Alert.site.in_(sites)))
    return session.scalars(wanted.order_by(Alert.created_at.desc(), Alert.id.desc()).limit(limit)).all()


def dead_alone(session: Session, sites: Collection[str], alert_id: int) -> Alert:
    """One of them, locked; raises NotFound."""
    wanted = select(Alert).where(
        Alert.id == alert_id, Alert.state == "dead", or_(Alert.site.is_(None), Alert.site.in_(sites))
    )
    found = session.scalars(wanted.with_for_update()).first()
    if found is None:
        raise NotFound("not_found", "There is no such alert that waits for a person.")
    return found
