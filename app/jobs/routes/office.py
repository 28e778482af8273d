"""An order as the office sees it: the promise, the conversation, and a small form for each verb."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import AppError, Conflict, Invalid, VersionConflict
from app.core.permissions import Permission, Role
from app.jobs import queries, queries_office
from app.jobs.clocks_page import shown
from app.jobs.codes import SPELLED
from app.jobs.deadlines import deadline_of
from app.jobs.forms import read_verb
from app.jobs.forms_office import PAGES, VerbForm, form_of
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations import disk_guard, power_guard
from app.jobs.operations.perform import perform
from app.jobs.outward import allowed_verbs
from app.jobs.queries_clocks import clocks_of_order
from app.jobs.states import Verb
from app.tickets.queries import about

blueprint: Final = Blueprint("office", "app.jobs", template_folder="templates")

VERBS: Final = ",".join(PAGES)


@blueprint.get("/orders/<number>/manage")
@needs(Permission.ORDERS_READ)
def manage(number: str) -> ResponseReturnValue:
    """What was promised and told, and what one may do now."""
    with transaction() as session:
        order = queries.order_numbered(session, current(), number)
        may_read = current().may(Permission.MESSAGES_READ, order.site_id)
        return render_template(
            "jobs/manage.html",
            order=order,
            kind=KINDS[order.job_kind],
            answers=[(q.text, order.answers[q.id]) for q in KINDS[order.job_kind].questions if q.id in order.answers],
            deadline=deadline_of(order.state, order.promise_to, order.promise_finish, business_now()),
            verbs=[(verb, PAGES[verb]) for verb in PAGES if verb in allowed_verbs(order, current())],
            messages=about(session, order.number) if may_read else None,
            referrals=queries.referrals_of(session, order.id),
            clocks=shown(clocks_of_order(session, order, business_now()), business_now(), order.site.time_zone),
            codes=disk_guard.may_read_out(current(), order),
            power_codes=power_guard.may_read_out(current(), order),
            overrules=Role.SYSADMIN in current().roles_at(order.site_id),
        )


@blueprint.route(f"/orders/<number>/<any({VERBS}):verb>", methods=["GET", "POST"])
@needs(Permission.ORDERS_ACT)
def act(number: str, verb: str) -> ResponseReturnValue:
    """The form of one verb; what was refused is said on it, and what was typed stays."""
    named = Verb(verb)
    with transaction() as session:
        order = queries.order_numbered(session, current(), number)
        form = form_of(named, order).sent(version=str(order.version))
        form.offer(order, queries_office.technicians_of(session, order.site))
    if form.is_sent_well() and _done(form, order, named):
        flash(f"{PAGES[named].title}: done.", "ok")
        return redirect(url_for("office.manage", number=number), 303)
    if request.method == "GET" and named not in allowed_verbs(order, current()):
        abort(404)
    page = render_template("jobs/verb.html", order=order, kind=KINDS[order.job_kind], verb=PAGES[named], form=form)
    return page, 422 if request.method == "POST" else 200


@blueprint.post("/orders/<number>/<any('disk-code','power-code'):code>")
@needs(Permission.ORDERS_ACT)
def read_out(number: str, code: str) -> ResponseReturnValue:
    """A one-time code to read out by phone to who stands at the rack without network; shown once."""
    guard = disk_guard if code == "disk-code" else power_guard
    try:
        with transaction() as session:
            order = queries.order_alone(session, number, current())
            why = request.form.get("why", "")[:4000]
            told = guard.read_out(session, current(), order, now=business_now(), why=why)
    except AppError as refusal:
        if refusal.code == "no_diagnostics":
            with transaction() as session:
                order = queries.order_numbered(session, current(), number)
                disk_guard.look_again(session, order, by=current().name, now=business_now())
            flash(f"{refusal.detail} The machine is asked now: try again in a moment.", "warning")
        else:
            flash(refusal.detail, "critical")
        return redirect(url_for("office.manage", number=number), 303)
    return render_template("jobs/read_out.html", order=order, told=told, spelled=SPELLED, of_disk=guard is disk_guard)


def _done(form: VerbForm, order: WorkOrder, verb: Verb) -> bool:
    """Do it; False when it was refused and the form says why."""
    seen = form.version.data or ""
    try:
        with transaction() as session:
            perform(
                session, current(), order.number, verb, read_verb(verb, form.body(order)), now=business_now(),
                silence=_silence(), version=int(seen) if seen.isdecimal() else None,
            )  # fmt: skip
    except VersionConflict:
        form.refuse("Somebody changed this order while you were writing. Look at it again; then send this once more.")
        form.version.data = str(order.version)  # as it is now: the rollback made it load afresh
    except (Conflict, Invalid) as refusal:
        _blame(form, refusal)
    else:
        return True
    return False


def _blame(form: VerbForm, refusal: AppError) -> None:
    named = [error for error in refusal.errors if error.field in form]
    for error in named:
        form.refuse(error.detail, error.field)
    if not named:
        form.refuse(refusal.detail)


def _silence() -> timedelta:
    silence: timedelta = current_app.config["RACKSIDE"].confirmation_silence
    return silence
