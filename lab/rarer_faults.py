"""Rarer faults to order: what else goes wrong in a server, besides what `lab.machines` offers."""

from __future__ import annotations

from dataclasses import replace

from lab.machines import (
    BATTERY_FAILED,
    BATTERY_LOW,
    BATTERY_PRESENT,
    BUS_ERROR,
    CABLE_WRONG,
    CRITICAL,
    DRIVE_DEGRADED,
    DRIVE_PRESENT,
    MEMORY_DISABLED,
    MEMORY_MISMATCHED,
    MEMORY_PRESENT,
    PROCESSOR_HOT,
    PROCESSOR_IERR,
    PROCESSOR_PRESENT,
    PROCESSOR_THROTTLED,
    PSU_MISMATCHED,
    PSU_PREDICTED,
    PSU_PRESENT,
    REDUNDANCY_LOST,
    Change,
    Fault,
)


def psu_predicted(number: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: PSU `number` predicts its failure and still works."""
    return Fault((Change(f"PS{number} Status", bits=frozenset({PSU_PRESENT, PSU_PREDICTED})),), minutes_ago)


def psu_mismatched(number: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: PSU `number` has other power ratings than its neighbour."""
    bits = frozenset({PSU_PRESENT, PSU_MISMATCHED})
    return Fault((Change(f"PS{number} Status", bits=bits, data=(0, 3), flags=0x30),), minutes_ago)


def psu_out(number: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: the bay of PSU `number` is empty; redundancy is lost."""
    changes = (
        Change(f"PS{number} Status"),
        Change(f"PS{number} Input Power", value=0),
        Change(f"PS{number} Input Volt", value=0),
        Change("PS Redundancy", bits=frozenset({REDUNDANCY_LOST})),
    )
    return Fault(changes, minutes_ago)


def rolled_up(fault: Fault) -> Fault:
    """Return the fault with the machine's own summary: its health is critical."""
    return replace(fault, changes=(*fault.changes, Change("System Health", bits=frozenset({CRITICAL}))))


def memory_disabled(dimm: str, minutes_ago: int = 90) -> Fault:
    """Return a fault: memory module `dimm` was mapped out."""
    return Fault((Change(f"DIMM_{dimm}", bits=frozenset({MEMORY_PRESENT, MEMORY_DISABLED})),), minutes_ago)


def memory_mismatched(dimm: str, minutes_ago: int = 90) -> Fault:
    """Return a fault: memory module `dimm` does not fit to the others."""
    return Fault((Change(f"DIMM_{dimm}", bits=frozenset({MEMORY_PRESENT, MEMORY_MISMATCHED})),), minutes_ago)


def memory_out(dimm: str, minutes_ago: int = 90) -> Fault:
    """Return a change: memory module `dimm` is not in its slot."""
    return Fault((Change(f"DIMM_{dimm}"),), minutes_ago)


def array_degraded(*bays: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: the drives in `bays` say that their array is degraded."""
    bits = frozenset({DRIVE_PRESENT, DRIVE_DEGRADED})
    return Fault(tuple(Change(f"Drive {bay}", bits=bits) for bay in bays), minutes_ago)


def processor_failed(number: int, how: str = "ierr", minutes_ago: int = 90) -> Fault:
    """Return a fault: processor `number` had an internal error ("ierr"), tripped ("hot") or is throttled ("slow")."""
    offset = {"ierr": PROCESSOR_IERR, "hot": PROCESSOR_HOT, "slow": PROCESSOR_THROTTLED}[how]
    return Fault((Change(f"CPU{number} Status", bits=frozenset({PROCESSOR_PRESENT, offset})),), minutes_ago)


def battery_failed(how: str = "failed", minutes_ago: int = 90) -> Fault:
    """Return a fault: the board's battery is "low" or has "failed"."""
    offset = {"low": BATTERY_LOW, "failed": BATTERY_FAILED}[how]
    return Fault((Change("CMOS Battery", bits=frozenset({BATTERY_PRESENT, offset})),), minutes_ago)


def cable_wrong(minutes_ago: int = 90) -> Fault:
    """Return a fault: a cable inside is plugged in wrongly."""
    return Fault((Change("SAS Cable", bits=frozenset({CABLE_WRONG})),), minutes_ago)


def bus_error(minutes_ago: int = 90) -> Fault:
    """Return a fault: a bus had an uncorrectable error."""
    return Fault((Change("PCI Bus", bits=frozenset({BUS_ERROR})),), minutes_ago)


def voltage_low(rail: str = "12V", volts: float = 10.5, minutes_ago: int = 90) -> Fault:
    """Return a fault: a rail is below its lower critical limit."""
    return Fault((Change(rail, value=volts),), minutes_ago)


def fan_slow(number: int, rpm: float = 1260, minutes_ago: int = 90) -> Fault:
    """Return a fault: fan `number` turns below its warning limit."""
    return Fault((Change(f"FAN{number}", value=rpm),), minutes_ago)
