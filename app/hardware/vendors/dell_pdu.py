"""Dell rack PDUs.

Source: DellrPDU-MIB (1.3.6.1.4.1.674.10903.200.2.200). Outlets: 1 on, 2 off. Hundredths of kilowatts, tenths of
amperes. No recording of one was at hand: the tables are those of the MIB.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import OFF, ON, critical, ok, unknown, warning

RPDU = "1.3.6.1.4.1.674.10903.200.2.200"
DEVICE, PHASE, OUTLET = f"{RPDU}.110.2.1", f"{RPDU}.120.2.1", f"{RPDU}.130.1.2.1"
LOAD = {
    1: ok("little load"),
    2: ok("normal load"),
    3: warning("near overload", Fault.OVERLOAD),
    4: critical("overload", Fault.OVERLOAD),
}

FAMILY = SnmpFamily(
    name="dell_pdu",
    title="Dell rack PDU (DellrPDU-MIB)",
    identified_by=("1.3.6.1.4.1.674.10903",),
    probe=f"{DEVICE}.6",
    statuses=(
        Status(
            column=f"{OUTLET}.4", object="rPDUOutletSwitchedStatusState", kind=Kind.OUTLET,
            codes={1: ON, 2: OFF, 3: unknown()}, label="Outlet", number_column=f"{OUTLET}.2",
            name_column=f"{OUTLET}.3",
        ),
        Status(
            column=f"{DEVICE}.6", object="rPDUDeviceStatusLoadState", kind=Kind.SYSTEM, codes=LOAD, label="PDU load",
            numbered=False, explained_by=frozenset({Kind.CURRENT}),
        ),
        Status(
            column=f"{PHASE}.3", object="rPDUPhaseStatusLoadState", kind=Kind.CURRENT, codes=LOAD, label="Phase",
            numbered=False,
        ),
    ),
    measures=(
        Measure(
            column=f"{DEVICE}.3", object="rPDUDeviceStatusPower", kind="power", unit="W", label="PDU", scale=10,
            total=True,
        ),
        Measure(
            column=f"{DEVICE}.4", object="rPDUDeviceStatusEnergy", kind="energy", unit="kW.h", label="PDU", scale=0.1,
        ),
        Measure(
            column=f"{PHASE}.4", object="rPDUPhaseStatusCurrent", kind="current", unit="A", label="Phase", scale=0.1,
        ),
        Measure(column=f"{PHASE}.5", object="rPDUPhaseStatusVoltage", kind="voltage", unit="V", label="Phase"),
        Measure(
            column=f"{PHASE}.6", object="rPDUPhaseStatusPower", kind="power", unit="W", label="Phase", scale=10,
        ),
    ),
    manufacturer="Dell",
    product=(f"{RPDU}.100.2.1.7",),
    serial=(f"{RPDU}.100.2.1.8",),
    firmware=(f"{RPDU}.100.2.1.5",),
)  # fmt: skip
