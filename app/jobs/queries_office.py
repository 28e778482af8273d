"""What the office sees: what waits for Level 1, messages that did not get through, referrals, who can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from app.core.access import Principal, visible
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.hardware.models import Asset
from app.jobs.hours import Desk, desk, team_desks
from app.jobs.models import SINCE, Escalation, Referral, WorkOrder
from app.jobs.queries import OPEN_STATES, listed
from app.jobs.states import OrderState
from app.people.models import Person
from app.shifts.models import Roster
from app.shifts.queries_places import present_at, visible_places
from app.sites.models import Site
from app.tickets.models import Message, Ticket

LEVEL_1_FIRST = (OrderState.NEEDS_INFO, OrderState.AWAITING_CONSENT, OrderState.AWAITING_CONFIRMATION)
MOST = 100
MOST_FIRST = 12  # sites: where there are more, the teams stand before them


def waiting_for_level_1(session: Session, principal: Principal) -> Sequence[WorkOrder]:
    """Orders that go on only once Level 1 did something, longest waiting first (bounded)."""
    return in_states(session, principal, LEVEL_1_FIRST, Permission.ORDERS_READ)


def in_states(
    session: Session, principal: Principal, states: Sequence[OrderState], permission: Permission
) -> Sequence[WorkOrder]:
    """Orders in these states where this person holds `permission`, longest waiting first (bounded)."""
    return listed(session, longest_waiting(principal, states, permission).limit(MOST))


def longest_waiting(principal: Principal, states: Sequence[OrderState], permission: Permission) -> Select[int]:
    """The query of the ids of open orders in these states at this person's sites, longest waiting first."""
    seen = visible(principal, permission, WorkOrder.site_id)
    ids = select(WorkOrder.id).where(seen, WorkOrder.state.in_(states), WorkOrder.state.in_(OPEN_STATES))
    return ids.order_by(SINCE, WorkOrder.id)


def undelivered(session: Session, principal: Principal) -> Sequence[Message]:
    """Messages that were given up, about what this person may see; newest first (bounded)."""
    wanted = _messages(principal).where(Message.state == "dead")
    return session.scalars(wanted.order_by(Message.created_at.desc(), Message.id).limit(MOST)).all()


def message_for(session: Session, principal: Principal, message_id: UUID) -> Message:
    """One message about what this person may see; raises NotFound."""
    found = session.scalars(_messages(principal).where(Message.id == message_id)).first()
    if found is None:
        raise NotFound("not_found", "There is no such message, or it is not yours to see.")
    return found


def _messages(principal: Principal) -> Select[Message]:
    """Messages about orders of this person's sites and referrals that they may see, and into tickets with neither."""
    if principal.sites_for(Permission.MESSAGES_READ) is None:
        return select(Message)
    orders = select(WorkOrder.id).where(visible(principal, Permission.MESSAGES_READ, WorkOrder.site_id))
    referrals = referrals_seen(principal, Permission.MESSAGES_READ).with_only_columns(Referral.id)
    about_order = orders.where(WorkOrder.number == Message.subject).exists()
    about_referral = referrals.where(Referral.number == Message.subject).exists()
    return select(Message).where(or_(Message.subject.like("ticket %"), about_order, about_referral))


def referral_for(session: Session, principal: Principal, number: str) -> Referral:
    """The referral of that number, whichever team has it; NotFound when its machine is at another's site."""
    wanted = referrals_seen(principal, Permission.REFERRALS_ACT).where(Referral.number == number)
    referral = session.scalars(wanted).unique().one_or_none()
    if referral is None:
        raise NotFound("not_found", f"There is no referral {number} that you can see.")
    return referral


def referrals_seen(principal: Principal, permission: Permission) -> Select[Referral]:
    """The query of referrals at this person's sites, and those without a machine."""
    wanted = (
        select(Referral)
        .outerjoin(WorkOrder, Referral.order_id == WorkOrder.id)
        .outerjoin(Escalation, Referral.escalation_id == Escalation.id)
        .outerjoin(Asset, Escalation.asset_id == Asset.id)
    )
    sites = principal.sites_for(permission)
    if sites is None:
        return wanted
    place: ColumnElement[int | None] = func.coalesce(WorkOrder.site_id, Asset.site_id)
    return wanted.where(or_(place.is_(None), place.in_(sites)))


def desks(session: Session, principal: Principal, now: datetime) -> list[Desk]:
    """Who can be reached now: the technicians of each visible site with who is present, then the other teams.

    With many sites the teams come first, then the sites that are open.

    Three queries, however many sites.
    """
    places = visible_places(session, principal, Permission.SITES_READ, now)
    present = present_at(session, places, now)
    technicians = [
        desk(f"Technicians {place.code}", place.calendar, now, people=tuple(present[place.id])) for place in places
    ]
    teams = team_desks(now)
    return technicians + teams if len(technicians) <= MOST_FIRST else teams + sorted(technicians, key=_open_first)


def _open_first(one: Desk) -> tuple[bool, str]:
    return not one.is_open, one.title


def technicians_of(session: Session, site: Site) -> Sequence[Person]:
    """Who is rostered at a site, by name (one query)."""
    rostered = select(Roster.person_id).where(Roster.site_id == site.id)
    return session.scalars(select(Person).where(Person.id.in_(rostered), Person.active).order_by(Person.name)).all()


def last_system(session: Session) -> str:
    """The ticket system of the newest ticket: most likely that of the next one; empty when there is none."""
    return session.scalar(select(Ticket.system).order_by(Ticket.id.desc()).limit(1)) or ""
