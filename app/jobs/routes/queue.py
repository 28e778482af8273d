"""The queue of those who answer: calls from the rack first, referrals, and repairs that need a person's word."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.permissions import Permission
from app.hardware.queries import latest, open_run
from app.jobs import queries, queries_office
from app.jobs.clocks_page import shown
from app.jobs.forms_referral import AnswerForm
from app.jobs.models import Referral
from app.jobs.operations import referrals
from app.jobs.operations.escalate import may_read_queue
from app.jobs.outward import allowed_verbs
from app.jobs.queries_clocks import clocks_of_referral
from app.jobs.queries_rings import rings_of
from app.jobs.states import OrderState, Verb
from app.jobs.teams import TEAMS, Team
from app.tickets.queries import about

blueprint: Final = Blueprint("queue", "app.jobs", template_folder="templates")


@blueprint.get("/queue")
@needs(Permission.REFERRALS_ACT)
def queue() -> ResponseReturnValue:
    """Open referrals of one's teams, and orders whose repair the machine did not prove."""
    with transaction() as session:
        found = queries.referrals_open(session, current(), may_read_queue(current()))
        unproved = queries_office.in_states(session, current(), [OrderState.VERIFYING], Permission.REFERRALS_ACT)
        return render_template(
            "jobs/queue.html",
            ringing=[one for one in found if one.from_rack],
            waiting=[one for one in found if not one.from_rack],
            unproved=[order for order in unproved if Verb.CLOSURE in allowed_verbs(order, current())],
            teams=[TEAMS[team].title for team in may_read_queue(current())],
            hours=TEAMS,
        )


@blueprint.get("/referrals/<number>")
@needs(Permission.REFERRALS_ACT)
def referral(number: str) -> ResponseReturnValue:
    """One referral: why, who waits, what the customer was told; whose team it is may take and answer it."""
    return _page(number, AnswerForm())


@blueprint.post("/referrals/<number>/holder")
@needs(Permission.REFERRALS_ACT)
def take(number: str) -> ResponseReturnValue:
    """Say "I am on it"."""
    try:
        with transaction() as session:
            referrals.take(session, current(), _own(number), now=business_now())
    except AppError as refusal:
        flash(refusal.detail, "critical")
    else:
        flash("It is yours.", "ok")
    return redirect(url_for("queue.referral", number=number), 303)


@blueprint.post("/referrals/<number>/answer")
@needs(Permission.REFERRALS_ACT)
def answer(number: str) -> ResponseReturnValue:
    """Answer it; what the customer may read of it goes into their ticket."""
    form = AnswerForm.sent()
    if form.is_sent_well() and _answered(number, form):
        flash(f"{number} is answered.", "ok")
        return redirect(url_for("queue.queue"), 303)
    return _page(number, form), 422


def _answered(number: str, form: AnswerForm) -> bool:
    try:
        with transaction() as session:
            referrals.answer(session, current(), _own(number), form.answer.data or "", now=business_now())
    except AppError as refusal:
        form.refuse(refusal.detail)
        return False
    return True


def _own(number: str) -> Referral:
    """The referral, if it is one's own team's; joins the open transaction."""
    with transaction() as session:
        return queries.referral_numbered(session, current(), number, may_read_queue(current()))


def _zone(referral: Referral) -> str:
    return referral.order.site.time_zone if referral.order else TEAMS[Team(referral.team)].time_zone


def _page(number: str, form: AnswerForm) -> str:
    with transaction() as session:
        found = queries_office.referral_for(session, current(), number)
        site_id = found.order.site_id if found.order else None
        return render_template(
            "jobs/referral.html",
            referral=found,
            team=TEAMS[Team(found.team)],
            clocks=shown(clocks_of_referral(session, found, business_now()), business_now(), _zone(found)),
            mine=found.team in may_read_queue(current()),
            messages=about(session, number) if current().may(Permission.MESSAGES_READ, site_id) else None,
            form=form,
            rings=rings_of(session, found) if found.from_rack else [],
            **_machine(session, found),
        )


def _machine(session: Session, referral: Referral) -> dict[str, Any]:
    """What the machine of a call from the rack says, for whoever answers (two queries)."""
    order = referral.order
    if not referral.from_rack or order is None or not current().may(Permission.DIAGNOSTICS_READ, order.site_id):
        return {"run": None, "asking": False}
    return {"run": latest(session, order.asset), "asking": open_run(session, order.asset) is not None}
