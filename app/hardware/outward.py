"""The forms in which assets and their diagnostics leave: through the API, the command line and into pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from app.core.clock import drill_offset, utc_text
from app.core.events import Event
from app.hardware.models import Asset, AssetSweep, DeviceAction, DeviceEvent, Diagnostics
from app.hardware.operations.overdue import addresses, is_silent, last_seen
from app.hardware.statement import document_of


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


def shown(at: datetime) -> datetime:
    """True time as the product's clock shows it: a drill moves it."""
    return at + drill_offset()


def swept_form(known: AssetSweep) -> dict[str, Any]:
    """What the sweep knows of a machine, as a page shows it: a diagnostics document without durations, and when."""
    document = document_of(known.statement, uuid4(), shown(known.swept_at))
    sources = [{**source, "duration_ms": None} for source in document["sources"]]
    return {**document, "sources": sources, "swept_at": shown(known.swept_at)}


def moments_told(document: Mapping[str, Any]) -> list[str]:
    """The moments of which a document speaks with their age: when it was taken, and when each thing was read."""
    read = [*document["readings"], *(one for finding in document["findings"] for one in finding["evidence"])]
    return sorted({document["taken_at"], *(one["read_at"] for one in read)})


def parts_of(diagnostics: Diagnostics) -> list[dict[str, Any]]:
    """How far each source is: name, state (todo, reading, ok, warning, unknown), detail; first what will be asked."""
    if diagnostics.parts:
        return diagnostics.parts
    asset = diagnostics.asset
    feeders = [cord.pdu for cord in asset.power] + [cable.switch for cable in asset.network]
    others = [
        (f"snmp:{feeder.tag}", address)
        for feeder in dict.fromkeys(feeders)
        for protocol, address in addresses(feeder)
        if protocol == "snmp"
    ]
    return [{"name": name, "state": "todo", "detail": address} for name, address in addresses(asset) + others]


def run_form(diagnostics: Diagnostics, *, now: datetime) -> dict[str, Any]:
    """Diagnostics that are not there yet: what has answered so far, and a notice when nobody seems to work."""
    site = diagnostics.asset.site
    stuck = diagnostics.state == "queued" and is_silent(site.worker_seen_at, now=now)
    return {
        "id": str(diagnostics.id),
        "device": diagnostics.asset.tag,
        "state": diagnostics.state,
        "requested_at": utc_text(shown(diagnostics.requested_at)),
        "parts": parts_of(diagnostics),
        "notice": last_seen(site) if stuck else None,
    }


def taken_form(diagnostics: Diagnostics) -> dict[str, Any]:
    """One asking in a list, without its document."""
    return {
        "id": str(diagnostics.id),
        "state": diagnostics.state,
        "reason": diagnostics.reason,
        "requested_by": diagnostics.requested_by,
        "requested_at": utc_text(shown(diagnostics.requested_at)),
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
        "requested_at": utc_text(shown(action.requested_at)),
        "finished_at": utc_text(shown(action.finished_at)) if action.finished_at else None,
    }


def device_event_form(event: DeviceEvent) -> dict[str, Any]:
    """What a device told by itself: in plain words, with the values that came with it."""
    return {
        "id": event.id,
        "at": utc_text(shown(event.at)),
        "state": event.state,
        "words": event.words,
        "details": event.details,
        "others": [{"oid": oid, "text": text} for oid, text in event.others],
        "object": event.object,
        "oid": event.oid,
        "source": event.source,
        "diagnostics": str(event.diagnostics_id) if event.diagnostics_id else None,
    }


def device_event_lines(events: Iterable[DeviceEvent]) -> list[dict[str, Any]]:
    """What a device told by itself, for a timeline; values without a name are told only where none has one."""
    return [
        {
            "at": shown(one.at),
            "by": one.object,
            "text": one.words,
            "state": one.state,
            "why": ", ".join(one.details or [f"{oid}: {text}" for oid, text in one.others[:3]]),
        }
        for one in events
    ]


def diagnosis_form(signed: Event | None) -> dict[str, Any] | None:
    """A system administrator's diagnosis with its signature in the asset's record, or None."""
    if signed is None:
        return None
    return {
        "text": signed.why,
        "by": signed.by,
        "at": utc_text(signed.at),
        "diagnostics": signed.detail["diagnostics"],
        "hash": signed.hash,
    }


def place_line(asset: Asset) -> str:
    """Where it stands, as people say it: AMS1, Hall 1, A03 U21 front."""
    if asset.rack is None:
        return f"{asset.site.code}, place not known"
    unit = f" U{asset.u} {asset.face}" if asset.u else ""
    return ", ".join(part for part in (asset.site.code, asset.rack.room, f"{asset.rack.name}{unit}") if part)


def record_lines(events: Iterable[Event]) -> list[dict[str, Any]]:
    """The asset's record for a timeline: what happened in plain words, by whom, why."""
    return [{"at": one.at, "by": one.by, "text": _told(one), "why": one.why} for one in events]


def _told(event: Event) -> str:
    detail = event.detail
    match event.verb:
        case "entry":
            return "entered"
        case "endpoint" | "endpoint_removal":
            protocol = detail["protocol"].upper().replace("REDFISH", "Redfish")
            return f"{protocol} {'set' if event.verb == 'endpoint' else 'forgotten'}"
        case "power" | "network":
            what = f"PSU {detail['psu']}" if event.verb == "power" else detail["port"]
            return f"{what}: {_ends(detail['before'])} → {_ends(detail['after'])}"
        case "diagnosis":
            return "diagnosis signed"
        case "part":
            where = f" {detail['where']}" if detail["where"] else ""
            serials = f"{detail['removed'] or 'not told'} → {detail['installed'] or 'nothing new'}"
            return f"{detail['kind']}{where}: {serials} ({detail['order']})"
        case "id_led":
            return f"ID LED {event.to_state}"
    before, after = detail.get("before", {}), detail.get("after", {})
    hidden = {"rack_id"}
    words = [f"{name}: {before.get(name) or 'none'} → {after[name] or 'none'}" for name in after if name not in hidden]
    rack = [f"rack {detail['rack']}"] if "rack" in detail else []
    return ", ".join(rack + words) or event.verb


def _ends(ends: dict[str, Any] | None) -> str:
    return "nothing" if ends is None else " ".join(str(value) for value in ends.values() if value)
