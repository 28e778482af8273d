"""What the work has to add to a machine's own pages."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.database import transaction
from app.core.permissions import Permission
from app.hardware.queries import asset_for
from app.jobs import queries, queries_machine

blueprint: Final = Blueprint("machine", "app.jobs", template_folder="templates")

SHOWN: Final = 8


@blueprint.get("/assets/<tag>/orders")
@needs(Permission.ORDERS_READ)
def orders(tag: str) -> ResponseReturnValue:
    """The orders on one machine, and how often nothing was found: a part of the machine's history."""
    with transaction() as session:
        found = asset_for(session, current(), tag, Permission.ORDERS_READ)
        return render_template(
            "jobs/machine_orders.html",
            machine=found,
            orders=queries.orders(session, current(), asset=tag, limit=SHOWN),
            outcomes=queries_machine.outcomes(session, found),
        )
