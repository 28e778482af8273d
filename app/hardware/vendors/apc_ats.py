"""APC transfer switches: the rack ATS and the larger one with a generator.

Source: PowerNet-MIB, ats (1.3.6.1.4.1.318.1.1.8) and xATS (1.3.6.1.4.1.318.1.1.17).
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families_snmp import SnmpFamily, Status
from app.hardware.readings import State

ATS = "1.3.6.1.4.1.318.1.1.8.5.1"
XATS = "1.3.6.1.4.1.318.1.1.17"

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
        _scalar(f"{XATS}.4.1.4", "xATSSource1Quality", QUALITY, "Source 1"),
        _scalar(f"{XATS}.4.2.4", "xATSSource2Quality", QUALITY, "Source 2"),
    ),
    manufacturer="APC",
)
