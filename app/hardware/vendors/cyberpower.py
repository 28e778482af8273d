"""CyberPower rack PDUs and UPSs.

Source: CPS-MIB (1.3.6.1.4.1.3808.1.1). Outlets: 1 on, 2 off. No recording of one was at hand: the tables are those of
the MIB.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON, critical, ok, unknown, warning

CPS = "1.3.6.1.4.1.3808.1.1"
UPS, EPDU, EPDU2 = f"{CPS}.1", f"{CPS}.3", f"{CPS}.6"
OUTPUT = {
    1: unknown(),
    2: ok("on mains"),
    3: critical("on battery", Fault.ON_BATTERY),
    4: ok("raising a low line voltage"),
    5: warning("asleep"),
    6: critical("off"),
    7: warning("rebooting"),
}
BATTERY = {1: unknown(), 2: ok("normal"), 3: critical("low", Fault.LIMIT), 4: critical("not there", Fault.FAILED)}
REPLACE = {1: ok("needs no replacement"), 2: critical("needs replacement", Fault.FAILED)}
INPUT = {
    1: ok("normal"),
    2: warning("input voltage too high"),
    3: warning("input voltage too low"),
    4: warning("input frequency out of tolerance"),
    5: warning("no input", Fault.INPUT_LOST),
}
LOAD = {1: ok("normal load"), 2: ok("little load"), 3: warning("near overload", Fault.OVERLOAD),
        4: critical("overload", Fault.OVERLOAD)}  # fmt: skip


def _status(oid: str, mib: str, kind: Kind, codes: Codes, label: str) -> Status:
    return Status(column=oid, object=mib, kind=kind, codes=codes, label=label, numbered=False)


def _measure(oid: str, mib: str, kind: str, unit: str, label: str, scale: float = 1.0) -> Measure:
    return Measure(column=oid, object=mib, kind=kind, unit=unit, label=label, scale=scale)


FAMILY = SnmpFamily(
    name="cyberpower",
    title="CyberPower (CPS-MIB)",
    identified_by=("1.3.6.1.4.1.3808",),
    probe=f"{UPS}.4.1.1.0",
    statuses=(
        Status(
            column=f"{EPDU}.3.5.1.1.4",
            object="ePDUOutletStatusOutletState",
            kind=Kind.OUTLET,
            codes={1: ON, 2: OFF},
            label="Outlet",
            name_column=f"{EPDU}.3.5.1.1.2",
        ),
        _status(f"{EPDU}.2.3.1.1.3", "ePDULoadStatusLoadState", Kind.CURRENT, LOAD, "Load"),
        _status(f"{UPS}.4.1.1.0", "upsBaseOutputStatus", Kind.UPS, OUTPUT, "UPS"),
        _status(f"{UPS}.3.2.6.0", "upsAdvanceInputStatus", Kind.UPS, INPUT, "UPS"),
        _status(f"{UPS}.2.1.1.0", "upsBaseBatteryStatus", Kind.BATTERY, BATTERY, "UPS battery"),
        _status(f"{UPS}.2.2.5.0", "upsAdvanceBatteryReplaceIndicator", Kind.BATTERY, REPLACE, "UPS battery"),
    ),
    measures=(
        Measure(
            column=f"{EPDU}.3.5.1.1.7",
            object="ePDUOutletStatusLoad",
            kind="current",
            unit="A",
            label="Outlet",
            scale=0.1,
            part=Kind.OUTLET,
            name_column=f"{EPDU}.3.5.1.1.2",
        ),
        _measure(f"{EPDU}.2.3.1.1.2", "ePDULoadStatusLoad", "current", "A", "Load", 0.1),
        _measure(f"{EPDU}.2.3.1.1.6", "ePDULoadStatusVoltage", "voltage", "V", "Load", 0.1),
        _measure(f"{UPS}.2.2.4.0", "upsAdvanceBatteryRunTimeRemaining", "runtime", "s", "Runtime left", 0.01),
        _measure(f"{UPS}.2.2.1.0", "upsAdvanceBatteryCapacity", "charge", "%", "Battery charge"),
        _measure(f"{UPS}.2.2.2.0", "upsAdvanceBatteryVoltage", "voltage", "V", "Battery", 0.1),
        _measure(f"{UPS}.2.2.3.0", "upsAdvanceBatteryTemperature", "temperature", "Cel", "Battery"),
        _measure(f"{UPS}.3.2.1.0", "upsAdvanceInputLineVoltage", "voltage", "V", "Input", 0.1),
        _measure(f"{UPS}.3.2.4.0", "upsAdvanceInputFrequency", "frequency", "Hz", "Input", 0.1),
        _measure(f"{UPS}.4.2.1.0", "upsAdvanceOutputVoltage", "voltage", "V", "Output", 0.1),
        _measure(f"{UPS}.4.2.2.0", "upsAdvanceOutputFrequency", "frequency", "Hz", "Output", 0.1),
        _measure(f"{UPS}.4.2.3.0", "upsAdvanceOutputLoad", "load", "%", "Output"),
        _measure(f"{UPS}.4.2.4.0", "upsAdvanceOutputCurrent", "current", "A", "Output", 0.1),
    ),
    manufacturer="CyberPower",
    product=(f"{UPS}.1.1.1.0", f"{EPDU}.1.5.0"),
    serial=(f"{UPS}.1.2.3.0", f"{EPDU}.1.6.0"),
    firmware=(f"{UPS}.1.2.1.0", f"{EPDU}.1.3.0"),
)
