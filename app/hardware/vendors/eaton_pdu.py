"""Eaton ePDU G2 and G3.

Source: EATON-EPDU-MIB (1.3.6.1.4.1.534.6.6.7). Outlets: 0 off, 1 on. Milliamperes and millivolts are the MIB's units.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON, absent, critical, ok, unknown, warning

EPDU = "1.3.6.1.4.1.534.6.6.7"
OUTLET_NAMES = f"{EPDU}.6.1.1"
OUTLET = {0: OFF, 1: ON, 2: ok("on, switching off", "on"), 3: ok("off, switching on", "off")}
THRESHOLD = {
    0: ok("good"),
    1: warning("below its warning limit", Fault.LIMIT),
    2: critical("below its critical limit", Fault.LIMIT),
    3: warning("above its warning limit", Fault.OVERLOAD),
    4: critical("above its critical limit", Fault.OVERLOAD),
}
# Empty outlets and idle feeds draw little. Beyond the warning limit, 80 % as shipped, is for who plans the capacity: a
# reading says so, and a finding is made beyond the critical limit.
LOAD = {**THRESHOLD, 1: ok("little load"), 2: ok("little load")}
LOADED = {**LOAD, 3: ok("above its warning limit")}
HEAT = {
    **THRESHOLD,
    3: warning("above its warning limit", Fault.LIMIT),
    4: critical("above its critical limit", Fault.LIMIT),
}
BREAKER = {
    0: absent("no breaker"),
    1: ok("closed"),
    2: critical("open", Fault.OVERLOAD),
    3: unknown(),
}


def _status(arc: str, mib: str, kind: Kind, codes: Codes, label: str, name: str | None = None) -> Status:
    return Status(
        column=f"{EPDU}.{arc}", object=mib, kind=kind, codes=codes, label=label, numbered=False,
        name_column=f"{EPDU}.{name}" if name else None,
    )  # fmt: skip


def _measure(
    arc: str, mib: str, kind: str, unit: str, label: str, scale: float = 1.0, states: Codes | None = None,
    part: Kind | None = None, total: bool = False, name: str | None = None,
) -> Measure:  # fmt: skip
    column = f"{EPDU}.{arc}"
    table, _, last = column.rpartition(".")
    return Measure(
        column=column, object=mib, kind=kind, unit=unit, label=label, scale=scale, part=part, total=total,
        number_column=f"{OUTLET_NAMES}.2" if part else None, name_column=f"{EPDU}.{name}" if name else None,
        state_column=f"{table}.{int(last) + 1}" if states else None, state_codes=states or {},
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="eaton_pdu",
    title="Eaton ePDU (EATON-EPDU-MIB)",
    identified_by=(EPDU,),
    probe=f"{EPDU}.1.2.1.3",
    statuses=(
        Status(
            column=f"{EPDU}.6.6.1.2",
            object="outletControlStatus",
            kind=Kind.OUTLET,
            codes=OUTLET,
            label="Outlet",
            number_column=f"{OUTLET_NAMES}.2",
            name_column=f"{OUTLET_NAMES}.3",
        ),
        _status("3.3.1.5", "inputCurrentThStatus", Kind.CURRENT, LOADED, "Input", "3.3.1.12"),
        _status("3.2.1.4", "inputVoltageThStatus", Kind.VOLTAGE, THRESHOLD, "Input"),
        _status("5.4.1.4", "groupCurrentThStatus", Kind.CURRENT, LOADED, "Group", "5.1.1.3"),
        _status("5.6.1.2", "groupBreakerStatus", Kind.CURRENT, BREAKER, "Breaker of group"),
        _status("7.1.1.5", "temperatureThStatus", Kind.TEMPERATURE, HEAT, "Probe", "7.1.1.2"),
    ),
    measures=(
        _measure("3.2.1.3", "inputVoltage", "voltage", "V", "Input", 0.001, THRESHOLD),
        _measure("3.3.1.4", "inputCurrent", "current", "A", "Input", 0.001, LOAD, name="3.3.1.12"),
        _measure("3.3.1.11", "inputCurrentPercentLoad", "load", "%", "Input", name="3.3.1.12"),
        _measure("3.4.1.4", "inputWatts", "power", "W", "Input", total=True),
        _measure("5.3.1.3", "groupVoltage", "voltage", "V", "Group", 0.001, THRESHOLD),
        _measure("5.4.1.3", "groupCurrent", "current", "A", "Group", 0.001, LOAD),
        _measure("5.5.1.3", "groupWatts", "power", "W", "Group"),
        _measure("6.4.1.3", "outletCurrent", "current", "A", "Outlet", 0.001, LOAD, Kind.OUTLET, name="6.1.1.3"),
        _measure("6.5.1.3", "outletWatts", "power", "W", "Outlet", part=Kind.OUTLET, name="6.1.1.3"),
        _measure("7.1.1.4", "temperatureValue", "temperature", "Cel", "Probe", 0.1, HEAT, name="7.1.1.2"),
    ),
    manufacturer="Eaton",
    product=(f"{EPDU}.1.2.1.3", f"{EPDU}.1.2.1.2"),
    serial=(f"{EPDU}.1.2.1.4",),
    firmware=(f"{EPDU}.1.2.1.5",),
)
