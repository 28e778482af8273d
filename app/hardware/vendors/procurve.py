"""HPE and Aruba switches with ProVision (ProCurve).

Source: HP-ICF-CHASSIS, hpicfSensorTable (1.3.6.1.4.1.11.2.14.11.1.2.6). No recording of one was at hand: the table is
that of the MIB.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Named, SnmpFamily, Status
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

SENSOR = "1.3.6.1.4.1.11.2.14.11.1.2.6.1"
STATUS, DESCR = f"{SENSOR}.4", f"{SENSOR}.7"
CODES = {
    1: unknown(),
    2: critical("bad", Fault.FAILED),
    3: warning("warning"),
    4: ok("good"),
    5: absent(),
}
HEAT = {**CODES, 2: critical("too hot", Fault.LIMIT), 3: warning("too hot", Fault.LIMIT)}
PSU, FAN = re.compile(r"power|psu", re.IGNORECASE), re.compile(r"fan", re.IGNORECASE)
TEMPERATURE, OTHER = re.compile(r"temp", re.IGNORECASE), re.compile(r"power|psu|fan|temp", re.IGNORECASE)
SPEAKS = {Kind.PSU: PSU, Kind.FAN: FAN, Kind.TEMPERATURE: TEMPERATURE}


def _row(kind: Kind, label: str) -> Status:
    """The rows whose description names this kind; chassis are those that name none."""
    pattern = SPEAKS.get(kind)
    return Status(
        column=STATUS, object="hpicfSensorStatus", kind=kind, codes=HEAT if kind is Kind.TEMPERATURE else CODES,
        label=label, name_column=DESCR, where=Named(DESCR, pattern) if pattern else None,
        unless=None if pattern else Named(DESCR, OTHER),
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="procurve",
    title="ProCurve (HP-ICF-CHASSIS)",
    identified_by=("1.3.6.1.4.1.11.2.3.7.11",),
    statuses=(
        _row(Kind.PSU, "PSU"),
        _row(Kind.FAN, "Fan"),
        _row(Kind.TEMPERATURE, "Temperature"),
        _row(Kind.CHASSIS, "Sensor"),
    ),
    manufacturer="HPE",
)
