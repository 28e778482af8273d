"""Huawei and xFusion servers through iBMC.

Source: HUAWEI-SERVER-IBMC-MIB (1.3.6.1.4.1.2011.2.235.1.1): one health enumeration for all parts. No recording of one
was at hand: the tables are those of the MIB.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import ALL_PARTS, Measure, SnmpFamily, Status, Where
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

IBMC = "1.3.6.1.4.1.2011.2.235.1.1"
HEALTH = {
    1: ok(),
    2: warning("minor fault"),
    3: critical("major fault"),
    4: critical("critical fault"),
    5: absent(),
    6: unknown(),
}
FAILING = {**HEALTH, 3: critical("major fault", Fault.FAILED), 4: critical("critical fault", Fault.FAILED)}
MEMORY_HEALTH = {**FAILING, 2: warning("minor fault", Fault.CORRECTABLE)}
DRIVE_HEALTH = {**FAILING, 2: warning("minor fault", Fault.PREDICTED)}
MISSING = frozenset({1})
NUMBER = re.compile(r"(\d+)\s*$")
DIMM = re.compile(r"DIMM\s*(\w+)", re.IGNORECASE)


def _part(
    table: int, arc: int, mib: str, kind: Kind, codes: Codes, label: str, name: int | None = None,
    bay: re.Pattern[str] | None = None, presence: int | None = None,
) -> Status:  # fmt: skip
    entry = f"{IBMC}.{table}.50.1"
    return Status(
        column=f"{entry}.{arc}", object=mib, kind=kind, codes=codes, label=label, bay=bay,
        number_column=f"{entry}.{name}" if name and bay else None, name_column=f"{entry}.{name}" if name else None,
        absent_when=Where(f"{entry}.{presence}", MISSING) if presence else None,
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="huawei_ibmc",
    title="Huawei iBMC (HUAWEI-SERVER-IBMC-MIB)",
    identified_by=("1.3.6.1.4.1.2011.2.235", "1.3.6.1.4.1.58132.2.235"),
    probe=f"{IBMC}.1.1.0",
    statuses=(
        _part(6, 7, "powerSupplyStatus", Kind.PSU, HEALTH, "PSU", presence=9),
        _part(8, 4, "fanStatus", Kind.FAN, FAILING, "Fan", presence=3),
        _part(15, 6, "cpuStatus", Kind.CPU, FAILING, "CPU"),
        _part(16, 6, "memoryStatus", Kind.MEMORY, MEMORY_HEALTH, "DIMM", 10, DIMM),
        _part(18, 3, "hardDiskStatus", Kind.DRIVE, DRIVE_HEALTH, "Drive", 6, NUMBER, 2),
        Status(
            column=f"{IBMC}.1.1.0", object="systemHealth", kind=Kind.SYSTEM, codes=HEALTH, label="System",
            explained_by=ALL_PARTS,
        ),
    ),
    measures=(
        Measure(
            column=f"{IBMC}.8.50.1.2", object="fanSpeed", kind="fan", unit="/min", label="Fan", part=Kind.FAN,
        ),
        Measure(
            column=f"{IBMC}.6.50.1.8", object="powerSupplyInputPower", kind="power", unit="W", label="PSU",
            part=Kind.PSU, total=True,
        ),
        Measure(
            column=f"{IBMC}.26.50.1.3", object="temperatureReading", kind="temperature", unit="Cel",
            label="Temperature", scale=0.1, name_column=f"{IBMC}.26.50.1.2",
        ),
    ),
    manufacturer="Huawei",
    product=(f"{IBMC}.1.6.0",),
    serial=(f"{IBMC}.1.7.0",),
)  # fmt: skip
