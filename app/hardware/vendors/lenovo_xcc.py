"""IBM and Lenovo System x and ThinkSystem through IMM, IMM2 and XCC.

Source: IMM-MIB (1.3.6.1.4.1.2.3.51.3) and LENOVO-XCC-MIB (1.3.6.1.4.1.19046.11.1), which keep the same tables under
two roots. Healths of parts are words. The overall health says "normal" with 255. Only an IMM's recording was at hand:
parts' healths and XCC's root are those of the MIBs.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import ALL_PARTS, Measure, SnmpFamily, Status
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

IMM, XCC = "1.3.6.1.4.1.2.3.51.3.1", "1.3.6.1.4.1.19046.11.1.1"
OVERALL = {
    0: critical("critical, beyond recovery"),
    2: critical("critical"),
    4: warning("not well"),
    255: ok("normal"),
}
HEALTH = {
    "normal": ok("normal"),
    "ok": ok(),
    "warning": warning("not well"),
    "non-critical": warning("not well"),
    "critical": critical("critical"),
    "non-recoverable": critical("critical, beyond recovery"),
    "offline": critical("offline"),
    "not present": absent(),
    "unknown": unknown(),
    "n/a": unknown("not told"),
}
HEAT = {**HEALTH, "critical": critical("critical", Fault.LIMIT), "warning": warning("not well", Fault.LIMIT)}
FAN_HEALTH = {**HEALTH, "critical": critical("critical", Fault.FAILED)}
NUMBER = re.compile(r"(\d+)\s*$")
FAN_NUMBER = re.compile(r"fan\s*(\d+[A-Z]?)", re.IGNORECASE)
DIMM_NUMBER = re.compile(r"(?:DIMM\s*)?(\d+)\s*$", re.IGNORECASE)


def _statuses(root: str) -> tuple[Status, ...]:
    def part(arc: str, mib: str, kind: Kind, label: str, name: int, bay: re.Pattern[str]) -> Status:
        table = f"{root}.{arc.rpartition('.')[0]}"
        texts = {Kind.FAN: FAN_HEALTH}.get(kind, HEALTH)
        return Status(
            column=f"{root}.{arc}", object=mib, kind=kind, texts=texts, label=label,
            number_column=f"{table}.{name}", bay=bay,
        )  # fmt: skip

    def probe(arc: str, mib: str, kind: Kind, label: str) -> Status:
        table = f"{root}.{arc.rpartition('.')[0]}"
        return Status(
            column=f"{root}.{arc}", object=mib, kind=kind, texts=HEAT, label=label, numbered=False,
            name_column=f"{table}.2",
        )  # fmt: skip

    return (
        part("11.2.1.6", "powerHealthStatus", Kind.PSU, "PSU", 2, NUMBER),
        part("3.2.1.10", "fanHealthStatus", Kind.FAN, "Fan", 2, FAN_NUMBER),
        part("12.2.1.3", "diskHealthStatus", Kind.DRIVE, "Drive", 2, NUMBER),
        part("5.20.1.11", "cpuVpdHealthStatus", Kind.CPU, "CPU", 2, NUMBER),
        part("5.21.1.8", "memoryHealthStatus", Kind.MEMORY, "DIMM", 2, DIMM_NUMBER),
        probe("1.2.1.11", "tempHealthStatus", Kind.TEMPERATURE, "Temperature"),
        probe("2.2.1.11", "voltHealthStatus", Kind.VOLTAGE, "Voltage"),
        Status(
            column=f"{root}.4.1.0", object="systemHealthStat", kind=Kind.SYSTEM, codes=OVERALL, label="System",
            explained_by=ALL_PARTS,
        ),
    )  # fmt: skip


def _measures(root: str) -> tuple[Measure, ...]:
    def row(arc: str, mib: str, kind: str, unit: str, label: str, scale: float = 1.0) -> Measure:
        return Measure(
            column=f"{root}.{arc}.3", object=mib, kind=kind, unit=unit, label=label, scale=scale,
            name_column=f"{root}.{arc}.2",
        )  # fmt: skip

    return (
        row("1.2.1", "tempReading", "temperature", "Cel", "Temperature"),
        row("2.2.1", "voltReading", "voltage", "V", "Voltage", 0.001),
        row("3.2.1", "fanSpeed", "fan", "%", "Fan"),
    )


FAMILY = SnmpFamily(
    name="lenovo_xcc",
    title="IBM and Lenovo IMM, XCC (IMM-MIB, LENOVO-XCC-MIB)",
    identified_by=("1.3.6.1.4.1.2.3.51.3", "1.3.6.1.4.1.19046.11.1"),
    probe=f"{IMM}.4.1.0",
    statuses=(*_statuses(IMM), *_statuses(XCC)),
    measures=(*_measures(IMM), *_measures(XCC)),
    manufacturer="Lenovo",
    product=(f"{IMM}.5.2.1.5.0", f"{XCC}.5.2.1.5.0"),
    serial=(f"{IMM}.5.2.1.3.0", f"{XCC}.5.2.1.3.0"),
)
