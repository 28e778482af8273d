"""The facts that clocks are worked out from, for one order or for many at once. Reads only, bounded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from app.core.events import Event
from app.jobs.clocks import Clock, Owner, calendars_for
from app.jobs.clocks.facts import Call, Fact
from app.jobs.clocks.promises import (
    Appointed,
    Delivery,
    OrderRecord,
    order_clocks,
    referral_clock,
    ticket_clocks,
    working_day,
)
from app.jobs.kinds import KINDS
from app.jobs.models import PromiseTold, Referral, WorkOrder
from app.jobs.states import NOBODY
from app.shifts.queries import site_calendar
from app.shifts.window import Calendar, parse_hours
from app.tickets.models import Message, Ticket

ANYWHERE = Calendar("UTC", parse_hours("Mon-Sun 00:00-24:00"))


def clocks_of_order(session: Session, order: WorkOrder, now: datetime) -> list[Clock]:
    """Every clock of one order and of its ticket (five queries)."""
    (record,) = records(session, [order])
    return [*clocks_of_ticket(session, order.ticket, now), *order_clocks(record, now)]


def clocks_of_referral(session: Session, referral: Referral, now: datetime) -> list[Clock]:
    """The clocks of a referral and of its ticket (one query)."""
    return [*clocks_of_ticket(session, referral.ticket, now), referral_alone(referral, now)]


def referral_alone(referral: Referral, now: datetime) -> Clock:
    """The clock of a referral's answer (no query)."""
    return referral_clock(
        referral.number, referral.team, referral.created_at, referral.taken_at, referral.answered_at,
        referral.promise_to, calendars_for(ANYWHERE), now,
    )  # fmt: skip


def clocks_of_ticket(session: Session, ticket: Ticket, now: datetime) -> list[Clock]:
    """Acknowledgment and first response of a ticket (one query)."""
    return clocks_of_tickets(session, [ticket], now)[ticket.id]


def clocks_of_tickets(session: Session, tickets: Collection[Ticket], now: datetime) -> Mapping[int, list[Clock]]:
    """The same for many, by the ticket's id (one query)."""
    told = _deliveries(session, Message.ticket_id.in_([ticket.id for ticket in tickets]))
    by_ticket: dict[int, list[Delivery]] = defaultdict(list)
    for ticket_id, _, delivery in told:
        by_ticket[ticket_id].append(delivery)
    return {ticket.id: clocks_told(ticket, by_ticket[ticket.id], now) for ticket in tickets}


def clocks_told(ticket: Ticket, told: Sequence[Delivery], now: datetime) -> list[Clock]:
    """The same from what the ticket was told. Somebody may have answered in the ticket system itself (no query)."""
    there = ticket.first_response_at
    return ticket_clocks(
        ticket.external_id, ticket.channel, ticket.opened_at,
        [*told, Delivery(there, by_person=True)] if there else told, calendars_for(ANYWHERE), now,
        acknowledged_at=ticket.acknowledged_at,
    )  # fmt: skip


def records(session: Session, orders: Sequence[WorkOrder]) -> list[OrderRecord]:
    """What the clocks of these orders look at, in their order (four queries, whatever their number)."""
    numbers = [order.number for order in orders]
    ids = [order.id for order in orders]
    facts, calls = _facts(session, numbers), _calls(session, ids)
    appointed = defaultdict(list)
    for row in session.scalars(select(PromiseTold).where(PromiseTold.order_id.in_(ids)).order_by(PromiseTold.id)):
        appointed[row.order_id].append(Appointed(row.at, row.begin_by, row.done_by))
    heard: dict[str, list[Delivery]] = defaultdict(list)
    for _, subject, delivery in _deliveries(session, Message.subject.in_(numbers)):
        heard[subject].append(delivery)
    return [
        record_of(
            order, facts=facts[order.number], calls=calls[order.id], appointed=appointed[order.id],
            deliveries=heard[order.number],
        )
        for order in orders
    ]  # fmt: skip


def record_of(
    order: WorkOrder, *, facts: Sequence[Fact], calls: Sequence[Call], appointed: Sequence[Appointed],
    deliveries: Sequence[Delivery],
) -> OrderRecord:  # fmt: skip
    """What the clocks of one order look at, of what was read (no query)."""
    return OrderRecord(
        number=order.number, facts=facts, calls=calls, appointed=appointed, deliveries=deliveries,
        calendars=calendars_for(site_calendar(order.site)), asked_for=order.escalation.not_before,
        resolve_within=resolve_within(order),
    )  # fmt: skip


def resolve_within(order: WorkOrder) -> timedelta | None:
    """Hands in the data center are the complex class: by the same hour of the next working day there.

    Work of a length that Level 1 stated has the timeline that was told with it, and no other limit.
    """
    if KINDS[order.job_kind].asks_minutes:
        return None
    return working_day(calendars_for(site_calendar(order.site))[Owner.DATA_CENTER])


def _facts(session: Session, numbers: Collection[str]) -> Mapping[str, list[Fact]]:
    found: dict[str, list[Fact]] = defaultdict(list)
    wanted = select(
        Event.stream, Event.at, Event.verb, Event.from_state, Event.to_state, Event.device_at, Event.detail
    ).where(Event.stream.in_(numbers))
    for stream, *fact in session.execute(wanted.order_by(Event.stream, Event.seq)):
        found[stream].append(Fact(*fact))
    return found


def is_call(referral: Referral) -> bool:
    """Of people; what the clockwork tells management is no hand-over."""
    return referral.from_rack and referral.opened_by != NOBODY


def _calls(session: Session, order_ids: Collection[int]) -> Mapping[int, list[Call]]:
    """Calls of people; what the clockwork tells management is no hand-over."""
    found: dict[int, list[Call]] = defaultdict(list)
    wanted = select(Referral.order_id, Referral.team, Referral.created_at, Referral.answered_at).where(
        Referral.order_id.in_(order_ids), Referral.from_rack, Referral.opened_by != NOBODY
    )
    for order_id, team, opened_at, answered_at in session.execute(wanted.order_by(Referral.created_at)):
        if order_id is not None:
            found[order_id].append(Call(team, opened_at, answered_at))
    return found


def _deliveries(session: Session, which: ColumnElement[bool]) -> list[tuple[int, str, Delivery]]:
    """What reached customers: ticket, subject, when and whether a person caused it."""
    wanted = select(Message.ticket_id, Message.subject, Message.sent_at, Message.automatic).where(
        which, Message.state == "sent", Message.public_text.is_not(None)
    )
    return [
        (ticket_id, subject, Delivery(sent_at, not automatic))
        for ticket_id, subject, sent_at, automatic in session.execute(wanted.order_by(Message.sent_at))
        if sent_at is not None
    ]
