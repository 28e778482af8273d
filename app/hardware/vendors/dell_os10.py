"""Dell switches with SmartFabric OS10.

Source: DELLEMC-OS10-CHASSIS-MIB (1.3.6.1.4.1.674.11000.5000.100.4). Not present is an empty bay.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

CHASSIS = "1.3.6.1.4.1.674.11000.5000.100.4.1"
OPER = {  # Os10CmnOperStatus
    1: ok("up"),
    2: critical("down"),
    3: ok("being tested"),
    4: unknown(),
    5: warning("dormant"),
    6: absent(),
    7: critical("down, because of a lower layer"),
    8: critical("failed", Fault.FAILED),
}
FAN_OPER = {**OPER, 2: critical("down", Fault.FAILED)}

FAMILY = SnmpFamily(
    name="dell_os10",
    title="Dell OS10 (DELLEMC-OS10-CHASSIS-MIB)",
    identified_by=("1.3.6.1.4.1.674.11000.5000.100",),
    statuses=(
        Status(
            column=f"{CHASSIS}.2.1.1.4", object="os10PowerSupplyOperStatus", kind=Kind.PSU, codes=OPER, label="PSU",
            serial_column=f"{CHASSIS}.2.1.1.6",
        ),
        Status(
            column=f"{CHASSIS}.2.2.1.4", object="os10FanTrayOperStatus", kind=Kind.FAN, codes=FAN_OPER,
            label="Fan tray", numbered=False, serial_column=f"{CHASSIS}.2.2.1.5",
        ),
        Status(
            column=f"{CHASSIS}.2.3.1.7", object="os10FanOperStatus", kind=Kind.FAN, codes=FAN_OPER, label="Fan",
        ),
    ),
    measures=(
        Measure(
            column=f"{CHASSIS}.1.3.1.11", object="os10ChassisTemp", kind="temperature", unit="Cel", label="Chassis",
        ),
        Measure(column=f"{CHASSIS}.1.4.1.5", object="os10CardTemp", kind="temperature", unit="Cel", label="Card"),
    ),
    manufacturer="Dell",
    product=(f"{CHASSIS}.1.4.1.3",),
    serial=(f"{CHASSIS}.1.3.1.7",),
)  # fmt: skip
