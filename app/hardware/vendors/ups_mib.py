"""Any UPS with the standard UPS-MIB.

Source: RFC 1628 (1.3.6.1.2.1.33). Tenths are the MIB's own units: 0.1 V, 0.1 A, 0.1 Hz. Raising or lowering a poor
line voltage (booster, reducer) is what a line-interactive UPS is for, and ok.
"""

from __future__ import annotations

from dataclasses import replace

from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Fault, Meaning, Observation, Part
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Values
from app.hardware.readings import State

UPS = "1.3.6.1.2.1.33.1"
ALARMS = f"{UPS}.6.2.1.2"  # upsAlarmDescr: the OID of a well-known alarm
WELL_KNOWN = f"{UPS}.6.3"

OUTPUT_SOURCE = {
    1: Meaning(State.UNKNOWN, "another output source, which the MIB does not name"),
    2: Meaning(State.CRITICAL, "no output", Fault.FAILED),
    3: Meaning(State.OK, "on mains"),
    4: Meaning(State.WARNING, "on bypass: the load is not protected"),
    5: Meaning(State.CRITICAL, "on battery", Fault.ON_BATTERY),
    6: Meaning(State.OK, "raising a low line voltage"),
    7: Meaning(State.OK, "lowering a high line voltage"),
}
BATTERY_STATUS = {
    1: Meaning(State.UNKNOWN, "the UPS does not know its battery"),
    2: Meaning(State.OK, "normal"),
    3: Meaning(State.CRITICAL, "low", Fault.LIMIT),
    4: Meaning(State.CRITICAL, "depleted", Fault.LIMIT),
}
ALARM = {
    1: (Kind.BATTERY, Meaning(State.CRITICAL, "battery needs replacement", Fault.FAILED)),
    2: (Kind.UPS, Meaning(State.CRITICAL, "on battery", Fault.ON_BATTERY)),
    3: (Kind.BATTERY, Meaning(State.CRITICAL, "low", Fault.LIMIT)),
    4: (Kind.BATTERY, Meaning(State.CRITICAL, "depleted", Fault.LIMIT)),
    5: (Kind.UPS, Meaning(State.WARNING, "temperature out of tolerance")),
    6: (Kind.UPS, Meaning(State.WARNING, "input out of tolerance", Fault.INPUT_LOST)),
    7: (Kind.UPS, Meaning(State.CRITICAL, "output out of tolerance")),
    8: (Kind.UPS, Meaning(State.CRITICAL, "overload", Fault.OVERLOAD)),
    9: (Kind.UPS, Meaning(State.WARNING, "on bypass: the load is not protected")),
    10: (Kind.UPS, Meaning(State.WARNING, "bypass out of tolerance")),
    11: (Kind.UPS, Meaning(State.WARNING, "output switched off as asked")),
    12: (Kind.UPS, Meaning(State.WARNING, "switched off as asked")),
    13: (Kind.UPS, Meaning(State.CRITICAL, "charger failed", Fault.FAILED)),
    14: (Kind.UPS, Meaning(State.CRITICAL, "output is off")),
    15: (Kind.UPS, Meaning(State.CRITICAL, "system is off")),
    16: (Kind.FAN, Meaning(State.WARNING, "failed", Fault.FAILED)),
    17: (Kind.UPS, Meaning(State.CRITICAL, "fuse failed", Fault.FAILED)),
    18: (Kind.UPS, Meaning(State.CRITICAL, "general fault", Fault.FAILED)),
    19: (Kind.UPS, Meaning(State.WARNING, "last self test failed", Fault.FAILED)),
    20: (Kind.UPS, Meaning(State.WARNING, "lost contact with its agent")),
    21: (Kind.UPS, Meaning(State.CRITICAL, "output is off, waiting for mains")),
    22: (Kind.UPS, Meaning(State.CRITICAL, "shutdown pending")),
    23: (Kind.UPS, Meaning(State.CRITICAL, "shutdown imminent")),
    24: (Kind.UPS, Meaning(State.OK, "self test running")),
}
NAMES = {Kind.UPS: "UPS", Kind.BATTERY: "UPS battery", Kind.FAN: "UPS fan"}


def read_alarms(values: Values) -> Facts:
    """The alarms that are present, each on the part it speaks of; one that RFC 1628 does not name is a warning."""
    parts = []
    for index, row in values.rows(ALARMS).items():
        oid = row.value.decode("ascii", "replace").strip(".") if isinstance(row.value, bytes) else str(row.value)
        number = oid.removeprefix(f"{WELL_KNOWN}.")
        unnamed = (Kind.UPS, Meaning(State.WARNING, f"an alarm of the maker's own: {oid}"))
        kind, meaning = ALARM.get(int(number), unnamed) if number.isdigit() else unnamed
        seen = Observation(
            meaning.state, meaning.words, values.source, f"upsAlarmDescr.{index}", values.read_at, meaning.fault
        )
        parts.append(Part(kind, NAMES[kind], None, (seen,)))
    return Facts(parts=tuple(parts))


def _scalar(arc: str, mib_object: str, kind: str, unit: str, label: str, scale: float = 1.0) -> Measure:
    return Measure(column=f"{UPS}.{arc}.0", object=mib_object, kind=kind, unit=unit, label=label, scale=scale)


def _line(arc: str, mib_object: str, kind: str, unit: str, label: str, scale: float = 1.0) -> Measure:
    return Measure(column=f"{UPS}.{arc}", object=mib_object, kind=kind, unit=unit, label=label, scale=scale)


FAMILY = SnmpFamily(
    name="ups_mib",
    title="UPS (RFC 1628)",
    identified_by=(),
    standard=True,
    roles=frozenset({"ups"}),
    statuses=(
        Status(column=f"{UPS}.4.1.0", object="upsOutputSource", kind=Kind.UPS, codes=OUTPUT_SOURCE, label="UPS"),
        Status(
            column=f"{UPS}.2.1.0",
            object="upsBatteryStatus",
            kind=Kind.BATTERY,
            codes=BATTERY_STATUS,
            label="UPS battery",
        ),
    ),
    measures=(
        _scalar("2.3", "upsEstimatedMinutesRemaining", "runtime", "s", "Runtime left", 60),
        _scalar("2.2", "upsSecondsOnBattery", "runtime", "s", "Time on battery"),
        _scalar("2.4", "upsEstimatedChargeRemaining", "charge", "%", "Battery charge"),
        _scalar("2.5", "upsBatteryVoltage", "voltage", "V", "Battery", 0.1),
        _scalar("2.6", "upsBatteryCurrent", "current", "A", "Battery", 0.1),
        _scalar("2.7", "upsBatteryTemperature", "temperature", "Cel", "Battery"),
        _line("3.3.1.2", "upsInputFrequency", "frequency", "Hz", "Input", 0.1),
        _line("3.3.1.3", "upsInputVoltage", "voltage", "V", "Input"),
        _line("3.3.1.4", "upsInputCurrent", "current", "A", "Input", 0.1),
        _line("3.3.1.5", "upsInputTruePower", "power", "W", "Input"),
        _scalar("5.1", "upsBypassFrequency", "frequency", "Hz", "Bypass", 0.1),
        _line("5.3.1.2", "upsBypassVoltage", "voltage", "V", "Bypass"),
        _scalar("4.2", "upsOutputFrequency", "frequency", "Hz", "Output", 0.1),
        _line("4.4.1.2", "upsOutputVoltage", "voltage", "V", "Output"),
        _line("4.4.1.3", "upsOutputCurrent", "current", "A", "Output", 0.1),
        replace(_line("4.4.1.4", "upsOutputPower", "power", "W", "Output"), total=True),
        _line("4.4.1.5", "upsOutputPercentLoad", "load", "%", "Output"),
    ),
    product=(f"{UPS}.1.2.0",),
    firmware=(f"{UPS}.1.4.0", f"{UPS}.1.3.0"),
    more=(ALARMS,),
    read=read_alarms,
)
