"""Temperature and humidity probes that plug into any APC card.

Source: PowerNet-MIB, uioSensorStatusTable (1.3.6.1.4.1.318.1.1.25.1.2) and iemStatusProbesTable (.10.2.3.2).
"""

from __future__ import annotations

from app.hardware.families.snmp import Measure, Where

UIO, IEM = "1.3.6.1.4.1.318.1.1.25.1.2.1", "1.3.6.1.4.1.318.1.1.10.2.3.2.1"
CELSIUS = frozenset({1})


def _probe(table: str, arc: int, name: int, mib: str, kind: str, unit: str, where: Where | None = None) -> Measure:
    return Measure(
        column=f"{table}.{arc}", object=mib, kind=kind, unit=unit, label="Probe", name_column=f"{table}.{name}",
        where=where,
    )  # fmt: skip


PROBE_MEASURES = (
    _probe(UIO, 6, 3, "uioSensorStatusTemperatureDegC", "temperature", "Cel"),
    _probe(UIO, 7, 3, "uioSensorStatusHumidity", "humidity", "%"),
    _probe(IEM, 4, 2, "iemStatusProbeCurrentTemp", "temperature", "Cel", Where(f"{IEM}.5", CELSIUS)),
)
