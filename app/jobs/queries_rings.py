"""Who can be rung, who was, and which calls ring too long. Reads only, bounded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from app.jobs.models import Referral, WorkOrder
from app.jobs.models_ring import Ring
from app.jobs.rings import Reachable
from app.jobs.states import NOBODY
from app.jobs.teams import TEAMS, Team
from app.people.models import Person, RoleGrant, WebSession
from app.shifts.models import Absence

MOST = 50


def team_at(session: Session, team: Team, site_id: int, now: datetime) -> list[Reachable]:
    """The people of a team who may act at that site and are not away (one query)."""
    seen = select(func.max(WebSession.seen_at)).where(WebSession.person_id == Person.id).correlate(Person)
    rung = select(func.max(Ring.rung_at)).where(Ring.person_id == Person.id).correlate(Person)
    away = exists().where(Absence.person_id == Person.id, Absence.starts_at <= now, Absence.ends_at > now)
    wanted = (
        select(Person.id, Person.full_name, Person.phone, seen.scalar_subquery(), rung.scalar_subquery())
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.active, ~away, RoleGrant.role.in_([str(role) for role in TEAMS[team].roles]))
        .where(or_(RoleGrant.site_id.is_(None), RoleGrant.site_id == site_id))
        .distinct()
        .order_by(Person.full_name)
        .limit(MOST)
    )
    return [Reachable(*row) for row in session.execute(wanted)]


def rings_of(session: Session, referral: Referral) -> Sequence[Ring]:
    """Whom this call rang, in that order (one query)."""
    return session.scalars(select(Ring).where(Ring.referral_id == referral.id).order_by(Ring.id)).all()


def calls_open() -> Select[Referral]:
    """Calls of people at a rack that nobody has taken."""
    return select(Referral).where(
        Referral.from_rack, Referral.state == "open", Referral.opened_by != NOBODY, Referral.order_id.is_not(None)
    )


def ringing_too_long(session: Session, now: datetime) -> Sequence[str]:
    """Orders with a call that nobody took in time, or that rings nobody yet although its team is there."""
    rings_still = exists().where(Ring.referral_id == Referral.id, Ring.until > now)
    due = calls_open().where(~rings_still, Referral.team_opens_at <= now).order_by(Referral.id).limit(MOST)
    numbers = due.join(WorkOrder, WorkOrder.id == Referral.order_id).with_only_columns(WorkOrder.number)
    return list(dict.fromkeys(session.scalars(numbers)))


def unanswered_calls(session: Session, now: datetime) -> Sequence[Referral]:
    """Open calls of which at least one ring was in vain (one query)."""
    in_vain = exists().where(Ring.referral_id == Referral.id, Ring.until <= now)
    return session.scalars(calls_open().where(in_vain).order_by(Referral.id).limit(MOST)).unique().all()
