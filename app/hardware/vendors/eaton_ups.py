"""Eaton and MGE UPSs.

Source: XUPS-MIB (1.3.6.1.4.1.534.1) and MG-SNMP-UPS-MIB (1.3.6.1.4.1.705.1). In the latter 1 is yes and 2 is no; an
inverter that is off is how a line-interactive UPS rests while the mains carry the load.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault, Meaning
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.vendors._words import absent, critical, ok, unknown, warning

XUPS, MGE = "1.3.6.1.4.1.534.1", "1.3.6.1.4.1.705.1"
BYPASS = "on bypass: the load is not protected"
OUTPUT_SOURCE = {
    1: unknown("another output source, which the MIB does not name"),
    2: critical("no output", Fault.FAILED),
    3: ok("on mains"),
    4: warning(BYPASS),
    5: critical("on battery", Fault.ON_BATTERY),
    6: ok("raising a low line voltage"),
    7: ok("lowering a high line voltage"),
    8: ok("one of several in parallel, for capacity"),
    9: ok("one of several in parallel, for redundancy"),
    10: ok("in high efficiency mode"),
    11: warning("on maintenance bypass: the load is not protected"),
    12: ok("in energy saving mode"),
}
BATTERY = {
    1: ok("charging"),
    2: critical("discharging", Fault.LIMIT),
    3: ok("floating"),
    4: ok("resting"),
    5: unknown(),
    6: critical("disconnected", Fault.FAILED),
    7: ok("under test"),
    8: critical("is to be checked", Fault.FAILED),
}
TEST = {
    1: unknown("no result"),
    2: ok("passed"),
    3: warning("failed", Fault.FAILED),
    4: ok("under way"),
    5: absent("not supported"),
    6: warning("was inhibited"),
    7: ok("scheduled"),
}
LINE_FAILURE = {
    1: ok("none"),
    2: warning("input voltage out of tolerance"),
    3: warning("input frequency out of tolerance"),
    4: warning("no input voltage", Fault.INPUT_LOST),
}


def _yes_is(meaning: Meaning) -> Codes:
    return {1: meaning, 2: ok()}


def _status(oid: str, mib: str, kind: Kind, codes: Codes, label: str) -> Status:
    return Status(column=f"{oid}.0", object=mib, kind=kind, codes=codes, label=label)


def _battery(oid: str, mib: str, codes: Codes) -> Status:
    return _status(oid, mib, Kind.BATTERY, codes, "UPS battery")


def _ups(oid: str, mib: str, codes: Codes, label: str = "UPS") -> Status:
    return _status(oid, mib, Kind.UPS, codes, label)


def _measure(
    oid: str, mib: str, kind: str, unit: str, label: str, scale: float = 1.0, *, total: bool = False
) -> Measure:
    return Measure(column=f"{XUPS}.{oid}", object=mib, kind=kind, unit=unit, label=label, scale=scale, total=total)


FAMILY = SnmpFamily(
    name="eaton_ups",
    title="Eaton and MGE UPS (XUPS-MIB, MG-SNMP-UPS-MIB)",
    identified_by=(XUPS, MGE),
    probe=f"{XUPS}.4.5.0",
    statuses=(
        _ups(f"{XUPS}.4.5", "xupsOutputSource", OUTPUT_SOURCE),
        _battery(f"{XUPS}.2.5", "xupsBatteryAbmStatus", BATTERY),
        _battery(f"{XUPS}.2.7", "xupsBatteryFailure", _yes_is(critical("failed", Fault.FAILED))),
        _battery(f"{XUPS}.2.9", "xupsBatteryAged", _yes_is(warning("aged", Fault.PREDICTED))),
        _battery(f"{XUPS}.2.10", "xupsBatteryLowCapacity", _yes_is(warning("low", Fault.LIMIT))),
        _ups(f"{XUPS}.8.2", "xupsTestBatteryStatus", TEST, "Last battery test"),
        _ups(f"{MGE}.7.3", "upsmgOutputOnBattery", _yes_is(critical("on battery", Fault.ON_BATTERY))),
        _ups(f"{MGE}.7.4", "upsmgOutputOnByPass", _yes_is(warning(BYPASS))),
        _ups(f"{MGE}.7.7", "upsmgOutputUtilityOff", _yes_is(warning("the mains are switched off"))),
        _ups(f"{MGE}.7.9", "upsmgOutputInverterOff", _yes_is(ok("off")), "Inverter"),
        _ups(f"{MGE}.7.10", "upsmgOutputOverLoad", _yes_is(critical("overload", Fault.OVERLOAD))),
        _ups(f"{MGE}.7.11", "upsmgOutputOverTemp", _yes_is(critical("too hot", Fault.LIMIT))),
        _ups(f"{MGE}.6.3", "upsmgInputBadStatus", _yes_is(warning("input out of tolerance", Fault.INPUT_LOST))),
        _ups(f"{MGE}.6.4", "upsmgInputLineFailCause", LINE_FAILURE),
        _battery(f"{MGE}.5.9", "upsmgBatteryFaultBattery", _yes_is(critical("failed", Fault.FAILED))),
        _battery(f"{MGE}.5.11", "upsmgBatteryReplacement", _yes_is(critical("is to be replaced", Fault.FAILED))),
        _battery(f"{MGE}.5.14", "upsmgBatteryLowBattery", _yes_is(critical("low", Fault.LIMIT))),
        _battery(f"{MGE}.5.15", "upsmgBatteryChargerFault", _yes_is(critical("its charger has failed", Fault.FAILED))),
        _battery(f"{MGE}.5.16", "upsmgBatteryLowCondition", _yes_is(warning("low", Fault.LIMIT))),
    ),
    measures=(
        _measure("2.1.0", "xupsBatTimeRemaining", "runtime", "s", "Runtime left"),
        _measure("2.2.0", "xupsBatVoltage", "voltage", "V", "Battery"),
        _measure("2.3.0", "xupsBatCurrent", "current", "A", "Battery"),
        _measure("2.4.0", "xupsBatCapacity", "charge", "%", "Battery charge"),
        _measure("3.1.0", "xupsInputFrequency", "frequency", "Hz", "Input", 0.1),
        _measure("3.4.1.2", "xupsInputVoltage", "voltage", "V", "Input"),
        _measure("3.4.1.3", "xupsInputCurrent", "current", "A", "Input"),
        _measure("3.4.1.4", "xupsInputWatts", "power", "W", "Input"),
        _measure("4.1.0", "xupsOutputLoad", "load", "%", "Output"),
        _measure("4.2.0", "xupsOutputFrequency", "frequency", "Hz", "Output", 0.1),
        _measure("4.4.1.2", "xupsOutputVoltage", "voltage", "V", "Output"),
        _measure("4.4.1.3", "xupsOutputCurrent", "current", "A", "Output"),
        _measure("4.4.1.4", "xupsOutputWatts", "power", "W", "Output", total=True),
        _measure("5.1.0", "xupsBypassFrequency", "frequency", "Hz", "Bypass", 0.1),
        _measure("5.3.1.2", "xupsBypassVoltage", "voltage", "V", "Bypass"),
        _measure("6.1.0", "xupsEnvAmbientTemp", "temperature", "Cel", "Ambient"),
        _measure("6.5.0", "xupsEnvRemoteTemp", "temperature", "Cel", "Remote"),
        _measure("6.6.0", "xupsEnvRemoteHumidity", "humidity", "%", "Remote"),
    ),
    manufacturer="Eaton",
    product=(f"{XUPS}.1.2.0", f"{MGE}.1.1.0"),
    serial=(f"{XUPS}.1.6.0", f"{MGE}.1.7.0"),
    firmware=(f"{XUPS}.1.3.0", f"{MGE}.1.4.0"),
)
