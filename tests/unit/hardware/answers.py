"""Hand-made protocol answers: a BMC sensor by sensor, an agent object by object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from app.hardware.diagnostics import Component, Finding
from app.hardware.facts import Facts, Wiring, join_facts
from app.hardware.facts.bmc_log import read_log
from app.hardware.facts.bmc_sensors import read_sensors
from app.hardware.families.snmp import SnmpFamily, Values
from app.hardware.readings import Identity, IpmiAnswer, LogEntry, Sensor, SnmpTable, SnmpType, SnmpValue
from app.hardware.rules import judge
from app.hardware.vendors.ipmi_generic import FAMILY as IPMI

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)

TEMPERATURE, VOLTAGE, FAN, CHASSIS, CPU, PSU, MEMORY, DRIVE = 0x01, 0x02, 0x04, 0x05, 0x07, 0x08, 0x0C, 0x0D
WATCHDOG, BATTERY = 0x23, 0x29
THRESHOLD, REDUNDANCY, SPECIFIC = 0x01, 0x0B, 0x6F
PSU_ENTITY, BOARD_ENTITY = 10, 7


def discrete(name: str, sensor_type: int, *bits: int, event_type: int = SPECIFIC, number: int = 0) -> Sensor:
    """A sensor of states with these bits asserted."""
    entity = PSU_ENTITY if sensor_type == PSU and event_type == SPECIFIC else BOARD_ENTITY
    mask = sum(1 << bit for bit in bits)
    return Sensor(number or _number(name), name, sensor_type, event_type, entity, 1, bits=mask)


def unreadable(name: str, sensor_type: int, event_type: int = SPECIFIC) -> Sensor:
    """A sensor that the BMC could not read."""
    return Sensor(
        _number(name), name, sensor_type, event_type, BOARD_ENTITY, 1, unavailable="the BMC has no reading yet"
    )


def analog(
    name: str,
    sensor_type: int,
    value: float | None,
    unit: str,
    *,
    bits: int | None = None,
    entity: int = BOARD_ENTITY,
    **thresholds: float,
) -> Sensor:
    """A measuring sensor with its limits."""
    why = None if value is not None else "the BMC has no reading yet"
    return Sensor(
        _number(name),
        name,
        sensor_type,
        THRESHOLD,
        entity,
        1,
        unit,
        value,
        bits,
        thresholds=thresholds,
        unavailable=why,
    )


def entry(
    record: int, sensor: Sensor, offset: int, *, asserted: bool = True, hours_ago: float | None = 1.0
) -> LogEntry:
    """A log entry about a sensor; `hours_ago` None is a clock that was never set."""
    at = None if hours_ago is None else NOW - timedelta(hours=hours_ago)
    data = (offset, 0xFF, 0xFF)
    return LogEntry(record, at, 2, sensor.sensor_type, sensor.number, sensor.event_type, asserted, data, b"")


def bmc(*sensors: Sensor, log: Iterable[LogEntry] = (), power_on: bool | None = True) -> IpmiAnswer:
    """A BMC's answer; the log as it is told, newest first, whatever the order here."""
    newest_first = tuple(sorted(log, key=lambda one: -one.record))
    return IpmiAnswer(power_on, sensors, newest_first, Identity(serial="CZ1"), 0.0, 9)


def facts_of(answer: IpmiAnswer) -> Facts:
    """What a BMC's answer means."""
    live = read_sensors(IPMI, answer, "ipmi", NOW)
    return join_facts((live, read_log(IPMI, answer, NOW, live.parts)))


def findings_of(answer: IpmiAnswer, *others: Facts, wiring: Wiring | None = None) -> tuple[Finding, ...]:
    """The findings of a BMC's answer, with what neighbours said."""
    return judge(join_facts((facts_of(answer), *others)), wiring or Wiring(), "SRV-0042")[1]


def component(answer: IpmiAnswer, name: str) -> Component:
    """One component of a BMC's answer."""
    return next(part.component for part in facts_of(answer).parts if part.name == name)


def integer(value: int) -> SnmpValue:
    return SnmpValue("", SnmpType.INTEGER, value)


def text(value: str | bytes) -> SnmpValue:
    return SnmpValue("", SnmpType.STRING, value.encode() if isinstance(value, str) else value)


def values(family: SnmpFamily, objects: Mapping[str, SnmpValue], source: str = "snmp") -> Values:
    """What an agent with these objects answers to a family's questions."""
    tree = {oid: SnmpValue(oid, value.type, value.value) for oid, value in objects.items()}
    scalars = {
        oid: tree.get(oid, SnmpValue(oid, SnmpType.ABSENT, None)) for oid in family.objects() if oid.endswith(".0")
    }
    columns = [oid for oid in family.objects() if not oid.endswith(".0")]
    tables = {
        column: SnmpTable(
            column, tuple(one for oid, one in tree.items() if oid.startswith(f"{column}.")), complete=True
        )
        for column in columns
    }
    return Values(source, NOW, scalars, tables)


def _number(name: str) -> int:
    return sum(name.encode()) % 251 + 1
