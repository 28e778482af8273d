"""MikroTik RouterOS.

Source: MIKROTIK-MIB (1.3.6.1.4.1.14988.1.1): mtxrGaugeTable (units in a column of their own) and mtxrOpticalTable.
A fan that stands still is how a cool device rests: its speed is read, and is no fault. Optics without light are told by
their ports.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Codes, Facts, Fault, Observation, Part
from app.hardware.facts.agent_values import Values
from app.hardware.facts.naming import part_named
from app.hardware.families.snmp import Measure, SnmpFamily, Status, meaning_of
from app.hardware.readings import State
from app.hardware.vendors._words import critical, ok, unknown

MTXR = "1.3.6.1.4.1.14988.1.1"
GAUGE, OPTICS = f"{MTXR}.3.100.1", f"{MTXR}.19.1.1"
NAME, VALUE, UNIT = (f"{GAUGE}.{arc}" for arc in (2, 3, 4))
UNITS = {  # mtxrGaugeUnit
    1: ("temperature", "Cel", 1.0),
    2: ("fan", "/min", 1.0),
    3: ("voltage", "V", 0.1),
    4: ("current", "A", 0.1),
    5: ("power", "W", 0.1),
}
STATUS_UNIT = 6
STATUS = {0: ok(), 1: critical("failed", Fault.FAILED)}
NO_LIGHT = {0: ok("receives light"), 1: ok("receives no light"), 2: unknown("not told")}
TX_FAULT = {0: ok("no fault"), 1: critical("its transmitter has failed", Fault.FAILED), 2: unknown("not told")}


def read_gauges(values: Values) -> Facts:
    """Gauges that measure, and those that say ok or fail."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for index, row in values.rows(VALUE).items():
        unit = int(values.number(UNIT, index) or 0)
        name = values.text(NAME, index) or f"Gauge {index}"
        if unit == STATUS_UNIT:
            meaning = meaning_of(STATUS, row)
            kind = Kind.PSU if name.casefold().startswith("psu") else Kind.SYSTEM
            number = part_named(kind, name).number
            evidence = f"mtxrGaugeValue.{index}"
            seen = Observation(meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault)
            parts.append(Part(kind, name, number, (seen,)))
        elif unit in UNITS:
            measured, ucum, scale = UNITS[unit]
            raw = values.number(VALUE, index)
            value = None if raw is None else round(raw * scale, 6)
            state, reason = (State.UNKNOWN, "the agent gave no number") if value is None else (State.OK, None)
            readings.append(Reading(measured, name, value, ucum, state, values.source, values.read_at, reason))
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _port(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{OPTICS}.{arc}", object=mib, kind=Kind.SWITCH_PORT, codes=codes, label="Port",
        number_column=f"{OPTICS}.2", name_column=f"{OPTICS}.2",
    )  # fmt: skip


def _optic(arc: int, mib: str, kind: str, unit: str, scale: float = 1.0) -> Measure:
    return Measure(
        column=f"{OPTICS}.{arc}", object=mib, kind=kind, unit=unit, label="Port", scale=scale,
        name_column=f"{OPTICS}.2",
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="mikrotik",
    title="MikroTik RouterOS (MIKROTIK-MIB)",
    identified_by=("1.3.6.1.4.1.14988",),
    statuses=(_port(3, "mtxrOpticalRxLoss", NO_LIGHT), _port(4, "mtxrOpticalTxFault", TX_FAULT)),
    measures=(
        _optic(6, "mtxrOpticalTemperature", "temperature", "Cel"),
        _optic(7, "mtxrOpticalSupplyVoltage", "voltage", "V", 0.001),
        _optic(8, "mtxrOpticalTxBiasCurrent", "current", "A", 0.001),
        _optic(9, "mtxrOpticalTxPower", "optical_power", "dB[mW]", 0.001),
        _optic(10, "mtxrOpticalRxPower", "optical_power", "dB[mW]", 0.001),
    ),
    manufacturer="MikroTik",
    product=(f"{MTXR}.7.8.0",),
    serial=(f"{MTXR}.7.3.0",),
    firmware=(f"{MTXR}.7.4.0",),
    more=(VALUE, NAME, UNIT),
    read=read_gauges,
)
