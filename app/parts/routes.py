"""Pages of spares and removed parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import events
from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import AppError
from app.core.permissions import Permission
from app.parts import operations, queries
from app.parts.forms import FORMS, ArriveForm, DeadForm, ExpectForm, given
from app.parts.models import RemovedPart
from app.parts.rules import hold_against, is_overdue
from app.parts.states import Custody, Hop, PartKind, hops_from
from app.sites.queries import visible_codes, visible_site

blueprint: Final = Blueprint("parts", __name__, template_folder="templates")


@blueprint.get("/parts")
@needs(Permission.PARTS_READ)
def overview() -> ResponseReturnValue:
    """What lies on the shelves and what is on its way out."""
    with transaction() as session:
        return _overview(session)


@blueprint.post("/parts")
@needs(Permission.PARTS_WRITE)
def expect() -> ResponseReturnValue:
    """Enter a spare that was ordered."""
    with transaction() as session:
        form = ExpectForm.sent().offer(visible_codes(session, current(), Permission.PARTS_WRITE))
        if not form.is_sent_well():
            return _overview(session, form), 422
        site = visible_site(session, current(), Permission.PARTS_WRITE, form.site.data)
        spare = operations.expect(
            session, site, kind=PartKind(form.kind.data), name=form.name.data or "",
            part_number=form.part_number.data or "", expected_on=form.expected_on.data, by=current().name,
            now=business_now(),
        )  # fmt: skip
        flash(f"{spare.name} is expected at {site.code}.", "ok")
    return redirect(url_for("parts.overview"), 303)


@blueprint.route("/parts/spares/<int:spare_id>/arrival", methods=["GET", "POST"])
@needs(Permission.PARTS_WRITE)
def arrival(spare_id: int) -> ResponseReturnValue:
    """Put a spare that came on its shelf."""
    return _change(spare_id, ArriveForm.sent(), "It is here", operations.arrive)


@blueprint.route("/parts/spares/<int:spare_id>/defect", methods=["GET", "POST"])
@needs(Permission.PARTS_WRITE)
def defect(spare_id: int) -> ResponseReturnValue:
    """Say that a spare was broken when it came."""
    return _change(spare_id, DeadForm.sent(), "It is dead on arrival", operations.is_dead)


@blueprint.get("/parts/removed/<int:part_id>")
@needs(Permission.PARTS_READ)
def removed(part_id: int) -> ResponseReturnValue:
    """One removed part: where it is, who had it, what comes next."""
    with transaction() as session:
        return _removed(session, queries.removed_part(session, current(), part_id))


@blueprint.post("/parts/removed/<int:part_id>/<hop_name>")
@needs(Permission.PARTS_WRITE)
def move_on(part_id: int, hop_name: str) -> ResponseReturnValue:
    """One hop of a removed part."""
    hop = next((hop for hop in Hop if hop == hop_name), None)
    if hop is None:
        abort(404)
    form = FORMS[hop].sent()
    with transaction() as session:
        part = queries.removed_part(session, current(), part_id, Permission.PARTS_WRITE)
        if not form.is_sent_well():
            return _removed(session, part, {hop: form}), 422
    try:
        with transaction() as session:
            part = queries.removed_part(session, current(), part_id, Permission.PARTS_WRITE)
            operations.move_on(session, part, hop, given(form), by=current().name, now=business_now())
    except AppError as refusal:
        form.refuse(refusal.detail)
        with transaction() as session:
            return _removed(session, queries.removed_part(session, current(), part_id), {hop: form}), 409
    return redirect(url_for("parts.removed", part_id=part_id), 303)


def _overview(session: Session, form: ExpectForm | None = None) -> str:
    principal, now = current(), business_now()
    under_way = queries.removed_parts(session, principal)
    return render_template(
        "parts/parts.html",
        spares=queries.spares(session, principal),
        removed=sorted(under_way, key=lambda part: (not is_overdue(part.standing, now), part.id)),
        overdue={part.id for part in under_way if is_overdue(part.standing, now)},
        ended=queries.ended_parts(session, principal),
        may_write=principal.may(Permission.PARTS_WRITE),
        form=form or ExpectForm().offer(visible_codes(session, principal, Permission.PARTS_WRITE)),
    )


def _change(
    spare_id: int, form: ArriveForm | DeadForm, verb: str, operation: Callable[..., object]
) -> ResponseReturnValue:
    try:
        with transaction() as session:
            spare = queries.spare(session, current(), spare_id)
            if not form.is_sent_well():
                return render_template(
                    "parts/spare.html", spare=spare, form=form, verb=verb
                ), 422 if form.errors else 200
            operation(session, spare, **given(form), by=current().name, now=business_now())
            flash(f"{spare.name}: {spare.state_words}.", "ok")
    except AppError as refusal:
        form.refuse(refusal.detail)
        with transaction() as session:
            spare = queries.spare(session, current(), spare_id)
            return render_template("parts/spare.html", spare=spare, form=form, verb=verb), 409
    return redirect(url_for("parts.overview"), 303)


def _removed(session: Session, part: RemovedPart, forms: dict[Hop, object] | None = None) -> str:
    now = business_now()
    held = {hop: sentence for hop in Hop if (sentence := hold_against(part.standing, hop, now))}
    return render_template(
        "parts/removed.html",
        part=part,
        hops=hops_from(part.kind, part.state) if current().may(Permission.PARTS_WRITE, part.site_id) else [],
        forms={hop: (forms or {}).get(hop) or FORMS[hop]() for hop in Hop},
        held=held,
        is_overdue=is_overdue(part.standing, now),
        record=[
            {"at": one.at, "by": one.by, "text": Custody(str(one.to_state)).words.capitalize()}
            for one in events.history(session, part.stream)
        ],
    )
