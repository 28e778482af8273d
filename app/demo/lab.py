"""The demo's devices: real BMCs and SNMP agents where this machine has the programs, and what is left out else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from app.demo.world import DEVICES, SERVERS, DemoDevice
from lab.fleet import Fleet, running
from lab.machines import Bmc
from lab.processes import free_udp_ports
from lab.snmp_agents import COMMUNITY
from lab.snmp_devices import Device, Pdu
from lab.tools import missing

LOOPBACK = "127.0.0.1"
BMC_PROGRAM, AGENT_PROGRAM = "ipmi_sim", "snmpd"


@dataclass
class DemoLab:
    """What runs, how each asset is reached in this run, and what could not be started."""

    fleet: Fleet
    endpoints: dict[str, dict[str, Any]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, Any]:
        """Addresses by tag, without secrets, for demo.json."""
        return {
            "bmcs": {name: {"port": one.port, "console": one.console_port} for name, one in self.fleet.bmcs.items()},
            "agents": {name: {"port": one.port, "folder": str(one.folder)} for name, one in self.fleet.agents.items()},
        }


@contextmanager
def lab_fleet(folder: Path) -> Iterator[DemoLab]:
    """Run the demo's devices while the block runs; those whose program is missing are named in `left_out`.

    What is left out keeps an address at which nothing answers, as diagnostics then say.
    """
    no_bmcs, no_agents = missing(BMC_PROGRAM), missing(AGENT_PROGRAM)
    bmcs = [] if no_bmcs else [server.bmc() for server in SERVERS if not server.silent]
    devices = [] if no_agents else [_fed(one, folder) for one in DEVICES]
    with running(bmcs, devices, folder) as fleet:
        lab = DemoLab(fleet)
        lab.left_out += [f"the BMCs of all {len(SERVERS)} servers, which need {what}" for what in no_bmcs]
        lab.left_out += [f"{', '.join(one.tag for one in DEVICES)}, which need {what}" for what in no_agents]
        nothing_there = free_udp_ports(1)[0]
        for server in SERVERS:
            bmc = fleet.bmcs.get(server.tag)
            lab.endpoints[server.tag] = {"ipmi": _bmc(server.bmc(), bmc.port if bmc else nothing_there)}
        for one in DEVICES:
            agent = fleet.agents.get(one.tag)
            target = {"address": LOOPBACK, "port": agent.port if agent else nothing_there}
            lab.endpoints[one.tag] = {"snmp": {**target, "version": "2c", "community": COMMUNITY}}
        yield lab


def _fed(one: DemoDevice, folder: Path) -> Device:
    """The device to run; a PDU's outlets carry load while the machine on them is on."""
    if not isinstance(one.device, Pdu):
        return one.device
    hangs = {outlet: server.tag for server in SERVERS for _psu, pdu, outlet in server.outlets if pdu == one.tag}
    outlets = tuple(
        replace(outlet, follows=str((folder / hangs[str(outlet.number)] / "power").resolve()))
        if str(outlet.number) in hangs
        else outlet
        for outlet in one.device.outlets
    )
    return replace(one.device, outlets=outlets)


def _bmc(bmc: Bmc, port: int) -> dict[str, Any]:
    return {
        "address": LOOPBACK, "port": port, "username": bmc.username, "password": bmc.password, "privilege": "operator",
    }  # fmt: skip
