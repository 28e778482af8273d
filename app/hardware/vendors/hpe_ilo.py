"""HPE ProLiant through iLO, or through HPE's agents in the operating system.

Source: CPQHLTH-MIB (1.3.6.1.4.1.232.6), CPQIDA-MIB (.232.3), CPQSTDEQ-MIB (.232.1), CPQSINFO-MIB (.232.2). "Other" of
a fan or a module is an empty place when its own presence object says so.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import ALL_PARTS, Measure, SnmpFamily, Status, Where
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

CPQ = "1.3.6.1.4.1.232"
HEALTH = f"{CPQ}.6.2"
FAN, TEMPERATURE, PSU = f"{HEALTH}.6.7.1", f"{HEALTH}.6.8.1", f"{HEALTH}.9.3.1"
MEMORY, BATTERY = f"{HEALTH}.14.13.1", f"{HEALTH}.17.2.1"
CPU = f"{CPQ}.1.2.2.1.1"
CONTROLLER, CACHE = f"{CPQ}.3.2.2.1.1", f"{CPQ}.3.2.2.2.1"
VOLUME, DRIVE = f"{CPQ}.3.2.3.1.1", f"{CPQ}.3.2.5.1.1"

BAY = re.compile(r"(?:Port (\w+) )?(?:Box (\d+) )?Bay (\d+)", re.IGNORECASE)  # cpqDaPhyDrvLocationString
DIMM = re.compile(r"(?:PROC\s+(\d+)\s+)?DIMM\s+(\w+)", re.IGNORECASE)  # cpqHeResMem2ModuleHwLocation
MISSING = frozenset({2})
DISKS = frozenset({Kind.DRIVE, Kind.RAID_VOLUME, Kind.BATTERY})

CONDITION = {
    1: unknown("a state that the MIB does not name"),
    2: ok(),
    3: warning("degraded"),
    4: critical("failed", Fault.FAILED),
}
ROLLED_UP = {**CONDITION, 4: critical("failed")}
FAN_CONDITION = {**CONDITION, 3: warning("degraded", Fault.LIMIT)}
HEAT = {1: unknown("not monitored"), 2: ok(), 3: warning("too hot", Fault.LIMIT), 4: critical("too hot", Fault.LIMIT)}
PSU_CONDITION = {**CONDITION, 4: critical("failed")}  # the status beside it says whether the input is what failed
PSU_STATUS = {
    1: ok("no error"),
    2: critical("general failure", Fault.FAILED),
    3: critical("self test failed", Fault.FAILED),
    4: critical("its fan has failed", Fault.FAILED),
    5: critical("too hot", Fault.FAILED),
    6: critical("not locked in its bay"),
    **dict.fromkeys((7, 8, 9, 10, 11, 12, 15, 16), critical("failed inside", Fault.FAILED)),
    13: critical("input too low", Fault.INPUT_LOST),
    14: critical("gave up to start", Fault.FAILED),
    17: critical("input lost", Fault.INPUT_LOST),
}
MODULE_STATUS = {
    1: unknown("a state that the MIB does not name"),
    2: absent(),
    3: ok("present"),
    4: ok("good"),
    5: ok("added"),
    6: warning("was exchanged"),
    7: critical("missing, and it was there before", Fault.FAILED),
    8: warning("does not fit", Fault.MISMATCHED),
    9: warning("not supported"),
    10: critical("does not answer", Fault.FAILED),
    11: warning("degraded", Fault.CORRECTABLE),
    12: ok("spare"),
    13: ok("partially used"),
    14: ok("kept in reserve"),
}
MODULE_CONDITION = {
    1: unknown("a state that the MIB does not name"),
    2: ok(),
    3: warning("degraded", Fault.CORRECTABLE),
    4: warning("degraded, without saying which module"),
}
CPU_STATUS = {
    1: unknown(),
    2: ok(),
    3: warning("degraded", Fault.CORRECTABLE),
    4: critical("failed", Fault.FAILED),
    5: warning("switched off"),
}
DRIVE_STATUS = {
    1: unknown("a state that the MIB does not name"),
    2: ok(),
    3: critical("failed", Fault.FAILED),
    4: warning("predicts its failure", Fault.PREDICTED),
    5: ok("being erased"),
    6: ok("erased"),
    7: ok("waits to be erased"),
    8: warning("worn out", Fault.PREDICTED),
    9: warning("not authenticated"),
}
SMART = {
    1: unknown("a state that the MIB does not name"),
    2: ok(),
    3: warning("is to be replaced", Fault.PREDICTED),
    4: warning("worn out", Fault.PREDICTED),
}
DRIVE_CONDITION = {1: unknown(), 2: ok(), 3: warning("degraded"), 4: critical("failed")}  # its status says why
VOLUME_STATUS = {
    1: unknown("a state that the MIB does not name"),
    2: ok(),
    3: critical("failed", Fault.FAILED),
    4: absent("not configured"),
    5: warning("runs without redundancy", Fault.ARRAY_DEGRADED),
    6: warning("ready to be rebuilt", Fault.ARRAY_DEGRADED),
    7: warning("rebuilding", Fault.REBUILDING),
    8: critical("the wrong drive was exchanged"),
    9: critical("a drive has no contact"),
    10: critical("too hot"),
    11: critical("shut down for heat"),
    12: ok("expanding"),
    13: unknown("not available"),
    14: ok("waits to expand"),
    15: warning("one path is lost", Fault.REDUNDANCY_LOST),
    16: ok("being erased"),
    17: warning("a spare takes over from a drive that predicts its failure"),
    18: warning("waits to be rebuilt", Fault.ARRAY_DEGRADED),
    19: warning("parity being built"),
    20: warning("waits for its parity"),
}
CACHE_BATTERY = {
    1: unknown("a state that the MIB does not name"),
    2: ok(),
    3: ok("charging"),
    4: critical("failed", Fault.FAILED),
    5: warning("degraded", Fault.PREDICTED),
    6: absent(),
    7: critical("its capacitor has failed", Fault.FAILED),
}
BATTERY_STATUS = {1: ok("no error"), **dict.fromkeys(range(2, 20), critical("failed", Fault.FAILED))}


def _row(column: str, mib: str, kind: Kind, codes: Codes, label: str, absent_when: Where | None = None) -> Status:
    return Status(column=column, object=mib, kind=kind, codes=codes, label=label, absent_when=absent_when)


def _dimm(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{MEMORY}.{arc}", object=mib, kind=Kind.MEMORY, codes=codes, label="DIMM",
        number_column=f"{MEMORY}.13", bay=DIMM, name_column=f"{MEMORY}.13",
        absent_when=Where(f"{MEMORY}.19", MISSING),
    )  # fmt: skip


def _drive(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{DRIVE}.{arc}", object=mib, kind=Kind.DRIVE, codes=codes, label="Drive",
        number_column=f"{DRIVE}.64", bay=BAY, serial_column=f"{DRIVE}.51",
    )  # fmt: skip


def _volume(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{VOLUME}.{arc}", object=mib, kind=Kind.RAID_VOLUME, codes=codes, label="Volume",
        number=_of_controller, explained_by=frozenset({Kind.DRIVE}),
    )  # fmt: skip


def _of_controller(index: str) -> str:
    controller, _, number = index.rpartition(".")
    return number if controller in {"", "0"} else f"{controller}:{number}"


def _rollup(oid: str, mib: str, explained_by: frozenset[Kind] = ALL_PARTS) -> Status:
    return Status(column=oid, object=mib, kind=Kind.SYSTEM, codes=ROLLED_UP, label="System", explained_by=explained_by)


NO_FAN, NO_PSU = Where(f"{FAN}.4", MISSING), Where(f"{PSU}.3", MISSING)
STATUSES = (
    _row(f"{PSU}.5", "cpqHeFltTolPowerSupplyStatus", Kind.PSU, PSU_STATUS, "PSU", NO_PSU),
    _row(f"{PSU}.4", "cpqHeFltTolPowerSupplyCondition", Kind.PSU, PSU_CONDITION, "PSU", NO_PSU),
    _row(f"{FAN}.9", "cpqHeFltTolFanCondition", Kind.FAN, FAN_CONDITION, "Fan", NO_FAN),
    _row(f"{TEMPERATURE}.6", "cpqHeTemperatureCondition", Kind.TEMPERATURE, HEAT, "Temperature"),
    _row(f"{CPU}.6", "cpqSeCpuStatus", Kind.CPU, CPU_STATUS, "CPU"),
    _dimm(19, "cpqHeResMem2ModuleStatus", MODULE_STATUS),
    _dimm(20, "cpqHeResMem2ModuleCondition", MODULE_CONDITION),
    _drive(6, "cpqDaPhyDrvStatus", DRIVE_STATUS),
    _drive(57, "cpqDaPhyDrvSmartStatus", SMART),
    _drive(37, "cpqDaPhyDrvCondition", DRIVE_CONDITION),
    _volume(4, "cpqDaLogDrvStatus", VOLUME_STATUS),
    _volume(11, "cpqDaLogDrvCondition", ROLLED_UP),
    _row(f"{CACHE}.6", "cpqDaAccelBattery", Kind.BATTERY, CACHE_BATTERY, "Cache battery of controller"),
    Status(
        column=f"{CONTROLLER}.6", object="cpqDaCntlrCondition", kind=Kind.RAID_CONTROLLER, codes=CONDITION,
        label="RAID controller", name_column=f"{CONTROLLER}.20", serial_column=f"{CONTROLLER}.15",
        explained_by=DISKS,
    ),
    _row(f"{BATTERY}.5", "cpqHeSysBatteryStatus", Kind.BATTERY, BATTERY_STATUS, "Storage battery"),
    _row(f"{BATTERY}.4", "cpqHeSysBatteryCondition", Kind.BATTERY, CONDITION, "Storage battery"),
    _rollup(f"{CPQ}.6.1.3.0", "cpqHeMibCondition"),
    _rollup(f"{CPQ}.3.1.3.0", "cpqDaMibCondition", DISKS | {Kind.RAID_CONTROLLER}),
)  # fmt: skip

FAMILY = SnmpFamily(
    name="hpe_ilo",
    title="HPE ProLiant (CPQHLTH-MIB)",
    identified_by=(f"{CPQ}.9.4", f"{CPQ}.11"),
    probe=f"{CPQ}.6.1.3.0",
    statuses=STATUSES,
    measures=(
        Measure(
            column=f"{TEMPERATURE}.4", object="cpqHeTemperatureCelsius", kind="temperature", unit="Cel",
            label="Temperature", state_column=f"{TEMPERATURE}.6", state_codes=HEAT,
        ),
        Measure(
            column=f"{PSU}.7", object="cpqHeFltTolPowerSupplyCapacityUsed", kind="power", unit="W", label="PSU",
            part=Kind.PSU, unless=NO_PSU,
        ),
        Measure(
            column=f"{PSU}.6", object="cpqHeFltTolPowerSupplyMainVoltage", kind="voltage", unit="V", label="PSU input",
            part=Kind.PSU, unless=NO_PSU,
        ),
        Measure(
            column=f"{FAN}.12", object="cpqHeFltTolFanCurrentSpeed", kind="fan", unit="/min", label="Fan",
            part=Kind.FAN, unless=NO_FAN,
        ),
        Measure(
            column=f"{DRIVE}.70", object="cpqDaPhyDrvCurrentTemperature", kind="temperature", unit="Cel",
            label="Drive", number_column=f"{DRIVE}.64", bay=BAY, part=Kind.DRIVE,
        ),
        Measure(
            column=f"{HEALTH}.15.3.0", object="cpqHePowerMeterCurrReading", kind="power", unit="W",
            label="Power meter", total=True,
        ),
    ),
    manufacturer="HPE",
    product=(f"{CPQ}.2.2.4.2.0",),
    serial=(f"{CPQ}.2.2.2.1.0",),
    firmware=(f"{CPQ}.9.2.2.2.0",),
)  # fmt: skip
