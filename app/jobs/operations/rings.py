"""Ringing for help: one person of the team after the other, until somebody says "I am on it"."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.core.clock import drill_offset
from app.core.database import notify
from app.hardware.operations.diagnose import request_diagnostics
from app.jobs.models import Referral, WorkOrder
from app.jobs.models_ring import Ring
from app.jobs.operations.act import SYSTEM, Act, flag
from app.jobs.queries_rings import calls_open, rings_of, team_at
from app.jobs.rings import next_of, patience
from app.jobs.states import Verb
from app.jobs.teams import Team


def ring_first(act: Act, referral: Referral) -> None:
    """Ring the first of the team, if its hours have begun; fresh diagnostics run for whoever answers."""
    request_diagnostics(act.session, act.order.asset, by=act.by, reason="help", now=act.now - drill_offset())
    if referral.team_opens_at <= act.now:
        ring_next(act.session, act.order, referral, act.now)


def ring_next(session: Session, order: WorkOrder, referral: Referral, now: datetime) -> Ring | None:
    """Ring the next one of the team; None when the team has nobody at this site."""
    rung = [one.person_id for one in rings_of(session, referral)]
    people = team_at(session, Team(referral.team), order.site_id, now)
    chosen = next_of(people, rung, true=now - drill_offset())
    if chosen is None:
        return None
    ring = Ring(referral_id=referral.id, person_id=chosen.id, rung_at=now, until=now + patience(people, rung))
    session.add(ring)
    session.flush()
    notify(session, "referrals")
    notify(session, f"order:{order.number}")
    return ring


def ring_on(session: Session, order: WorkOrder, now: datetime) -> bool:
    """Whoever was rung did not answer in time: the next one is rung, the order is flagged for the manager."""
    act = Act(session, order, Verb.NOTE, SYSTEM, None, now)
    moved = False
    for referral in session.scalars(calls_open().where(Referral.order_id == order.id)).unique():
        rings = rings_of(session, referral)
        if referral.team_opens_at > now or (rings and rings[-1].until > now):
            continue
        ring = ring_next(session, order, referral, now)
        if rings:
            flag(order, f"Nobody answered the call for help {referral.number} in time: the next one is rung.")
        elif ring is None:
            flag(order, f"There is nobody to ring for the call for help {referral.number}.")
        if ring is not None or rings:
            moved = True
            who = ring.person.name if ring else None
            act.stay(why="nobody answered" if rings else "the team is there", detail={
                "referral": referral.number, "rung": who, "in_vain": rings[-1].person.name if rings else None,
            })  # fmt: skip
    return moved
