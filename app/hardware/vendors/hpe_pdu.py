"""HPE rack PDUs of the second and third generation.

Source: CPQPOWER-MIB, pdu2 (1.3.6.1.4.1.232.165.7) and pdu3 (1.3.6.1.4.1.232.165.11). Outlets: 1 off, 2 on; a limit that
is kept is 1. No recording of one was at hand: the tables are those of the MIB.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where
from app.hardware.vendors._words import OFF, ON, critical, ok

PDU2, PDU3 = "1.3.6.1.4.1.232.165.7", "1.3.6.1.4.1.232.165.11"
OUTLET = {1: OFF, 2: ON, 3: ok("on, switching off", "on"), 4: ok("off, switching on", "off")}
# Beyond the warning limit is for who plans the capacity, as little load is.
LOAD = {
    1: ok("good"),
    2: ok("little load"),
    3: ok("little load"),
    4: ok("above its warning limit"),
    5: critical("above its critical limit", Fault.OVERLOAD),
}
CONNECTED = frozenset({2})


def _outlets(root: str, mib: str) -> Status:
    return Status(
        column=f"{root}.5.2.1.1", object=f"{mib}OutletControlStatus", kind=Kind.OUTLET, codes=OUTLET, label="Outlet",
        name_column=f"{root}.5.1.1.2",
    )  # fmt: skip


def _load(column: str, mib: str, codes: Codes, label: str) -> Status:
    return Status(column=column, object=mib, kind=Kind.CURRENT, codes=codes, label=label, numbered=False)


FAMILY = SnmpFamily(
    name="hpe_pdu",
    title="HPE rack PDU (CPQPOWER-MIB)",
    identified_by=(PDU2, PDU3),
    probe=f"{PDU2}.1.2.1.3",
    statuses=(
        _outlets(PDU2, "pdu2"),
        _outlets(PDU3, "pdu3"),
        _load(f"{PDU2}.2.2.1.12", "pdu2InputPhaseCurrentThStatus", LOAD, "Phase"),
    ),
    measures=(
        Measure(column=f"{PDU2}.2.1.1.5", object="pdu2InputPowerWatts", kind="power", unit="W", label="PDU", total=True),
        Measure(
            column=f"{PDU2}.2.2.1.3", object="pdu2InputPhaseVoltage", kind="voltage", unit="V", label="Phase",
            scale=0.001,
        ),
        Measure(
            column=f"{PDU2}.2.2.1.11", object="pdu2InputPhaseCurrent", kind="current", unit="A", label="Phase",
            scale=0.001,
        ),
        Measure(
            column=f"{PDU2}.2.2.1.21", object="pdu2InputPhasePowerWatts", kind="power", unit="W", label="Phase",
        ),
        Measure(
            column=f"{PDU2}.4.2.1.4", object="pdu2TemperatureValue", kind="temperature", unit="Cel", label="Probe",
            scale=0.1, where=Where(f"{PDU2}.4.2.1.3", CONNECTED),
        ),
        Measure(
            column=f"{PDU2}.5.1.1.5", object="pdu2OutletCurrent", kind="current", unit="A", label="Outlet",
            scale=0.001, part=Kind.OUTLET, name_column=f"{PDU2}.5.1.1.2",
        ),
    ),
    manufacturer="HPE",
    product=(f"{PDU2}.1.2.1.3", f"{PDU3}.1.2.1.3"),
)  # fmt: skip
