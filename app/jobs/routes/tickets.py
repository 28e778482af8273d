"""A ticket that came in: what was said, which machine is meant, and what to do with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.permissions import Permission
from app.hardware.queries import latest, open_run
from app.jobs import queries
from app.jobs.clocks_page import shown
from app.jobs.forms_ticket import ReplyForm
from app.jobs.forms_wording import LanguageForm
from app.jobs.kinds import KINDS
from app.jobs.operations import inbox
from app.jobs.queries_clocks import clocks_of_ticket
from app.jobs.queries_tickets import mentioned, orders_for, ticket_numbered
from app.jobs.suggestions import suggested
from app.tickets.intake import handle
from app.tickets.integrations import language_of
from app.tickets.models import Message, TicketEntry
from app.tickets.queries import conversation, entries

blueprint: Final = Blueprint("tickets", "app.jobs", template_folder="templates")


@blueprint.get("/tickets/<int:ticket_id>")
@needs(Permission.ORDERS_CREATE)
def ticket(ticket_id: int) -> ResponseReturnValue:
    """The conversation beside what is known of the machines it may mean; `ask` fills in a kind's questions."""
    kind = KINDS.get(request.args.get("ask", ""))
    if kind is None:
        return _page(ticket_id, ReplyForm.sent(text=""))
    with transaction() as session:
        language = language_of(ticket_numbered(session, ticket_id))
    text = inbox.questions_for(kind, request.args.get("asset", "")[:64] or None, language)
    return _page(ticket_id, ReplyForm.sent(text=text))


@blueprint.post("/tickets/<int:ticket_id>/replies")
@needs(Permission.ORDERS_CREATE)
def reply(ticket_id: int) -> ResponseReturnValue:
    """Send a reply to the customer."""
    form = ReplyForm.sent()
    if form.is_sent_well():
        try:
            with transaction() as session:
                found = ticket_numbered(session, ticket_id)
                inbox.reply(session, current(), found, form.text.data or "", now=business_now())
        except AppError as refusal:
            form.refuse(refusal.detail, "text")
        else:
            flash("The reply is on its way.", "ok")
            return redirect(url_for("tickets.ticket", ticket_id=ticket_id), 303)
    return _page(ticket_id, form), 422


@blueprint.post("/tickets/<int:ticket_id>/order")
@needs(Permission.ORDERS_CREATE)
def join(ticket_id: int) -> ResponseReturnValue:
    """Serve this ticket by an order that is open already."""
    number = request.form.get("number", "")[:40]
    try:
        with transaction() as session:
            order = queries.order_alone(session, number, current())
            inbox.join(session, current(), ticket_numbered(session, ticket_id), order, now=business_now())
    except AppError as refusal:
        flash(refusal.detail, "critical")
    else:
        flash(f"{number} serves this ticket, too.", "ok")
    return redirect(url_for("tickets.ticket", ticket_id=ticket_id), 303)


@blueprint.post("/tickets/<int:ticket_id>/language")
@needs(Permission.ORDERS_CREATE)
def language(ticket_id: int) -> ResponseReturnValue:
    """The language that this customer is written to in, from the next message on."""
    form = LanguageForm.sent()
    if not form.is_sent_well():
        return _page(ticket_id, ReplyForm(), form), 422
    with transaction() as session:
        ticket_numbered(session, ticket_id).language = form.language.data
    flash("The next message is written in that language.", "ok")
    return redirect(url_for("tickets.ticket", ticket_id=ticket_id), 303)


@blueprint.post("/tickets/<int:ticket_id>/done")
@needs(Permission.ORDERS_CREATE)
def done(ticket_id: int) -> ResponseReturnValue:
    """Nothing to answer: it leaves the inbox until the customer writes again."""
    with transaction() as session:
        handle(session, ticket_numbered(session, ticket_id), by=current().name, now=business_now())
    flash("Dealt with. It comes back when the customer writes again.", "ok")
    return redirect(url_for("level1.inbox"), 303)


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of the conversation; `state` and `problem` only of what we told, `by` only of what others said."""

    at: datetime
    what: str
    text: str
    by: str = ""
    state: str | None = None
    problem: str | None = None


def _talk(said: Sequence[TicketEntry], told: Sequence[Message]) -> list[Said]:
    """What was said and what was told, in its order."""
    turns = [Said(one.at, one.kind, one.text, by=one.by) for one in said]
    turns += [
        Said(one.created_at, one.kind, one.public_text, state=one.state, problem=one.problem)
        for one in told
        if one.public_text
    ]
    return sorted(turns, key=lambda one: one.at)


def _page(ticket_id: int, form: ReplyForm, chosen: LanguageForm | None = None) -> str:
    with transaction() as session:
        found = ticket_numbered(session, ticket_id)
        said = entries(session, ticket_id)
        spoken = (one.text for one in said if one.kind in {"opened", "customer"})
        meant = mentioned(session, "\n".join([found.subject, *spoken]), current())
        runs = {one.asset.id: open_run(session, one.asset) or latest(session, one.asset) for one in meant}
        return render_template(
            "jobs/ticket.html",
            ticket=found,
            talk=_talk(said, conversation(session, ticket_id)),
            meant=meant,
            runs=runs,
            open_on={one.asset.id: queries.open_orders_on(session, one.asset.id) for one in meant},
            orders=orders_for(session, ticket_id, current()),
            kinds=KINDS,
            clocks=shown(clocks_of_ticket(session, found, business_now()), business_now(), "UTC"),
            suggested=lambda finding: suggested(finding, KINDS),
            form=form,
            language_form=chosen or LanguageForm(data={"language": language_of(found)}),
        )
