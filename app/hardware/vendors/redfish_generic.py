"""What the Redfish standard itself says (DMTF DSP0266, schemas of DSP2046): every maker's service is read by this."""

from __future__ import annotations

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Meaning
from app.hardware.families.redfish import Embedded, RedfishFamily, RollUp, Word
from app.hardware.readings import State

C, W = State.CRITICAL, State.WARNING
OPEN = Meaning(W, "the chassis was opened", Fault.OPEN)

FAMILY = RedfishFamily(
    name="redfish_generic",
    title="Redfish, as the standard has it",
    identified_by=(),
    words=(
        # of schema PowerSupply.v1_5
        Word(
            "power_supply",
            "LineInputStatus",
            {
                "lossofinput": Meaning(C, "input lost", Fault.INPUT_LOST),
                "outofrange": Meaning(W, "input out of range"),
            },
        ),
        # of schema Drive.v1_18
        Word("drive", "FailurePredicted", {"true": Meaning(W, "predicts its failure", Fault.PREDICTED)}),
        Word(
            "drive",
            "StatusIndicator",
            {
                "fail": Meaning(C, "failed", Fault.FAILED),
                "predictivefailureanalysis": Meaning(W, "predicts its failure", Fault.PREDICTED),
                "rebuild": Meaning(W, "being rebuilt", Fault.REBUILDING),
                "inacriticalarray": Meaning(W, "its array is degraded", Fault.ARRAY_DEGRADED),
                "inafailedarray": Meaning(C, "its array has failed", Fault.ARRAY_DEGRADED),
            },
        ),
        # of schema Chassis.v1_23
        Word(
            "chassis",
            "PhysicalSecurity/IntrusionSensor",
            {
                "normal": Meaning(State.OK, "closed"),
                "hardwareintrusion": OPEN,
                "tamperingdetected": Meaning(W, "somebody tampered with the chassis", Fault.OPEN),
            },
        ),
    ),
    embedded=(
        Embedded("power", "PowerSupplies", "power_supply"),  # Power.v1_7
        Embedded("power", "Voltages", "voltage"),
        Embedded("power", "PowerControl", "power_control"),
        Embedded("power", "Redundancy", "supply_redundancy"),
        Embedded("thermal", "Fans", "fan"),  # Thermal.v1_7
        Embedded("thermal", "Temperatures", "temperature"),
        Embedded("thermal", "Redundancy", "fan_redundancy"),
        Embedded("power_subsystem", "PowerSupplyRedundancy", "supply_redundancy"),
        Embedded("thermal_subsystem", "FanRedundancy", "fan_redundancy"),
        Embedded("storage", "StorageControllers", "controller"),  # Storage before v1_13
        Embedded("simple_storage", "Devices", "simple_device"),
    ),
    rollups=(
        RollUp("system", "MemorySummary/Status", "All memory", frozenset({Kind.MEMORY})),
        RollUp("system", "ProcessorSummary/Status", "All processors", frozenset({Kind.CPU})),
        RollUp("power_subsystem", "Status", "Power subsystem", frozenset({Kind.PSU, Kind.BATTERY})),
        RollUp("thermal_subsystem", "Status", "Thermal subsystem", frozenset({Kind.FAN, Kind.TEMPERATURE})),
    ),
)
