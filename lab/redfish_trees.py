"""Two small Redfish trees, made by hand: a server of the present model, and an older one with a maker's own words."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

ROOT = "/redfish/v1"
OK = {"State": "Enabled", "Health": "OK"}
ABSENT = {"State": "Absent"}
CRITICAL_BUT_ABSENT = {"State": "Absent", "Health": "Critical"}

Tree = dict[str, dict[str, Any]]


def link(path: str) -> dict[str, str]:
    """A link below the root."""
    return {"@odata.id": f"{ROOT}/{path}"}


def collection(path: str, members: Mapping[str, Mapping[str, Any]]) -> Tree:
    """A collection and its members."""
    tree: Tree = {f"{ROOT}/{path}": {**link(path), "Members": [link(f"{path}/{name}") for name in members]}}
    for name, body in members.items():
        tree[f"{ROOT}/{path}/{name}"] = {**link(f"{path}/{name}"), "Id": name, **copy.deepcopy(dict(body))}
    return tree


def _root(vendor: str, expand: Mapping[str, bool] | None) -> Tree:
    features = {"ProtocolFeaturesSupported": {"ExpandQuery": dict(expand)}} if expand else {}
    names = {name: link(name) for name in ("Systems", "Chassis", "Managers", "SessionService")}
    sessions = {"Links": {"Sessions": link("SessionService/Sessions")}}
    return {ROOT: {"@odata.id": f"{ROOT}/", "Vendor": vendor, "Name": "Root", **names, **sessions, **features}}


def present_model() -> Tree:
    """PowerSubsystem, ThermalSubsystem, Sensors, Storage; $expand is offered. One supply's bay is empty."""
    system, chassis = "Systems/node", "Chassis/node"
    tree = _root("Umbra", {"NoLinks": True, "Levels": True})
    tree |= collection(
        "Systems",
        {
            "node": {
                "Name": "node", "Manufacturer": "Umbra", "Model": "U-220", "SerialNumber": "UM10042",
                "AssetTag": "SRV-0042", "PowerState": "On", "Status": {**OK, "HealthRollup": "OK"},
                "MemorySummary": {"Status": dict(OK)}, "LocationIndicatorActive": False,
                "Memory": link(f"{system}/Memory"), "Processors": link(f"{system}/Processors"),
                "Storage": link(f"{system}/Storage"), "LogServices": link(f"{system}/LogServices"),
                "Bios": link(f"{system}/NoSuchThing"),
                "Actions": {
                    "#ComputerSystem.Reset": {
                        "target": f"{ROOT}/{system}/Actions/ComputerSystem.Reset",
                        "ResetType@Redfish.AllowableValues": ["On", "ForceOff", "GracefulShutdown"],
                    }
                },
            }
        },
    )  # fmt: skip
    tree |= collection(
        f"{system}/Memory",
        {
            "DIMM_A1": {"DeviceLocator": "DIMM A1", "SerialNumber": "M0000A1", "Status": OK},
            "DIMM_A2": {"DeviceLocator": "DIMM A2", "Status": CRITICAL_BUT_ABSENT},
            "DIMM_B1": {"DeviceLocator": "DIMM B1", "SerialNumber": "M0000B1", "Status": {"State": "Enabled"}},
        },
    )
    tree |= collection(f"{system}/Processors", {"CPU1": {"Socket": "CPU 1", "ProcessorType": "CPU", "Status": OK}})
    tree |= _storage(system)
    tree |= collection(
        f"{system}/LogServices",
        {"SEL": {"Name": "System event log", "Entries": link(f"{system}/LogServices/SEL/Entries")}},
    )
    tree |= collection(f"{system}/LogServices/SEL/Entries", {})
    tree |= collection("Managers", {"bmc": {"ManagerType": "BMC", "FirmwareVersion": "2.14", "Status": OK}})
    tree |= collection(
        "Chassis",
        {
            "node": {
                "Name": "U-220", "Status": dict(OK), "IndicatorLED": "Off",
                "Links": {"ComputerSystems": [link(system)]}, "PowerSubsystem": link(f"{chassis}/PowerSubsystem"),
                "ThermalSubsystem": link(f"{chassis}/ThermalSubsystem"),
                "Sensors": link(f"{chassis}/Sensors"), "NetworkAdapters": link(f"{chassis}/NetworkAdapters"),
                "PhysicalSecurity": {"IntrusionSensor": "Normal"},
            }
        },
    )  # fmt: skip
    return tree | _power_and_cooling(chassis) | _network(chassis)


def _storage(system: str) -> Tree:
    store = f"{system}/Storage/RAID"
    drives = {
        f"{ROOT}/{store}/Drives/{bay}": {
            **link(f"{store}/Drives/{bay}"), "Id": str(bay), "Name": "960 GB SSD", "SerialNumber": f"D00000{bay}",
            "FailurePredicted": False, "Status": dict(OK), "LocationIndicatorActive": False,
            "PhysicalLocation": {"PartLocation": {"ServiceLabel": f"Bay {bay}", "LocationType": "Bay"}},
        }
        for bay in (1, 2, 3)
    }  # fmt: skip
    tree = collection(
        f"{system}/Storage",
        {
            "RAID": {
                "Name": "RAID controller", "Status": {"State": "Enabled", "HealthRollup": "OK"},
                "Drives": [link(f"{store}/Drives/{bay}") for bay in (1, 2, 3)], "Volumes": link(f"{store}/Volumes"),
                "StorageControllers": [{"MemberId": "0", "Name": "UR-9", "SerialNumber": "C000009", "Status": OK}],
            }
        },
    )  # fmt: skip
    return tree | drives | collection(f"{store}/Volumes", {"1": {"Name": "System volume", "Status": OK}})


def _power_and_cooling(chassis: str) -> Tree:
    power, thermal = f"{chassis}/PowerSubsystem", f"{chassis}/ThermalSubsystem"
    tree: Tree = {
        f"{ROOT}/{power}": {**link(power), "PowerSupplies": link(f"{power}/PowerSupplies"), "Status": dict(OK)},
        f"{ROOT}/{thermal}": {**link(thermal), "Fans": link(f"{thermal}/Fans"), "Status": dict(OK)},
    }
    tree |= collection(
        f"{power}/PowerSupplies",
        {
            "1": {"Name": "Power Supply 1", "SerialNumber": "PS00001", "LineInputStatus": "Normal", "Status": OK},
            "2": {"Name": "Power Supply 2", "SerialNumber": "PS00002", "LineInputStatus": "Normal", "Status": OK},
            "3": {"Name": "Power Supply 3", "Status": CRITICAL_BUT_ABSENT},
        },
    )
    fans = {str(n): _fan(f"{chassis}/Sensors/fan{n}", n) for n in (1, 2)}
    tree |= collection(f"{thermal}/Fans", fans)
    return tree | collection(f"{chassis}/Sensors", _sensors())


def _fan(sensor: str, number: int) -> dict[str, Any]:
    speed = {"Reading": 40, "SpeedRPM": 6000 + number, "DataSourceUri": f"{ROOT}/{sensor}"}
    return {"Name": f"Fan {number}", "Status": OK, "SpeedPercent": speed}


def _sensors() -> dict[str, dict[str, Any]]:
    def sensor(name: str, kind: str, value: float | None, unit: str, **more: Any) -> dict[str, Any]:
        return {"Name": name, "ReadingType": kind, "Reading": value, "ReadingUnits": unit, "Status": OK, **more}

    no_limit = {"Thresholds": {"UpperCritical": {"Reading": -1}, "LowerCritical": {"Reading": 0}}}
    limits = {"Thresholds": {"UpperCaution": {"Reading": 38}, "UpperCritical": {"Reading": 42}}}
    return {
        "inlet": sensor("Inlet", "Temperature", 23.5, "Cel", Status={"State": "Enabled"}, **limits),
        "chip": sensor("Chip", "Temperature", 51, "Cel", Status={"State": "Enabled"}, **no_limit),
        "gone": sensor("Second CPU", "Temperature", 0, "Cel", Status=ABSENT),
        "silent": sensor("Backplane", "Temperature", None, "Cel"),
        "fan1": sensor("Fan 1 speed", "Percent", 40, "%"),
        "fan2": sensor("Fan 2 speed", "Percent", 40, "%"),
        "in1": sensor("Power Supply 1 Input", "Power", 118, "W"),
        "total": sensor("All of it", "EnergykWh", 120.5, "kW.h"),
    }


def _network(chassis: str) -> Tree:
    adapter = f"{chassis}/NetworkAdapters/slot4"
    tree = collection(
        f"{chassis}/NetworkAdapters",
        {"slot4": {"Model": "UX-25", "SerialNumber": "N000004", "Ports": link(f"{adapter}/Ports"), "Status": OK}},
    )
    return tree | collection(f"{adapter}/Ports", {"1": {"PortId": "1", "LinkStatus": "LinkDown", "Status": OK}})


def older_model() -> Tree:
    """Power and Thermal as lists, numbers and words under Oem.Hpe, no $expand; two processors with equal sockets."""
    system = "Systems/1"
    tree = _root("HPE", None)
    tree |= collection(
        "Systems",
        {
            "1": {
                "Name": "Server", "Manufacturer": "HPE", "Model": "Hall 360", "SerialNumber": "HA10007",
                "PowerState": "On", "Status": dict(OK), "IndicatorLED": "Off", "Memory": link(f"{system}/Memory"),
                "LogServices": link(f"{system}/LogServices"),
                "Oem": {"Hpe": {"AggregateHealthStatus": {"PowerSupplies": {"Status": {"Health": "OK"}}}}},
            }
        },
    )  # fmt: skip
    sockets = {f"proc{p}dimm{n}": {"DeviceLocator": f"PROC {p} DIMM {n}", "Status": OK} for p in (1, 2) for n in (1, 2)}
    tree |= collection(f"{system}/Memory", sockets)
    tree |= collection(f"{system}/LogServices", {"IML": {"Entries": link(f"{system}/LogServices/IML/Entries")}})
    tree |= collection(f"{system}/LogServices/IML/Entries", {})
    tree |= collection("Managers", {"1": {"ManagerType": "BMC", "FirmwareVersion": "3.11", "Status": OK}})
    parts = {"Power": link("Chassis/1/Power"), "Thermal": link("Chassis/1/Thermal"), "Status": dict(OK)}
    tree |= collection("Chassis", {"1": {"Name": "Server", **parts}})
    tree[f"{ROOT}/Chassis/1/Power"] = {
        **link("Chassis/1/Power"),
        "PowerControl": [{"MemberId": "0", "PowerConsumedWatts": 231}],
        "PowerSupplies": [_old_supply(bay) for bay in (1, 2)],
        "Redundancy": [{"MemberId": "0", "Name": "Group 1", "Status": dict(OK)}],
    }
    tree[f"{ROOT}/Chassis/1/Thermal"] = {
        **link("Chassis/1/Thermal"),
        "Fans": [
            {"MemberId": str(n), "Name": f"Fan {n + 1}", "Reading": 31, "ReadingUnits": "Percent", "Status": dict(OK)}
            for n in (0, 1)
        ],
        "Temperatures": [
            {"Name": "01-Inlet", "ReadingCelsius": 22, "UpperThresholdCritical": 42, "Status": dict(OK)},
            {"Name": "05-PMM", "ReadingCelsius": 0, "Status": dict(CRITICAL_BUT_ABSENT)},
        ],
    }
    return tree


def _old_supply(bay: int) -> dict[str, Any]:
    own = {"Hpe": {"BayNumber": bay, "PowerSupplyStatus": {"State": "Ok"}}}
    return {
        "MemberId": str(bay - 1), "Name": "ServerPowerSupply", "SerialNumber": f"5W00{bay}", "LineInputVoltage": 230,
        "LastPowerOutputWatts": 110, "Oem": own, "Status": dict(OK),
    }  # fmt: skip
