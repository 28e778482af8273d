"""Orders, referrals and their record, as far as this person may see. Reads only."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, CompoundSelect, Select, and_, false, func, or_, select, true, union
from sqlalchemy.orm import Session, defer, joinedload, lazyload, selectinload, undefer
from sqlalchemy.sql.base import ExecutableOption

from app.core.access import Principal, visible
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.hardware.models import Asset, Diagnostics
from app.jobs.models import Escalation, Photo, Referral, WorkOrder
from app.jobs.states import ENDED, OrderState
from app.jobs.teams import TEAMS, Team
from app.people.models import Person
from app.shifts.models import Appointment
from app.sites.models import Site
from app.tickets.models import Ticket

LIGHT = (
    defer(WorkOrder.before_document),
    defer(WorkOrder.after_document),
    lazyload(WorkOrder.escalation),
    joinedload(WorkOrder.site).lazyload(Site.closed_days),
    joinedload(WorkOrder.asset).lazyload(Asset.site),  # the order's own
)
"""For lists: without what only one order's own page shows."""
REFERRAL = (
    joinedload(Referral.ticket),
    selectinload(Referral.order).options(*LIGHT),
    selectinload(Referral.escalation).joinedload(Escalation.asset).joinedload(Asset.site).lazyload(Site.closed_days),
)
"""For lists of referrals: what they are about, in three queries however many."""
PARENT = selectinload(WorkOrder.parent).lazyload("*")
MOST_SAME = 50  # tickets of other systems under one id
OPEN_STATES = [state for state in OrderState if state not in ENDED]


def order_numbered(session: Session, principal: Principal, number: str) -> WorkOrder:
    """The order of that number; NotFound when it is not there or at a site this person may not see."""
    query = select(WorkOrder).where(
        WorkOrder.number == number, visible(principal, Permission.ORDERS_READ, WorkOrder.site_id)
    )
    order = session.scalars(query).unique().one_or_none()
    if order is None:
        raise NotFound("not_found", f"There is no work order {number} that you can see.")
    return order


def order_alone(session: Session, number: str, principal: Principal | None = None) -> WorkOrder:
    """The order of that number as it is now, nobody else's until the transaction ends: for whoever changes it.

    All that changes orders, or tells a ticket, holds the ticket first; then numbers, then a site's bookings. One order
    of locks for everybody: those who come at once wait their turn, and never for each other in a ring. NotFound as
    `order_numbered`; without a `principal` (clockwork) every site is seen.
    """
    seen = true() if principal is None else visible(principal, Permission.ORDERS_READ, WorkOrder.site_id)
    ticket_id = session.scalar(select(WorkOrder.ticket_id).where(WorkOrder.number == number, seen))
    if ticket_id is None:
        raise NotFound("not_found", f"There is no work order {number} that you can see.")
    session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update(key_share=True))
    afresh = select(WorkOrder).where(WorkOrder.number == number).execution_options(populate_existing=True)
    return session.scalars(afresh).unique().one()


def orders(
    session: Session,
    principal: Principal,
    *,
    state: str | None = None,
    site: str | None = None,
    asset: str | None = None,
    technician: str | None = None,
    ticket: str | None = None,
    only_open: bool = False,
    after_id: int | None = None,
    limit: int = 50,
) -> Sequence[WorkOrder]:
    """Orders newest first, filtered; `ticket` is the ticket's id in its own system, `after_id` the cursor.

    `technician` finds who holds an order and who is booked for it. Frozen diagnostics are left out until asked for.
    """
    query = select(WorkOrder.id).where(visible(principal, Permission.ORDERS_READ, WorkOrder.site_id))
    if only_open:
        query = query.where(WorkOrder.state.in_(OPEN_STATES))
    if state is not None:
        query = query.where(WorkOrder.state == state)
    if site is not None:
        query = query.where(WorkOrder.site_id == select(Site.id).where(Site.code == site).scalar_subquery())
    if asset is not None:
        query = query.where(WorkOrder.asset_id == select(Asset.id).where(Asset.tag == asset).scalar_subquery())
    if technician is not None:
        query = query.where(WorkOrder.id.in_(_of_technician(technician)))
    if ticket is not None:
        known = session.scalars(select(Ticket.id).where(Ticket.external_id == ticket).limit(MOST_SAME)).all()
        query = query.where(WorkOrder.ticket_id.in_(known))
    if after_id is not None:
        query = query.where(WorkOrder.id < after_id)
    return listed(session, query.order_by(WorkOrder.id.desc()).limit(limit), PARENT)


def listed(session: Session, ids: Select[int], *options: ExecutableOption) -> list[WorkOrder]:
    """The orders that `ids` finds, in its order, without what lists do not show.

    First whose, by one table and its indexes; then what they bring along: so the planner never joins to filter.
    """
    found = session.scalars(ids).all()
    wanted = select(WorkOrder).where(WorkOrder.id.in_(found)).options(*LIGHT, *options)
    by_id = {order.id: order for order in session.scalars(wanted).unique()} if found else {}
    return [by_id[order_id] for order_id in found if order_id in by_id]


def _of_technician(name: str) -> CompoundSelect[int]:
    """Ids of the orders that somebody holds or is booked for."""
    person = select(Person.id).where(Person.name == name).scalar_subquery()
    booked = select(WorkOrder.id).join(Appointment, Appointment.order_number == WorkOrder.number)
    return union(
        select(WorkOrder.id).where(WorkOrder.holder_id == person),
        booked.where(Appointment.technician_id == person, Appointment.active),
    )


def latest_diagnostics(session: Session, asset_ids: Collection[int]) -> dict[int, UUID]:
    """The newest diagnostics that are done, by asset id (one query, an index probe for each)."""
    newest = (
        select(Diagnostics.id)
        .where(Diagnostics.asset_id == Asset.id, Diagnostics.state == "done")
        .order_by(Diagnostics.requested_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    found = session.execute(select(Asset.id, newest).where(Asset.id.in_(asset_ids)))
    return {asset_id: diagnostics_id for asset_id, diagnostics_id in found if diagnostics_id is not None}


def orders_in(
    session: Session,
    site_ids: Collection[int],
    states: Sequence[OrderState],
    *,
    holder_id: int | None = None,
    limit: int = 100,
) -> Sequence[WorkOrder]:
    """Orders in these states at these sites, of one holder if given, the earliest promise first (bounded)."""
    ids = (
        select(WorkOrder.id)
        .where(WorkOrder.site_id.in_(site_ids), WorkOrder.state.in_(states), WorkOrder.state.in_(OPEN_STATES))
        .where(true() if holder_id is None else WorkOrder.holder_id == holder_id)
        .order_by(WorkOrder.promise_from, WorkOrder.id)
        .limit(limit)
    )
    return listed(session, ids)


def open_orders_on(session: Session, asset_id: int) -> Sequence[WorkOrder]:
    """Orders not yet ended on one machine, oldest first."""
    ids = select(WorkOrder.id).where(WorkOrder.asset_id == asset_id, WorkOrder.state.in_(OPEN_STATES))
    return listed(session, ids.order_by(WorkOrder.id).limit(20))


def same_open_order(session: Session, ticket_id: int, asset_id: int, job_kind: str) -> WorkOrder | None:
    """The open order of the same ticket, machine and kind, when there is one (one query, two when there is)."""
    query = select(WorkOrder.id).where(
        WorkOrder.ticket_id == ticket_id,
        WorkOrder.asset_id == asset_id,
        WorkOrder.job_kind == job_kind,
        WorkOrder.state.in_(OPEN_STATES),
    )
    found = session.scalars(query).first()
    return session.get_one(WorkOrder, found) if found is not None else None


def referrals_open(session: Session, principal: Principal, teams: Sequence[Team]) -> Sequence[Referral]:
    """Open referrals of these teams that this person answers: calls from the rack first, then oldest first."""
    query = (
        _answered_by(principal, teams)
        .where(Referral.state != "answered")
        .order_by(Referral.from_rack.desc(), Referral.created_at)
        .limit(100)
        .options(*REFERRAL)
    )
    return session.scalars(query).unique().all()


def referral_numbered(session: Session, principal: Principal, number: str, teams: Sequence[Team]) -> Referral:
    """The referral of that number; NotFound when it belongs to another team or site."""
    query = _answered_by(principal, teams).where(Referral.number == number)
    referral = session.scalars(query).unique().one_or_none()
    if referral is None:
        raise NotFound("not_found", f"There is no referral {number} that you can see.")
    return referral


def _answered_by(principal: Principal, teams: Sequence[Team]) -> Select[Referral]:
    """Referrals of these teams at the sites where this person holds a role of the team; without a machine: anywhere."""
    place: ColumnElement[int | None] = func.coalesce(WorkOrder.site_id, Asset.site_id)
    if not principal.may(Permission.REFERRALS_ACT):
        teams = []
    own = []
    for team in teams:
        sites = {grant.site_id for grant in principal.grants if grant.role in TEAMS[team].roles}
        there = true() if None in sites else or_(place.is_(None), place.in_(sites)) if sites else false()
        own.append(and_(Referral.team == team, there))
    return (
        select(Referral)
        .outerjoin(WorkOrder, Referral.order_id == WorkOrder.id)
        .outerjoin(Escalation, Referral.escalation_id == Escalation.id)
        .outerjoin(Asset, Escalation.asset_id == Asset.id)
        .where(or_(false(), *own))
    )


def referrals_of(session: Session, order_id: int) -> Sequence[Referral]:
    """Calls for help of one order, newest first."""
    query = select(Referral).where(Referral.order_id == order_id).order_by(Referral.id.desc()).limit(20)
    return session.scalars(query).unique().all()


def photo(session: Session, order: WorkOrder, photo_id: UUID) -> Photo:
    """One picture of an order that the caller already may see."""
    found = session.scalars(select(Photo).where(Photo.id == photo_id, Photo.order_id == order.id)).one_or_none()
    if found is None:
        raise NotFound("not_found", "There is no such photo in this order.")
    return found


def photos_of(session: Session, order: WorkOrder, *, most: int) -> Sequence[Photo]:
    """The pictures of an order with their images, oldest first."""
    taken = select(Photo).where(Photo.order_id == order.id).order_by(Photo.at).limit(most)
    return session.scalars(taken.options(undefer(Photo.image))).all()


def escalations_of(session: Session, ticket_id: int) -> Sequence[Escalation]:
    """What Level 1 asked for in one ticket, newest first."""
    query = select(Escalation).where(Escalation.ticket_id == ticket_id).order_by(Escalation.id.desc()).limit(20)
    return session.scalars(query).unique().all()
