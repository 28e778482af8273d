"""Arista switches: the limits of the sensors that ENTITY-SENSOR-MIB measures.

Source: ARISTA-ENTITY-SENSOR-MIB (1.3.6.1.4.1.30065.3.12), limits in the sensor's own scale; what is not limited holds
plus or minus 1,000,000,000. Only temperatures are judged: the limits of optics without light are always crossed.
"""

from __future__ import annotations

from app.hardware.facts import Facts, Part
from app.hardware.facts.agent_values import Values
from app.hardware.families.snmp import SnmpFamily
from app.hardware.vendors._entity import DESCR, NAME, SENSORS, columns, name_at, scaled
from app.hardware.vendors._limited import judged

LIMIT_TABLE = "1.3.6.1.4.1.30065.3.12.1.1.1"
LIMITS = {"unc": f"{LIMIT_TABLE}.3", "ucr": f"{LIMIT_TABLE}.4"}
UNLIMITED, CELSIUS, WORKS = 1_000_000_000, 8, 1


def judge_temperatures(values: Values) -> Facts:
    """Temperatures that have limits, as parts."""
    parts: list[Part] = []
    for index in values.rows(f"{SENSORS}.4"):
        raw = values.number(f"{SENSORS}.4", index)
        if raw is None or values.number(f"{SENSORS}.1", index) != CELSIUS or not _works(values, index):
            continue
        told = {name: values.number(column, index) for name, column in LIMITS.items()}
        given = {n: scaled(values, SENSORS, index, at) for n, at in told.items() if at and abs(at) < UNLIMITED}
        limits = {n: at for n, at in given.items() if at is not None}
        value = scaled(values, SENSORS, index, raw)
        name, evidence = name_at(values, index), f"entPhySensorValue.{index}"
        _reading, part = judged(values, evidence, name, "temperature", value, "Cel", limits)
        parts += [part] if part and limits else []
    return Facts(parts=tuple(parts))


def _works(values: Values, index: str) -> bool:
    return values.number(f"{SENSORS}.5", index) in {None, WORKS}


FAMILY = SnmpFamily(
    name="arista",
    title="Arista switch (ARISTA-ENTITY-SENSOR-MIB)",
    identified_by=("1.3.6.1.4.1.30065",),
    manufacturer="Arista",
    more=(*columns(SENSORS), DESCR, NAME, *LIMITS.values()),
    read=judge_temperatures,
)
