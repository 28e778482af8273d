"""Labels to print: one asset's, or a whole rack's with everything in it."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app.core.access import current, needs
from app.core.database import transaction
from app.core.permissions import Permission
from app.hardware import queries
from app.hardware.labels import asset_label, rack_label

blueprint: Final = Blueprint("hardware_labels", __name__, template_folder="templates")


@blueprint.get("/assets/<tag>/labels")
@needs(Permission.ASSETS_READ)
def of_asset(tag: str) -> ResponseReturnValue:
    """The label of one asset."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ASSETS_READ)
        return render_template("hardware/labels.html", title=found.tag, machine=found, labels=[asset_label(found)])


@blueprint.get("/assets/<tag>/labels/rack")
@needs(Permission.ASSETS_READ)
def of_rack(tag: str) -> ResponseReturnValue:
    """The label of the rack that this asset stands in, and of every asset in it from the top down."""
    with transaction() as session:
        found = queries.asset_for(session, current(), tag, Permission.ASSETS_READ)
        inside = queries.in_same_rack(session, found)
        racks = [rack_label(found.rack)] if found.rack else []
        labels = [*racks, *(asset_label(asset) for asset in inside)]
        title = f"Rack {found.rack.name}" if found.rack else found.tag
        return render_template("hardware/labels.html", title=title, machine=found, labels=labels)
