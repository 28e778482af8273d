"""APC Smart-UPS and Symmetra through their network cards.

Source: PowerNet-MIB, ups (1.3.6.1.4.1.318.1.1.1). Tenths are the MIB's own units in the high-precision objects.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Codes, Fault, Meaning
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.readings import State
from app.hardware.vendors._apc import PROBE_MEASURES
from app.hardware.vendors._words import OFF, ON, ok, unknown, warning

UPS = "1.3.6.1.4.1.318.1.1.1"
UNPROTECTED = "on bypass: the load is not protected"

OUTPUT = {  # upsBasicOutputStatus
    1: Meaning(State.UNKNOWN, "the UPS does not know its output"),
    2: Meaning(State.OK, "on mains"),
    3: Meaning(State.CRITICAL, "on battery", Fault.ON_BATTERY),
    4: Meaning(State.OK, "raising a low line voltage"),
    5: Meaning(State.WARNING, "sleeping until a set time"),
    6: Meaning(State.WARNING, UNPROTECTED),
    7: Meaning(State.CRITICAL, "off"),
    8: Meaning(State.WARNING, "rebooting"),
    9: Meaning(State.WARNING, UNPROTECTED),
    10: Meaning(State.CRITICAL, "on bypass after a hardware failure", Fault.FAILED),
    11: Meaning(State.CRITICAL, "sleeping until the mains return"),
    12: Meaning(State.OK, "lowering a high line voltage"),
    13: Meaning(State.OK, "in economy mode"),
    14: Meaning(State.OK, "on hot standby"),
    15: Meaning(State.OK, "on battery for a test"),
    16: Meaning(State.CRITICAL, "on emergency bypass", Fault.FAILED),
    17: Meaning(State.WARNING, UNPROTECTED),
    18: Meaning(State.OK, "in power saving mode"),
    19: Meaning(State.OK, "in spot mode"),
    20: Meaning(State.OK, "in e-conversion"),
}
BATTERY = {  # upsBasicBatteryStatus
    1: Meaning(State.UNKNOWN, "the UPS does not know its battery"),
    2: Meaning(State.OK, "normal"),
    3: Meaning(State.CRITICAL, "low", Fault.LIMIT),
    4: Meaning(State.CRITICAL, "faulty", Fault.FAILED),
}
REPLACE = {  # upsAdvBatteryReplaceIndicator
    1: Meaning(State.OK, "needs no replacement"),
    2: Meaning(State.CRITICAL, "needs replacement", Fault.FAILED),
}

FAIL_CAUSE = dict.fromkeys(range(1, 11), ok("why it last went on battery: history"))  # upsAdvInputLineFailCause
SELF_TEST = {  # upsAdvTestDiagnosticsResults
    1: ok("passed"),
    2: warning("failed", Fault.FAILED),
    3: unknown("no test was run"),
    4: ok("under way"),
}
GROUP = {1: ON, 2: OFF, 3: unknown()}  # upsOutletGroupStatusGroupState
COMMAND = {1: ON, 2: OFF, 3: ON, 4: ON, 5: ON, 6: ON, 7: ON, 8: unknown(), 9: ON, 10: ON}  # pending or last command


def _scalar(arc: str, mib_object: str, kind: str, unit: str, label: str, scale: float = 1.0) -> Measure:
    return Measure(column=f"{UPS}.{arc}.0", object=mib_object, kind=kind, unit=unit, label=label, scale=scale)


def _group(table: str, mib_object: str, codes: Codes) -> Status:
    return Status(
        column=f"{UPS}.12.{table}.3",
        object=mib_object,
        kind=Kind.OUTLET,
        codes=codes,
        label="Outlet group",
        name_column=f"{UPS}.12.{table}.2",
    )


FAMILY = SnmpFamily(
    name="apc_ups",
    title="APC UPS (PowerNet-MIB)",
    identified_by=("1.3.6.1.4.1.318.1.3.2", "1.3.6.1.4.1.318.1.3.27"),
    statuses=(
        Status(column=f"{UPS}.4.1.1.0", object="upsBasicOutputStatus", kind=Kind.UPS, codes=OUTPUT, label="UPS"),
        Status(
            column=f"{UPS}.2.1.1.0",
            object="upsBasicBatteryStatus",
            kind=Kind.BATTERY,
            codes=BATTERY,
            label="UPS battery",
        ),
        Status(
            column=f"{UPS}.2.2.4.0",
            object="upsAdvBatteryReplaceIndicator",
            kind=Kind.BATTERY,
            codes=REPLACE,
            label="UPS battery",
        ),
        Status(
            column=f"{UPS}.3.2.5.0", object="upsAdvInputLineFailCause", kind=Kind.UPS, codes=FAIL_CAUSE, label="UPS"
        ),
        Status(
            column=f"{UPS}.7.2.3.0",
            object="upsAdvTestDiagnosticsResults",
            kind=Kind.UPS,
            codes=SELF_TEST,
            label="Last self test",
        ),
        _group("1.2.1", "upsOutletGroupStatusGroupState", GROUP),
        _group("3.2.1", "upsOutletGroupControlCommand", COMMAND),
    ),
    measures=(
        *PROBE_MEASURES,
        _scalar("2.2.3", "upsAdvBatteryRunTimeRemaining", "runtime", "s", "Runtime left", 0.01),
        _scalar("2.3.1", "upsHighPrecBatteryCapacity", "charge", "%", "Battery charge", 0.1),
        _scalar("2.3.2", "upsHighPrecBatteryTemperature", "temperature", "Cel", "Battery", 0.1),
        _scalar("2.3.4", "upsHighPrecBatteryActualVoltage", "voltage", "V", "Battery", 0.1),
        _scalar("3.3.1", "upsHighPrecInputLineVoltage", "voltage", "V", "Input", 0.1),
        _scalar("3.3.4", "upsHighPrecInputFrequency", "frequency", "Hz", "Input", 0.1),
        _scalar("4.3.1", "upsHighPrecOutputVoltage", "voltage", "V", "Output", 0.1),
        _scalar("4.3.2", "upsHighPrecOutputFrequency", "frequency", "Hz", "Output", 0.1),
        _scalar("4.3.3", "upsHighPrecOutputLoad", "load", "%", "Output", 0.1),
        _scalar("4.3.4", "upsHighPrecOutputCurrent", "current", "A", "Output", 0.1),
        Measure(
            column=f"{UPS}.4.2.8.0",
            object="upsAdvOutputActivePower",
            kind="power",
            unit="W",
            label="Output",
            total=True,
        ),
    ),
    manufacturer="APC",
    product=(f"{UPS}.1.1.1.0",),
    serial=(f"{UPS}.1.2.3.0",),
    firmware=(f"{UPS}.1.2.1.0",),
)
