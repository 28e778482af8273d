"""What any agent may tell of its hardware in the standard way.

Source: ENTITY-MIB (RFC 6933), ENTITY-SENSOR-MIB (RFC 3433), ENTITY-STATE-MIB (RFC 4268). A power supply or fan that is
listed and of which nothing says how it is, is unknown.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Facts, Fault, Meaning, Observation, Part, join_facts
from app.hardware.facts.agent_values import Values
from app.hardware.facts.naming import name_of, part_named
from app.hardware.families.snmp import SnmpFamily, meaning_of
from app.hardware.readings import State
from app.hardware.vendors._entity import (
    CLASS,
    DESCR,
    FAN,
    MODEL,
    NAME,
    POWER_SUPPLY,
    SENSORS,
    SERIAL,
    columns,
    name_at,
    read_sensors,
)
from app.hardware.vendors._words import critical, ok, unknown

STATE_OPER = "1.3.6.1.2.1.131.1.1.1.3"
OPER = {1: unknown(), 2: critical("does not work", Fault.FAILED), 3: ok("works"), 4: ok("being tested")}
NOT_SAID = Meaning(State.UNKNOWN, "the agent lists it, and does not say how it is")
CLASSES = {POWER_SUPPLY: Kind.PSU, FAN: Kind.FAN}


def read_entities(values: Values) -> Facts:
    """Sensors as readings, power supplies and fans as parts."""
    parts = tuple(_part(values, index, CLASSES[_class(values, index)]) for index in values.rows(CLASS)
                  if _class(values, index) in CLASSES)  # fmt: skip
    return join_facts((read_sensors(values, SENSORS, "entPhySensorValue"), Facts(parts=parts)))


def _class(values: Values, index: str) -> int:
    return int(values.number(CLASS, index) or 0)


def _part(values: Values, index: str, kind: Kind) -> Part:
    name, said = name_at(values, index), values.rows(STATE_OPER).get(index)
    meaning = meaning_of(OPER, said) if said else NOT_SAID
    evidence = f"entStateOper.{index}" if said else f"entPhysicalClass.{index}"
    seen = Observation(
        meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault, measured=said is None
    )
    number = part_named(kind, name).number
    return Part(kind, name_of(kind, number, name), number, (seen,), values.text(SERIAL, index))


FAMILY = SnmpFamily(
    name="entity_mib",
    title="Physical entities (ENTITY-MIB, ENTITY-SENSOR-MIB)",
    identified_by=(),
    standard=True,
    product=(MODEL,),
    serial=(SERIAL,),
    more=(*columns(SENSORS), CLASS, DESCR, NAME, STATE_OPER),
    read=read_entities,
)
