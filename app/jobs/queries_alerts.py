"""Whose clocks are watched for managers: open tickets, orders and referrals. Reads only, bounded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, defer, lazyload

from app.jobs.models import Referral, WorkOrder
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
