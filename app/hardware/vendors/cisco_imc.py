"""Cisco UCS rack servers through their integrated management controller (CIMC).

Source: CISCO-UNIFIED-COMPUTING-MIB (1.3.6.1.4.1.9.9.719), operability by CucsEquipmentOperability.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

UCS = "1.3.6.1.4.1.9.9.719.1"
OPERABILITY = {
    0: unknown(),
    1: ok("operable"),
    2: critical("inoperable", Fault.FAILED),
    3: warning("degraded"),
    4: warning("powered off"),
    5: critical("power problem"),
    6: absent("removed"),
    7: critical("voltage problem"),
    8: critical("too hot", Fault.LIMIT),
    9: warning("performance problem"),
    10: warning("cannot be reached by its controller"),
    11: warning("cannot be identified", Fault.MISMATCHED),
    12: critical("did not pass the BIOS"),
    13: warning("switched off"),
    14: warning("its inventory is malformed"),
    15: critical("no connection to the fabric"),
}
# CucsEquipmentPresence: empty, missing and the like
MISSING = frozenset({1, 11, 20})
AT_END = re.compile(r"-(\d+)\s*$")  # of the distinguished name: .../psu-1, .../cpu-2
FAN_NAME = re.compile(r"(?:fan-module-(?:\d+-)?(\d+)/)?fan-(\d+)")


def _part(
    table: str, column: int, mib: str, kind: Kind, label: str, presence: int | None = None, serial: int | None = None,
    bay: re.Pattern[str] = AT_END, explained_by: frozenset[Kind] = frozenset(),
) -> Status:  # fmt: skip
    entry = f"{UCS}.{table}"
    return Status(
        column=f"{entry}.{column}", object=mib, kind=kind, codes=OPERABILITY, label=label,
        number_column=f"{entry}.2", bay=bay, serial_column=f"{entry}.{serial}" if serial else None,
        absent_when=Where(f"{entry}.{presence}", MISSING) if presence else None, explained_by=explained_by,
    )  # fmt: skip


def _measure(oid: str, mib: str, kind: str, unit: str, label: str, *, total: bool = False) -> Measure:
    return Measure(column=f"{UCS}.{oid}", object=mib, kind=kind, unit=unit, label=label, total=total)


FAMILY = SnmpFamily(
    name="cisco_imc",
    title="Cisco IMC (CISCO-UNIFIED-COMPUTING-MIB)",
    identified_by=("1.3.6.1.4.1.9.1",),
    roles=frozenset({"server"}),
    probe=f"{UCS}.15.56.1.8",
    statuses=(
        _part("15.56.1", 8, "cucsEquipmentPsuOperability", Kind.PSU, "PSU", 11, 13),
        _part("15.12.1", 10, "cucsEquipmentFanOperability", Kind.FAN, "Fan", 13, bay=FAN_NAME),
        _part("30.11.1", 14, "cucsMemoryUnitOperability", Kind.MEMORY, "DIMM", 17, 19),
        _part("41.9.1", 10, "cucsProcessorUnitOperability", Kind.CPU, "CPU", 13),
        _part("45.1.1", 7, "cucsStorageControllerOperability", Kind.RAID_CONTROLLER, "RAID controller", 12, 14),
        _part("45.4.1", 9, "cucsStorageLocalDiskOperability", Kind.DRIVE, "Drive", 10, 12),
        _part(
            "45.8.1", 9, "cucsStorageLocalLunOperability", Kind.RAID_VOLUME, "Volume",
            explained_by=frozenset({Kind.DRIVE}),
        ),
        _part("45.11.1", 9, "cucsStorageRaidBatteryOperability", Kind.BATTERY, "RAID battery"),
        _part("45.35.1", 11, "cucsStorageFlexFlashControllerOperability", Kind.RAID_CONTROLLER, "Flash controller"),
    ),
    measures=(
        _measure(
            "9.14.1.4", "cucsComputeMbPowerStatsConsumedPower", "power", "W", "Motherboard input power", total=True
        ),
        _measure("9.14.1.8", "cucsComputeMbPowerStatsInputCurrent", "current", "A", "Motherboard input"),
        _measure("9.14.1.12", "cucsComputeMbPowerStatsInputVoltage", "voltage", "V", "Motherboard input"),
        _measure("9.44.1.4", "cucsComputeRackUnitMbTempStatsAmbientTemp", "temperature", "Cel", "Ambient"),
        _measure("9.44.1.8", "cucsComputeRackUnitMbTempStatsFrontTemp", "temperature", "Cel", "Front"),
        _measure("9.44.1.13", "cucsComputeRackUnitMbTempStatsIoh1Temp", "temperature", "Cel", "IO hub 1"),
        _measure("9.44.1.17", "cucsComputeRackUnitMbTempStatsIoh2Temp", "temperature", "Cel", "IO hub 2"),
        _measure("9.44.1.21", "cucsComputeRackUnitMbTempStatsRearTemp", "temperature", "Cel", "Rear"),
        _measure("30.12.1.6", "cucsMemoryUnitEnvStatsTemperature", "temperature", "Cel", "Memory"),
        _measure("41.2.1.10", "cucsProcessorEnvStatsTemperature", "temperature", "Cel", "CPU"),
    ),
    manufacturer="Cisco",
    product=(f"{UCS}.9.6.1.6",),
    serial=(f"{UCS}.9.6.1.14",),
)  # fmt: skip
