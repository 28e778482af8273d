"""Level 1's form of a new order: one page, whose parts are asked for again as it is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now, true_now
from app.core.database import transaction
from app.core.errors import AppError, NotFound
from app.core.permissions import Permission
from app.hardware.models import Asset, Diagnostics
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.queries import asset_for, assets_for, diagnostics_for, latest, open_run
from app.jobs.forms import EscalationSchema, read
from app.jobs.forms_new_order import FORM_ID, Asked, NewOrderForm, answers_of, asked_of
from app.jobs.hours import team_desk
from app.jobs.kinds import KINDS
from app.jobs.operations.escalate import Escalated, escalate
from app.jobs.operations.preview import preview
from app.jobs.operations.procedures import all_published
from app.jobs.queries import open_orders_on
from app.jobs.queries_office import last_system
from app.jobs.suggestions import suggested
from app.jobs.teams import TEAMS, Team

blueprint: Final = Blueprint("new_order", "app.jobs", template_folder="templates")

LOOK_ALIKES: Final = 5


@blueprint.get("/orders/new")
@needs(Permission.ORDERS_CREATE)
def form() -> ResponseReturnValue:
    """The empty form; a link from a ticket system may fill in any of its fields."""
    with transaction() as session:
        given = {"ticket_system": last_system(session), **request.args.to_dict()}
    return _page(NewOrderForm.sent(opened_at=business_now().replace(tzinfo=None), **_known(given)), request.args)


@blueprint.post("/orders/new")
@needs(Permission.ORDERS_CREATE)
def submit() -> ResponseReturnValue:
    """Escalate in one transaction, then show what came of it."""
    form = NewOrderForm.sent()
    if form.is_sent_well() and (came := _escalated(form)):
        return _where_it_went(came)
    return _page(form, request.form), 422


@blueprint.get("/orders/new/machine")
@needs(Permission.ORDERS_CREATE)
def machine() -> ResponseReturnValue:
    """What is known of the machine with that tag, or the tags that look like it."""
    with transaction() as session:
        return render_template("jobs/new_order_machine.html", **_machine(session, request.args.get("asset", "")))


@blueprint.get("/orders/new/questions")
@needs(Permission.ORDERS_CREATE)
def questions() -> ResponseReturnValue:
    """The questions of one kind of job."""
    kind = KINDS.get(request.args.get("job_kind", ""))
    return render_template("jobs/new_order_questions.html", kind=kind, answers={}, form_id=FORM_ID)


@blueprint.get("/orders/new/offer")
@needs(Permission.ORDERS_CREATE)
def offer() -> ResponseReturnValue:
    """The promise for what is filled in so far."""
    with transaction() as session:
        return render_template("jobs/new_order_offer.html", swap=True, **_offer(session, asked_of(request.args)))


@blueprint.post("/orders/new/diagnostics")
@needs(Permission.DIAGNOSTICS_TAKE)
def take() -> ResponseReturnValue:
    """Ask the machine how it is; the answer arrives part by part."""
    with transaction() as session:
        asset = asset_for(session, current(), request.form.get("asset", "").strip(), Permission.DIAGNOSTICS_TAKE)
        run = request_diagnostics(session, asset, by=current().name, reason="level1", now=true_now())
        return _diagnostics(run)


@blueprint.get("/orders/new/diagnostics/<uuid:diagnostics_id>")
@needs(Permission.DIAGNOSTICS_READ)
def diagnostics(diagnostics_id: UUID) -> ResponseReturnValue:
    """How far one run is, and what its findings suggest."""
    with transaction() as session:
        return _diagnostics(diagnostics_for(session, current(), diagnostics_id))


def _page(form: NewOrderForm, given: Mapping[str, str]) -> str:
    asked = asked_of({**given, "team": form.team.data or ""})
    with transaction() as session:
        return render_template(
            "jobs/new_order.html",
            form=form,
            form_id=FORM_ID,
            kinds=KINDS,
            minutes={name: one.minutes(KINDS[name], {}) for name, one in all_published(session).items()},
            kind=KINDS.get(form.job_kind.data or ""),
            answers=asked.answers,
            team_notes={team.value: _team_note(team) for team in TEAMS},
            **_machine(session, asked.asset),
            **_offer(session, asked),
        )


def _known(given: Mapping[str, str]) -> dict[str, str]:
    """The fields that a link may fill in; a time is typed by a person."""
    return {name: value for name, value in given.items() if name not in {"opened_at", "not_before"}}


def _team_note(team: Team) -> str:
    return f"{TEAMS[team].hours} {TEAMS[team].time_zone.rpartition('/')[2]} time. {TEAMS[team].then}"


def _machine(session: Session, tag: str) -> dict[str, Any]:
    """The machine of that tag with what is open on it, or up to five that look like it."""
    tag = tag.strip()[:64]
    asset = _asset(session, tag)
    if asset is None:
        alike = assets_for(session, current(), words=tag, limit=LOOK_ALIKES)[0] if tag else []
        return {"machine": None, "tag": tag, "alike": alike, "run": None, "open_orders": []}
    may_read = current().may(Permission.DIAGNOSTICS_READ, asset.site_id)
    return {
        "machine": asset,
        "tag": tag,
        "alike": [],
        "open_orders": open_orders_on(session, asset.id),
        "run": (open_run(session, asset) or latest(session, asset)) if may_read else None,
        "may_take": current().may(Permission.DIAGNOSTICS_TAKE, asset.site_id),
        "suggested": _suggested,
    }


def _diagnostics(run: Diagnostics) -> str:
    may_take = current().may(Permission.DIAGNOSTICS_TAKE, run.asset.site_id)
    return render_template("jobs/new_order_diagnostics.html", run=run, may_take=may_take, suggested=_suggested)


def _suggested(finding: Mapping[str, Any]) -> object:
    return suggested(finding, KINDS)


def _offer(session: Session, asked: Asked) -> dict[str, Any]:
    asset, now = _asset(session, asked.asset), business_now()
    answers = {"need": asked.need} if asked.team == Team.BILLING else dict(asked.answers)
    ready = asked.ready_at(asset.site.time_zone) if asset else None
    shown = preview(
        session, asset, team=asked.team, job_kind=asked.job_kind, answers=answers, summary=asked.summary,
        not_before=ready, now=now,
    )  # fmt: skip
    desk = team_desk(asked.team, now) if asked.team in TEAMS else None
    then = TEAMS[asked.team].then if asked.team in TEAMS else None
    return {"shown": shown, "desk": desk, "then": then, "zone": asset.site.time_zone if asset else "UTC"}


def _asset(session: Session, tag: str) -> Asset | None:
    for spelling in dict.fromkeys((tag.strip(), tag.strip().upper())):
        try:
            return asset_for(session, current(), spelling, Permission.ASSETS_READ)
        except NotFound:
            continue
    return None


def _escalated(form: NewOrderForm) -> Escalated | None:
    """What came of it; None when it was refused and the form says why."""
    try:
        with transaction() as session:
            asset = _asset(session, form.asset.data or "")
            body = form.body(answers_of(request.form), asset.site.time_zone if asset else "UTC")
            body["asset"] = asset.tag if asset else body["asset"]
            taken = _taken(session, asset)
            return escalate(session, current(), read(EscalationSchema, body), now=business_now(), diagnostics_id=taken)
    except NotFound as refusal:
        form.refuse(refusal.detail, "asset")
    except AppError as refusal:
        form.blame(refusal.detail, refusal.errors)
    return None


def _taken(session: Session, asset: Asset | None) -> UUID | None:
    """The diagnostics that Level 1 looked at, when they are this machine's."""
    seen = request.form.get("diagnostics", type=UUID)
    if seen is None or asset is None or not current().may(Permission.DIAGNOSTICS_READ, asset.site_id):
        return None
    return seen if diagnostics_for(session, current(), seen).asset_id == asset.id else None


def _where_it_went(came: Escalated) -> ResponseReturnValue:
    flash(came.message, "ok" if came.created else "active")
    if came.work_order is not None:
        return redirect(url_for("office.manage", number=came.work_order.number), 303)
    if came.referral is not None:
        return redirect(url_for("queue.referral", number=came.referral.number), 303)
    return redirect(url_for("level1.inbox"), 303)
