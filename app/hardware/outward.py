"""The forms in which assets and their diagnostics leave: through the API, the command line and into pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.core.clock import utc_text
from app.hardware.models import Asset, DeviceAction, Diagnostics
from app.hardware.operations.overdue import is_silent, last_seen


def asset_form(asset: Asset) -> dict[str, Any]:
    """The contract's form of an asset."""
    return {
        "tag": asset.tag,
        "role": asset.role,
        "name": asset.name,
        "serial": asset.serial,
        "site": asset.site.code,
        "rack": asset.rack.name if asset.rack else None,
        "u": asset.u,
        "face": asset.face,
        "sources": sorted(endpoint.protocol for endpoint in asset.endpoints),
        "power": [{"psu": cord.psu, "pdu": cord.pdu.tag, "outlet": cord.outlet} for cord in asset.power],
        "network": [
            {"port": cable.port, "switch": cable.switch.tag, "switch_port": cable.switch_port}
            for cable in asset.network
        ],
        "room": asset.rack.room if asset.rack else None,
        "height": asset.height,
        "model": asset.model,
    }


def run_form(diagnostics: Diagnostics, *, now: datetime) -> dict[str, Any]:
    """Diagnostics that are not there yet: what has answered so far, and a notice when nobody seems to work."""
    site = diagnostics.asset.site
    stuck = diagnostics.state == "queued" and is_silent(site.worker_seen_at, now=now)
    return {
        "id": str(diagnostics.id),
        "device": diagnostics.asset.tag,
        "state": diagnostics.state,
        "requested_at": utc_text(diagnostics.requested_at),
        "parts": diagnostics.parts,
        "notice": last_seen(site) if stuck else None,
    }


def taken_form(diagnostics: Diagnostics) -> dict[str, Any]:
    """One asking in a list, without its document."""
    return {
        "id": str(diagnostics.id),
        "state": diagnostics.state,
        "reason": diagnostics.reason,
        "requested_by": diagnostics.requested_by,
        "requested_at": utc_text(diagnostics.requested_at),
        "taken_at": utc_text(diagnostics.taken_at) if diagnostics.taken_at else None,
        "worst": diagnostics.worst,
        "frozen": diagnostics.frozen,
    }


def id_led_form(action: DeviceAction, asset: Asset) -> dict[str, Any]:
    """What was asked of the ID LED and how it went."""
    return {
        "id": str(action.id),
        "asset": asset.tag,
        "on": action.arguments["on"],
        "seconds": action.arguments["seconds"],
        "state": action.state,
        "detail": action.detail,
        "advice": action.advice,
        "requested_at": utc_text(action.requested_at),
        "finished_at": utc_text(action.finished_at) if action.finished_at else None,
    }
