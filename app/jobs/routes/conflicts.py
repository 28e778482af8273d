"""Two versions of one step, side by side, and the choice between them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import Conflict, Invalid, VersionConflict
from app.core.permissions import Permission
from app.jobs import queries
from app.jobs.forms import read_verb
from app.jobs.forms_conflict import ChoiceForm
from app.jobs.operations.perform import perform
from app.jobs.outward import allowed_verbs
from app.jobs.queries_conflicts import conflicts_of
from app.jobs.states import Verb

blueprint: Final = Blueprint("conflicts", "app.jobs", template_folder="templates")


@blueprint.get("/orders/<number>/conflicts")
@needs(Permission.ORDERS_READ)
def conflicts(number: str) -> ResponseReturnValue:
    """Both versions of each step that two people did; who may choose finds the form below them."""
    return _page(number)


@blueprint.post("/orders/<number>/conflicts/<int:conflict>/resolution")
@needs(Permission.ORDERS_ACT)
def resolve(number: str, conflict: int) -> ResponseReturnValue:
    """Choose: which version stands, and why."""
    form = ChoiceForm.about(conflict)
    if not form.is_sent_well() or not _chosen(number, conflict, form):
        return _page(number, conflict, form), 422
    flash("Chosen. Both versions stay on record.", "ok")
    return redirect(url_for("conflicts.conflicts", number=number), 303)


def _chosen(number: str, conflict: int, form: ChoiceForm) -> bool:
    silence: timedelta = current_app.config["RACKSIDE"].confirmation_silence
    try:
        with transaction() as session:
            body = read_verb(Verb.RESOLUTION, form.body(conflict))
            perform(session, current(), number, Verb.RESOLUTION, body, now=business_now(), silence=silence)
    except (Invalid, Conflict, VersionConflict) as refusal:
        form.refuse(refusal.detail)
        return False
    return True


def _page(number: str, conflict: int | None = None, form: ChoiceForm | None = None) -> str:
    with transaction() as session:
        order = queries.order_numbered(session, current(), number)
        shown = conflicts_of(session, order)
        forms = {one.conflict.id: ChoiceForm.about(one.conflict.id, one.conflict.version) for one in shown}
        if form is not None and conflict in forms:
            forms[conflict] = form
        return render_template(
            "jobs/conflicts.html",
            order=order,
            conflicts=shown,
            forms=forms,
            decides=Verb.RESOLUTION in allowed_verbs(order, current()),
            name=current().name,
        )
