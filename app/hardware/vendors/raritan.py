"""Raritan PX2, PX3 and newer (also Server Technology PRO3X).

Source: PDU2-MIB (1.3.6.1.4.1.13742.6): every inlet, outlet, breaker and external sensor has rows of measurements by
SensorTypeEnumeration, with units and decimal digits in a table of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import IN_TROUBLE, Facts, Fault, Meaning, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.families.snmp import SnmpFamily, meaning_of
from app.hardware.readings import State
from app.hardware.vendors._words import OFF, ON, critical, ok, unknown, warning

PDU2 = "1.3.6.1.4.1.13742.6"
OUTLET_NAME = f"{PDU2}.3.5.3.1.3"

SENSOR_STATE = {
    -1: unknown("not available"),
    0: ok("open"),
    1: ok("closed"),
    2: critical("below its critical limit", Fault.LIMIT),
    3: warning("below its warning limit", Fault.LIMIT),
    4: ok("normal"),
    5: warning("above its warning limit", Fault.LIMIT),
    6: critical("above its critical limit", Fault.LIMIT),
    7: ON,
    8: OFF,
    9: warning("detected"),
    10: ok("not detected"),
    11: warning("alarmed"),
    12: ok(),
    13: warning("marginal"),
    14: critical("failed", Fault.FAILED),
    15: ok("yes"),
    16: ok("no"),
    17: ok("on standby"),
    18: ok("one"),
    19: ok("two"),
    20: ok("in step"),
    21: warning("out of step"),
}
NUMERIC = frozenset(SENSOR_STATE[code] for code in (-1, 2, 3, 4, 5, 6))  # of sensors that measure, or are not there
BREAKER = {**SENSOR_STATE, 0: critical("tripped", Fault.OVERLOAD), 1: ok("closed")}
KINDS = {  # SensorTypeEnumeration -> kind and unit of the reading
    1: ("current", "A"),
    4: ("voltage", "V"),
    5: ("power", "W"),
    6: ("power", "VA"),
    7: ("power_factor", None),
    8: ("energy", "kW.h"),
    10: ("temperature", "Cel"),
    11: ("humidity", "%"),
    21: ("fan", "/min"),
    23: ("frequency", "Hz"),
}
ON_OFF, TRIP, ENERGY = 14, 15, 8
MOST_DIGITS = 9  # a 32-bit value has no more
FAHRENHEIT = 14  # SensorUnitsEnumeration
PARTS_OF_READINGS = {"temperature": Kind.TEMPERATURE, "current": Kind.CURRENT, "voltage": Kind.VOLTAGE}


@dataclass(frozen=True, slots=True)
class Table:
    """One table of measurements; its rows are indexed by unit, port and, unless `bare`, sensor type."""

    measurements: str
    name: str
    config: str
    label: str
    labels: str
    units: int = 6
    digits: int = 7
    part: Kind | None = None

    def column(self, arc: int) -> str:
        """A column of the measurements: 3 is the state, 4 the value."""
        return f"{PDU2}.{self.measurements}.3.1.{arc}"


INLETS = Table("5.2", "measurementsInletSensor", "3.3.4.1", "Inlet", "3.3.3.1.2")
BREAKERS = Table("5.3", "measurementsOverCurrentProtectorSensor", "3.4.4.1", "Breaker", "3.4.3.1.2")
OUTLETS = Table("5.4", "measurementsOutletSensor", "3.5.4.1", "Outlet", "3.5.3.1.2", part=Kind.OUTLET)
EXTERNAL = Table("5.5", "measurementsExternalSensor", "3.6.3.1", "Sensor", "3.6.3.1.4", units=16, digits=17)
TABLES = (INLETS, BREAKERS, OUTLETS, EXTERNAL)


def read_sensors(values: Values) -> Facts:
    """Every sensor: switching states and alarms as parts, measured values as readings."""
    parts: list[Part] = []
    readings: list[Reading] = []
    watts: list[float | None] = []
    for table in TABLES:
        for index, sensor_type in _sensors(table, values):
            part, reading = _sensor(table, values, index, sensor_type)
            parts += [part] if part else []
            readings += [reading] if reading else []
            if table is INLETS and sensor_type == 5 and reading:
                watts.append(reading.value)
    known = [value for value in watts if value is not None]
    total = sum(known) if known and len(known) == len(watts) else None
    return Facts(watts=total, parts=tuple(parts), readings=tuple(readings))


def _sensors(table: Table, values: Values) -> Iterator[tuple[str, int]]:
    for index in values.rows(table.column(4)):
        if table is EXTERNAL:
            yield index, int(values.number(f"{PDU2}.{table.config}.2", index) or 0)
        else:
            yield index, int(index.rpartition(".")[2])


def _sensor(table: Table, values: Values, index: str, sensor_type: int) -> tuple[Part | None, Reading | None]:
    meaning = _meaning(table, values, index, sensor_type)
    number, name = _number_and_name(table, values, index)
    evidence = f"{table.name}State.{index}"
    seen = Observation(meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault)
    if sensor_type not in KINDS:
        part = _switch(table, sensor_type, number, name, seen, meaning)
        return part, None
    kind, unit = KINDS[sensor_type]
    value = _value(table, values, index, sensor_type)
    if meaning.state is State.UNKNOWN:
        value = None
    elif value is None:
        meaning = unknown("the PDU does not say its value, or its decimal digits")
    reason = None if meaning.state is State.OK else meaning.words
    owner = f"Outlet {number}" if table.part and number else None
    reading = Reading(kind, name, value, unit, meaning.state, values.source, values.read_at, reason, owner)
    part_kind = PARTS_OF_READINGS.get(kind)
    if part_kind is None or meaning.state not in IN_TROUBLE:
        return None, reading  # a dry rack is worth a reading's state and no finding
    return Part(part_kind, name, None, (replace(seen, measured=True),)), reading


def _meaning(table: Table, values: Values, index: str, sensor_type: int) -> Meaning:
    said = values.rows(table.column(3)).get(index)
    if said is None:
        return ok("not judged")
    return meaning_of(BREAKER if sensor_type == TRIP else SENSOR_STATE, said)


def _switch(
    table: Table, sensor_type: int, number: str | None, name: str, seen: Observation, meaning: Meaning
) -> Part | None:
    if table is OUTLETS and sensor_type == ON_OFF:
        aliases = frozenset({name})
        return Part(Kind.OUTLET, f"Outlet {number}", number, (seen,), value=meaning.value, aliases=aliases)
    if table is BREAKERS and sensor_type == TRIP:
        return Part(Kind.CURRENT, name, None, (seen,))
    if table is EXTERNAL and meaning not in NUMERIC:
        return Part(Kind.SYSTEM, name, None, (seen,))
    return None


def _number_and_name(table: Table, values: Values, index: str) -> tuple[str | None, str]:
    row = index if table is EXTERNAL else index.rpartition(".")[0]
    label = values.text(f"{PDU2}.{table.labels}", row)
    if table is EXTERNAL:
        return None, label or f"Sensor {row.rpartition('.')[2]}"
    number = label or row.rpartition(".")[2]
    own = values.text(OUTLET_NAME, row) if table is OUTLETS else None
    return number, own or f"{table.label} {number}"


def _value(table: Table, values: Values, index: str, sensor_type: int) -> float | None:
    raw = values.number(table.column(4), index)
    digits = values.number(f"{PDU2}.{table.config}.{table.digits}", index)
    if raw is None or digits is None or not 0 <= digits <= MOST_DIGITS:
        return None  # without its decimal digits a number means nothing
    value = raw / 10**digits
    if sensor_type == ENERGY:
        value /= 1000
    if values.number(f"{PDU2}.{table.config}.{table.units}", index) == FAHRENHEIT:
        value = (value - 32) / 1.8
    return round(value, 6)


def _columns() -> Iterator[str]:
    for table in TABLES:
        yield from (table.column(4), table.column(3), f"{PDU2}.{table.labels}")
        yield from (f"{PDU2}.{table.config}.{arc}" for arc in (table.digits, table.units))
    yield from (OUTLET_NAME, f"{PDU2}.{EXTERNAL.config}.2")


FAMILY = SnmpFamily(
    name="raritan",
    title="Raritan PDU (PDU2-MIB)",
    identified_by=(PDU2,),
    probe=f"{PDU2}.3.2.1.1.3",
    manufacturer="Raritan",
    product=(f"{PDU2}.3.2.1.1.3",),
    serial=(f"{PDU2}.3.2.1.1.4",),
    firmware=(f"{PDU2}.3.2.3.1.6",),
    more=tuple(dict.fromkeys(_columns())),
    read=read_sensors,
)
