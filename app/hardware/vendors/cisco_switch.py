"""Cisco switches, NX-OS and IOS.

Source: CISCO-ENTITY-FRU-CONTROL-MIB (1.3.6.1.4.1.9.9.117), CISCO-ENTITY-SENSOR-MIB (.9.9.91), CISCO-ENVMON-MIB
(.9.9.13), CISCO-RF-MIB (.9.9.176). A supply that somebody switched off is a warning and no failure.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Facts, Fault
from app.hardware.facts.agent_values import Values
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where
from app.hardware.vendors._entity import CLASS, DESCR, NAME, POWER_SUPPLY, columns, read_sensors
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

CISCO = "1.3.6.1.4.1.9.9"
FRU, ENVMON, SENSORS, REDUNDANCY = f"{CISCO}.117.1", f"{CISCO}.13.1", f"{CISCO}.91.1.1.1.1", f"{CISCO}.176.1.1"
PSU_NAME = re.compile(r"(?:(?:switch|fex-?|chassis)\s*(\d+).*?)?(?:supply|psu|PS)[^\d]*(\d+)", re.IGNORECASE)
FAN_NAME = re.compile(r"(?:supply[^\d]*(\d+)[^\d]+)?fan[^\d]*(\d+)", re.IGNORECASE)

POWER = {
    1: critical("off, for its environment"),
    2: ok("on"),
    3: warning("switched off by its administrator"),
    4: critical("off: there is not enough power"),
    5: critical("off: no input power", Fault.INPUT_LOST),
    6: critical("off: too hot"),
    7: critical("off: its fan has failed", Fault.FAILED),
    8: critical("failed", Fault.FAILED),
    9: warning("on, and its fan has failed", Fault.PREDICTED),
    10: critical("off: not enough cooling"),
    11: critical("off: its connector is too weak"),
    12: warning("on, and its inline power has failed"),
}
FAN_TRAY = {1: unknown(), 2: ok("up"), 3: critical("down", Fault.FAILED), 4: warning("partly failed", Fault.LIMIT)}
MODULE = {
    1: unknown(),
    2: ok(),
    3: warning("switched off"),
    4: warning("works, and its self test failed"),
    5: ok("starting"),
    6: ok("in its self test"),
    7: critical("failed", Fault.FAILED),
    8: absent("missing"),
    9: warning("does not fit its parent", Fault.MISMATCHED),
    10: warning("does not fit its configuration", Fault.MISMATCHED),
    15: critical("out of service: too hot"),
    17: critical("powered down"),
    19: warning("powered down by its administrator"),
}
ENVIRONMENT = {  # CiscoEnvMonState
    1: ok("normal"),
    2: warning("warning", Fault.LIMIT),
    3: critical("critical", Fault.LIMIT),
    4: critical("shut down for it", Fault.LIMIT),
    5: absent(),
    6: critical("does not work", Fault.FAILED),
}
SUPPLY = {**ENVIRONMENT, 2: warning("warning"), 3: critical("critical"), 4: critical("shut down")}
UNIT_STATE = {  # cRFStatusUnitState
    1: unknown(),
    2: ok("no redundancy wanted"),
    9: ok("hot standby"),
    14: ok("active"),
    **dict.fromkeys((3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16), warning("changing its role")),
}
IS_PSU = Where(CLASS, frozenset({POWER_SUPPLY}))


def _envmon(
    table: int, state: int, mib: str, kind: Kind, codes: Codes, label: str, bay: re.Pattern[str] | None = None
) -> Status:
    entry = f"{ENVMON}.{table}.1"
    return Status(
        column=f"{entry}.{state}", object=mib, kind=kind, codes=codes, label=label, numbered=bay is not None,
        name_column=f"{entry}.2", number_column=f"{entry}.2" if bay else None, bay=bay,
    )  # fmt: skip


def _sensors(values: Values) -> Facts:
    return read_sensors(values, SENSORS, "entSensorValue")


FAMILY = SnmpFamily(
    name="cisco_switch",
    title="Cisco switch (CISCO-ENTITY-FRU-CONTROL-MIB, CISCO-ENVMON-MIB)",
    identified_by=("1.3.6.1.4.1.9",),
    roles=frozenset({"switch"}),
    statuses=(
        Status(
            column=f"{FRU}.1.2.1.2", object="cefcFRUPowerOperStatus", kind=Kind.PSU, codes=POWER, label="PSU",
            number_column=NAME, bay=PSU_NAME, name_column=NAME, where=IS_PSU,
        ),
        Status(
            column=f"{FRU}.1.2.1.2", object="cefcFRUPowerOperStatus", kind=Kind.CHASSIS, codes=POWER, label="Module",
            numbered=False, name_column=NAME, unless=IS_PSU,
        ),
        Status(
            column=f"{FRU}.4.1.1.1", object="cefcFanTrayOperStatus", kind=Kind.FAN, codes=FAN_TRAY, label="Fan",
            number_column=NAME, bay=FAN_NAME, name_column=NAME,
        ),
        Status(
            column=f"{FRU}.2.1.1.2", object="cefcModuleOperStatus", kind=Kind.CHASSIS, codes=MODULE, label="Module",
            numbered=False, name_column=NAME,
        ),
        _envmon(2, 7, "ciscoEnvMonVoltageState", Kind.VOLTAGE, ENVIRONMENT, "Voltage"),
        _envmon(3, 6, "ciscoEnvMonTemperatureState", Kind.TEMPERATURE, ENVIRONMENT, "Temperature"),
        _envmon(4, 3, "ciscoEnvMonFanState", Kind.FAN, {**ENVIRONMENT, 3: critical("critical")}, "Fan", FAN_NAME),
        _envmon(5, 3, "ciscoEnvMonSupplyState", Kind.PSU, SUPPLY, "PSU", PSU_NAME),
        Status(
            column=f"{REDUNDANCY}.2.0", object="cRFStatusUnitState", kind=Kind.SYSTEM, codes=UNIT_STATE,
            label="Supervisor",
        ),
        Status(
            column=f"{REDUNDANCY}.4.0", object="cRFStatusPeerUnitState", kind=Kind.SYSTEM, codes=UNIT_STATE,
            label="Other supervisor",
        ),
    ),
    measures=(
        Measure(
            column=f"{ENVMON}.3.1.3", object="ciscoEnvMonTemperatureStatusValue", kind="temperature", unit="Cel",
            label="Temperature", name_column=f"{ENVMON}.3.1.2", state_column=f"{ENVMON}.3.1.6",
            state_codes=ENVIRONMENT,
        ),
        Measure(
            column=f"{ENVMON}.2.1.3", object="ciscoEnvMonVoltageStatusValue", kind="voltage", unit="V",
            label="Voltage", scale=0.001, name_column=f"{ENVMON}.2.1.2",
        ),
    ),
    manufacturer="Cisco",
    more=(*columns(SENSORS), DESCR, NAME, CLASS),
    read=_sensors,
)  # fmt: skip
