"""HPE iLO 5 and 6: what stands under Oem.Hpe.

Schemas HpeServerPowerSupply, HpeMemoryExt, HpeComputerSystemExt (AggregateHealthStatus) and HpeServerChassis
(SmartStorageBattery) of the iLO RESTful API reference.
"""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families.redfish import Embedded, RedfishFamily, RollUp, Word
from app.hardware.readings import State

C, W, OK = State.CRITICAL, State.WARNING, State.OK
FAILED = Meaning(C, "failed", Fault.FAILED)
STORAGE = frozenset({Kind.DRIVE, Kind.RAID_VOLUME, Kind.RAID_CONTROLLER, Kind.BATTERY})
SUMS = "Oem/Hpe/AggregateHealthStatus"

FAMILY = RedfishFamily(
    name="redfish_hpe",
    title="HPE iLO",
    identified_by=("hpe", "hewlett"),
    numbers={"power_supply": "Oem/Hpe/BayNumber", "battery": "Index"},
    words=(
        Word(
            "power_supply",
            "Oem/Hpe/PowerSupplyStatus/State",
            {
                "nopowerinput": Meaning(C, "input lost", Fault.INPUT_LOST),
                "generalfailure": FAILED,
                "overvoltage": Meaning(C, "over-voltage", Fault.FAILED),
                "overcurrent": Meaning(C, "over-current", Fault.FAILED),
                "overtemperature": Meaning(C, "too hot"),
                "fanfailure": Meaning(C, "its fan has failed", Fault.FAILED),
                "calibrationtableerror": Meaning(W, "its calibration is broken"),
            },
        ),
        Word(
            "power_supply",
            "Oem/Hpe/Mismatched",
            {"true": Meaning(W, "does not fit the other supplies", Fault.MISMATCHED)},
        ),
        Word(
            "memory",
            "Oem/Hpe/DIMMStatus",
            {
                "uncorrectableerror": Meaning(C, "uncorrectable errors", Fault.UNCORRECTABLE),
                "configurationerror": Meaning(W, "does not fit its socket or its neighbours"),
                "degraded": Meaning(W, "degraded by errors that it corrected", Fault.CORRECTABLE),
                "mappedoutconfigurationerror": Meaning(C, "mapped out", Fault.FAILED),
                "mappedouterror": Meaning(C, "mapped out after errors", Fault.UNCORRECTABLE),
            },
        ),
    ),
    embedded=(Embedded("chassis", "Oem/Hpe/SmartStorageBattery", "battery"),),
    rollups=(
        RollUp("system", f"{SUMS}/Fans/Status", "All fans", frozenset({Kind.FAN})),
        RollUp("system", f"{SUMS}/Memory/Status", "All memory", frozenset({Kind.MEMORY})),
        RollUp("system", f"{SUMS}/Network/Status", "All network adapters", frozenset({Kind.NIC})),
        RollUp("system", f"{SUMS}/PowerSupplies/Status", "All power supplies", frozenset({Kind.PSU})),
        RollUp("system", f"{SUMS}/Processors/Status", "All processors", frozenset({Kind.CPU})),
        RollUp("system", f"{SUMS}/SmartStorageBattery/Status", "Storage batteries", frozenset({Kind.BATTERY})),
        RollUp("system", f"{SUMS}/Storage/Status", "All storage", STORAGE),
        RollUp("system", f"{SUMS}/Temperatures/Status", "All temperatures", frozenset({Kind.TEMPERATURE, Kind.FAN})),
        RollUp("system", f"{SUMS}/BiosOrHardwareHealth/Status", "BIOS or hardware", frozenset(Kind) - {Kind.SYSTEM}),
    ),
)
