"""Supermicro servers through SuperDoctor in the operating system.

Source: SUPERMICRO-HEALTH-MIB (1.3.6.1.4.1.10876.2). Fans in rpm, temperatures in degrees, voltages in millivolts. A fan
that reads 0 is one that is not plugged in, as far as the table can tell: unknown, unless it has a lower limit and the
board says so.
"""

from __future__ import annotations

from dataclasses import replace

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.facts.naming import name_of, part_named
from app.hardware.families.snmp import SnmpFamily, meaning_of
from app.hardware.vendors._limited import judged, limits_of
from app.hardware.vendors._words import critical, ok

HEALTH = "1.3.6.1.4.1.10876.2.1.1.1.1"
NAME, TYPE, READING, HIGH, LOW, MONITORED = (f"{HEALTH}.{arc}" for arc in (2, 3, 4, 5, 6, 10))
FAN, VOLTAGE, TEMPERATURE = 0, 1, 2
MEASURED = {FAN: ("fan", "/min", 1.0), VOLTAGE: ("voltage", "V", 0.001), TEMPERATURE: ("temperature", "Cel", 1.0)}
# smHealthMonitorType of what has a state and no value: chassis intrusion, and power supply failure
STATES = {
    3: (Kind.CHASSIS, {0: ok("closed"), 1: critical("open", Fault.OPEN)}),
    5: (Kind.PSU, {0: ok(), 1: critical("failed", Fault.FAILED)}),
}


def read_sensors(values: Values) -> Facts:
    """Sensors that are monitored, as readings with the board's own limits."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for index in values.rows(READING):
        kind_code = int(values.number(TYPE, index) or 0) if values.number(TYPE, index) is not None else -1
        name = values.text(NAME, index) or f"Sensor {index}"
        if values.number(MONITORED, index) == 0:
            continue
        if kind_code in STATES:
            parts.append(_state(values, index, name, kind_code))
        elif kind_code in MEASURED:
            reading, part = _measured(values, index, name, kind_code)
            readings.append(reading)
            parts += [part] if part else []
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _state(values: Values, index: str, name: str, kind_code: int) -> Part:
    kind, codes = STATES[kind_code]
    meaning = meaning_of(codes, values.rows(READING)[index])
    number = part_named(kind, name).number
    evidence = f"smHealthMonitorReading.{index}"
    seen = Observation(meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault)
    return Part(kind, name_of(kind, number, name), number, (seen,))


def _measured(values: Values, index: str, name: str, kind_code: int) -> tuple[Reading, Part | None]:
    kind, unit, scale = MEASURED[kind_code]
    raw = values.number(READING, index)
    value = round(raw * scale, 6) if raw else None
    limits = limits_of(values, {"ucr": HIGH, "lcr": LOW}, index, scale)
    reading, part = judged(values, f"smHealthMonitorReading.{index}", name, kind, value, unit, limits)
    if part is not None and part.kind is Kind.FAN:
        number = part_named(Kind.FAN, name).number
        part = replace(part, number=number, name=name_of(Kind.FAN, number, name))
    return reading, part


FAMILY = SnmpFamily(
    name="supermicro_health",
    title="Supermicro SuperDoctor (SUPERMICRO-HEALTH-MIB)",
    identified_by=("1.3.6.1.4.1.10876",),
    probe=READING,
    manufacturer="Supermicro",
    product=("1.3.6.1.4.1.10876.100.1.6.1.11.1",),
    serial=("1.3.6.1.4.1.10876.100.1.6.1.16.1",),
    more=(READING, NAME, TYPE, HIGH, LOW, MONITORED),
    read=read_sensors,
)
