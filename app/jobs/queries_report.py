"""The report of a period, for the sites that a manager sees. Reads only; nine queries, bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session, aliased

from app.core.access import Principal, visible
from app.core.events import Event
from app.core.permissions import Permission
from app.jobs import reporting
from app.jobs.clocks import Clock
from app.jobs.clocks.promises import OrderRecord, order_clocks
from app.jobs.models import Referral, WorkOrder
from app.jobs.queries_alerts import FOR_CLOCKS
from app.jobs.queries_clocks import clocks_of_tickets, records, referral_alone
from app.jobs.queries_office import referrals_seen
from app.people.models import Person
from app.sites.models import Site
from app.tickets.models import Ticket

MOST = 1000
REPEAT = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Line:
    """One clock with where it belongs, for the table of everything."""

    site: str
    order: str
    clock: Clock


@dataclass(frozen=True, slots=True)
class Report:
    """A period's figures. `is_cut`: there were more orders than MOST, and only the newest are counted."""

    attainments: Sequence[reporting.Attainment]
    waited: Sequence[reporting.Waited]
    repairs: reporting.Repairs
    loads: Sequence[reporting.Load]
    stopped: Mapping[str, int]
    lines: Sequence[Line]
    orders: int
    is_cut: bool


def report(
    session: Session, principal: Principal, since: datetime, until: datetime, now: datetime, *, site: str | None = None
) -> Report:
    """Orders and referrals that came in [since, until), as they stand at `now`."""
    orders = _orders(session, principal, since, until, site)
    kept = records(session, orders[:MOST])
    lines = [*_order_lines(session, orders[:MOST], kept, now), *_referral_lines(session, principal, since, until, now)]
    lines = [line for line in lines if site in {None, line.site}]
    return Report(
        attainments=reporting.attainments((line.clock for line in lines), now),
        waited=reporting.waited(kept, now),
        repairs=_repairs(session, orders[:MOST], kept),
        loads=_loads(session, orders[:MOST], kept, now),
        stopped=_stopped(session, principal, since, until, site),
        lines=lines,
        orders=min(len(orders), MOST),
        is_cut=len(orders) > MOST,
    )


def _orders(
    session: Session, principal: Principal, since: datetime, until: datetime, site: str | None
) -> Sequence[WorkOrder]:
    wanted = select(WorkOrder).where(
        visible(principal, Permission.BOARD_READ, WorkOrder.site_id),
        WorkOrder.created_at >= since,
        WorkOrder.created_at < until,
    )
    if site is not None:
        wanted = wanted.where(WorkOrder.site_id.in_(select(Site.id).where(Site.code == site)))
    newest = wanted.order_by(WorkOrder.created_at.desc()).limit(MOST + 1)
    return session.scalars(newest.options(*FOR_CLOCKS)).unique().all()


def _order_lines(
    session: Session, orders: Sequence[WorkOrder], kept: Sequence[OrderRecord], now: datetime
) -> list[Line]:
    """The clocks of orders, and of each of their tickets once."""
    ids = {order.ticket_id for order in orders}
    tickets = session.scalars(select(Ticket).where(Ticket.id.in_(ids))).all()
    of_tickets = dict(clocks_of_tickets(session, tickets, now))
    lines = []
    for order, record in zip(orders, kept, strict=True):
        clocks = [*of_tickets.pop(order.ticket_id, ()), *order_clocks(record, now)]
        lines += [Line(order.site.code, order.number, clock) for clock in clocks]
    return lines


def _referral_lines(
    session: Session, principal: Principal, since: datetime, until: datetime, now: datetime
) -> list[Line]:
    wanted = referrals_seen(principal, Permission.BOARD_READ).where(
        Referral.created_at >= since, Referral.created_at < until, Referral.opened_by != "system"
    )
    found = session.scalars(wanted.order_by(Referral.created_at.desc()).limit(MOST)).unique()
    return [Line(one.order.site.code if one.order else "", one.number, referral_alone(one, now)) for one in found]


def _repairs(session: Session, orders: Sequence[WorkOrder], kept: Sequence[OrderRecord]) -> reporting.Repairs:
    done = [(order, record) for order, record in zip(orders, kept, strict=True) if order.finished_at is not None]
    later, earlier = aliased(WorkOrder), aliased(WorkOrder)
    again = select(func.count()).where(
        earlier.id.in_([order.id for order, _ in done]),
        exists().where(
            later.asset_id == earlier.asset_id, later.job_kind == earlier.job_kind, later.id != earlier.id,
            later.created_at > earlier.finished_at, later.created_at <= earlier.finished_at + REPEAT,
        ),
    )  # fmt: skip
    return reporting.Repairs(
        finished=len(done),
        first_time=sum(order.outcome == "repaired" and not reporting.came_again(record) for order, record in done),
        no_fault_found=sum(order.outcome == "no_fault_found" for order, _ in done),
        repeats=session.scalar(again) or 0,
    )


def _loads(
    session: Session, orders: Sequence[WorkOrder], kept: Sequence[OrderRecord], now: datetime
) -> list[reporting.Load]:
    counted: Counter[int] = Counter()
    seconds: Counter[int] = Counter()
    for order, record in zip(orders, kept, strict=True):
        if order.holder_id is not None and order.started_at is not None:
            counted[order.holder_id] += 1
            seconds[order.holder_id] += int(reporting.worked(record, now).total_seconds())
    names = session.execute(select(Person.id, Person.full_name).where(Person.id.in_(counted))).all()
    loads = [reporting.Load(name, counted[key], timedelta(seconds=seconds[key])) for key, name in names]
    return sorted(loads, key=lambda load: -load.worked)


def _stopped(
    session: Session, principal: Principal, since: datetime, until: datetime, site: str | None
) -> dict[str, int]:
    """Server checks that were stopped at a wrong machine, by site."""
    wanted = (
        select(Site.code, func.count())
        .join(WorkOrder, WorkOrder.site_id == Site.id)
        .join(Event, Event.stream == WorkOrder.number)
        .where(Event.verb == "match", Event.at >= since, Event.at < until, Event.detail["stopped"].as_boolean())
        .where(visible(principal, Permission.BOARD_READ, WorkOrder.site_id))
        .group_by(Site.code)
    )
    if site is not None:
        wanted = wanted.where(Site.code == site)
    return dict(session.execute(wanted.order_by(Site.code)).all())
