"""APC transfer switches: the rack ATS and the larger one with a generator.

Source: PowerNet-MIB, ats (1.3.6.1.4.1.318.1.1.8) and xATS (1.3.6.1.4.1.318.1.1.17).
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families.snmp import Measure, SnmpFamily, Status
from app.hardware.readings import State
from app.hardware.vendors._apc import PROBE_MEASURES
from app.hardware.vendors._words import critical, ok, unknown, warning

ATS = "1.3.6.1.4.1.318.1.1.8.5.1"
XATS = "1.3.6.1.4.1.318.1.1.17"
GENERATOR = "1.3.6.1.4.1.318.1.1.18"

SOURCE = {1: Meaning(State.CRITICAL, "failed", Fault.INPUT_LOST), 2: Meaning(State.OK, "ok")}
REDUNDANCY = {
    1: Meaning(State.CRITICAL, "redundancy lost", Fault.REDUNDANCY_LOST),
    2: Meaning(State.OK, "fully redundant"),
}
SWITCH = {1: Meaning(State.CRITICAL, "failed", Fault.FAILED), 2: Meaning(State.OK, "ok")}
QUALITY = {
    1: Meaning(State.OK, "good"),
    2: Meaning(State.WARNING, "low voltage", Fault.LIMIT),
    3: Meaning(State.WARNING, "high voltage", Fault.LIMIT),
    4: Meaning(State.WARNING, "phases unbalanced", Fault.LIMIT),
    5: Meaning(State.WARNING, "frequency out of range", Fault.LIMIT),
    6: Meaning(State.WARNING, "phases rotate the wrong way", Fault.LIMIT),
    7: Meaning(State.UNKNOWN, "the switch does not know this source"),
}

SELECTED = {1: ok("source A carries the load"), 2: ok("source B carries the load")}
PHASES = {1: ok("in step"), 2: warning("sources are out of step")}
POSITION = {1: ok("open"), 2: ok("closed"), 3: critical("tripped", Fault.FAILED), 4: unknown()}
CARRIES = {
    1: critical("no source carries the load", Fault.INPUT_LOST),
    2: ok("source 1 carries the load"),
    3: warning("source 2 carries the load"),
    4: critical("failed", Fault.FAILED),
    5: unknown(),
}
MODE = {
    1: ok("automatic"),
    2: critical("not in automatic mode, for a fault"),
    3: warning("not in automatic mode"),
    4: unknown(),
}
ENGINE_SIGNAL = {1: warning("asks the generator to run"), 2: ok("asks for no generator"), 3: unknown()}
LEVEL = {1: ok(), 2: warning("low", Fault.LIMIT), 3: unknown()}
GENERATOR_MODE = {1: warning("switched off"), 2: warning("manual"), 3: ok("automatic"), 4: unknown()}
GENERATOR_STATE = {
    1: warning("does not answer"),
    2: warning("off"),
    **dict.fromkeys((3, 4, 5, 6, 7), ok("ready or running")),
    8: critical("stopped in an emergency", Fault.FAILED),
    9: warning("not in automatic mode"),
    10: warning("shut down"),
    11: unknown(),
}
LAST_TEST = {
    1: ok("no result yet"),
    2: ok("passed"),
    3: ok("passed"),
    5: warning("failed: the generator was not in automatic mode"),
    **dict.fromkeys((4, *range(6, 15)), warning("failed", Fault.FAILED)),
}
TEST = dict.fromkeys(range(1, 11), ok("none, or under way"))


def _volts(oid: str, mib_object: str, label: str) -> Measure:
    return Measure(column=f"{XATS}.{oid}", object=mib_object, kind="voltage", unit="V", label=label, scale=0.1)


def _scalar(oid: str, mib_object: str, codes: dict[int, Meaning], label: str) -> Status:
    return Status(column=f"{oid}.0", object=mib_object, kind=Kind.UPS, codes=codes, label=label)


FAMILY = SnmpFamily(
    name="apc_ats",
    title="APC transfer switch (PowerNet-MIB)",
    identified_by=("1.3.6.1.4.1.318.1.3.11", "1.3.6.1.4.1.318.1.3.32"),
    statuses=(
        _scalar(f"{ATS}.12", "atsStatusSourceAStatus", SOURCE, "Source A"),
        _scalar(f"{ATS}.13", "atsStatusSourceBStatus", SOURCE, "Source B"),
        _scalar(f"{ATS}.10", "atsStatusSwitchStatus", SWITCH, "Transfer switch"),
        Status(
            column=f"{ATS}.3.0",
            object="atsStatusRedundancyState",
            kind=Kind.SYSTEM,
            codes=REDUNDANCY,
            label="Redundancy",
            explained_by=frozenset({Kind.UPS}),
        ),
        _scalar(f"{ATS}.2", "atsStatusSelectedSource", SELECTED, "Transfer switch"),
        _scalar(f"{ATS}.14", "atsStatusPhaseSyncStatus", PHASES, "Transfer switch"),
        _scalar(f"{XATS}.3.1.1", "xATSSwitchStatusSelectedSource", CARRIES, "Transfer switch"),
        _scalar(f"{XATS}.3.1.2", "xATSSwitchStatusOperationalMode", MODE, "Transfer switch"),
        _scalar(f"{XATS}.3.1.4", "xATSSwitchStatusEngineStartSignal", ENGINE_SIGNAL, "Transfer switch"),
        _scalar(f"{XATS}.4.1.2", "xATSSource1Position", POSITION, "Source 1"),
        _scalar(f"{XATS}.4.2.2", "xATSSource2Position", POSITION, "Source 2"),
        _scalar(f"{XATS}.5.1.2", "xATSTestingStatusTestStatus", TEST, "Test"),
        _scalar(f"{XATS}.5.2.2", "xATSTestingResultsLastResult", LAST_TEST, "Last test"),
        _scalar(f"{GENERATOR}.1.2.2", "xATSGeneratorStatusOperational", GENERATOR_STATE, "Generator"),
        _scalar(f"{GENERATOR}.1.2.3", "xATSGeneratorStatusModeSwitchPosition", GENERATOR_MODE, "Generator"),
        _scalar(f"{GENERATOR}.1.3.5", "xATSGeneratorAdvStatusOilLevel", LEVEL, "Generator oil"),
        _scalar(f"{GENERATOR}.1.3.6", "xATSGeneratorAdvStatusCoolantLevel", LEVEL, "Generator coolant"),
        _scalar(f"{XATS}.4.1.4", "xATSSource1Quality", QUALITY, "Source 1"),
        _scalar(f"{XATS}.4.2.4", "xATSSource2Quality", QUALITY, "Source 2"),
    ),
    measures=(
        _volts("4.1.7.1.2", "xATSSource1VoltageLL", "Source 1 line"),
        _volts("4.1.7.1.3", "xATSSource1VoltageLN", "Source 1 phase"),
        _volts("4.2.7.1.2", "xATSSource2VoltageLL", "Source 2 line"),
        _volts("4.2.7.1.3", "xATSSource2VoltageLN", "Source 2 phase"),
        _volts("4.3.12.1.2", "xATSOutputVoltageLL", "Output line"),
        _volts("4.3.12.1.3", "xATSOutputVoltageLN", "Output phase"),
        Measure(
            column=f"{GENERATOR}.1.3.1.0",
            object="xATSGeneratorAdvStatusBatteryVoltage",
            kind="voltage",
            unit="V",
            label="Generator battery",
            scale=0.1,
        ),
        *PROBE_MEASURES,
    ),
    manufacturer="APC",
    product=("1.3.6.1.4.1.318.1.1.8.1.5.0",),
    serial=("1.3.6.1.4.1.318.1.1.8.1.6.0",),
)
