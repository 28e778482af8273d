"""Juniper switches and routers.

Source: JUNIPER-MIB (1.3.6.1.4.1.2636.3.1), JUNIPER-ALARM-MIB (.3.4), JUNIPER-DOM-MIB (.3.60), JUNIPER-VIRTUALCHASSIS-MIB
(.3.40). A part that is listed twice, as what runs and as what can be replaced, is one part.
"""

from __future__ import annotations

import re

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault
from app.hardware.families.snmp import Measure, Named, SnmpFamily, Status
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

JNX = "1.3.6.1.4.1.2636.3"
OPERATING, FRU, OPTICS = f"{JNX}.1.13.1", f"{JNX}.1.15.1", f"{JNX}.60.1.1.1.1"
IF_DESCR = "1.3.6.1.2.1.2.2.1.2"
PSU, FAN = re.compile(r"power supply|\bPEM\b|\bPSM\b", re.IGNORECASE), re.compile(r"\bfan\b", re.IGNORECASE)
OTHER = re.compile(r"power supply|\bPEM\b|\bPSM\b|\bfan\b", re.IGNORECASE)
# "Power Supply 0 @ 0/0/*": the chassis stands before the first slash
NUMBER = re.compile(r"(?=.*@ (\d+)/)?.*?(\d+)")

RUNS = {
    1: unknown(),
    2: ok("runs"),
    3: ok("ready"),
    4: warning("resetting"),
    5: ok("runs at full speed"),
    6: critical("down", Fault.FAILED),
    7: ok("on standby"),
}
IN_PLACE = {
    1: unknown(),
    2: absent(),
    3: warning("there, and not in service"),
    4: ok("ready"),
    5: ok("coming up"),
    6: ok("online"),
    7: warning("going offline"),
    8: critical("offline"),
    9: unknown("in diagnosis"),
    10: ok("on standby"),
}
CAUSES = frozenset({Kind.PSU, Kind.FAN, Kind.TEMPERATURE, Kind.CHASSIS})


def _rows(column: str, names: str, mib: str, codes: Codes) -> tuple[Status, ...]:
    def row(kind: Kind, label: str, where: Named | None, unless: Named | None = None) -> Status:
        has_number = kind in {Kind.PSU, Kind.FAN}
        return Status(
            column=column, object=mib, kind=kind, codes=codes, label=label, numbered=has_number,
            number_column=names if has_number else None, bay=NUMBER if has_number else None, name_column=names,
            where=where, unless=unless,
        )  # fmt: skip

    return (
        row(Kind.PSU, "PSU", Named(names, PSU)),
        row(Kind.FAN, "Fan", Named(names, FAN)),
        row(Kind.CHASSIS, "Module", None, Named(names, OTHER)),
    )


def _alarm(oid: str, mib: str, codes: Codes, label: str) -> Status:
    return Status(column=oid, object=mib, kind=Kind.SYSTEM, codes=codes, label=label, explained_by=CAUSES)


def _optic(arc: int, mib: str, kind: str, unit: str, scale: float, label: str) -> Measure:
    return Measure(
        column=f"{OPTICS}.{arc}", object=mib, kind=kind, unit=unit, label=label, scale=scale, name_column=IF_DESCR,
        not_measured=frozenset({0}),
    )  # fmt: skip


FAMILY = SnmpFamily(
    name="junos",
    title="Junos (JUNIPER-MIB)",
    identified_by=("1.3.6.1.4.1.2636",),
    statuses=(
        *_rows(f"{OPERATING}.6", f"{OPERATING}.5", "jnxOperatingState", RUNS),
        *_rows(f"{FRU}.8", f"{FRU}.5", "jnxFruState", IN_PLACE),
        _alarm(
            f"{JNX}.4.2.2.1.0", "jnxYellowAlarmState",
            {1: unknown(), 2: ok("off"), 3: warning("on: a minor alarm stands")}, "Yellow alarm",
        ),
        _alarm(
            f"{JNX}.4.2.3.1.0", "jnxRedAlarmState",
            {1: unknown(), 2: ok("off"), 3: critical("on: a major alarm stands")}, "Red alarm",
        ),
        Status(
            column=f"{JNX}.40.1.4.1.1.1.3", object="jnxVirtualChassisMemberRole", kind=Kind.SYSTEM,
            codes={1: ok("master"), 2: ok("backup"), 3: ok("line card")}, label="Member",
        ),
    ),
    measures=(
        Measure(
            column=f"{OPERATING}.7", object="jnxOperatingTemp", kind="temperature", unit="Cel", label="Part",
            name_column=f"{OPERATING}.5", not_measured=frozenset({0}),
        ),
        _optic(5, "jnxDomCurrentRxLaserPower", "optical_power", "dB[mW]", 0.01, "Rx"),
        _optic(6, "jnxDomCurrentTxLaserBiasCurrent", "current", "A", 1e-6, "Tx"),
        _optic(7, "jnxDomCurrentTxLaserOutputPower", "optical_power", "dB[mW]", 0.01, "Tx"),
        _optic(8, "jnxDomCurrentModuleTemperature", "temperature", "Cel", 1.0, "Module"),
    ),
    manufacturer="Juniper",
    product=(f"{JNX}.1.2.0",),
    serial=(f"{JNX}.1.3.0",),
)  # fmt: skip
