"""Dell's codes and probe tables, which iDRAC and OpenManage share under different roots."""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import ALL_PARTS, Measure, Status, Where
from app.hardware.vendors._words import absent, critical, flags, ok, unknown, warning

OBJECT_STATUS = {  # ObjectStatusEnum
    1: unknown("a state that the MIB does not name"),
    2: unknown(),
    3: ok(),
    4: warning("not well"),
    5: critical("critical"),
    6: critical("critical, beyond recovery"),
}
PROBE_STATUS = {  # StatusProbeEnum
    1: unknown("a state that the MIB does not name"),
    2: unknown(),
    3: ok(),
    4: warning("above its warning limit", Fault.LIMIT),
    5: critical("above its critical limit", Fault.LIMIT),
    6: critical("above its non-recoverable limit", Fault.LIMIT),
    7: warning("below its warning limit", Fault.LIMIT),
    8: critical("below its critical limit", Fault.LIMIT),
    9: critical("below its non-recoverable limit", Fault.LIMIT),
    10: critical("failed", Fault.FAILED),
}
INTRUSION = {
    1: ok("closed"),
    2: critical("open", Fault.OPEN),
    3: warning("was opened", Fault.OPEN),
    4: warning("the sensor has failed"),
}
PSU_SENSOR = flags(  # powerSupplySensorState: bits
    {
        3: critical("input lost", Fault.INPUT_LOST),
        4: critical("input lost or out of range", Fault.INPUT_LOST),
        1: critical("failed", Fault.FAILED),
        5: warning("input out of range"),
        2: warning("predicts its failure", Fault.PREDICTED),
        6: warning("does not fit the others", Fault.MISMATCHED),
        0: ok("present"),
    },
    absent(),
    7,
)
DISCRETE = frozenset({16})  # voltageProbeType, temperatureProbeType, coolingDeviceType ...: no value, only a status
DIMM = re.compile(r"DIMM[ ._]*(?:Socket\.|SLOT[ .]*)?([A-Z]?\d{1,2}|[A-Z])$", re.IGNORECASE)
AMPS, WATTS = frozenset({23, 25}), frozenset({24, 26})  # amperageProbeType


def probe_statuses(root: str) -> tuple[Status, ...]:
    """Supplies, fans, probes, processors and memory below `root` (1.3.6.1.4.1.674.10892.5.4 or .10892.1)."""

    def row(arc: str, mib: str, kind: Kind, codes: Codes, label: str) -> Status:
        return Status(column=f"{root}.{arc}", object=mib, kind=kind, codes=codes, label=label)

    def probe(arc: str, mib: str, kind: Kind, label: str, location: int) -> Status:
        name = f"{root}.{arc}.{location}"
        return Status(
            column=f"{root}.{arc}.5", object=mib, kind=kind, codes=PROBE_STATUS, label=label, numbered=False,
            name_column=name,
        )  # fmt: skip

    return (
        row("600.12.1.11", "powerSupplySensorState", Kind.PSU, PSU_SENSOR, "PSU"),
        row("600.12.1.5", "powerSupplyStatus", Kind.PSU, OBJECT_STATUS, "PSU"),
        row("700.12.1.5", "coolingDeviceStatus", Kind.FAN, PROBE_STATUS, "Fan"),
        probe("700.20.1", "temperatureProbeStatus", Kind.TEMPERATURE, "Temperature", 8),
        probe("600.20.1", "voltageProbeStatus", Kind.VOLTAGE, "Voltage", 8),
        probe("600.30.1", "amperageProbeStatus", Kind.CURRENT, "Current", 8),
        probe("600.50.1", "systemBatteryStatus", Kind.BATTERY, "Battery", 7),
        probe("300.70.1", "intrusionStatus", Kind.CHASSIS, "Chassis", 8),
        Status(
            column=f"{root}.300.70.1.6", object="intrusionReading", kind=Kind.CHASSIS, codes=INTRUSION,
            label="Chassis", numbered=False, name_column=f"{root}.300.70.1.8",
        ),
        row("1100.30.1.5", "processorDeviceStatus", Kind.CPU, OBJECT_STATUS, "CPU"),
        Status(
            column=f"{root}.1100.50.1.5", object="memoryDeviceStatus", kind=Kind.MEMORY, codes=OBJECT_STATUS,
            label="DIMM", number_column=f"{root}.1100.50.1.8", bay=DIMM, serial_column=f"{root}.1100.50.1.23",
        ),
        Status(
            column=f"{root}.200.10.1.2", object="systemStateGlobalSystemStatus", kind=Kind.SYSTEM,
            codes=OBJECT_STATUS, label="System", numbered=False, explained_by=ALL_PARTS,
        ),
    )  # fmt: skip


def probe_measures(root: str) -> tuple[Measure, ...]:
    """What the probes below `root` measure."""

    def probe(
        arc: str, mib: str, kind: str, unit: str, label: str, scale: float, where: Where | None = None,
        part: Kind | None = None, total: bool = False,
    ) -> Measure:  # fmt: skip
        table = f"{root}.{arc}"
        unless = None if where else Where(f"{table}.7", DISCRETE)
        return Measure(
            column=f"{table}.6", object=mib, kind=kind, unit=unit, label=label, scale=scale, where=where,
            unless=unless, name_column=None if part else f"{table}.8", part=part, total=total,
            state_column=f"{table}.5", state_codes=PROBE_STATUS,
        )  # fmt: skip

    kinds = f"{root}.600.30.1.7"
    others = AMPS | WATTS
    milliamps = Where(kinds, frozenset(range(1, 40)) - others - DISCRETE)
    return (
        probe("700.20.1", "temperatureProbeReading", "temperature", "Cel", "Temperature", 0.1),
        probe("700.12.1", "coolingDeviceReading", "fan", "/min", "Fan", 1.0, part=Kind.FAN),
        probe("600.20.1", "voltageProbeReading", "voltage", "V", "Voltage", 0.001),
        probe("600.30.1", "amperageProbeReading", "current", "A", "Current", 0.1, Where(kinds, AMPS)),
        probe("600.30.1", "amperageProbeReading", "power", "W", "Power", 1.0, Where(kinds, frozenset({24}))),
        probe("600.30.1", "amperageProbeReading", "power", "W", "Power", 1.0, Where(kinds, frozenset({26})), total=True),
        probe("600.30.1", "amperageProbeReading", "current", "A", "Current", 0.001, milliamps),
        Measure(
            column=f"{root}.600.12.1.16", object="powerSupplyCurrentInputVoltage", kind="voltage", unit="V",
            label="PSU input", part=Kind.PSU,
        ),
    )  # fmt: skip
