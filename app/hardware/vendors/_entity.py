"""ENTITY-SENSOR-MIB and Cisco's elder twin of it: sensors with a type, a scale and a precision in columns of their own."""

from __future__ import annotations

from dataclasses import replace

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.facts.naming import name_of, part_named
from app.hardware.readings import State

PHYSICAL = "1.3.6.1.2.1.47.1.1.1.1"
SENSORS = "1.3.6.1.2.1.99.1.1.1"
DESCR, CLASS, NAME, SERIAL, MODEL = (f"{PHYSICAL}.{arc}" for arc in (2, 5, 7, 11, 13))
POWER_SUPPLY, FAN = 6, 7  # PhysicalClass

KINDS = {  # EntitySensorDataType -> kind and unit of the reading
    3: ("voltage", "V"),
    4: ("voltage", "V"),
    5: ("current", "A"),
    6: ("power", "W"),
    7: ("frequency", "Hz"),
    8: ("temperature", "Cel"),
    9: ("humidity", "%"),
    10: ("fan", "/min"),
    14: ("optical_power", "dB[mW]"),
}
UNITS_SCALE = 9  # EntitySensorDataScale: units; one less is a thousandth
SCALES, PRECISIONS = range(1, 18), range(-8, 10)  # RFC 3433
NOT_READ = {2: "the sensor is not available", 3: "the sensor does not work"}


def columns(table: str) -> tuple[str, ...]:
    """The columns of a sensor table, the value first: without values the others are not worth asking for."""
    return tuple(f"{table}.{arc}" for arc in (4, 1, 2, 3, 5))


def read_sensors(values: Values, table: str, mib_object: str) -> Facts:
    """Every sensor as a reading; a turning fan also as a part. A sensor without an operational status counts as ok."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for index in values.rows(f"{table}.4"):
        known = KINDS.get(int(values.number(f"{table}.1", index) or 0))
        if known is None:
            continue
        reading = _reading(values, table, index, *known)
        readings.append(reading)
        if reading.kind == "fan":
            parts.append(_fan(values, reading, f"{mib_object}.{index}"))
    return Facts(parts=tuple(parts), readings=tuple(readings))


def scaled(values: Values, table: str, index: str, raw: float) -> float | None:
    """A raw value, or a limit of it, in the sensor's unit; None when scale or precision are none that the MIB knows."""
    scale = values.number(f"{table}.2", index) or UNITS_SCALE
    precision = values.number(f"{table}.3", index) or 0
    if scale not in SCALES or precision not in PRECISIONS:
        return None
    return round(raw * 10.0 ** (3 * (scale - UNITS_SCALE) - precision), 9)


def name_at(values: Values, index: str) -> str:
    """What a physical entity is called."""
    return values.text(NAME, index) or values.text(DESCR, index) or f"Sensor {index}"


def _reading(values: Values, table: str, index: str, kind: str, unit: str) -> Reading:
    raw = values.number(f"{table}.4", index)
    reason = NOT_READ.get(int(values.number(f"{table}.5", index) or 1))
    value = None if reason or raw is None else scaled(values, table, index, raw)
    if value is None:
        reason = reason or "the agent gave no number, or one without its scale"
    state = State.UNKNOWN if reason else State.OK
    name = _told_apart(values, index)
    return Reading(kind, name, value, unit, state, values.source, values.read_at, reason)


def _told_apart(values: Values, index: str) -> str:
    """Name and description, when each tells something ("Ethernet1 DOM TX Bias")."""
    name, descr = values.text(NAME, index), values.text(DESCR, index)
    return name_at(values, index) if not name or not descr or descr == name else descr


def _fan(values: Values, reading: Reading, evidence: str) -> Part:
    number = part_named(Kind.FAN, reading.name).number
    state, words = State.OK, "turns"
    if not reading.value:
        state, words = State.UNKNOWN, reading.reason or "it reads 0 and has no status"
    seen = Observation(state, words, values.source, evidence, values.read_at, measured=True)
    part = Part(Kind.FAN, reading.name, None, (seen,))
    return replace(part, number=number, name=name_of(Kind.FAN, number, reading.name))
