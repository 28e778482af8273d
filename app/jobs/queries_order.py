"""All that the page of one order shows, read in one statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Date,
    DateTime,
    Select,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased

from app.core.access import Principal
from app.core.asking import Question
from app.core.database import Base
from app.core.errors import NotFound
from app.core.events import Event
from app.core.permissions import Permission, Role
from app.core.reading import all_revived, columns_of, first_revived, revived, rows_of
from app.hardware.models import Asset, DeviceAction, Diagnostics, PowerCord
from app.hardware.queries import ID_LED, under_way
from app.hardware.queries_diagnosis import VERB
from app.jobs.clocks.promises import Delivery
from app.jobs.models import Escalation, OrderTicket, Photo, PromiseTold, Referral, Step, WorkOrder
from app.jobs.models_power import Shutdown
from app.jobs.models_ring import Ring
from app.jobs.power import Cord
from app.jobs.queries import OPEN_STATES
from app.jobs.queries_machine import SPEAKS_FOR
from app.jobs.states import AT_RACK, OrderState
from app.parts.models import Spare
from app.people.models import Person, RoleGrant
from app.shifts.models import Appointment, Roster
from app.shifts.queries_places import LINES, PAST, Line, is_here
from app.sites.models import ClosedDay, Rack, Site
from app.tickets.models import Message, Ticket, TicketEntry

MOST_OTHERS: Final = 20
MOST_PHOTOS: Final = 200
MOST_ENTRIES: Final = 3
MOST_NUMBERS: Final = 40
MOST_SPARES: Final = 10
_HELPERS: Final = [str(Role.L1_ENGINEER), str(Role.SYSADMIN), str(Role.MANAGER)]


@dataclass(frozen=True, slots=True)
class Rung:
    """Somebody whom a call for help rang: until when they have to answer before the next one is rung."""

    referral_id: int
    full_name: str
    phone: str | None
    rung_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """Whom the rack may telephone, also without network."""

    full_name: str
    phone: str
    roles: Sequence[str]

    @property
    def words(self) -> str:
        """What they are for, as people say it."""
        return ", ".join(sorted(Role(role).words for role in self.roles))


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """One order and what belongs to it, all of one moment; detached objects, which hold what its pages show.

    `run` are the diagnostics to show, `newest` the machine's newest while somebody may be at the rack. `diagnosis` is
    what a system administrator signed of it. `lines` are of the site's roster, of who is not away.
    """

    order: WorkOrder
    run: Diagnostics | None
    newest: Diagnostics | None
    diagnosis: Event | None
    lamp: DeviceAction | None
    events: Sequence[Event]
    photos: Sequence[Photo]
    calls: Sequence[Referral]
    rings: Sequence[Rung]
    numbers: Sequence[PhoneNumber]
    spares: Sequence[Spare]
    others: Sequence[WorkOrder]
    customer: Sequence[TicketEntry]
    promised: Sequence[PromiseTold]
    ticket_deliveries: Sequence[Delivery]
    deliveries: Sequence[Delivery]
    lines: Sequence[Line]
    cords: Sequence[Cord]
    shutdown: Shutdown | None


def order_facts(session: Session, principal: Principal, number: str, now: datetime) -> OrderFacts:
    """The order of that number; NotFound when it is not there or at a site this person may not see.

    One query; some more while a machine was asked and nothing answered yet.
    """
    sites = principal.sites_for(Permission.ORDERS_READ)
    given = {"number": number, "sites": None if sites is None else [*sites], "now": now, "past": (now - PAST).date()}
    rows = _WANTED.ask(session, given)
    if not rows:
        raise NotFound("not_found", f"There is no work order {number} that you can see.")
    facts = _facts(rows[0][0])
    run = facts.run
    if run is not None and run.document is None and not run.parts:
        return replace(facts, run=under_way(session, run.id))
    return facts


def _facts(row: Mapping[str, Any]) -> OrderFacts:
    order = _order(row)
    told = row["told"] or ()
    return OrderFacts(
        order=order,
        run=first_revived(Diagnostics, row["run"], asset=order.asset),
        newest=first_revived(Diagnostics, row["newest"]),
        diagnosis=first_revived(Event, row["diagnosis"]),
        lamp=first_revived(DeviceAction, row["lamp"]),
        events=all_revived(Event, row["events"]),
        photos=all_revived(Photo, row["photos"]),
        calls=all_revived(Referral, row["calls"]),
        rings=[_rung(one) for one in row["rings"] or ()],
        numbers=[PhoneNumber(one["full_name"], one["phone"], one["roles"]) for one in row["numbers"] or ()],
        spares=all_revived(Spare, row["spares"]),
        others=all_revived(WorkOrder, row["others"]),
        customer=all_revived(TicketEntry, row["customer"]),
        promised=all_revived(PromiseTold, row["promised"]),
        ticket_deliveries=[_delivery(one) for one in told if one["ticket_id"] == order.ticket_id],
        deliveries=[_delivery(one) for one in told if one["subject"] == order.number],
        lines=[_line(one) for one in row["lines"] or ()],
        cords=[Cord(**one) for one in row["cords"] or ()],
        shutdown=first_revived(Shutdown, row["shutdown"]),
    )


def _order(row: Mapping[str, Any]) -> WorkOrder:
    closed_days = _closed_days(tuple((one["day"], one["confirmed_at"]) for one in row["closed_days"] or ()))
    site = first_revived(Site, row["site"], closed_days=closed_days)
    begins, ends = (row[name] and datetime.fromisoformat(row[name]) for name in ("begins", "ends"))
    return revived(
        WorkOrder,
        {name: row[name] for name in _ORDER},
        site=site,
        asset=first_revived(Asset, row["asset"], site=site, rack=first_revived(Rack, row["rack"])),
        ticket=first_revived(Ticket, row["ticket"]),
        escalation=first_revived(Escalation, row["escalation"]),
        holder=first_revived(Person, row["holder"]),
        appointment=revived(Appointment, {"during": Range(begins, ends)}) if begins else None,
        steps=all_revived(Step, row["steps"]),
    )


@lru_cache(maxsize=1000)  # a site's are the same on every page
def _closed_days(told: tuple[tuple[str, str | None], ...]) -> list[ClosedDay]:
    return all_revived(ClosedDay, ({"day": day, "confirmed_at": confirmed_at} for day, confirmed_at in told))


def _delivery(told: Mapping[str, Any]) -> Delivery:
    return Delivery(datetime.fromisoformat(told["sent_at"]), by_person=not told["automatic"])


def _rung(told: Mapping[str, Any]) -> Rung:
    rung_at, until = (datetime.fromisoformat(told[name]) for name in ("rung_at", "until"))
    return Rung(told["referral_id"], told["full_name"], told["phone"], rung_at, until)


def _line(said: Mapping[str, Any]) -> Line:
    first, last = (said[name] and date.fromisoformat(said[name]) for name in ("valid_from", "valid_until"))
    return Line(said["site_id"], said["person_id"], said["full_name"], said["hours"], first, last)


_SITES: Final = bindparam("sites", type_=ARRAY(BigInteger))
_NOW: Final = bindparam("now", type_=DateTime(timezone=True))
_PAST: Final = bindparam("past", type_=Date)


def _one(model: type[Base], is_it: ColumnElement[bool], but: tuple[str, ...] = ()) -> Select[Any]:
    return select(*columns_of(model, but=but)).where(is_it)


def _run_id() -> ColumnElement[Any]:
    """The diagnostics that matter now: AFTER, else those under way, else BEFORE, else the machine's latest."""
    of_machine = select(Diagnostics.id).where(Diagnostics.asset_id == WorkOrder.asset_id).limit(1).correlate(WorkOrder)
    newest_first = of_machine.order_by(Diagnostics.requested_at.desc())
    under_way = newest_first.where(Diagnostics.state != "done").scalar_subquery()
    latest = newest_first.where(Diagnostics.state == "done").scalar_subquery()
    looks = or_(WorkOrder.state == OrderState.VERIFYING, WorkOrder.before_id.is_(None))
    return func.coalesce(WorkOrder.after_id, case((looks, under_way)), WorkOrder.before_id, latest)


def _tag() -> ColumnElement[str]:
    return select(Asset.tag).where(Asset.id == WorkOrder.asset_id).correlate(WorkOrder).scalar_subquery()


def _parts() -> dict[str, Select[Any]]:
    """What stands beside the order, each by its own index."""
    newest = _one(Diagnostics, Diagnostics.asset_id == WorkOrder.asset_id).order_by(Diagnostics.requested_at.desc())
    other, pdu = aliased(WorkOrder), aliased(Asset)
    linked = select(OrderTicket.ticket_id).where(OrderTicket.order_id == WorkOrder.id).correlate(WorkOrder)
    ours = or_(Message.ticket_id == WorkOrder.ticket_id, Message.subject == WorkOrder.number)
    customers = or_(TicketEntry.ticket_id == WorkOrder.ticket_id, TicketEntry.ticket_id.in_(linked))
    return {
        "site": _one(Site, Site.id == WorkOrder.site_id),
        "closed_days": select(ClosedDay.day, ClosedDay.confirmed_at).where(ClosedDay.site_id == WorkOrder.site_id),
        "asset": _one(Asset, Asset.id == WorkOrder.asset_id, ("words",)),
        "rack": select(*columns_of(Rack)).join(Asset, Asset.rack_id == Rack.id).where(Asset.id == WorkOrder.asset_id),
        "cords": select(PowerCord.psu, pdu.tag.label("pdu"), PowerCord.outlet).join(pdu, pdu.id == PowerCord.pdu_id)
        .where(PowerCord.asset_id == WorkOrder.asset_id).order_by(PowerCord.psu),
        "shutdown": _one(Shutdown, Shutdown.order_id == WorkOrder.id).order_by(Shutdown.asked_at.desc()).limit(1),
        "ticket": _one(Ticket, Ticket.id == WorkOrder.ticket_id),
        "escalation": _one(Escalation, Escalation.id == WorkOrder.escalation_id),
        "holder": select(Person.id, Person.name, Person.full_name).where(Person.id == WorkOrder.holder_id),
        "steps": _one(Step, Step.order_id == WorkOrder.id).order_by(Step.position),
        "run": _one(Diagnostics, Diagnostics.id == _run_id()),
        "newest": newest.where(Diagnostics.state == "done", WorkOrder.state.in_(AT_RACK)).limit(1),
        "diagnosis": _one(Event, Event.stream == "asset:" + _tag()).where(
            Event.verb == VERB,
            Event.at >= WorkOrder.created_at - SPEAKS_FOR,
            or_(WorkOrder.closed_at.is_(None), Event.at <= WorkOrder.closed_at),
        ).order_by(Event.at.desc(), Event.id.desc()).limit(1),
        "lamp": _one(DeviceAction, DeviceAction.asset_id == WorkOrder.asset_id)
        .where(DeviceAction.action == ID_LED).order_by(DeviceAction.requested_at.desc()).limit(1),
        "events": _one(Event, Event.stream == WorkOrder.number).order_by(Event.seq),
        "photos": _one(Photo, Photo.order_id == WorkOrder.id, ("image",)).order_by(Photo.at).limit(MOST_PHOTOS),
        "calls": _one(Referral, Referral.order_id == WorkOrder.id).order_by(Referral.id.desc()),
        "rings": select(Ring.referral_id, Ring.rung_at, Ring.until, Person.full_name, Person.phone)
        .join(Referral, Referral.id == Ring.referral_id).join(Person, Person.id == Ring.person_id)
        .where(Referral.order_id == WorkOrder.id).order_by(Ring.id),
        "spares": select(Spare.name, Spare.part_number, Spare.serial, Spare.location, Spare.state)
        .where(Spare.order_number == WorkOrder.number).order_by(Spare.id).limit(MOST_SPARES),
        "numbers": select(Person.full_name, Person.phone, func.array_agg(RoleGrant.role.distinct()).label("roles"))
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(Person.active, Person.phone.is_not(None), RoleGrant.role.in_(_HELPERS))
        .where(or_(RoleGrant.site_id.is_(None), RoleGrant.site_id == WorkOrder.site_id))
        .group_by(Person.id).order_by(Person.full_name).limit(MOST_NUMBERS),
        "others": select(other.id, other.number, other.state, other.job_kind, other.parent_id)
        .where(other.asset_id == WorkOrder.asset_id, other.state.in_(OPEN_STATES), other.id != WorkOrder.id)
        .order_by(other.id).limit(MOST_OTHERS),
        "customer": _one(TicketEntry, customers)
        .where(TicketEntry.kind == "customer", TicketEntry.received_at > WorkOrder.created_at)
        .order_by(TicketEntry.received_at.desc(), TicketEntry.id.desc()).limit(MOST_ENTRIES),
        "promised": _one(PromiseTold, PromiseTold.order_id == WorkOrder.id).order_by(PromiseTold.id),
        "told": select(Message.ticket_id, Message.subject, Message.sent_at, Message.automatic)
        .where(ours, Message.state == "sent", Message.public_text.is_not(None), Message.sent_at.is_not(None))
        .order_by(Message.sent_at),
        "lines": LINES.where(Roster.site_id == WorkOrder.site_id, is_here(_NOW))
        .where(or_(Roster.valid_until.is_(None), Roster.valid_until >= _PAST)),
    }  # fmt: skip


def _wanted() -> Select[Any]:
    """All of it as one JSON value: the driver reads a single column, and JSON faster than any other."""
    booked = Appointment.id == WorkOrder.appointment_id
    begins, ends = (
        select(bound(Appointment.during)).where(booked).correlate(WorkOrder).scalar_subquery().label(name)
        for name, bound in (("begins", func.lower), ("ends", func.upper))
    )
    parts = [rows_of(part.correlate(WorkOrder)).label(name) for name, part in _parts().items()]
    seen = or_(_SITES.is_(None), WorkOrder.site_id == any_(_SITES))
    own = select(*columns_of(WorkOrder), begins, ends, *parts).where(WorkOrder.number == bindparam("number"), seen)
    return select(func.row_to_json(own.subquery().table_valued(), type_=JSON))


_ORDER: Final = [column.key for column in columns_of(WorkOrder)]
_WANTED: Final = Question(_wanted())
