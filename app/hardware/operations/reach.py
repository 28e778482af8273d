"""What the site's worker needs to ask a machine: its endpoints and those of what feeds it, credentials opened.

For use inside the site's worker only: nobody else has the private key.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.errors import NotFound, Unavailable
from app.hardware.diagnostics import Source
from app.hardware.models import Asset, Endpoint, NetworkCable, PowerCord
from app.hardware.operations.endpoints import SECRETS
from app.hardware.operations.overdue import address_of
from app.hardware.readings import IpmiTarget, RedfishTarget, SnmpTarget, SourceStatus
from app.hardware.sealing import open_sealed, read_key
from app.hardware.target import parse_target

ADVICE = "Nothing is wrong with the device as far as is known: have a system administrator correct its credentials."


@dataclass(frozen=True, slots=True)
class Reach:
    """A probe's target as the contract has it, and the sources that cannot be asked because of us."""

    target: dict[str, Any] = field(repr=False)
    unusable: tuple[Source, ...] = ()


@dataclass(slots=True)
class _Opener:
    """Opens endpoints with the site's key and remembers which it could not open."""

    keys: Path
    unusable: list[Source] = field(default_factory=list)

    def of(self, asset: Asset, protocols: Collection[str] = SECRETS, suffix: str = "") -> dict[str, dict[str, Any]]:
        found = {}
        for one in asset.endpoints:
            if one.protocol not in protocols:
                continue
            try:
                found[one.protocol] = _opened(asset, one, self.keys)
            except Unavailable as error:
                name, address = f"{one.protocol}{suffix}", address_of(one.settings)
                self.unusable.append(Source(name, address, SourceStatus.REFUSED, error.detail, ADVICE))
        return found


def target_for(session: Session, asset: Asset, keys: Path, *, deadline_s: int) -> Reach:
    """Everything to ask about one asset; `keys` is the folder of private keys. A handful of queries, no network.

    The target holds secrets: never log or store it.
    """
    opener = _Opener(keys)
    device: dict[str, Any] = {
        "role": asset.role,
        "name": asset.tag,
        "asset_tag": asset.tag,
        "serial": asset.serial,
        **opener.of(asset),
    }
    if asset.role != "server":
        device["in_use"] = _in_use(session, asset)
    target: dict[str, Any] = {"device": device, "deadline_s": deadline_s}
    target["power"] = [
        {"psu": cord.psu, "outlet": cord.outlet, "pdu": _feeder(opener, cord.pdu)} for cord in asset.power
    ]
    target["network"] = [
        {
            "port": cable.port,
            "mac": cable.mac,
            "switch_port": cable.switch_port,
            "switch": _feeder(opener, cable.switch),
        }
        for cable in asset.network
    ]
    return Reach(target, tuple(dict.fromkeys(opener.unusable)))


def bmc_of(asset: Asset, keys: Path) -> IpmiTarget | RedfishTarget:
    """The asset's BMC, opened: by IPMI where that is recorded, else by Redfish.

    Raises NotFound when neither is recorded, Unavailable when we cannot open it, Invalid.
    """
    known = {one.protocol: one for one in asset.endpoints}
    endpoint = known.get("ipmi") or known.get("redfish")
    if endpoint is None:
        raise NotFound("no_bmc", f"No IPMI address is recorded for {asset.tag}.")
    device = {"role": asset.role, "name": asset.tag, endpoint.protocol: _opened(asset, endpoint, keys)}
    parsed = parse_target({"device": device}).device
    target = parsed.ipmi or parsed.redfish
    assert target is not None  # it was given
    return target


def agent_of(asset: Asset, keys: Path) -> SnmpTarget | None:
    """The asset's SNMP agent, opened; None when none is recorded. Raises Unavailable if we cannot open it, Invalid."""
    endpoint = next((one for one in asset.endpoints if one.protocol == "snmp"), None)
    if endpoint is None:
        return None
    device = {"role": asset.role, "name": asset.tag, "snmp": _opened(asset, endpoint, keys)}
    return parse_target({"device": device}).device.snmp


def _opened(asset: Asset, endpoint: Endpoint, keys: Path) -> dict[str, Any]:
    if endpoint.sealed is None:
        return endpoint.settings
    opened = open_sealed(read_key(keys, asset.site.code), endpoint.sealed)
    if opened["settings"] != endpoint.settings:
        raise Unavailable("not_sealed_to", "The address was changed without entering the credentials again.")
    return {**endpoint.settings, **opened["secrets"]}


def _feeder(opener: _Opener, asset: Asset) -> dict[str, Any]:
    opened = opener.of(asset, {"snmp"}, f":{asset.tag}")
    return {"name": asset.tag, **({"snmp": opened["snmp"]} if "snmp" in opened else {})}


def _in_use(session: Session, asset: Asset) -> list[str]:
    """The outlets and ports of this device that something hangs on."""
    outlets = session.scalars(select(PowerCord.outlet).where(PowerCord.pdu_id == asset.id)).all()
    ports = session.scalars(select(NetworkCable.switch_port).where(NetworkCable.switch_id == asset.id)).all()
    return sorted({*outlets, *ports})
