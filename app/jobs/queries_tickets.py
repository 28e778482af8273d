"""What Level 1 sees of tickets that came in: who waits, which machines are meant, what is open on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from app.core.access import Principal, visible
from app.core.clock import drill_offset
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.hardware.models import Asset, Endpoint
from app.jobs.mentions import addresses_among, words_that_may_name
from app.jobs.models import OrderTicket, Referral, WorkOrder
from app.jobs.queries import LIGHT, OPEN_STATES
from app.tickets.models import Ticket
from app.tickets.queries import awaiting_word, entries, troubled_feeds

MOST_MENTIONS: Final = 10
MOST_ORDERS: Final = 20


@dataclass(frozen=True, slots=True)
class Mention:
    """A machine that the text may mean, and by what: `how` is tag, serial number, name or address."""

    asset: Asset
    how: str
    word: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A ticket whose customer waits; with open orders it is a follow-up, and comes first."""

    ticket: Ticket
    orders: Sequence[WorkOrder]
    last: str
    by: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """A ticket system that cannot be read (`problem`) or is set up wrong (`fault`); `since` is business time."""

    integration: str
    problem: str | None
    fault: str | None
    since: datetime | None


def troubles(session: Session) -> list[Trouble]:
    """What is wrong with the ticket systems, by their names (one query)."""
    return [
        Trouble(one.integration, one.problem, one.fault, since + drill_offset() if since else None)
        for one in troubled_feeds(session)
        for since in [one.failing_since if one.problem else one.fault_since]
    ]


def ticket_numbered(session: Session, ticket_id: int) -> Ticket:
    """One ticket; raises NotFound."""
    found = session.get(Ticket, ticket_id)
    if found is None:
        raise NotFound("not_found", "There is no such ticket.")
    return found


def waiting_tickets(session: Session, principal: Principal) -> list[Waiting]:
    """Tickets that wait for a word: follow-ups on open orders first, then new ones, longest waiting first.

    Two queries for each.
    """
    found = []
    for ticket in awaiting_word(session, limit=50):
        said = [("", ""), *((e.text, e.by) for e in entries(session, ticket.id) if e.kind in {"opened", "customer"})]
        found.append(Waiting(ticket, orders_for(session, ticket.id, principal), *said[-1]))
    return sorted(found, key=lambda one: not one.orders)


def orders_for(session: Session, ticket_id: int, principal: Principal | None = None) -> Sequence[WorkOrder]:
    """Open orders that serve a ticket, first or among others; those this person sees (None: all). One query."""
    linked = select(OrderTicket.order_id).where(OrderTicket.ticket_id == ticket_id)
    wanted = select(WorkOrder).where(
        or_(WorkOrder.ticket_id == ticket_id, WorkOrder.id.in_(linked)), WorkOrder.state.in_(OPEN_STATES)
    )
    seen = true() if principal is None else visible(principal, Permission.ORDERS_READ, WorkOrder.site_id)
    ordered = wanted.where(seen).order_by(WorkOrder.id).limit(MOST_ORDERS).options(*LIGHT)
    return session.scalars(ordered).unique().all()


def is_served(session: Session, ticket_id: int, *, but: WorkOrder) -> bool:
    """Whether anything is still open for a ticket besides one order."""
    if any(order.id != but.id for order in orders_for(session, ticket_id)):
        return True
    asked = select(Referral.id).where(Referral.ticket_id == ticket_id, Referral.state != "answered")
    return session.scalar(asked.where(Referral.from_rack.is_(False)).limit(1)) is not None


def linked_tickets(session: Session, order: WorkOrder) -> Sequence[Ticket]:
    """The other tickets that an order serves (one query)."""
    wanted = select(Ticket).join(OrderTicket, OrderTicket.ticket_id == Ticket.id)
    return session.scalars(wanted.where(OrderTicket.order_id == order.id).order_by(Ticket.id)).all()


def mentioned(session: Session, text: str, principal: Principal | None = None) -> list[Mention]:
    """Machines that a text may mean, those this person sees (None: all); by tag first. Two queries, bounded."""
    words = words_that_may_name(text)
    spelled = {spelling: word for word in words for spelling in (word, word.upper(), word.lower())}
    if not words:
        return []
    wanted = select(Asset).where(
        or_(Asset.tag.in_(spelled), Asset.serial.in_(spelled), func.lower(Asset.name).in_(w.lower() for w in words)),
        _seen(principal),
    )
    found = [_mention(asset, spelled) for asset in session.scalars(wanted.limit(MOST_MENTIONS)).unique()]
    known = {one.asset.id for one in found}
    found += [one for one in _by_address(session, addresses_among(words), principal) if one.asset.id not in known]
    return sorted(found, key=lambda one: (("tag", "serial number", "name", "address").index(one.how), one.asset.tag))


def _mention(asset: Asset, spelled: dict[str, str]) -> Mention:
    if asset.tag in spelled:
        return Mention(asset, "tag", spelled[asset.tag])
    if asset.serial in spelled:
        return Mention(asset, "serial number", spelled[asset.serial])
    return Mention(asset, "name", spelled.get(asset.name.lower(), asset.name))


def _by_address(session: Session, addresses: tuple[str, ...], principal: Principal | None) -> list[Mention]:
    if not addresses:
        return []
    host = func.regexp_replace(Endpoint.settings["address"].astext, r"^https?://|:\d+$|/.*$|[][]", "", "g")
    wanted = select(Asset, host).join(Endpoint).where(host.in_(addresses), _seen(principal)).limit(MOST_MENTIONS)
    found = {asset.id: Mention(asset, "address", word) for asset, word in session.execute(wanted).unique()}
    return list(found.values())


def _seen(principal: Principal | None) -> ColumnElement[bool]:
    return true() if principal is None else visible(principal, Permission.ASSETS_READ, Asset.site_id)
