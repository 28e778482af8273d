"""Enlogic rack PDUs.

Source: ENLOGIC-PDU2-MIB and ENLOGIC-PDU-MIB (1.3.6.1.4.1.38446.1). Outlets: 0 off, 1 on. No recording of one was at
hand: the tables are those of the MIBs.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON, critical, ok, warning

PDU = "1.3.6.1.4.1.38446.1"
LOAD = {
    1: critical("above its critical limit", Fault.OVERLOAD),
    2: warning("above its warning limit", Fault.OVERLOAD),
    3: ok("little load"),
    4: ok("little load"),
    5: ok("normal"),
}
VOLTS = {
    1: critical("above its critical limit", Fault.LIMIT),
    2: warning("above its warning limit", Fault.LIMIT),
    3: warning("below its warning limit", Fault.LIMIT),
    4: critical("below its critical limit", Fault.LIMIT),
    5: ok("normal"),
}

FAMILY = SnmpFamily(
    name="enlogic",
    title="Enlogic PDU (ENLOGIC-PDU2-MIB)",
    identified_by=("1.3.6.1.4.1.38446",),
    probe=f"{PDU}.1.2.1.11",
    statuses=(
        Status(
            column=f"{PDU}.5.6.1.3", object="pduOutletSwitchedStatusState", kind=Kind.OUTLET, codes={0: OFF, 1: ON},
            label="Outlet", name_column=f"{PDU}.5.2.1.3",
        ),
        Status(
            column=f"{PDU}.2.4.1.3", object="pduUnitStatusLoadState", kind=Kind.SYSTEM, codes=LOAD, label="PDU load",
            numbered=False, explained_by=frozenset({Kind.CURRENT}),
        ),
        Status(
            column=f"{PDU}.3.4.1.3", object="pduInputPhaseStatusCurrentState", kind=Kind.CURRENT, codes=LOAD,
            label="Phase", numbered=False,
        ),
        Status(
            column=f"{PDU}.3.4.1.4", object="pduInputPhaseStatusVoltageState", kind=Kind.VOLTAGE, codes=VOLTS,
            label="Phase", numbered=False,
        ),
        Status(
            column=f"{PDU}.4.4.1.4", object="pduCircuitBreakerStatusLoadState", kind=Kind.CURRENT, codes=LOAD,
            label="Breaker", numbered=False,
        ),
    ),
    measures=(
        Measure(
            column=f"{PDU}.2.4.1.4", object="pduUnitStatusActivePower", kind="power", unit="W", label="PDU", total=True,
        ),
        Measure(
            column=f"{PDU}.3.4.1.5", object="pduInputPhaseStatusCurrent", kind="current", unit="A", label="Phase",
            scale=0.01, state_column=f"{PDU}.3.4.1.3", state_codes=LOAD,
        ),
        Measure(
            column=f"{PDU}.3.4.1.6", object="pduInputPhaseStatusVoltage", kind="voltage", unit="V", label="Phase",
            state_column=f"{PDU}.3.4.1.4", state_codes=VOLTS,
        ),
        Measure(
            column=f"{PDU}.3.4.1.7", object="pduInputPhaseStatusActivePower", kind="power", unit="W", label="Phase",
        ),
        Measure(
            column=f"{PDU}.4.4.1.5", object="pduCircuitBreakerStatusCurrent", kind="current", unit="A",
            label="Breaker", scale=0.01, state_column=f"{PDU}.4.4.1.4", state_codes=LOAD,
        ),
    ),
    manufacturer="Enlogic",
    product=(f"{PDU}.1.2.1.10",),
    serial=(f"{PDU}.1.2.1.12", f"{PDU}.1.2.1.11"),
    firmware=(f"{PDU}.1.2.1.13",),
)  # fmt: skip
