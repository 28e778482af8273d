"""HPE and H3C switches with Comware.

Source: HH3C-ENTITY-EXT-MIB (1.3.6.1.4.1.25506.2.6), one error status for every physical entity of ENTITY-MIB. No
recording of one was at hand: the tables are those of the MIB.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault
from app.hardware.families.snmp import Measure, SnmpFamily, Status, Where
from app.hardware.vendors._entity import CLASS, FAN, NAME, POWER_SUPPLY
from app.hardware.vendors._words import absent, critical, ok, warning

STATE = "1.3.6.1.4.1.25506.2.6.1.1.1.1"
ERROR, HEAT = f"{STATE}.19", f"{STATE}.12"
NO_VALUE = frozenset({-1, 0, 65535, 2_147_483_647})
CHASSIS_CLASS, MODULE_CLASS = 3, 9
NUMBER = re.compile(r"(?:(?:slot|board|chassis)\s*(\d+)\D+)?(\d+)\s*$", re.IGNORECASE)
CODES = {
    1: absent("not supported"),
    2: ok("normal"),
    3: critical("self test failed", Fault.FAILED),
    4: absent(),
    11: warning("its power over Ethernet has failed"),
    21: warning("stacking error"),
    22: warning("stack port blocked"),
    23: warning("stack port failed"),
    **dict.fromkeys((31, 32, 33), ok("an optic without light: its port tells")),
    41: critical("fan failed", Fault.FAILED),
    51: critical("power supply failed", Fault.FAILED),
    61: critical("redundant power supply failed", Fault.FAILED),
    71: critical("module failed", Fault.FAILED),
    81: warning("a sensor has failed"),
    91: critical("hardware failed", Fault.FAILED),
}


def _row(kind: Kind, label: str, *classes: int) -> Status:
    has_number = kind is not Kind.CHASSIS
    return Status(
        column=ERROR, object="hh3cEntityExtErrorStatus", kind=kind, codes=CODES, label=label, numbered=has_number,
        number_column=NAME if has_number else None, bay=NUMBER if has_number else None, name_column=NAME,
        where=Where(CLASS, frozenset(classes)),
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="comware",
    title="Comware (HH3C-ENTITY-EXT-MIB)",
    identified_by=("1.3.6.1.4.1.25506",),
    statuses=(
        _row(Kind.PSU, "PSU", POWER_SUPPLY),
        _row(Kind.FAN, "Fan", FAN),
        _row(Kind.CHASSIS, "Module", CHASSIS_CLASS, MODULE_CLASS),
    ),
    measures=(
        Measure(
            column=HEAT,
            object="hh3cEntityExtTemperature",
            kind="temperature",
            unit="Cel",
            label="Entity",
            name_column=NAME,
            not_measured=NO_VALUE,
        ),
    ),
    manufacturer="HPE",
)
