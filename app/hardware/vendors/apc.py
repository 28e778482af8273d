"""APC rack PDUs (switched, metered), old and second generation.

Source: PowerNet-MIB (1.3.6.1.4.1.318). Mind the outlets: rPDU says 1 on, 2 off; rPDU2 says 1 off, 2 on. A unit may
answer both; the newest table that answers is told first, and the same outlet is told once.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.readings import State
from app.hardware.vendors._apc import PROBE_MEASURES

POWERNET = "1.3.6.1.4.1.318.1.1"
RPDU = f"{POWERNET}.12"
RPDU2 = f"{POWERNET}.26"
SPDU = f"{POWERNET}.4"

ON = Meaning(State.OK, "on", value="on")
OFF = Meaning(State.OK, "off", value="off")
NORMAL_LOAD = Meaning(State.OK, "normal load")
LOW_LOAD = Meaning(State.OK, "low load")
NEAR_OVERLOAD = Meaning(State.WARNING, "near overload", Fault.OVERLOAD)
OVERLOAD = Meaning(State.CRITICAL, "overload", Fault.OVERLOAD)
LOAD2 = {1: LOW_LOAD, 2: NORMAL_LOAD, 3: NEAR_OVERLOAD, 4: OVERLOAD, 5: Meaning(State.ABSENT, "not supported")}
LOAD = {1: NORMAL_LOAD, 2: LOW_LOAD, 3: NEAR_OVERLOAD, 4: OVERLOAD}

OUTLETS = (
    Status(
        column=f"{RPDU2}.9.2.3.1.5",
        object="rPDU2OutletSwitchedStatusState",
        kind=Kind.OUTLET,
        codes={1: OFF, 2: ON},
        label="Outlet",
        number_column=f"{RPDU2}.9.2.3.1.4",
        name_column=f"{RPDU2}.9.2.3.1.3",
    ),
    Status(
        column=f"{RPDU}.3.5.1.1.4",
        object="rPDUOutletStatusOutletState",
        kind=Kind.OUTLET,
        codes={1: ON, 2: OFF},
        label="Outlet",
        name_column=f"{RPDU}.3.5.1.1.2",
    ),
    Status(
        column=f"{SPDU}.4.2.1.3",
        object="sPDUOutletCtl",
        kind=Kind.OUTLET,
        codes={
            1: ON,
            2: OFF,
            3: Meaning(State.OK, "rebooting", value="off"),
            4: Meaning(State.UNKNOWN, "the PDU does not know the outlet's state"),
            5: ON,
            6: Meaning(State.OK, "on, switching off after a delay", value="on"),
            7: Meaning(State.OK, "on, rebooting after a delay", value="on"),
        },
        label="Outlet",
        name_column=f"{SPDU}.4.2.1.4",
    ),
)

LOADS = (
    Status(
        column=f"{RPDU2}.4.3.1.4",
        object="rPDU2DeviceStatusLoadState",
        kind=Kind.SYSTEM,
        codes=LOAD2,
        label="PDU load",
        numbered=False,
        explained_by=frozenset({Kind.CURRENT}),
    ),
    Status(
        column=f"{RPDU2}.6.3.1.4",
        object="rPDU2PhaseStatusLoadState",
        kind=Kind.CURRENT,
        codes=LOAD2,
        label="Phase",
        numbered=False,
    ),
    Status(
        column=f"{RPDU2}.8.3.1.4",
        object="rPDU2BankStatusLoadState",
        kind=Kind.CURRENT,
        codes=LOAD2,
        label="Bank",
        numbered=False,
    ),
    Status(
        column=f"{RPDU}.2.3.1.1.3",
        object="rPDULoadStatusLoadState",
        kind=Kind.CURRENT,
        codes=LOAD,
        label="Load",
        numbered=False,
    ),
    Status(
        column=f"{RPDU2}.4.3.1.12",
        object="rPDU2DeviceStatusPowerSupplyAlarm",
        kind=Kind.PSU,
        codes={1: Meaning(State.OK, "normal"), 2: Meaning(State.CRITICAL, "alarm", Fault.FAILED)},
        label="PDU supply",
    ),
)

MEASURES = (
    *PROBE_MEASURES,
    Measure(
        column=f"{RPDU2}.9.4.3.1.7",
        object="rPDU2OutletMeteredStatusPower",
        kind="power",
        unit="W",
        label="Outlet",
        part=Kind.OUTLET,
        number_column=f"{RPDU2}.9.4.3.1.4",
        name_column=f"{RPDU2}.9.4.3.1.3",
    ),
    Measure(
        column=f"{RPDU2}.9.4.3.1.6",
        object="rPDU2OutletMeteredStatusCurrent",
        kind="current",
        unit="A",
        label="Outlet",
        scale=0.1,
        part=Kind.OUTLET,
        number_column=f"{RPDU2}.9.4.3.1.4",
        name_column=f"{RPDU2}.9.4.3.1.3",
    ),
    Measure(
        column=f"{RPDU2}.9.4.3.1.11",
        object="rPDU2OutletMeteredStatusEnergy",
        kind="energy",
        unit="kW.h",
        label="Outlet",
        scale=0.1,
        part=Kind.OUTLET,
        number_column=f"{RPDU2}.9.4.3.1.4",
        name_column=f"{RPDU2}.9.4.3.1.3",
    ),
    Measure(
        column=f"{RPDU2}.4.3.1.5",
        object="rPDU2DeviceStatusPower",
        kind="power",
        unit="W",
        label="PDU",
        scale=10,
        total=True,
    ),
    Measure(
        column=f"{RPDU2}.4.3.1.9", object="rPDU2DeviceStatusEnergy", kind="energy", unit="kW.h", label="PDU", scale=0.1
    ),
    Measure(
        column=f"{RPDU2}.6.3.1.5", object="rPDU2PhaseStatusCurrent", kind="current", unit="A", label="Phase", scale=0.1
    ),
    Measure(column=f"{RPDU2}.6.3.1.6", object="rPDU2PhaseStatusVoltage", kind="voltage", unit="V", label="Phase"),
    Measure(column=f"{RPDU2}.6.3.1.7", object="rPDU2PhaseStatusPower", kind="power", unit="W", label="Phase", scale=10),
    Measure(
        column=f"{RPDU2}.8.3.1.5", object="rPDU2BankStatusCurrent", kind="current", unit="A", label="Bank", scale=0.1
    ),
    Measure(column=f"{RPDU}.2.3.1.1.2", object="rPDULoadStatusLoad", kind="current", unit="A", label="Load", scale=0.1),
)

FAMILY = SnmpFamily(
    name="apc",
    title="APC rack PDU (PowerNet-MIB)",
    identified_by=("1.3.6.1.4.1.318.1.3.4",),
    statuses=(*OUTLETS, *LOADS),
    measures=MEASURES,
    manufacturer="APC",
    product=(f"{RPDU2}.2.1.8", f"{RPDU}.1.5.0", f"{SPDU}.1.4.0"),
    serial=(f"{RPDU2}.2.1.9", f"{RPDU}.1.6.0", f"{SPDU}.1.5.0"),
    firmware=(f"{RPDU2}.2.1.6", f"{RPDU}.1.3.0"),
)
