"""Vertiv and Geist rack PDUs.

Source: VERTIV-V5-MIB (1.3.6.1.4.1.21239.5.2). Outlets: 1 on, 2 off. Hundredths of amperes, tenths of volts. Outlets'
tables are those of the MIB: the recording at hand is of a metered unit.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON, ok, unknown

V5 = "1.3.6.1.4.1.21239.5.2"
MAIN, PHASE, BREAKER, LINE, SWITCH, METER = (f"{V5}.3.{arc}.1" for arc in range(1, 7))
OUTLET = {
    1: ON,
    2: OFF,
    3: ok("on, switching off", "on"),
    4: ok("off, switching on", "off"),
    5: ok("rebooting", "on"),
    6: ok("rebooting", "on"),
    7: unknown("not available"),
}


def _measure(
    table: str, arc: int, mib: str, kind: str, unit: str, label: str, scale: float = 1.0, *, total: bool = False
) -> Measure:
    return Measure(
        column=f"{table}.{arc}", object=mib, kind=kind, unit=unit, label=label, scale=scale, total=total,
        name_column=None if table in {LINE, MAIN} else f"{table}.2", part=Kind.OUTLET if table == METER else None,
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="vertiv_pdu",
    title="Vertiv, Geist PDU (VERTIV-V5-MIB)",
    identified_by=("1.3.6.1.4.1.21239",),
    probe=f"{V5}.1.1.0",
    statuses=(
        Status(
            column=f"{SWITCH}.4",
            object="pduOutletSwitchState",
            kind=Kind.OUTLET,
            codes=OUTLET,
            label="Outlet",
            name_column=f"{SWITCH}.3",
        ),
    ),
    measures=(
        _measure(MAIN, 9, "pduTotalRealPower", "power", "W", "PDU", total=True),
        _measure(MAIN, 12, "pduTotalEnergy", "energy", "kW.h", "PDU", 0.001),
        _measure(PHASE, 4, "pduPhaseVoltage", "voltage", "V", "Phase", 0.1),
        _measure(PHASE, 8, "pduPhaseCurrent", "current", "A", "Phase", 0.01),
        _measure(BREAKER, 4, "pduBreakerCurrent", "current", "A", "Circuit", 0.01),
        _measure(LINE, 4, "pduLineCurrent", "current", "A", "Line", 0.01),
        _measure(METER, 12, "pduOutletMeterRealPower", "power", "W", "Outlet"),
    ),
    manufacturer="Vertiv",
    product=(f"{V5}.1.8.0",),
    serial=(f"{V5}.1.10.0",),
    firmware=(f"{V5}.1.2.0",),
)
