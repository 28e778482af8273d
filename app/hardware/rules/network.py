"""Network: ports of the machine and of switches that should have a link and have none."""

from __future__ import annotations

from collections.abc import Iterator

from app.hardware.diagnostics import Cause, Kind
from app.hardware.facts import Fault, Part
from app.hardware.rules.scene import Claim, Scene, capitalised, claim, near_end, said_of

ASK_NETWORK = "No cable mends that: ask the network team who switched it off, and why."
ASK_HOST = "No cable mends that: ask the machine's administrators who switched it off, and why."
TRACE = "Trace the cable from the machine and correct the record; touch nothing on the switch before."
RESEAT = (
    "Re-seat the cable at both ends, one end at a time and after checking both labels; then try another cable, then "
    "another transceiver. Move nothing to another port."
)


def interfaces(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """The machine's own ports in use without a link; the switch's end of the cable is the cause where it is one."""
    for nic in left:
        if nic.kind is not Kind.NIC or not nic.in_trouble or not nic.has(Fault.OFF_IN_USE):
            continue
        port = _switch_end(scene, nic)
        if nic.value == "admin_down":
            far_end = (port,) if port is not None and port.in_trouble else ()
            yield claim(
                nic, f"{capitalised(said_of(nic))} is switched off on the host", ASK_HOST, None, with_parts=far_end
            )
        elif port is not None:
            yield _without_link(nic, port)


def _switch_end(scene: Scene, nic: Part) -> Part | None:
    own = (link for link in scene.wiring.links if near_end(scene.facts.parts, link) == nic)
    return next((port for port in map(scene.port_of, own) if port is not None), None)


def _without_link(nic: Part, port: Part) -> Claim:
    name, far = capitalised(said_of(nic)), _port(port)
    if port.value == "up":
        return claim(nic, f"{name} has no link, though {far} has one", TRACE, "visual_check")
    cause = Cause(Kind.SWITCH_PORT, port.device or "", port.name, port.value or "unknown")
    if port.value == "admin_down":
        title = f"{name} has no link: {far} is switched off by its administrator"
        return claim(nic, title, ASK_NETWORK, None, cause=cause, with_parts=(port,))
    return claim(nic, f"{name} has no link, nor has {far}", RESEAT, "cable_reseat", cause=cause, with_parts=(port,))


def switch_ports(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Ports in use without a link: a cable to re-seat, unless somebody switched the port off."""
    for port in left:
        if port.kind is not Kind.SWITCH_PORT or not port.in_trouble or not port.has(Fault.OFF_IN_USE):
            continue
        name, nic = capitalised(_port(port)), _far_end(scene, port)
        if port.value == "admin_down":
            yield claim(port, f"{name} is switched off by its administrator{nic}", ASK_NETWORK, None)
        else:
            yield claim(port, f"{name} has no link{nic}", RESEAT, "cable_reseat")


def _port(port: Part) -> str:
    return f"port {port.name} of {port.device}" if port.device else f"port {said_of(port)}"


def _far_end(scene: Scene, port: Part) -> str:
    ends = [link.port for link in scene.wiring.links if scene.port_of(link) == port]
    return f", and {ends[0]} of {scene.device} hangs on it" if ends else ", but in use"
