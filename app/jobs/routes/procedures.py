"""Procedures: what technicians do step by step, edited and published by administrators."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.permissions import Permission
from app.jobs.forms_procedure import ProcedureForm, moved
from app.jobs.kind import Kind
from app.jobs.kinds import KINDS
from app.jobs.operations import procedures
from app.jobs.procedure import to_rows

blueprint: Final = Blueprint("procedures", "app.jobs", template_folder="templates")


@blueprint.get("/procedures")
@needs(Permission.PROCEDURES_WRITE)
def overview() -> ResponseReturnValue:
    """Every kind of job with the version that new orders are booked with."""
    with transaction() as session:
        found = [(kind, procedures.published(session, kind)) for kind in KINDS.values()]
        return render_template("jobs/procedures.html", procedures=found)


@blueprint.route("/procedures/<name>", methods=["GET", "POST"])
@needs(Permission.PROCEDURES_WRITE)
def edit(name: str) -> ResponseReturnValue:
    """The steps of one kind; publishing makes the next version, orders that are booked keep theirs."""
    kind = KINDS.get(name) or abort(404)
    if request.method == "GET":
        return _page(kind, _from_version(kind, request.args.get("version", type=int)))
    form = ProcedureForm.sent()
    if act := request.form.get("act"):
        rows = moved(form.rows(), act)
        minutes = {"verify_minutes": form.verify_minutes.data, "back_out_minutes": form.back_out_minutes.data}
        return _page(kind, ProcedureForm(data={"seen": form.seen.data, "why": form.why.data, "steps": rows, **minutes}))
    if not form.is_sent_well() or not _published(kind, form):
        return _page(kind, form), 422
    return redirect(url_for("procedures.edit", name=name), 303)


def _from_version(kind: Kind, version: int | None) -> ProcedureForm:
    """The form filled with that version; published from here it becomes the next one."""
    with transaction() as session:
        newest = procedures.published(session, kind)
        based = procedures.published(session, kind, version) if version else newest
        minutes = {"verify_minutes": based.verify_minutes, "back_out_minutes": based.back_out_minutes}
        return ProcedureForm(data={"seen": str(newest.version), "steps": to_rows(based.steps), **minutes})


def _published(kind: Kind, form: ProcedureForm) -> bool:
    seen = form.seen.data or ""
    try:
        with transaction() as session:
            row = procedures.publish(
                session, kind, form.templates(), verify_minutes=form.verify_minutes.data or 0,
                back_out_minutes=form.back_out_minutes.data or 0, seen=int(seen) if seen.isdecimal() else 0,
                why=form.why.data or "", by=current().name, now=true_now(),
            )  # fmt: skip
            flash(f"Version {row.version} is published: new orders are booked with it.", "ok")
    except AppError as refusal:
        for sentence in [error.detail for error in refusal.errors] or [refusal.detail]:
            form.refuse(sentence)
        return False
    return True


def _page(kind: Kind, form: ProcedureForm) -> str:
    with transaction() as session:
        return render_template(
            "jobs/procedure.html",
            kind=kind,
            form=form,
            newest=procedures.published(session, kind),
            versions=procedures.versions(session, kind),
        )
