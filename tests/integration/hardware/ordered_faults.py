"""The faults that a BMC of the lab is ordered to have, each with the one finding that a person must be told of it."""

from __future__ import annotations

from lab.machines import Fault, drive_failing, ecc, fan_failed, lid_open, psu_failed, psu_input_lost, too_hot
from lab.rarer_faults import (
    array_degraded,
    battery_failed,
    bus_error,
    cable_wrong,
    fan_slow,
    memory_disabled,
    memory_mismatched,
    processor_failed,
    psu_mismatched,
    psu_out,
    psu_predicted,
    rolled_up,
    voltage_low,
)

Finding = tuple[str, str | None, str]

# What is ordered, and what a person must be told: kind, number, state. One finding each, and no other.
FAULTS: dict[str, tuple[Fault, Finding]] = {
    "psu_input_lost": (psu_input_lost(2), ("psu", "2", "critical")),
    "psu_failed": (psu_failed(1), ("psu", "1", "critical")),
    "psu_predicted": (psu_predicted(2), ("psu", "2", "warning")),
    "psu_mismatched": (psu_mismatched(1), ("psu", "1", "warning")),
    "psu_out": (psu_out(2), ("psu", "2", "warning")),
    "rolled_up": (rolled_up(psu_failed(2)), ("psu", "2", "critical")),
    "ecc_uncorrectable": (ecc("A1", uncorrectable=True), ("memory", "A1", "critical")),
    "ecc_correctable": (ecc("B2"), ("memory", "B2", "warning")),
    "memory_disabled": (memory_disabled("C1"), ("memory", "C1", "critical")),
    "memory_mismatched": (memory_mismatched("D2"), ("memory", "D2", "warning")),
    "drive_failed": (drive_failing(3, "fault"), ("drive", "3", "critical")),
    "drive_predictive": (drive_failing(5), ("drive", "5", "warning")),
    "array_degraded": (array_degraded(0, 1), ("raid_volume", None, "warning")),
    "fan_failed": (fan_failed(4), ("fan", "4", "critical")),
    "fan_slow": (fan_slow(6), ("fan", "6", "warning")),
    "cpu_ierr": (processor_failed(1), ("cpu", "1", "critical")),
    "cpu_hot": (processor_failed(2, "hot"), ("cpu", "2", "critical")),
    "cpu_slow": (processor_failed(1, "slow"), ("cpu", "1", "warning")),
    "too_hot": (too_hot(), ("temperature", None, "critical")),
    "voltage_low": (voltage_low(), ("voltage", None, "critical")),
    "battery_low": (battery_failed("low"), ("battery", None, "warning")),
    "battery_failed": (battery_failed(), ("battery", None, "critical")),
    "cable_wrong": (cable_wrong(), ("system", None, "warning")),
    "bus_error": (bus_error(), ("system", None, "critical")),
    "lid_open": (lid_open(), ("chassis", None, "warning")),
}
