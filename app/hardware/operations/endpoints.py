"""How a machine is reached: addresses anybody may read, credentials that only the site's worker can."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.errors import Conflict, Invalid
from app.core.events import record
from app.hardware.models import Asset, Endpoint
from app.hardware.operations.assets import held, stream, wrong
from app.hardware.sealing import seal
from app.hardware.target import parse_target

SECRETS = {
    "ipmi": frozenset({"password"}),
    "redfish": frozenset({"password"}),
    "snmp": frozenset({"community", "auth_password", "privacy_password"}),
    "ssh": frozenset({"password"}),
}


def set_endpoint(
    session: Session, asset: Asset, protocol: str, given: dict[str, Any], *, by: str, now: datetime
) -> Endpoint:
    """Say how the asset answers one protocol; `given` is that protocol's part of a probe's target, secrets included.

    The secrets are sealed together with the settings they belong to: who changes an address without entering them
    again cannot have them sent there. Left out, they stay only if nothing else changed. Raises Invalid naming what
    is wrong, Conflict while the site has no key.
    """
    if protocol not in SECRETS:
        raise wrong("protocol", f"The protocol is one of {', '.join(sorted(SECRETS))}.")
    held(session, asset)
    secrets = {name: value for name, value in given.items() if name in SECRETS[protocol] and value}
    settings = {name: value for name, value in given.items() if name not in SECRETS[protocol]}
    known = next((one for one in asset.endpoints if one.protocol == protocol), None)
    if known is not None and known.sealed is not None and not secrets and known.settings == settings:
        return known
    check_endpoint(asset, protocol, settings | secrets)
    sealed = _sealed(asset, settings, secrets) if secrets else None
    if known is None:
        known = Endpoint(protocol=protocol, settings=settings, sealed=sealed)
        asset.endpoints.append(known)
    else:
        known.settings, known.sealed = settings, sealed
    detail = {"protocol": protocol, "settings": settings, "secrets": sorted(secrets)}
    record(session, stream(asset), now=now, by=by, verb="endpoint", detail=detail)
    return known


def remove_endpoint(session: Session, asset: Asset, protocol: str, *, by: str, now: datetime) -> bool:
    """Ask the asset over this protocol no more, and forget its credentials; False when there were none."""
    held(session, asset)
    known = next((one for one in asset.endpoints if one.protocol == protocol), None)
    if known is None:
        return False
    asset.endpoints.remove(known)
    record(session, stream(asset), now=now, by=by, verb="endpoint_removal", detail={"protocol": protocol})
    return True


def check_endpoint(asset: Asset, protocol: str, given: dict[str, Any]) -> None:
    """Raise Invalid, naming each wrong field, unless a probe could use this."""
    try:
        parse_target({"device": {"role": asset.role, "name": asset.tag, protocol: given}})
    except Invalid as refused:
        errors = [replace(error, field=error.field.rpartition(".")[2]) for error in refused.errors]
        told = "; ".join(f"{error.field}: {error.detail}" for error in errors)
        raise Invalid("invalid", f"{protocol} of {asset.tag} cannot be used: {told}", errors) from refused


def _sealed(asset: Asset, settings: dict[str, Any], secrets: dict[str, Any]) -> bytes:
    public_key = asset.site.public_key
    if public_key is None:
        raise Conflict(
            "no_site_key",
            f"Site {asset.site.code} has no key to seal credentials to: run `rackside asset key {asset.site.code}` "
            "where its worker runs.",
        )
    return seal(public_key, {"settings": settings, "secrets": secrets})
