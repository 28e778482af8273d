"""The completion report of an order, to keep and to hand on."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, current_app, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core import events
from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import Conflict, Unavailable
from app.core.permissions import Permission
from app.jobs import completion, queries
from app.jobs.export import export_of
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.photo_pairs import album

blueprint: Final = Blueprint("completion", "app.jobs", template_folder="templates")

MOST_PHOTOS: Final = 40


@blueprint.get("/orders/<number>/completion-report")
@needs(Permission.ORDERS_READ)
def report(number: str) -> ResponseReturnValue:
    """The report as PDF; as a page, which says so, where no PDF can be made."""
    with transaction() as session:
        order = queries.order_numbered(session, current(), number)
        if order.finished_at is None:
            raise Conflict("wrong_state", "Nothing is finished yet: there is a report once the work is reported done.")
        page = _page(session, order)
        record = export_of(session, order, current(), current_app.config["RACKSIDE"].instance)
        try:
            drawn = completion.pdf(page, record)
        except Unavailable as lacking:
            return _page(session, order, lacking.detail)
    headers = {"Content-Disposition": f'inline; filename="{order.number}.pdf"', "Cache-Control": "private, no-store"}
    return Response(drawn, mimetype="application/pdf", headers=headers)


def _page(session: Session, order: WorkOrder, lacking: str | None = None) -> str:
    photos = queries.photos_of(session, order, most=MOST_PHOTOS)
    return render_template(
        "jobs/completion.html",
        order=order,
        kind=KINDS[order.job_kind],
        album=album(order.steps, photos, is_over=True),
        pictures=completion.pictures(photos),
        titles={step.key: step.title for step in order.steps},
        record=events.history(session, order.number),
        made_at=business_now(),
        lacking=lacking,
    )
