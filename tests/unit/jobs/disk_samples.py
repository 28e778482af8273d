"""Hand-made diagnostics of a server with four drives in an array; the one in bay 3 has failed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from app.hardware.diagnostics import Component, DiagnosticsDocument, Kind
from app.hardware.readings import State
from tests.unit.hardware.samples import TAKEN_AT, healthy_server

SERIALS = {"0": "ZC0000", "1": "ZC0001", "2": "ZC0002", "3": "ZC0003"}


def drive(bay: str, state: State = State.OK, reason: str | None = None) -> Component:
    return Component(Kind.DRIVE, f"Drive {bay}", bay, state, reason, SERIALS[bay], "ssh")


def volume(state: State = State.WARNING, reason: str | None = "degraded") -> Component:
    return Component(Kind.RAID_VOLUME, "Volume 0:0", None, state, reason, None, "ssh")


def server_with_drives(
    *changed: Component, device: str = "SRV-1", taken_at: datetime = TAKEN_AT, array: Component | None = None
) -> DiagnosticsDocument:
    """Bay 3 has failed and the array is degraded, unless `changed` or `array` say otherwise."""
    drives = {one: drive(one) for one in SERIALS} | {"3": drive("3", State.CRITICAL, "failed")}
    drives |= {str(one.number): one for one in changed}
    healthy = healthy_server(device, taken_at)
    others = tuple(part for part in healthy.components if part.kind != Kind.DRIVE)
    return replace(healthy, components=(*others, *drives.values(), array or volume()))
