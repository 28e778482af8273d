"""What a machine of the crowd said last: a document as large as that of a real server."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from app.hardware.diagnostics import Component, DiagnosticsDocument, Event, Kind, Power, Reading, Source
from app.hardware.readings import Identity, SourceStatus, State

SENSORS: Final = 72
ENTRIES: Final = 40
PARTS: Final = {Kind.PSU: 2, Kind.FAN: 8, Kind.DRIVE: 12, Kind.MEMORY: 16, Kind.CPU: 2}


def document(*, whole: bool) -> str:
    """The JSON of one server's diagnostics; without `whole` a few readings."""
    at = datetime.now(UTC) - timedelta(hours=1)
    share = 1 if whole else 24
    said = DiagnosticsDocument(
        id=str(UUID(int=1)),
        device="S001-00101",
        taken_at=at,
        duration_ms=812,
        complete=True,
        sources=(Source("ipmi", "127.0.0.1:623", SourceStatus.OK, duration_ms=530, requests=81),),
        identity=Identity("Supermicro", "SSG-6029P", "SN1X101", "S001-00101", "9.08"),
        power=Power(on=True, watts=452.0),
        components=tuple(
            Component(kind, f"{kind} {number}", str(number), State.OK, None, f"P{number}SN", "ipmi")
            for kind, many in PARTS.items()
            for number in range(1, many // share + 1)
        ),
        readings=tuple(
            Reading("temperature", f"Sensor {number}", 20.0 + number / 4, "Cel", State.OK, "ipmi", at)
            for number in range(SENSORS // share)
        ),
        events=tuple(
            Event(at - timedelta(days=number), "PSU2", Kind.PSU, State.OK, "Input came back", "ipmi-sel", str(number))
            for number in range(ENTRIES // share)
        ),
        findings=(),
    )
    return json.dumps(said.to_dict())
