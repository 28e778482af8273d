"""`rackside lab`: play the hands of the demo: a repair really changes what the machine says, and so does a fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.cli import Parser
from app.core.errors import NotFound
from app.core.settings import from_environment
from app.demo.world import DEVICES, SERVERS, DemoServer
from lab.bmc import BmcServer
from lab.snmp_agents import SnmpAgent
from lab.snmp_devices import Pdu, Switch


def main(argv: Sequence[str]) -> int:
    """Repair or break one server of the running demo: its sensors, its outlets, its switch port."""
    parser = Parser("rackside lab", description="Play the hands in the running demo.")
    parser.add_argument("deed", choices=("repair", "break", "on", "off", "list"))
    parser.add_argument("tag", nargs="?", help="the server, for example AMS-004217")
    arguments = parser.parse_args(argv)
    if arguments.deed == "list":
        print("\n".join(f"{one.tag}  {len(one.faults)} faults planted" for one in SERVERS))
        return 0
    server = next((one for one in SERVERS if one.tag == arguments.tag), None)
    if server is None:
        raise NotFound("not_found", f"There is no server {arguments.tag} in the demo; see: rackside lab list")
    instance = from_environment().instance
    if arguments.deed in {"on", "off"}:
        _press(server, _facts(instance), instance / "demo" / "lab", on=arguments.deed == "on")
        return 0
    healthy = arguments.deed == "repair"
    facts = _facts(instance)
    for change in (_bmc, _outlets, _port):
        change(server, facts, instance / "demo" / "lab", healthy=healthy)
    print(f"{server.tag}: {'repaired' if healthy else 'broken again'}")
    return 0


def _facts(instance: Path) -> dict[str, Any]:
    try:
        facts: dict[str, Any] = json.loads((instance / "demo.json").read_text())["lab"]
    except OSError as error:
        raise NotFound("not_found", "No demo runs here: start it with ./rackside demo") from error
    return facts


def _press(server: DemoServer, facts: dict[str, Any], folder: Path, *, on: bool) -> None:
    """Press the power button; what the machine draws from its outlets follows."""
    ports = facts["bmcs"].get(server.tag)
    if ports is None:
        raise NotFound("not_found", f"{server.tag} has no BMC in this demo")
    BmcServer(server.bmc(), folder, (ports["port"], ports["console"])).power_on = on
    print(f"{server.tag}: {'on' if on else 'off'}")


def _bmc(server: DemoServer, facts: dict[str, Any], folder: Path, *, healthy: bool) -> None:
    ports = facts["bmcs"].get(server.tag)
    if ports is None:
        return
    bmc = BmcServer(server.bmc(), folder, (ports["port"], ports["console"]))
    (bmc.clear_fault if healthy else bmc.inject)(*server.faults)


def _outlets(server: DemoServer, facts: dict[str, Any], folder: Path, *, healthy: bool) -> None:
    planted = {one.tag: one.device for one in DEVICES}
    for _, tag, outlet in server.outlets:
        device = planted[tag]
        assert isinstance(device, Pdu)
        number = int(outlet)
        described = next(one for one in device.outlets if one.number == number)
        on = healthy or described.on
        if not described.on and (agent := _agent(tag, facts, folder)) is not None:
            agent.update(device.outlet(number, on=on))


def _port(server: DemoServer, facts: dict[str, Any], folder: Path, *, healthy: bool) -> None:
    switch = next(one.device for one in DEVICES if isinstance(one.device, Switch))
    port = next((one for one in switch.ports if one.name == server.switch_port), None)
    if port is not None and not port.up and (agent := _agent(switch.name, facts, folder)) is not None:
        agent.update(switch.port(port.index, up=healthy))


def _agent(tag: str, facts: dict[str, Any], folder: Path) -> SnmpAgent | None:
    found = facts["agents"].get(tag)
    if found is None:
        return None
    agent = SnmpAgent(next(one.device for one in DEVICES if one.tag == tag), folder, found["port"])
    agent.attach()
    return agent
