"""What simulated SNMP devices are made of: a rack PDU, a UPS, a switch; and the cells that change when they do.

Objects are those of PowerNet-MIB (rPDU2), RFC 1628, RFC 2863 and LLDP-MIB.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

Cell = tuple[str, int | str | bytes]
Tree = dict[str, Cell]
# What is to change; None takes an object away.
Changes = Mapping[str, Cell | None]

RPDU2 = "1.3.6.1.4.1.318.1.1.26"
UPS = "1.3.6.1.2.1.33.1"
IF_TABLE, IFX_TABLE = "1.3.6.1.2.1.2.2.1", "1.3.6.1.2.1.31.1.1.1"
LLDP_LOCAL_PORT, LLDP_REMOTE = "1.0.8802.1.1.2.1.3.7.1", "1.0.8802.1.1.2.1.4.1.1"
ETHERNET = 6
STANDBY_W = 8
UP, DOWN = 1, 2


class Device(Protocol):
    """What an agent needs to know of the device it speaks for."""

    @property
    def name(self) -> str:
        """The device's sysName."""

    @property
    def sys_descr(self) -> str:
        """The device's sysDescr."""

    @property
    def sys_object_id(self) -> str:
        """The device's sysObjectID: whose product it is."""

    def tree(self) -> Tree:
        """Return all its objects, healthy unless described otherwise."""


def integer(value: int) -> Cell:
    """Return an INTEGER."""
    return "integer", value


def following(outlet: Outlet, on: int, off: int) -> Cell:
    """Return an INTEGER that depends on whether the machine on an outlet is on."""
    return ("integer", f"@{outlet.follows}|{on}|{off}") if outlet.follows else integer(on)


def gauge(value: int) -> Cell:
    """Return a Gauge32."""
    return "gauge", value


def text(value: str | bytes) -> Cell:
    """Return an OCTET STRING."""
    return "string", value


@dataclass(frozen=True, slots=True)
class Outlet:
    """One outlet of a PDU; `watts` is what it delivers while it is on.

    `follows` is a file that holds 1 while the machine on it is on: otherwise that takes `STANDBY_W`.
    """

    number: int
    name: str
    on: bool = True
    watts: int = 0
    follows: str = ""


@dataclass(frozen=True, slots=True)
class Pdu:
    """An APC rack PDU of the second generation, switched and metered by outlet."""

    name: str
    serial: str
    outlets: tuple[Outlet, ...]
    volts: int = 230
    model: str = "AP8959EU3"

    sys_object_id = "1.3.6.1.4.1.318.1.3.4.6"

    @property
    def sys_descr(self) -> str:
        """Tell it as the network card does."""
        return (
            f"APC Web/SNMP Management Card (MB:v4.1.0 PF:v6.4.0 PN:apc_hw05_aos_640.bin AF1:v6.4.0 "
            f"AN1:apc_hw05_rpdu2g_640.bin MN:{self.model} HR:02 SN: {self.serial} MD:09/20/2016)"
        )

    def outlet(self, number: int, *, on: bool) -> Tree:
        """Return the cells of one outlet, switched on (rPDU2: 2) or off (1); off it delivers nothing."""
        described = next(one for one in self.outlets if one.number == number)
        watts = described.watts if on else 0
        switched, metered = f"{RPDU2}.9.2.3.1", f"{RPDU2}.9.4.3.1"
        same = {1: integer(number), 2: integer(1), 3: text(described.name), 4: integer(number)}
        cells = {f"{table}.{arc}.{number}": cell for table in (switched, metered) for arc, cell in same.items()}
        cells[f"{switched}.5.{number}"] = integer(2 if on else 1)
        cells[f"{metered}.6.{number}"] = following(described, round(10 * watts / self.volts), 0)
        cells[f"{metered}.7.{number}"] = following(described, watts, min(watts, STANDBY_W))
        cells[f"{metered}.11.{number}"] = integer(10 * number)
        return cells

    def load(self, state: int = 2) -> Tree:
        """Return the device's and the phase's load: 1 low, 2 normal, 3 near overload, 4 overload."""
        watts = sum(outlet.watts for outlet in self.outlets if outlet.on)
        device, phase = f"{RPDU2}.4.3.1", f"{RPDU2}.6.3.1"
        return {
            f"{device}.1.1": integer(1),
            f"{device}.3.1": text(self.name),
            f"{device}.4.1": integer(state),
            f"{device}.5.1": integer(watts // 10),
            f"{device}.9.1": integer(19677),
            f"{device}.12.1": integer(1),
            f"{phase}.1.1": integer(1),
            f"{phase}.4.1": integer(state),
            f"{phase}.5.1": integer(round(10 * watts / self.volts)),
            f"{phase}.6.1": integer(self.volts),
            f"{phase}.7.1": integer(watts // 10),
        }

    def tree(self) -> Tree:
        """Return identification, load and outlets."""
        identity = {3: self.name, 5: "02", 6: "v6.4.0", 7: "09/20/2016", 8: self.model, 9: self.serial}
        cells = {f"{RPDU2}.2.1.{arc}.1": text(words) for arc, words in identity.items()} | self.load()
        for outlet in self.outlets:
            cells |= self.outlet(outlet.number, on=outlet.on)
        return cells


@dataclass(frozen=True, slots=True)
class Ups:
    """A UPS that speaks RFC 1628."""

    name: str
    serial: str
    model: str = "Line-interactive 3000"
    load_percent: int = 42

    sys_object_id = "1.3.6.1.4.1.705.1.2"

    @property
    def sys_descr(self) -> str:
        """Tell model and serial number."""
        return f"Network card of a {self.model}, SN {self.serial}"

    def on_mains(self) -> Changes:
        """Return the cells of a UPS whose input is well."""
        return {
            f"{UPS}.2.1.0": integer(2),
            f"{UPS}.2.2.0": integer(0),
            f"{UPS}.2.3.0": integer(35),
            f"{UPS}.2.4.0": integer(100),
            f"{UPS}.3.3.1.3.1": integer(231),
            f"{UPS}.4.1.0": integer(3),
            f"{UPS}.6.1.0": gauge(0),
            f"{UPS}.6.2.1.1.1": None,
            f"{UPS}.6.2.1.2.1": None,
        }

    def on_battery(self, seconds: int = 90, minutes_left: int = 28) -> Changes:
        """Return the cells that change when the input is lost."""
        return {
            f"{UPS}.2.1.0": integer(2 if minutes_left > 5 else 3),
            f"{UPS}.2.2.0": integer(seconds),
            f"{UPS}.2.3.0": integer(minutes_left),
            f"{UPS}.2.4.0": integer(80),
            f"{UPS}.3.3.1.3.1": integer(0),
            f"{UPS}.4.1.0": integer(5),
            f"{UPS}.6.1.0": gauge(1),
            f"{UPS}.6.2.1.1.1": integer(1),
            f"{UPS}.6.2.1.2.1": ("objectid", f"{UPS}.6.3.2"),
        }

    def tree(self) -> Tree:
        """Return identification, battery, input and output, on mains."""
        cells: Tree = {
            f"{UPS}.1.1.0": text("Nordwand Power"),
            f"{UPS}.1.2.0": text(self.model),
            f"{UPS}.1.3.0": text("v2.4.1"),
            f"{UPS}.1.4.0": text("v1.0.7"),
            f"{UPS}.1.5.0": text(self.name),
            f"{UPS}.2.5.0": integer(542),
            f"{UPS}.2.6.0": integer(0),
            f"{UPS}.2.7.0": integer(26),
            f"{UPS}.3.2.0": integer(1),
            f"{UPS}.3.3.1.2.1": integer(500),
            f"{UPS}.4.2.0": integer(500),
            f"{UPS}.4.3.0": integer(1),
            f"{UPS}.4.4.1.2.1": integer(230),
            f"{UPS}.4.4.1.3.1": integer(55),
            f"{UPS}.4.4.1.4.1": integer(30 * self.load_percent),
            f"{UPS}.4.4.1.5.1": integer(self.load_percent),
        }
        return cells | {oid: cell for oid, cell in self.on_mains().items() if cell is not None}


@dataclass(frozen=True, slots=True)
class Port:
    """One port of a switch; `neighbour` is (MAC, port, name) of the device that LLDP sees there."""

    index: int
    name: str
    up: bool = True
    admin_up: bool = True
    alias: str = ""
    speed_mbit_s: int = 25000
    neighbour: tuple[bytes, str, str] | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """An Ethernet switch with IF-MIB and LLDP."""

    name: str
    serial: str
    ports: tuple[Port, ...]

    sys_object_id = "1.3.6.1.4.1.30065.1.3011.7050.3741.48"

    @property
    def sys_descr(self) -> str:
        """Tell software and model."""
        return "Arista Networks EOS version 4.28.3M running on an Arista Networks DCS-7050SX3-48YC8"

    def port(self, index: int, *, up: bool, admin_up: bool = True) -> Tree:
        """Return the cells that tell whether a port has a link and may have one."""
        return {
            f"{IF_TABLE}.7.{index}": integer(UP if admin_up else DOWN),
            f"{IF_TABLE}.8.{index}": integer(UP if up and admin_up else DOWN),
        }

    def tree(self) -> Tree:
        """Return all ports and the neighbours they see."""
        cells: Tree = {"1.3.6.1.2.1.2.1.0": integer(len(self.ports))}
        for port in self.ports:
            cells |= self.port(port.index, up=port.up, admin_up=port.admin_up) | _port_cells(port)
        return cells


def _port_cells(port: Port) -> Tree:
    index = port.index
    cells: Tree = {
        f"{IF_TABLE}.1.{index}": integer(index),
        f"{IF_TABLE}.2.{index}": text(port.name),
        f"{IF_TABLE}.3.{index}": integer(ETHERNET),
        f"{IF_TABLE}.5.{index}": gauge(min(port.speed_mbit_s * 1_000_000, 2**32 - 1)),
        f"{IF_TABLE}.6.{index}": text(bytes([0x02, 0x1C, 0x73, 0, 0, index])),
        f"{IF_TABLE}.14.{index}": ("counter", 0),
        f"{IFX_TABLE}.1.{index}": text(port.name),
        f"{IFX_TABLE}.6.{index}": ("counter64", 10**12 + index),
        f"{IFX_TABLE}.10.{index}": ("counter64", 2 * 10**12 + index),
        f"{IFX_TABLE}.15.{index}": gauge(port.speed_mbit_s),
        f"{IFX_TABLE}.18.{index}": text(port.alias),
        f"{LLDP_LOCAL_PORT}.3.{index}": text(port.name),
    }
    if port.neighbour is not None:
        mac, remote_port, system = port.neighbour
        seen = {4: integer(4), 5: text(mac), 6: integer(5), 7: text(remote_port), 8: text(remote_port), 9: text(system)}
        cells |= {f"{LLDP_REMOTE}.{arc}.0.{index}.1": cell for arc, cell in seen.items()}
    return cells
