"""Server Technology CDUs of the third generation.

Source: Sentry3-MIB (1.3.6.1.4.1.1718.3.2). Outlets: 0 off, 1 on. Hundredths of amperes, tenths of volts.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where
from app.hardware.vendors._words import OFF, ON, critical, ok, unknown, warning

SENTRY = "1.3.6.1.4.1.1718.3.2"
TOWER, INFEED, OUTLET, PROBE = (f"{SENTRY}.{arc}.1" for arc in (1, 2, 3, 5))
SWITCH = {
    0: OFF,
    1: ON,
    2: ok("on, switching off", "on"),
    3: ok("off, switching on", "off"),
    4: critical("should be off and is not", Fault.FAILED),
    5: critical("should be on and is not", Fault.FAILED),
    6: unknown("its tower does not answer"),
    7: unknown("being read"),
    8: critical("off, and its fuse is blown", Fault.FAILED),
    9: critical("on, and its fuse is blown", Fault.FAILED),
}
FEED = {**SWITCH, 0: critical("off", Fault.INPUT_LOST)}
LOAD = {
    0: ok("normal"),
    1: ok("not on"),
    2: unknown("being read"),
    3: ok("little load"),
    4: warning("near overload", Fault.OVERLOAD),
    5: critical("overload", Fault.OVERLOAD),
    6: unknown("cannot be read"),
    7: unknown("its tower does not answer"),
}
TOWER_STATE = {
    0: ok("normal"),
    1: unknown("does not answer"),
    2: warning("a fan has failed", Fault.FAILED),
    3: warning("too hot", Fault.LIMIT),
    4: critical("its memory has failed", Fault.FAILED),
    5: critical("out of balance"),
}
TEMPERATURE = {
    0: ok("normal"),
    1: unknown("not there"),
    2: unknown("being read"),
    3: warning("below its limit", Fault.LIMIT),
    4: warning("above its limit", Fault.LIMIT),
    5: unknown("cannot be read"),
    6: unknown("lost"),
    7: unknown("does not answer"),
}
CELSIUS, FAHRENHEIT = frozenset({0}), frozenset({1})


def _load(table: str, arc: int, mib: str, label: str) -> Status:
    return Status(
        column=f"{table}.{arc}", object=mib, kind=Kind.CURRENT, codes=LOAD, label=label, numbered=False,
        name_column=f"{table}.3",
    )  # fmt: skip


def _measure(
    column: str, mib: str, kind: str, unit: str, label: str, scale: float, states: Codes | None = None,
    where: Where | None = None, offset: float = 0.0, total: bool = False,
) -> Measure:  # fmt: skip
    table, _, arc = column.rpartition(".")
    return Measure(
        column=column, object=mib, kind=kind, unit=unit, label=label, scale=scale, offset=offset, where=where,
        name_column=f"{table}.3", part=Kind.OUTLET if table == OUTLET else None, total=total,
        number_column=f"{table}.2" if table == OUTLET else None,
        state_column=f"{table}.{int(arc) - 1}" if states else None, state_codes=states or {},
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="sentry3",
    title="Server Technology CDU (Sentry3-MIB)",
    identified_by=("1.3.6.1.4.1.1718.3",),
    probe=f"{SENTRY}.1.1.6",
    statuses=(
        Status(
            column=f"{OUTLET}.5", object="outletStatus", kind=Kind.OUTLET, codes=SWITCH, label="Outlet",
            number_column=f"{OUTLET}.2", name_column=f"{OUTLET}.3",
        ),
        Status(
            column=f"{INFEED}.5", object="infeedStatus", kind=Kind.CURRENT, codes=FEED, label="Feed", numbered=False,
            name_column=f"{INFEED}.3",
        ),
        _load(INFEED, 6, "infeedLoadStatus", "Feed"),
        Status(
            column=f"{TOWER}.5", object="towerStatus", kind=Kind.SYSTEM, codes=TOWER_STATE, label="Tower",
            numbered=False, name_column=f"{TOWER}.3",
        ),
        Status(
            column=f"{PROBE}.5", object="tempHumidSensorTempStatus", kind=Kind.TEMPERATURE, codes=TEMPERATURE,
            label="Probe", numbered=False, name_column=f"{PROBE}.3",
        ),
    ),
    measures=(
        _measure(f"{INFEED}.7", "infeedLoadValue", "current", "A", "Feed", 0.01, LOAD),
        _measure(f"{INFEED}.11", "infeedVoltage", "voltage", "V", "Feed", 0.1),
        _measure(f"{INFEED}.12", "infeedPower", "power", "W", "Feed", 1.0, total=True),
        _measure(f"{OUTLET}.7", "outletLoadValue", "current", "A", "Outlet", 0.01, LOAD),
        _measure(f"{OUTLET}.13", "outletVoltage", "voltage", "V", "Outlet", 0.1),
        _measure(f"{OUTLET}.14", "outletPower", "power", "W", "Outlet", 1.0),
        _measure(
            f"{PROBE}.6", "tempHumidSensorTempValue", "temperature", "Cel", "Probe", 0.1, TEMPERATURE,
            Where(f"{PROBE}.13", CELSIUS),
        ),
        _measure(
            f"{PROBE}.6", "tempHumidSensorTempValue", "temperature", "Cel", "Probe", 0.1 / 1.8, TEMPERATURE,
            Where(f"{PROBE}.13", FAHRENHEIT), -32 / 1.8,
        ),
        _measure(f"{PROBE}.10", "tempHumidSensorHumidValue", "humidity", "%", "Probe", 1.0),
    ),
    manufacturer="Server Technology",
    product=(f"{TOWER}.7",),
    serial=(f"{TOWER}.6",),
)  # fmt: skip
