"""Pages at the rack: the day, the order with its one verb, and what may happen beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any, Final

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.local import LocalProxy

from app.core.access import current, needs
from app.core.clock import business_now, true_now
from app.core.database import reading, transaction
from app.core.errors import AppError, Conflict, Invalid, VersionConflict
from app.core.forms import Form
from app.core.permissions import Permission
from app.core.tablet import is_queued, is_watched, queueable, stamp, tell_to_decide
from app.hardware.operations.led import request_id_led
from app.hardware.queries import asset_for
from app.jobs import outlook, photos
from app.jobs.day import day_of
from app.jobs.forms import VerbSchema, read, read_verb
from app.jobs.forms_rack import FORMS, TEAM_HOURS, AdditionForm, CompletionForm, CorrectionForm, MatchForm, VerbForm
from app.jobs.kind import Evidence
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations import disk_guard, late
from app.jobs.operations.perform import perform
from app.jobs.operations.power_left import asks_anew
from app.jobs.operations.procedures import all_published
from app.jobs.operations.stopping import stopped_now
from app.jobs.order_page import OrderPage, evidence_of, order_page
from app.jobs.queries import order_numbered
from app.jobs.queries_order import order_facts
from app.jobs.states import OrderState, Verb

blueprint: Final = Blueprint("technician", "app.jobs", template_folder="templates")

LAMP_SECONDS: Final = 300
ASKED: Final = ", ".join(FORMS)
TOLD: Final = {Verb.CLAIM: "Yours now. The machine is asked how it is.", Verb.START: "Started. Go step by step."}


@blueprint.get("/day")
@needs(Permission.ORDERS_ACT)
def day() -> ResponseReturnValue:
    """What is mine, what is ready, what is coming."""
    with transaction() as session:
        return render_template("jobs/day.html", day=day_of(session, current(), business_now()))


@blueprint.get("/orders/<number>")
@needs(Permission.ORDERS_READ)
def order(number: str) -> ResponseReturnValue:
    """One order: where, which, is it safe, until when; and the one thing to do now."""
    return _order_page(number)


@blueprint.post("/orders/<number>/<any(claim, start):verb>")
@needs(Permission.ORDERS_ACT)
@queueable
def press(number: str, verb: str) -> ResponseReturnValue:
    """A verb that needs nothing but the press."""
    refusal = _do(number, Verb(verb), {})
    if refusal:
        return _not_done(number, refusal)
    _told(TOLD[Verb(verb)])
    return redirect(url_for("technician.order", number=number), 303)


@blueprint.post("/orders/<number>/match")
@needs(Permission.ORDERS_ACT)
@queueable
def match(number: str) -> ResponseReturnValue:
    """The server check. What does not match is a full-screen stop."""
    form = MatchForm.sent()
    if not form.is_sent_well():
        return _order_page(number, form=form)
    refusal = _do(number, Verb.MATCH, form.body())
    if isinstance(refusal, Stop):
        return _not_done(number, refusal)
    if refusal:
        form.take(refusal)
        return _order_page(number, form=form)
    with transaction() as session:
        seen = order_numbered(session, current(), number).match or {}
    if not seen.get("pending"):
        _told(form.done)
    return redirect(url_for("technician.order", number=number), 303)


@blueprint.get("/orders/<number>/stop")
@needs(Permission.ORDERS_READ)
def stop(number: str) -> ResponseReturnValue:
    """What was found against what was expected; nothing else on the page."""
    with reading() as session:
        page = _seen(session, number)
    if not page.order.stop:
        return redirect(url_for("technician.order", number=number), 303)
    return render_template("jobs/stop.html", page=page, order=page.order, site_hours=page.window, stop=page.order.stop)


@blueprint.post("/orders/<number>/step")
@needs(Permission.ORDERS_ACT)
@queueable
def step(number: str) -> ResponseReturnValue:
    """One step done, with its evidence."""
    with transaction() as session:
        found = order_numbered(session, current(), number)
        wanted = next((s for s in found.steps if s.key == request.form.get("id")), None)
        body = {"id": request.form.get("id", ""), "evidence": evidence_of(wanted, request.form) if wanted else {}}
    refusal = _do(number, Verb.STEP, body)
    if refusal:
        return _not_done(number, refusal)
    return redirect(url_for("technician.order", number=number), 303)


@blueprint.get("/orders/<number>/photos/new")
@needs(Permission.ORDERS_ACT)
def add_photo(number: str) -> ResponseReturnValue:
    """A picture beside the steps."""
    with transaction() as session:
        return render_template("jobs/photo.html", order=order_numbered(session, current(), number))


@blueprint.post("/orders/<number>/photos")
@needs(Permission.ORDERS_ACT)
@queueable
def photo(number: str) -> ResponseReturnValue:
    """Keep a picture; when the open step is proved by it, that step is done with it."""
    sent, device = request.files.get("photo"), stamp()
    stamped = {"device": device} if device else {}
    try:
        with transaction() as session:
            found = order_numbered(session, current(), number)
            key, now = request.form.get("step") or None, business_now()
            data = sent.read() if sent else b""
            told_at = read(VerbSchema, stamped).get("device", {}).get("at")
            taken_at = late.taken_at(session, found, current().name, told_at, now)
            kept = photos.keep(session, found, data, by=current().name, step_key=key, now=taken_at)
            if any(s.key == key and s.evidence == Evidence.PHOTO for s in found.steps):
                evidence = {"photo": str(kept.id), "sha256": kept.sha256}
                done = read_verb(Verb.STEP, {"id": key, "evidence": evidence, **stamped})
                after = perform(session, current(), number, Verb.STEP, done, now=now, silence=_silence())
                tell_to_decide(after.conflicts_open)
    except (Invalid, Conflict) as refusal:
        if device:
            raise
        return _order_page(number, refusal=refusal)
    return redirect(url_for("technician.order", number=number), 303)


@blueprint.post("/orders/<number>/id-led")
@needs(Permission.ID_LED)
def id_led(number: str) -> ResponseReturnValue:
    """Switch the ID LED on for five minutes, or off; the lamp's line tells how it went."""
    with transaction() as session:
        found = order_numbered(session, current(), number)
        asset = asset_for(session, current(), found.asset.tag, Permission.ID_LED)
        on = request.form.get("on") == "1"
        request_id_led(session, asset, on=on, seconds=LAMP_SECONDS, by=current().name, now=true_now())
        if request.headers.get("HX-Request"):
            return render_template("jobs/lamp.html", page=_seen(session, number))
    return redirect(url_for("technician.order", number=number, _anchor="check"), 303)


@blueprint.post("/orders/<number>/diagnostics")
@needs(Permission.ORDERS_ACT)
def look_again(number: str) -> ResponseReturnValue:
    """Ask the machine again how its drives are; the page shows it when it has answered."""
    with transaction() as session:
        found = order_numbered(session, current(), number)
        disk_guard.look_again(session, found, by=current().name, now=business_now())
    flash("The machine is asked. What it says appears here.", "active")
    return redirect(
        url_for("technician.order", number=number, _anchor="power" if request.form.get("from") == "power" else "disks"),
        303,
    )


@blueprint.route(
    f"/orders/<number>/rack/<any({ASKED}):verb>",
    methods=["GET", "POST"],
)
@needs(Permission.ORDERS_ACT)
@queueable
def ask(number: str, verb: str) -> ResponseReturnValue:
    """A verb that wants words first: its own page, and back to the order."""
    named = Verb(verb)
    with transaction() as session:
        form = _form_of(order_numbered(session, current(), number), named)
        if isinstance(form, AdditionForm):
            form.offer({name: one.minutes(KINDS[name], {}) for name, one in all_published(session).items()})
    if form.is_sent_well():
        refusal = _do(number, named, form.body())
        if isinstance(refusal, Stop):
            return _not_done(number, refusal)
        if refusal is None:
            _told(form.done)
            return redirect(url_for("technician.order", number=number), 303)
        form.take(refusal)
    return _form_page(number, named, form)


def _form_of(order: WorkOrder, verb: Verb) -> VerbForm:
    reported = order.discrepancy
    if verb == Verb.DISCREPANCY and reported and reported["by"] != current().name:
        return CorrectionForm.sent()
    if verb == Verb.COMPLETION:
        return _completion(order)
    if verb == Verb.HANDOVER:
        return FORMS[verb].sent(safe_state=outlook.state_left(order.steps))
    return FORMS[verb].sent()


def _completion(order: WorkOrder, *, ahead: bool = False) -> CompletionForm:
    if order.state != OrderState.WORKING and not ahead:
        return CompletionForm.sent(outcome="no_fault_found").only_no_fault()
    removed, installed = outlook.serials_given(order.steps)
    return CompletionForm.sent(removed_serial=removed, installed_serial=installed or order.part_serial)


class Stop(Conflict):
    """A guard stopped it: on record already, and shown on a page of its own."""


def _do(number: str, verb: Verb, body: dict[str, Any]) -> AppError | None:
    """Do one verb; the refusal when the rules say no, for the page to show. A tablet's queue is told it as it is."""
    device = stamp()
    try:
        given = read_verb(verb, {**body, "device": device} if device else body)
        with transaction() as session:
            done = perform(session, current(), number, verb, given, now=business_now(), silence=_silence())
            tell_to_decide(done.conflicts_open)
            stop = stopped_now(done)
    except (Invalid, Conflict, VersionConflict) as refusal:
        if asks_anew(refusal, verb):
            with transaction() as session:
                found = order_numbered(session, current(), number)
                disk_guard.look_again(session, found, by=current().name, now=business_now())
        if device:
            raise
        return refusal
    return Stop(stop["code"], " ".join(stop["why"])) if stop else None


def _not_done(number: str, refusal: AppError) -> ResponseReturnValue:
    if isinstance(refusal, Stop):
        return redirect(url_for("technician.stop", number=number), 303)
    return _order_page(number, refusal=refusal)


def _told(sentence: str) -> None:
    """Say it on the next page, if somebody looks."""
    if is_watched():
        flash(sentence, "ok")


def _seen(session: Session, number: str) -> OrderPage:
    """The order as this person sees it now (one query)."""
    now = business_now()
    return order_page(current(), order_facts(session, current(), number, now), now=now, true=true_now())


def _order_page(number: str, *, refusal: AppError | None = None, form: VerbForm | None = None) -> ResponseReturnValue:
    if form and is_queued():
        raise form.refusal()
    with reading() as session:
        page = _seen(session, number)
    text = render_template(
        "jobs/order.html",
        page=page,
        order=page.order,
        site_hours=page.window,
        refused=refusal.detail if refusal else None,
        typed=request.form.get("evidence"),
        match_form=form or _when_shown(MatchForm),
        completion_form=_when_shown(lambda: _completion(page.order, ahead=bool(page.ahead))),
    )
    return text, refusal.status if refusal else 422 if form else 200


def _when_shown(form: Callable[[], Form]) -> Any:
    """A form that is made when the page shows it: most orders that are looked at ask nothing."""
    return LocalProxy(cache(form))


def _form_page(number: str, verb: Verb, form: VerbForm) -> ResponseReturnValue:
    if is_queued():
        raise form.refusal()
    with reading() as session:
        page = _seen(session, number)
    text = render_template(
        "jobs/ask.html", page=page, order=page.order, site_hours=page.window, verb=verb, form=form,
        team_hours=TEAM_HOURS,
    )  # fmt: skip
    return text, 422 if request.method == "POST" else 200


def _silence() -> timedelta:
    silence: timedelta = current_app.config["RACKSIDE"].confirmation_silence
    return silence
