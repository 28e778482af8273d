"""Supermicro BMCs.

Source: ATEN-IPMI-MIB (1.3.6.1.4.1.21317): sensorTable with readings and limits as text, psuTable. The table does not
say what a sensor measures: its name does. The firmware reads 0 for a sensor that has nothing to read, an empty DIMM or
a fan that is not plugged in: unknown, never ok and never failed.
"""

from __future__ import annotations

import re
from dataclasses import replace

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Meaning, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.facts.naming import name_of, part_named
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where, meaning_of
from app.hardware.readings import SnmpType, SnmpValue
from app.hardware.vendors._limited import judged, limits_of
from app.hardware.vendors._words import OFF, ON, absent, critical, flags, ok, warning

ATEN = "1.3.6.1.4.1.21317.1"
SENSOR, PSU = f"{ATEN}.3.1", f"{ATEN}.14.2.1"
READING, NAME = f"{SENSOR}.2", f"{SENSOR}.13"
LIMITS = {name: f"{SENSOR}.{arc}" for arc, name in enumerate(("lnr", "lcr", "lnc", "unc", "ucr", "unr"), 5)}
POWER = f"{ATEN}.4.0"
EMPTY = Where(f"{PSU}.2", frozenset({0}))

TEMPERATURE, FAN = re.compile(r"temp", re.IGNORECASE), re.compile(r"^\s*fan", re.IGNORECASE)
INTRUSION, SUPPLY = re.compile(r"intru", re.IGNORECASE), re.compile(r"^\s*PS\d*\s*status", re.IGNORECASE)
VBAT = re.compile(r"^\s*VBAT\s*$", re.IGNORECASE)
PRESENT_BATTERY = frozenset({0, 1, 2, 4})  # a VBAT of volts is none of these

PSU_STATUS = {0: absent(), 1: ok(), 3: critical("failed", Fault.FAILED)}
POWER_STATE = {0: OFF, 1: ON, 2: ok("resetting", "on")}
CHASSIS_BITS = {0: ok("closed"), 1: critical("open", Fault.OPEN)}
BATTERY_BITS = {
    0: absent(),
    1: warning("low", Fault.PREDICTED),
    2: critical("failed", Fault.FAILED),
    4: ok("present"),
    5: warning("low", Fault.PREDICTED),
    6: critical("failed", Fault.FAILED),
}
SUPPLY_BITS = flags(  # IPMI 2.0 table 42-3, power supply
    {
        3: critical("input lost", Fault.INPUT_LOST),
        4: critical("input lost or out of range", Fault.INPUT_LOST),
        1: critical("failed", Fault.FAILED),
        5: warning("input out of range"),
        2: warning("predicts its failure", Fault.PREDICTED),
        0: ok("present"),
    },
    absent(),
    7,
)
DISCRETE = (
    (INTRUSION, Kind.CHASSIS, CHASSIS_BITS),
    (SUPPLY, Kind.PSU, SUPPLY_BITS),
    (VBAT, Kind.BATTERY, BATTERY_BITS),
)


def read_sensors(values: Values) -> Facts:
    """Sensors as readings and parts, by what their names say they are."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for index in values.rows(READING):
        name = values.text(NAME, index) or f"Sensor {index}"
        value = values.measured(READING, index)
        discrete = _discrete(values, index, name, value)
        if discrete is not None:
            parts.append(discrete)
            continue
        reading, part = _measured(values, index, name, value)
        readings.append(reading)
        parts += [part] if part else []
    power = values.number(POWER)
    power_on = None if power is None else power != 0
    return Facts(power_on=power_on, parts=tuple(parts), readings=tuple(readings))


def _discrete(values: Values, index: str, name: str, value: float | None) -> Part | None:
    known = next(((kind, bits) for pattern, kind, bits in DISCRETE if pattern.search(name)), None)
    if known is None or value is None or (known[0] is Kind.BATTERY and value not in PRESENT_BATTERY):
        return None
    kind, bits = known
    meaning: Meaning = meaning_of(bits, SnmpValue("", SnmpType.INTEGER, int(value)))
    number = part_named(kind, name).number
    seen = Observation(
        meaning.state, meaning.words, values.source, f"sensorReading.{index}", values.read_at, meaning.fault
    )
    return Part(kind, name_of(kind, number, name), number, (seen,))


def _measured(values: Values, index: str, name: str, value: float | None) -> tuple[Reading, Part | None]:
    kind, unit = "voltage", "V"
    if TEMPERATURE.search(name):
        kind, unit = "temperature", "Cel"
    elif FAN.search(name):
        kind, unit = "fan", "/min"
    known = value or None  # 0 is the firmware's word for nothing to read
    reading, part = judged(values, f"sensorReading.{index}", name, kind, known, unit, limits_of(values, LIMITS, index))
    if part is not None and part.kind is Kind.FAN:
        number = part_named(Kind.FAN, name).number
        part = replace(part, number=number, name=name_of(Kind.FAN, number, name))
    return reading, part if known is not None or kind == "fan" else None


def _psu(arc: int, mib: str, kind: str, unit: str, label: str) -> Measure:
    return Measure(
        column=f"{PSU}.{arc}", object=mib, kind=kind, unit=unit, label=label, part=Kind.PSU, unless=EMPTY,
        total=kind == "power", not_measured=frozenset({0}) if kind == "fan" else frozenset({-1}),
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="supermicro_bmc",
    title="Supermicro BMC (ATEN-IPMI-MIB)",
    identified_by=("1.3.6.1.4.1.21317",),
    probe=f"{ATEN}.3.1.1",
    statuses=(
        Status(column=f"{PSU}.2", object="psuStatus", kind=Kind.PSU, codes=PSU_STATUS, label="PSU"),
        Status(column=POWER, object="smPowerState", kind=Kind.SYSTEM, codes=POWER_STATE, label="Power"),
    ),
    measures=(
        _psu(3, "psuInputVoltage", "voltage", "V", "PSU input"),
        _psu(4, "psuInputCurrent", "current", "A", "PSU input"),
        _psu(5, "psuInputPower", "power", "W", "PSU input"),
        _psu(9, "psuTemperature1", "temperature", "Cel", "PSU temperature 1 of"),
        _psu(10, "psuTemperature2", "temperature", "Cel", "PSU temperature 2 of"),
        _psu(11, "psuFan1", "fan", "/min", "PSU fan 1 of"),
        _psu(12, "psuFan2", "fan", "/min", "PSU fan 2 of"),
    ),
    manufacturer="Supermicro",
    product=(f"{ATEN}.16.3.4.0",),
    serial=(f"{ATEN}.16.3.6.0",),
    more=(READING, NAME, *LIMITS.values()),
    read=read_sensors,
)
