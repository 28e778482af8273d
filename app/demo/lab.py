"""The demo's devices: real BMCs and SNMP agents where this machine has the programs, and what is left out else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.demo.world import DEVICES, SERVERS
from lab.fleet import Fleet, running
from lab.processes import free_udp_ports
from lab.snmp_agents import COMMUNITY
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
    """Run the demo's devices while the block runs; those whose program is missing are named in `left_out`."""
    bmcs = [server.bmc() for server in SERVERS if not server.silent] if not missing(BMC_PROGRAM) else []
    devices = [one.device for one in DEVICES] if not missing(AGENT_PROGRAM) else []
    with running(bmcs, devices, folder) as fleet:
        lab = DemoLab(fleet, left_out=[f"devices that need {what}" for what in missing(BMC_PROGRAM, AGENT_PROGRAM)])
        nothing_there = free_udp_ports(1)[0]
        for server in SERVERS:
            running_one = fleet.bmcs.get(server.tag)
            port = running_one.port if running_one else nothing_there
            lab.endpoints[server.tag] = {"ipmi": _bmc(server.bmc().username, server.bmc().password, port)}
        for one in DEVICES:
            if one.tag in fleet.agents:
                agent = fleet.agents[one.tag]
                target = {"address": LOOPBACK, "port": agent.port, "version": "2c", "community": COMMUNITY}
                lab.endpoints[one.tag] = {"snmp": target}
        yield lab


def _bmc(username: str, password: str, port: int) -> dict[str, Any]:
    return {"address": LOOPBACK, "port": port, "username": username, "password": password, "privilege": "operator"}
