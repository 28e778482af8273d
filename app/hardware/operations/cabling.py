"""What feeds a machine and where its network goes: which outlet, which switch port."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import Conflict
from app.core.events import record
from app.hardware.models import Asset, NetworkCable, PowerCord
from app.hardware.operations.assets import held, stream, wrong

FEEDS = ("pdu", "ups", "ats")


def set_power_cord(
    session: Session, asset: Asset, *, psu: str, pdu: Asset, outlet: str, by: str, now: datetime
) -> bool:
    """Say which outlet feeds a power supply; False when that was known.

    Raises Invalid when it cannot be so, Conflict when something else hangs on that outlet.
    """
    _named("psu", psu)
    _named("outlet", outlet)
    _refuse_stranger(asset, pdu, "pdu", FEEDS)
    held(session, asset)
    taken = session.scalars(select(PowerCord).where(PowerCord.pdu_id == pdu.id, PowerCord.outlet == outlet)).first()
    if taken is not None and (taken.asset_id, taken.psu) != (asset.id, psu):
        feeds = session.get_one(Asset, taken.asset_id).tag
        raise Conflict("outlet_taken", f"Outlet {outlet} of {pdu.tag} feeds PSU {taken.psu} of {feeds}.")
    cord = next((one for one in asset.power if one.psu == psu), None)
    if cord is not None and taken is cord:
        return False
    before = None if cord is None else {"pdu": cord.pdu.tag, "outlet": cord.outlet}
    if cord is None:
        asset.power.append(PowerCord(psu=psu, pdu=pdu, outlet=outlet))
    else:
        cord.pdu, cord.outlet = pdu, outlet
    after = {"pdu": pdu.tag, "outlet": outlet}
    _write(session, asset, "power", {"psu": psu, "before": before, "after": after}, by=by, now=now)
    return True


def remove_power_cord(session: Session, asset: Asset, *, psu: str, by: str, now: datetime) -> bool:
    """Say that nothing feeds this power supply; False when nothing was known to."""
    held(session, asset)
    cord = next((one for one in asset.power if one.psu == psu), None)
    if cord is None:
        return False
    asset.power.remove(cord)
    before = {"pdu": cord.pdu.tag, "outlet": cord.outlet}
    _write(session, asset, "power", {"psu": psu, "before": before, "after": None}, by=by, now=now)
    return True


def set_network_cable(
    session: Session,
    asset: Asset,
    *,
    port: str,
    switch: Asset,
    switch_port: str,
    mac: str | None = None,
    by: str,
    now: datetime,
) -> bool:
    """Say where a network port is plugged in; False when that was known.

    Raises Invalid when it cannot be so, Conflict when something else is plugged into that switch port.
    """
    _named("port", port)
    _named("switch_port", switch_port)
    _refuse_stranger(asset, switch, "switch", ("switch",))
    held(session, asset)
    there = (NetworkCable.switch_id == switch.id, NetworkCable.switch_port == switch_port)
    taken = session.scalars(select(NetworkCable).where(*there)).first()
    if taken is not None and (taken.asset_id, taken.port) != (asset.id, port):
        other = session.get_one(Asset, taken.asset_id).tag
        raise Conflict("port_taken", f"Port {switch_port} of {switch.tag} leads to {taken.port} of {other}.")
    cable = next((one for one in asset.network if one.port == port), None)
    if cable is not None and taken is cable and cable.mac == mac:
        return False
    before = None if cable is None else _ends(cable)
    if cable is None:
        cable = NetworkCable(port=port, mac=mac, switch=switch, switch_port=switch_port)
        asset.network.append(cable)
    else:
        cable.switch, cable.switch_port, cable.mac = switch, switch_port, mac
    _write(session, asset, "network", {"port": port, "before": before, "after": _ends(cable)}, by=by, now=now)
    return True


def remove_network_cable(session: Session, asset: Asset, *, port: str, by: str, now: datetime) -> bool:
    """Say that this port is plugged in nowhere; False when it was known to be."""
    held(session, asset)
    cable = next((one for one in asset.network if one.port == port), None)
    if cable is None:
        return False
    asset.network.remove(cable)
    _write(session, asset, "network", {"port": port, "before": _ends(cable), "after": None}, by=by, now=now)
    return True


def _ends(cable: NetworkCable) -> dict[str, Any]:
    return {"switch": cable.switch.tag, "switch_port": cable.switch_port, "mac": cable.mac}


def _write(session: Session, asset: Asset, verb: str, detail: dict[str, Any], *, by: str, now: datetime) -> None:
    session.flush()
    record(session, stream(asset), now=now, by=by, verb=verb, detail=detail)


def _named(field: str, value: str) -> None:
    if not value or len(value) > 64:
        raise wrong(field, f"The {field.replace('_', ' ')} is 1 to 64 characters.")


def _refuse_stranger(asset: Asset, other: Asset, field: str, roles: tuple[str, ...]) -> None:
    if other.role not in roles:
        raise wrong(field, f"{other.tag} is a {other.role}: this needs one of {', '.join(roles)}.")
    if other.site_id != asset.site_id:
        raise wrong(field, f"{other.tag} stands in {other.site.code}, {asset.tag} in {asset.site.code}.")
    if other.id == asset.id:
        raise wrong(field, f"{asset.tag} cannot be cabled to itself.")
