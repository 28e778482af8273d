"""Answering what was referred: taken by a person of the team, answered into the ticket."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from app.core import events
from app.core.access import Principal
from app.core.database import notify
from app.core.errors import Conflict
from app.jobs.models import Referral
from app.jobs.operations import conversation


def take(session: Session, principal: Principal, referral: Referral, *, now: datetime) -> None:
    """Say "I am on it"; raises Conflict when somebody else was first."""
    _change(session, referral, "open", {"state": "taken", "taken_by": principal.name, "taken_at": now})
    _record(session, principal, referral, "take", now, None)


def answer(session: Session, principal: Principal, referral: Referral, text: str, *, now: datetime) -> None:
    """Answer; the text goes into the customer's ticket (calls from the rack stay between colleagues)."""
    _change(session, referral, referral.state, {"state": "answered", "answer": text, "answered_at": now})
    if referral.taken_by is None:
        referral.taken_by, referral.taken_at = principal.name, now
    _record(session, principal, referral, "answer", now, text)
    if not referral.from_rack:
        conversation.answered(session, referral, now)


def _change(session: Session, referral: Referral, old: str, values: dict[str, object]) -> None:
    """Compare-and-set on (number, state, version)."""
    changed = session.scalars(
        update(Referral)
        .where(Referral.id == referral.id, Referral.state == old, Referral.version == referral.version)
        .where(Referral.state != "answered")
        .values(version=Referral.version + 1, **values)
        .returning(Referral.id)
    ).all()
    if not changed:
        raise Conflict("wrong_state", f"{referral.number} was taken or answered by somebody else. Load it again.")
    session.refresh(referral)


def _record(
    session: Session, principal: Principal, referral: Referral, verb: str, now: datetime, why: str | None
) -> None:
    events.record(session, referral.number, now=now, by=principal.name, verb=verb, why=why, to_state=referral.state)
    notify(session, "referrals")
    if referral.order is not None:
        notify(session, f"order:{referral.order.number}")
