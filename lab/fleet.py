"""A whole hall at once: many BMCs and SNMP agents, described as data, up in well under a second."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.bmc import BmcServer
from lab.machines import Bmc
from lab.processes import free_tcp_ports, free_udp_ports, started
from lab.snmp_agents import SnmpAgent
from lab.snmp_devices import Device


@dataclass(frozen=True, slots=True)
class Fleet:
    """What runs, by the names it was described with."""

    bmcs: dict[str, BmcServer]
    agents: dict[str, SnmpAgent]


@contextlib.contextmanager
def running(
    bmcs: Iterable[Bmc], devices: Iterable[Device], folder: Path, first_port: int | None = None
) -> Iterator[Fleet]:
    """Run BMCs and SNMP agents under `folder`; all answer on entry, none is left on exit.

    With `first_port` each gets the next port in the order described, so that addresses stay the same from
    run to run; without it any free port. Raises NotReady, naming what did not come up. Loopback only.
    """
    bmcs, devices = list(bmcs), list(devices)
    udp, tcp = _ports(len(bmcs) + len(devices), first_port)
    servers = [BmcServer(bmc, folder, pair) for bmc, pair in zip(bmcs, zip(udp, tcp, strict=True), strict=False)]
    agents = [SnmpAgent(device, folder, port) for device, port in zip(devices, udp[len(bmcs) :], strict=True)]
    with started(agents), started(servers):
        yield Fleet({one.bmc.name: one for one in servers}, {one.device.name: one for one in agents})


def _ports(count: int, first: int | None) -> tuple[list[int], list[int]]:
    """Return UDP ports and TCP ports (for the BMCs' consoles)."""
    if first is None:
        return free_udp_ports(count), free_tcp_ports(count)
    fixed = list(range(first, first + count))
    return fixed, fixed
