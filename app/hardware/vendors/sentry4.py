"""Server Technology PDUs of the fourth generation (PRO1, PRO2).

Source: Sentry4-MIB (1.3.6.1.4.1.1718.4.1): every state object pairs with a DeviceStatus, whose healthy value is 0. No
recording of one was at hand: the tables are those of the MIB.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON, critical, ok, unknown, warning

SENTRY = "1.3.6.1.4.1.1718.4.1"
CORD, LINE, PHASE, PROTECTOR, BRANCH, OUTLET = (f"{SENTRY}.{arc}" for arc in (3, 4, 5, 6, 7, 8))
SWITCH = {0: unknown(), 1: ON, 2: OFF}  # st4OutletState
DEVICE_STATUS = {
    0: ok("normal"),
    1: ok("not watched"),
    2: unknown("was removed from the record"),
    5: unknown("being read"),
    6: unknown("settling"),
    7: unknown("not found"),
    8: unknown("lost"),
    9: warning("cannot be read"),
    10: unknown("does not answer"),
    11: critical("power error", Fault.FAILED),
    12: critical("breaker tripped", Fault.OVERLOAD),
    13: critical("fuse blown", Fault.FAILED),
    14: critical("below its critical limit", Fault.LIMIT),
    15: warning("below its warning limit", Fault.LIMIT),
    16: warning("above its warning limit", Fault.OVERLOAD),
    17: critical("above its critical limit", Fault.OVERLOAD),
    18: critical("alarm"),
    19: warning("below its limit", Fault.LIMIT),
    20: critical("above its limit", Fault.OVERLOAD),
    21: warning("its memory has failed"),
    22: warning("profile error"),
    23: warning("conflict"),
}
# Lines and outlets without load are none of a technician's business.
LOAD_STATUS = {**DEVICE_STATUS, 14: ok("little load"), 15: ok("little load"), 19: ok("little load")}


def _status(table: str, arc: int, mib: str, kind: Kind, codes: Codes, label: str) -> Status:
    return Status(
        column=f"{table}.3.1.{arc}", object=mib, kind=kind, codes=codes, label=label, numbered=False,
        name_column=f"{table}.2.1.3",
    )  # fmt: skip


def _outlet(arc: int, mib: str, codes: Codes) -> Status:
    return Status(
        column=f"{OUTLET}.3.1.{arc}", object=mib, kind=Kind.OUTLET, codes=codes, label="Outlet",
        number_column=f"{OUTLET}.2.1.2", name_column=f"{OUTLET}.2.1.3",
    )  # fmt: skip


def _measure(
    table: str, arc: int, mib: str, kind: str, unit: str, label: str, scale: float = 1.0, *, total: bool = False
) -> Measure:
    is_outlet = table == OUTLET
    return Measure(
        column=f"{table}.3.1.{arc}", object=mib, kind=kind, unit=unit, label=label, scale=scale, total=total,
        name_column=f"{table}.2.1.3", part=Kind.OUTLET if is_outlet else None,
        number_column=f"{table}.2.1.2" if is_outlet else None,
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="sentry4",
    title="Server Technology PDU (Sentry4-MIB)",
    identified_by=("1.3.6.1.4.1.1718.4",),
    probe=f"{SENTRY}.2.2.1.3",
    statuses=(
        _outlet(1, "st4OutletState", SWITCH),
        _outlet(2, "st4OutletStatus", DEVICE_STATUS),
        _status(CORD, 2, "st4InputCordStatus", Kind.SYSTEM, DEVICE_STATUS, "Cord"),
        _status(CORD, 4, "st4InputCordActivePowerStatus", Kind.CURRENT, LOAD_STATUS, "Cord"),
        _status(LINE, 2, "st4LineStatus", Kind.CURRENT, DEVICE_STATUS, "Line"),
        _status(LINE, 4, "st4LineCurrentStatus", Kind.CURRENT, LOAD_STATUS, "Line"),
        _status(PHASE, 4, "st4PhaseVoltageStatus", Kind.VOLTAGE, DEVICE_STATUS, "Phase"),
        _status(PROTECTOR, 1, "st4OcpStatus", Kind.CURRENT, DEVICE_STATUS, "Breaker"),
        _status(BRANCH, 2, "st4BranchStatus", Kind.CURRENT, DEVICE_STATUS, "Branch"),
        _status(BRANCH, 4, "st4BranchCurrentStatus", Kind.CURRENT, LOAD_STATUS, "Branch"),
    ),
    measures=(
        _measure(OUTLET, 7, "st4OutletActivePower", "power", "W", "Outlet"),
        _measure(OUTLET, 3, "st4OutletCurrent", "current", "A", "Outlet", 0.01),
        _measure(CORD, 3, "st4InputCordActivePower", "power", "W", "Cord", total=True),
        _measure(CORD, 11, "st4InputCordFrequency", "frequency", "Hz", "Cord", 0.1),
        _measure(LINE, 3, "st4LineCurrent", "current", "A", "Line", 0.01),
        _measure(PHASE, 3, "st4PhaseVoltage", "voltage", "V", "Phase", 0.1),
        _measure(PHASE, 6, "st4PhaseCurrent", "current", "A", "Phase", 0.01),
        _measure(PHASE, 8, "st4PhaseActivePower", "power", "W", "Phase"),
        _measure(BRANCH, 3, "st4BranchCurrent", "current", "A", "Branch", 0.01),
    ),
    manufacturer="Server Technology",
    product=(f"{SENTRY}.2.2.1.6",),
    serial=(f"{SENTRY}.2.2.1.7",),
    firmware=(f"{SENTRY}.1.1.3.0",),
)
