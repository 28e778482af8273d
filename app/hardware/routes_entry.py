"""Pages on which a system administrator enters machines: place, cabling, how they are reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now
from app.core.database import transaction
from app.core.errors import AppError, Conflict, Invalid, NotFound
from app.core.forms import Form
from app.core.permissions import Permission
from app.hardware import queries
from app.hardware.forms import ENDPOINT_FORMS, AssetForm, NetworkForm, PowerForm
from app.hardware.models import Asset
from app.hardware.operations import cabling as cables
from app.hardware.operations.assets import add_asset, change_asset, correct_serial, place_asset
from app.hardware.operations.endpoints import remove_endpoint, set_endpoint
from app.sites.queries import visible_sites

blueprint: Final = Blueprint("hardware_entry", __name__, url_prefix="/assets", template_folder="templates")


@blueprint.route("/new", methods=["GET", "POST"])
@needs(Permission.ASSETS_WRITE)
def add() -> ResponseReturnValue:
    """Enter an asset, with its place if a rack is given."""
    with transaction() as session:
        sites = visible_sites(session, current(), Permission.ASSETS_WRITE)
    form = AssetForm.sent()
    form.offer(sites)
    tag = form.tag.data or ""

    def enter(session: Session) -> None:
        site = queries.site_for(session, current(), form.site.data, Permission.ASSETS_WRITE)
        _place(session, add_asset(session, site, form.entry(tag), **_signed()), form)

    if _done(form, enter):
        return _to_asset(tag, f"{tag} is entered.")
    return _page("hardware/asset_form.html", form, machine=None)


@blueprint.route("/<tag>/correction", methods=["GET", "POST"])
@needs(Permission.ASSETS_WRITE)
def change(tag: str) -> ResponseReturnValue:
    """Correct what is recorded of an asset, its place too."""
    with transaction() as session:
        found = _asset(session, tag)
    form = AssetForm.sent(**_recorded(found))
    del form.site, form.tag

    def correct(session: Session) -> None:
        known = _asset(session, tag)
        if (form.serial.data or None) != known.serial:
            correct_serial(session, known, form.serial.data or "", why=form.why.data or "", **_signed())
        change_asset(session, known, form.entry(tag), **_signed())
        _place(session, known, form)

    if _done(form, correct):
        return _to_asset(tag, "Saved.")
    return _page("hardware/asset_form.html", form, machine=found)


@blueprint.route("/<tag>/endpoints/<protocol>", methods=["GET", "POST"])
@needs(Permission.ASSETS_WRITE)
def endpoint(tag: str, protocol: str) -> ResponseReturnValue:
    """How one protocol reaches the asset. Credentials go in and never come out."""
    if protocol not in ENDPOINT_FORMS:
        raise NotFound("not_found", "There is no such protocol.")
    with transaction() as session:
        found = _asset(session, tag)
    known = next((one for one in found.endpoints if one.protocol == protocol), None)
    form = ENDPOINT_FORMS[protocol].sent(**ENDPOINT_FORMS[protocol].shown(known))
    if _done(form, lambda session: set_endpoint(session, _asset(session, tag), protocol, form.given(), **_signed())):
        return _to_asset(tag, f"{protocol.upper().replace('REDFISH', 'Redfish')} is set.")
    return _page("hardware/endpoint.html", form, machine=found, protocol=protocol, known=known)


@blueprint.post("/<tag>/endpoints/<protocol>/removal")
@needs(Permission.ASSETS_WRITE)
def forget(tag: str, protocol: str) -> ResponseReturnValue:
    """Ask over this protocol no more."""
    with transaction() as session:
        remove_endpoint(session, _asset(session, tag), protocol, **_signed())
    return _to_asset(tag, "Forgotten, credentials too.")


@blueprint.get("/<tag>/cabling")
@needs(Permission.ASSETS_WRITE)
def cabling(tag: str) -> ResponseReturnValue:
    """What feeds the asset and where its network goes."""
    return _cabling_page(tag, PowerForm(), NetworkForm())


@blueprint.post("/<tag>/power")
@needs(Permission.ASSETS_WRITE)
def power(tag: str) -> ResponseReturnValue:
    """Set one power cord."""
    form = PowerForm.sent()

    def plug(session: Session) -> None:
        pdu = _asset(session, form.pdu.data or "")
        ends: dict[str, Any] = {"psu": form.psu.data or "", "outlet": form.outlet.data or ""}
        cables.set_power_cord(session, _asset(session, tag), pdu=pdu, **ends, **_signed())

    return _to_cabling(tag) if _done(form, plug) else _cabling_page(tag, form, NetworkForm())


@blueprint.post("/<tag>/network")
@needs(Permission.ASSETS_WRITE)
def network(tag: str) -> ResponseReturnValue:
    """Set one network cable."""
    form = NetworkForm.sent()

    def plug(session: Session) -> None:
        switch = _asset(session, form.switch.data or "")
        ends: dict[str, Any] = {"port": form.port.data or "", "switch_port": form.switch_port.data or ""}
        ends["mac"] = form.mac.data or None
        cables.set_network_cable(session, _asset(session, tag), switch=switch, **ends, **_signed())

    return _to_cabling(tag) if _done(form, plug) else _cabling_page(tag, PowerForm(), form)


@blueprint.post("/<tag>/unplugged")
@needs(Permission.ASSETS_WRITE)
def unplug(tag: str) -> ResponseReturnValue:
    """Take one cord or cable off the record."""
    with transaction() as session:
        found = _asset(session, tag)
        if psu := request.form.get("psu"):
            cables.remove_power_cord(session, found, psu=psu, **_signed())
        if port := request.form.get("port"):
            cables.remove_network_cable(session, found, port=port, **_signed())
    return _to_cabling(tag)


def _done(form: Form, act: Callable[[Session], object]) -> bool:
    """True when the form was sent and the act went well; what an operation refuses is told in the form."""
    if not form.is_sent_well():
        return False
    try:
        with transaction() as session:
            act(session)
    except (Invalid, Conflict, NotFound) as refused:
        _explain(form, refused)
        return False
    return True


def _explain(form: Form, refused: AppError) -> None:
    for error in refused.errors:
        form.refuse(error.detail, error.field if error.field in form else None)
    if not refused.errors:
        form.refuse(refused.detail)


def _signed() -> dict[str, Any]:
    return {"by": current().name, "now": business_now()}


def _asset(session: Session, tag: str) -> Asset:
    return queries.asset_for(session, current(), tag, Permission.ASSETS_WRITE)


def _place(session: Session, asset: Asset, form: AssetForm) -> None:
    position = form.position()
    if position is not None:
        place_asset(session, asset, position, **_signed())


def _recorded(asset: Asset) -> dict[str, Any]:
    rack = asset.rack
    columns = ("role", "name", "serial", "model", "customer", "u", "height", "face")
    place = {"room": rack.room if rack else "", "rack": rack.name if rack else ""}
    return {name: getattr(asset, name) for name in columns} | place


def _page(template: str, form: Form, **shown: Any) -> ResponseReturnValue:
    return render_template(template, form=form, **shown), 422 if form.errors else 200


def _cabling_page(tag: str, power: PowerForm, network: NetworkForm) -> ResponseReturnValue:
    with transaction() as session:
        page = render_template("hardware/cabling.html", machine=_asset(session, tag), power=power, network=network)
    return page, 422 if power.errors or network.errors else 200


def _to_asset(tag: str, said: str) -> ResponseReturnValue:
    flash(said, "ok")
    return redirect(url_for("hardware.asset", tag=tag), 303)


def _to_cabling(tag: str) -> ResponseReturnValue:
    flash("Saved.", "ok")
    return redirect(url_for("hardware_entry.cabling", tag=tag), 303)
