"""Dell iDRAC 9: what stands under Oem.Dell. From the documents; no recording was at hand.

Schemas DellPhysicalDisk and DellPowerSupply of the iDRAC Redfish API guide.
"""

from __future__ import annotations

from app.hardware.facts import Fault, Meaning
from app.hardware.families.redfish import RedfishFamily, Word
from app.hardware.readings import State

C, W = State.CRITICAL, State.WARNING
DISK = "Oem/Dell/DellPhysicalDisk"

FAMILY = RedfishFamily(
    name="redfish_dell",
    title="Dell iDRAC",
    identified_by=("dell",),
    words=(
        Word(
            "drive",
            f"{DISK}/PredictiveFailureState",
            {"smartalertpresent": Meaning(W, "predicts its failure", Fault.PREDICTED)},
        ),
        Word(
            "drive",
            f"{DISK}/RaidStatus",
            {
                "failed": Meaning(C, "failed", Fault.FAILED),
                "degraded": Meaning(W, "its array is degraded", Fault.ARRAY_DEGRADED),
                "rebuilding": Meaning(W, "being rebuilt", Fault.REBUILDING),
            },
        ),
        Word(
            "power_supply",
            "Oem/Dell/DellPowerSupply/DetailedState",
            {"presence detected, input lost": Meaning(C, "input lost", Fault.INPUT_LOST)},
        ),
    ),
)
