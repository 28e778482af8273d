"""Panduit SmartZone G5 rack PDUs.

Source: PANDUIT-MIB (1.3.6.1.4.1.19536.10.1). Groups are the breakers' branches; a branch without a name is not there.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where
from app.hardware.vendors._words import OFF, ON, absent, critical, ok

PDU = "1.3.6.1.4.1.19536.10.1"
INPUT, GROUP, OUTLET = f"{PDU}.2.1.1", f"{PDU}.3.1.1", f"{PDU}.5.1.1"
NO_BREAKER = Where(f"{GROUP}.26", frozenset({0}))
BREAKER = {0: absent(), 1: absent("not applicable"), 2: ok("closed"), 3: critical("open", Fault.OVERLOAD)}


def _group(arc: int, mib: str, kind: str, unit: str, scale: float = 1.0) -> Measure:
    return Measure(
        column=f"{GROUP}.{arc}", object=mib, kind=kind, unit=unit, label="Breaker", scale=scale,
        name_column=f"{GROUP}.2", unless=NO_BREAKER,
    )  # fmt: skip


def _input(arc: int, mib: str, kind: str, unit: str, scale: float = 1.0, *, total: bool = False) -> Measure:
    return Measure(column=f"{INPUT}.{arc}", object=mib, kind=kind, unit=unit, label="Input", scale=scale, total=total)


FAMILY = SnmpFamily(
    name="panduit",
    title="Panduit PDU (PANDUIT-MIB)",
    identified_by=("1.3.6.1.4.1.19536",),
    probe=f"{PDU}.1.2.1.7",
    statuses=(
        Status(
            column=f"{GROUP}.26",
            object="pdug5GroupBreakerStatus",
            kind=Kind.CURRENT,
            codes=BREAKER,
            label="Breaker",
            numbered=False,
            name_column=f"{GROUP}.2",
            unless=NO_BREAKER,
        ),
        Status(
            column=f"{PDU}.5.2.1.1",
            object="pdug5OutletControlStatus",
            kind=Kind.OUTLET,
            codes={1: OFF, 2: ON},
            label="Outlet",
        ),
    ),
    measures=(
        _input(2, "pdug5InputFrequency", "frequency", "Hz", 0.1),
        _input(5, "pdug5InputPowerWatts", "power", "W", total=True),
        _input(11, "pdug5InputTotalCurrent", "current", "A", 0.01),
        _group(5, "pdug5GroupVoltage", "voltage", "V", 0.1),
        _group(12, "pdug5GroupCurrent", "current", "A", 0.01),
        _group(18, "pdug5GroupCurrentPercentLoad", "load", "%"),
        _group(20, "pdug5GroupPowerWatts", "power", "W"),
        Measure(
            column=f"{OUTLET}.13",
            object="pdug5OutletWatts",
            kind="power",
            unit="W",
            label="Outlet",
            part=Kind.OUTLET,
        ),
    ),
    manufacturer="Panduit",
    product=(f"{PDU}.1.2.1.7",),
    serial=(f"{PDU}.1.2.1.8",),
    firmware=(f"{PDU}.1.2.1.5",),
)
