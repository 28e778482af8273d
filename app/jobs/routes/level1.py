"""Level 1's inbox, the list of all orders, and messages that did not get through."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.permissions import Permission
from app.jobs import queries, queries_office
from app.jobs.models import WorkOrder
from app.jobs.operations.escalate import may_read_queue
from app.jobs.queries_tickets import troubles, waiting_tickets
from app.jobs.states import OrderState
from app.sites.queries import visible_codes
from app.tickets.operations import resend

blueprint: Final = Blueprint("level1", "app.jobs", template_folder="templates")

PAGE: Final = 50
INBOX_PAGE: Final = 25
FILTERS: Final = ("state", "site", "asset", "technician", "ticket")
MOST_TOPICS: Final = 40
MOST_DESKS: Final = 20


@blueprint.get("/inbox")
@needs(Permission.ORDERS_CREATE)
def inbox() -> ResponseReturnValue:
    """What waits for Level 1, then all open orders, and who can be reached."""
    now = business_now()
    with transaction() as session:
        return render_template(
            "jobs/inbox.html",
            tickets=waiting_tickets(session, current()),
            first=queries_office.waiting_for_level_1(session, current()),
            undelivered=queries_office.undelivered(session, current()),
            feeds=troubles(session),
            referrals=queries.referrals_open(session, current(), may_read_queue(current())),
            desks=queries_office.desks(session, current(), now),
            most_desks=MOST_DESKS,
            **_listed(session, only_open=True, limit=INBOX_PAGE),
        )


@blueprint.get("/orders")
@needs(Permission.ORDERS_READ)
def orders() -> ResponseReturnValue:
    """All orders that one may see, newest first."""
    with transaction() as session:
        return render_template("jobs/orders.html", **_listed(session, only_open=False, limit=PAGE))


@blueprint.post("/messages/<uuid:message_id>/delivery")
@needs(Permission.MESSAGES_READ)
def deliver(message_id: UUID) -> ResponseReturnValue:
    """Send a message again."""
    with transaction() as session:
        message = queries_office.message_for(session, current(), message_id)
        resend(session, message.id)
    flash(f"On its way again: {message.kind.replace('_', ' ')}, {message.subject}.", "ok")
    to_order = message.subject.startswith("WO-") and request.form.get("from") == "order"
    return redirect(url_for("office.manage", number=message.subject) if to_order else url_for("level1.inbox"), 303)


def _listed(session: Session, *, only_open: bool, limit: int) -> dict[str, Any]:
    """A page of orders by the request's filters, and where to continue."""
    chosen = {name: value[:64] for name in FILTERS if (value := request.args.get(name, "").strip())}
    found = queries.orders(
        session, current(), **chosen, only_open=only_open, after_id=request.args.get("after", type=int), limit=limit + 1
    )
    page = found[:limit]
    sites = visible_codes(session, current(), Permission.ORDERS_READ)
    return {
        "orders": page,
        "chosen": chosen,
        "older": {**chosen, "after": page[-1].id} if len(found) > limit else None,
        "sites": sites,
        "states": [state for state in OrderState if not only_open or state in queries.OPEN_STATES],
        "topics": " ".join(["inbox", *_topics(page, sites)]),
    }


def _topics(orders: Sequence[WorkOrder], codes: Sequence[str]) -> list[str]:
    """What makes the list move: every change of an order rings its site."""
    shown = {order.site.code for order in orders}
    return [f"site:{code}" for code in sorted(codes, key=lambda code: code not in shown)[:MOST_TOPICS]]
