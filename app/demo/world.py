"""What the demo consists of, as data: sites, people, machines with their faults, and the tickets that are open."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.parts.states import PartKind
from lab.machines import Bmc, Fault, drive_failing, ecc, fan_failed, psu_failed, psu_input_lost
from lab.snmp_devices import Device, Outlet, Pdu, Port, Switch, Ups

HOURS = "Mon-Fri 08:00-17:00"


@dataclass(frozen=True, slots=True)
class DemoSite:
    """A data center of the demo."""

    code: str
    name: str
    time_zone: str
    country: str
    rooms: tuple[str, str]  # room and the first letter of its racks


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A person of the demo; `shifts` are the sites where they are rostered."""

    name: str
    full_name: str
    roles: tuple[str, ...]  # role@SITE or role@all
    shifts: tuple[str, ...] = ()
    phone: str | None = None  # of a range that is kept free for examples


@dataclass(frozen=True, slots=True)
class DemoServer:
    """A server with a BMC; two supplies on two PDUs where the site has them."""

    tag: str
    site: str
    rack: str
    u: int
    serial: str
    customer: str
    faults: tuple[Fault, ...] = ()
    outlets: tuple[tuple[str, str, str], ...] = ()  # psu, pdu, outlet
    switch_port: str | None = None
    silent: bool = False  # the address is known, but nothing ever answers there

    def bmc(self) -> Bmc:
        """The BMC to run for it."""
        return Bmc(name=self.tag, serial=self.serial, asset_tag=self.tag, faults=self.faults)


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A PDU, UPS or switch that answers SNMP."""

    tag: str
    role: str
    site: str
    rack: str
    u: int | None
    device: Device
    serial: str
    face: str = "rear"


@dataclass(frozen=True, slots=True)
class DemoTicket:
    """An escalated ticket; `friday` ones were escalated on the last Friday at 16:40."""

    id: str
    subject: str
    asset: str | None
    job_kind: str | None
    summary: str
    tried: str
    answers: dict[str, str] = field(default_factory=dict)
    team: str = "data_center"
    reason: str = "server_issue"
    priority: str = "normal"
    friday: bool = False
    consent: str = ""  # the message in which the customer agreed
    channel: str = "ticket"


@dataclass(frozen=True, slots=True)
class DemoSpare:
    """A spare; without serial it is still on its way."""

    site: str
    kind: PartKind
    name: str
    part_number: str
    serial: str = ""
    location: str = "Cage A, shelf 3"


SITES = (
    DemoSite("AMS1", "Amsterdam 1", "Europe/Amsterdam", "NL", ("2.04", "B")),
    DemoSite("MIA1", "Miami 1", "America/New_York", "US", ("Hall 1", "M")),
    DemoSite("SGP1", "Singapore 1", "Asia/Singapore", "SG", ("L3-2", "S")),
)

PEOPLE = (
    DemoPerson("tess", "Tess de Vries", ("technician@AMS1",), ("AMS1",)),
    DemoPerson("tom", "Tom Bakker", ("technician@AMS1",), ("AMS1",)),
    DemoPerson("mara", "Mara Ortiz", ("technician@MIA1",), ("MIA1",)),
    DemoPerson("sina", "Sina Tan", ("technician@SGP1",), ("SGP1",)),
    DemoPerson("lena", "Lena Fischer", ("l1_engineer@all",), phone="+44 20 7946 0101"),
    DemoPerson("sam", "Sam Okafor", ("sysadmin@all",), phone="+44 20 7946 0102"),
    DemoPerson("max", "Max Lindqvist", ("manager@all",), phone="+44 20 7946 0103"),
    DemoPerson("ada", "Ada Novak", ("admin@all",)),
)

OUTLETS_A = tuple(
    Outlet(n, f"outlet {n}", on=n != 14, watts=190 if n in {11, 12, 13, 15, 16} else 0) for n in range(1, 25)
)
OUTLETS_B = tuple(Outlet(n, f"outlet {n}", watts=190 if 11 <= n <= 16 else 0) for n in range(1, 25))
PORTS = tuple(
    Port(n, f"Ethernet{n}", up=n != 13, alias=f"server {n - 10}" if 11 <= n <= 16 else "") for n in range(1, 25)
)

SPARES = (
    DemoSpare("AMS1", PartKind.DRIVE, "SAS drive 4 TB", "NW-HDD-4T", "ZC9A0417"),
    DemoSpare("AMS1", PartKind.DRIVE, "SAS drive 4 TB", "NW-HDD-4T", "ZC9A0418"),
    DemoSpare("AMS1", PartKind.DRIVE, "SAS drive 4 TB", "NW-HDD-4T"),
    DemoSpare("AMS1", PartKind.PSU, "Power supply 800 W", "NW-PSU-800", "PS80-2231", "Cage A, shelf 1"),
    DemoSpare("AMS1", PartKind.MEMORY, "Memory module 32 GB", "NW-RDIMM-32", "M32-5510", "Cage A, shelf 2"),
    DemoSpare("MIA1", PartKind.PSU, "Power supply 800 W", "NW-PSU-800", "PS80-2240", "Cage 1"),
)

DEVICES = (
    DemoDevice("AMS-PDU-B17-A", "pdu", "AMS1", "B17", None, Pdu("AMS-PDU-B17-A", "5A1920E00417", OUTLETS_A), "5A1920E00417"),
    DemoDevice("AMS-PDU-B17-B", "pdu", "AMS1", "B17", None, Pdu("AMS-PDU-B17-B", "5A1920E00418", OUTLETS_B), "5A1920E00418"),
    DemoDevice("AMS-UPS-1", "ups", "AMS1", "B01", 1, Ups("AMS-UPS-1", "UP-88-0017"), "UP-88-0017", "front"),
    DemoDevice("AMS-TOR-B17", "switch", "AMS1", "B17", 44, Switch("AMS-TOR-B17", "JPE19201234", PORTS), "JPE19201234"),
)  # fmt: skip


def _cords(outlet: int) -> tuple[tuple[str, str, str], ...]:
    return (("1", "AMS-PDU-B17-B", str(outlet)), ("2", "AMS-PDU-B17-A", str(outlet)))


SERVERS = (
    DemoServer("AMS-004211", "AMS1", "B17", 11, "NW21240011", "Lindenhof Media", (drive_failing(3, "fault"),), _cords(11), "Ethernet11"),
    DemoServer("AMS-004212", "AMS1", "B17", 13, "NW21240012", "Lindenhof Media", (), _cords(12), "Ethernet12"),
    DemoServer("AMS-004213", "AMS1", "B17", 15, "NW21240013", "Kiosk24", (), _cords(13), "Ethernet13"),
    DemoServer("AMS-004217", "AMS1", "B17", 21, "NW21240017", "Harbour Logistics", (psu_input_lost(2),), _cords(14), "Ethernet14"),
    DemoServer("AMS-004218", "AMS1", "B17", 23, "NW21240018", "Harbour Logistics", (ecc("A1", uncorrectable=True),), _cords(15), "Ethernet15"),
    DemoServer("AMS-004219", "AMS1", "B17", 25, "NW21240019", "Studio Noord", (), _cords(16), "Ethernet16"),
    DemoServer("MIA-001007", "MIA1", "M03", 7, "NW21249107", "Sunrise Bank", (fan_failed(3),)),
    DemoServer("MIA-001008", "MIA1", "M03", 9, "NW21249108", "Sunrise Bank", (psu_failed(1),)),
    DemoServer("MIA-001009", "MIA1", "M03", 11, "NW21249109", "Palm Games"),
    DemoServer("SGP-000301", "SGP1", "S09", 4, "NW21247301", "Orchid Retail", (drive_failing(1),)),
    DemoServer("SGP-000302", "SGP1", "S09", 6, "NW21247302", "Orchid Retail", (ecc("B2"),)),
    DemoServer("SGP-000303", "SGP1", "S09", 8, "NW21247303", "Merlion Pay", silent=True),
)  # fmt: skip

TICKETS = (
    DemoTicket(
        "48190", "Array degraded since this afternoon", "AMS-004211", "disk_swap",
        "The disk in bay 3 has failed; the array is degraded.", "Checked the controller's log: the disk is gone.",
        {"bay": "3", "data_loss": "The customer agrees that the disk is replaced."}, priority="high", friday=True,
    ),
    DemoTicket(
        "48213", "Alarm: power redundancy lost", "AMS-004217", "outlet_check",
        "Power supply 2 has lost its input; the server runs on one supply.", "Asked the customer: nothing was changed.",
        {"outlet": "14"}, priority="urgent",
    ),
    DemoTicket(
        "48216", "Server not reachable since last night", "AMS-004213", "cable_reseat",
        "The switch port of this server is down.", "Restarted the interface, no link.", {"port": "eth0"},
        priority="high", channel="chat",
    ),
    DemoTicket(
        "48221", "Fan noise and warnings", "MIA-001007", "other_hands", "Fan 3 stands still.", "Read the sensors twice.",
        {"work": "Replace fan module 3.", "minutes": "30", "timeline": "today or tomorrow morning"},
    ),
    DemoTicket(
        "48224", "Server hangs, please switch it off and on", "SGP-000303", "power_cycle",
        "The server does not answer at all, its BMC neither.", "Tried to reach the BMC from two networks.",
        {"why_by_hand": "The BMC does not answer."}, priority="urgent",
    ),
    DemoTicket(
        "48225", "Reboots by itself since Sunday", "AMS-004218", "memory_swap",
        "Memory module A1 reports uncorrectable errors.", "Collected the event log; the customer moved the load away.",
        {"slot": "A1"}, priority="high", consent="https://tickets.example/48225#the-customers-yes",
    ),
    DemoTicket(
        "48226", "Please add a custom firewall rule set", None, None,
        "A custom firewall rule set for three addresses.", "Collected the rules from the customer.",
        team="system_administrators", reason="complex",
    ),
    DemoTicket(
        "48230", "Credit for Thursday's outage", None, None, "The customer asks for a credit for the outage.",
        "Confirmed the outage in the log.", team="management", reason="approval",
    ),
)  # fmt: skip
