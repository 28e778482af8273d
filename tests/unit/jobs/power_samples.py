"""Hand-made diagnostics of a server whose two supplies hang on metered outlets of two PDUs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.hardware.diagnostics import Component, DiagnosticsDocument, Kind, Power, Reading, Source
from app.hardware.readings import SourceStatus, State
from app.jobs.power import Cord
from tests.unit.hardware.samples import TAKEN_AT, healthy_server

CORDS = (Cord("1", "PDU-A", "14"), Cord("2", "PDU-B", "14"))


def powered(
    on: bool | None,
    *loads: float | None,
    cords: tuple[Cord, ...] = CORDS,
    unit: str = "W",
    silent: str | None = None,
    switched_off: str | None = None,
    device: str = "SRV-1",
    taken_at: datetime = TAKEN_AT,
) -> DiagnosticsDocument:
    """What BMC and PDUs say: a load for each cord (None: its outlet has no meter), `silent` names a PDU that is."""
    healthy = healthy_server(device, taken_at)
    heard = [(cord, load) for cord, load in zip(cords, loads, strict=True) if cord.pdu != silent]
    parts = [p for p in healthy.components if p.kind != Kind.OUTLET]
    readings = [r for r in healthy.readings if r.device is None]
    for cord, load in heard:
        value, source = "off" if cord.pdu == switched_off else "on", f"snmp:{cord.pdu}"
        name = f"Outlet {cord.outlet}"
        parts.append(Component(Kind.OUTLET, name, cord.outlet, State.OK, None, None, source, value, cord.pdu))
        if load is not None:
            kind = {"W": "power", "A": "current"}[unit]
            readings.append(
                Reading(kind, name, load, unit, State.OK, source, taken_at, component=name, device=cord.pdu)
            )
    told = SourceStatus.OK if on is not None else SourceStatus.UNREACHABLE
    sources = [Source("ipmi", "127.0.0.1:623", told)]
    for pdu in dict.fromkeys(cord.pdu for cord in cords):
        status = SourceStatus.TIMEOUT if pdu == silent else SourceStatus.OK
        sources.append(Source(f"snmp:{pdu}", "127.0.0.1:161", status))
    return replace(
        healthy, sources=tuple(sources), power=Power(on=on), components=tuple(parts), readings=tuple(readings)
    )
