"""Fujitsu PRIMERGY through iRMC, or through ServerView in the operating system.

Source: FSC-SERVERCONTROL2-MIB (1.3.6.1.4.1.231.2.10.2.2.10). No recording of one was at hand: the tables are those of
the MIB.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import ALL_PARTS, Measure, SnmpFamily, Status
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

SC2 = "1.3.6.1.4.1.231.2.10.2.2.10"
TEMPERATURE, FAN, PSU = f"{SC2}.5.1.1", f"{SC2}.5.2.1", f"{SC2}.6.2.1"
VOLTAGE, CPU, MEMORY = f"{SC2}.6.3.1", f"{SC2}.6.4.1", f"{SC2}.6.5.1"
NUMBER = re.compile(r"(\d+)\s*$")
FAN_NAME = re.compile(r"fan\s*(?:psu\s*)?(\d+)", re.IGNORECASE)
DIMM = re.compile(r"DIMM[ -]*(\w+)", re.IGNORECASE)

PSU_STATUS = {
    1: unknown(),
    2: absent(),
    3: ok(),
    4: critical("failed", Fault.FAILED),
    5: critical("input lost", Fault.INPUT_LOST),
    6: critical("its output has failed", Fault.FAILED),
    7: critical("too hot", Fault.FAILED),
    8: unknown("cannot be managed"),
    9: warning("its fan predicts its failure", Fault.PREDICTED),
    10: critical("its fan has failed", Fault.FAILED),
    11: warning("in safe mode"),
    12: critical("its output has failed", Fault.FAILED),
    13: critical("input lost", Fault.INPUT_LOST),
}
FAN_STATUS = {
    1: unknown(),
    2: ok("switched off"),
    3: ok(),
    4: critical("failed", Fault.FAILED),
    5: warning("predicts its failure", Fault.PREDICTED),
    6: warning("a fan beside it has failed", Fault.PREDICTED),
    7: unknown("cannot be managed"),
    8: absent(),
}
HEAT = {
    1: unknown(),
    2: absent("not available"),
    3: ok(),
    4: critical("the sensor has failed"),
    5: critical("failed"),
    6: warning("too hot", Fault.LIMIT),
    7: critical("too hot", Fault.LIMIT),
    8: ok(),
    9: warning("too hot", Fault.LIMIT),
}
VOLTS = {
    1: unknown(),
    2: absent("not available"),
    3: ok(),
    4: warning("too low", Fault.LIMIT),
    5: warning("too high", Fault.LIMIT),
    6: critical("out of range", Fault.LIMIT),
    7: critical("out of range", Fault.LIMIT),
}
CPU_STATUS = {
    1: unknown(),
    2: absent(),
    3: ok(),
    4: warning("switched off"),
    5: critical("error", Fault.FAILED),
    6: critical("failed", Fault.FAILED),
    7: warning("its termination is missing"),
    8: warning("predicts its failure", Fault.CORRECTABLE),
}
DIMM_STATUS = {
    1: unknown(),
    2: absent(),
    3: ok(),
    4: warning("switched off"),
    5: critical("error", Fault.UNCORRECTABLE),
    6: critical("failed", Fault.FAILED),
    7: warning("predicts its failure", Fault.CORRECTABLE),
    8: ok("hot spare"),
    9: ok("mirror"),
    10: ok("RAID"),
    11: ok("hidden"),
}
OVERALL = {1: ok(), 2: warning("degraded"), 3: critical("error"), 4: critical("failed"), 5: unknown()}


def _part(
    table: str, arc: int, mib: str, kind: Kind, codes: Codes, label: str, bay: re.Pattern[str] | None = None
) -> Status:
    return Status(
        column=f"{table}.{arc}", object=mib, kind=kind, codes=codes, label=label, bay=bay, numbered=bay is not None,
        number_column=f"{table}.3" if bay else None, name_column=f"{table}.3",
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="fujitsu_irmc",
    title="Fujitsu iRMC (FSC-SERVERCONTROL2-MIB)",
    identified_by=("1.3.6.1.4.1.231",),
    probe=f"{SC2}.1.1.0",
    statuses=(
        _part(PSU, 5, "sc2PowerSupplyStatus", Kind.PSU, PSU_STATUS, "PSU", NUMBER),
        _part(FAN, 5, "sc2fanStatus", Kind.FAN, FAN_STATUS, "Fan", FAN_NAME),
        _part(TEMPERATURE, 5, "sc2tempSensorStatus", Kind.TEMPERATURE, HEAT, "Temperature"),
        _part(VOLTAGE, 4, "sc2VoltageStatus", Kind.VOLTAGE, VOLTS, "Voltage"),
        _part(CPU, 4, "sc2cpuStatus", Kind.CPU, CPU_STATUS, "CPU", NUMBER),
        _part(MEMORY, 4, "sc2memModuleStatus", Kind.MEMORY, DIMM_STATUS, "DIMM", DIMM),
        Status(
            column=f"{SC2}.8.1.0", object="sc2AgentStatus", kind=Kind.SYSTEM, codes=OVERALL, label="System",
            explained_by=ALL_PARTS,
        ),
    ),
    measures=(
        Measure(
            column=f"{TEMPERATURE}.6", object="sc2tempCurrentTemperature", kind="temperature", unit="Cel",
            label="Temperature", name_column=f"{TEMPERATURE}.3", state_column=f"{TEMPERATURE}.5", state_codes=HEAT,
            not_measured=frozenset({-1, 0}),
        ),
        Measure(
            column=f"{FAN}.6", object="sc2fanCurrentSpeed", kind="fan", unit="/min", label="Fan",
            name_column=f"{FAN}.3", state_column=f"{FAN}.5", state_codes=FAN_STATUS,
        ),
        Measure(
            column=f"{VOLTAGE}.5", object="sc2VoltageCurrentValue", kind="voltage", unit="V", label="Voltage",
            scale=0.001, name_column=f"{VOLTAGE}.3", state_column=f"{VOLTAGE}.4", state_codes=VOLTS,
        ),
        Measure(
            column=f"{PSU}.6", object="sc2psPowerSupplyLoad", kind="power", unit="W", label="PSU",
            number_column=f"{PSU}.3", bay=NUMBER, part=Kind.PSU,
        ),
    ),
    manufacturer="Fujitsu",
    product=(f"{SC2}.2.3.1.4",),
    serial=(f"{SC2}.2.3.1.7",),
)  # fmt: skip
