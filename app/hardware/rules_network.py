"""Network: switch ports that should have a link and have none."""

from __future__ import annotations

from collections.abc import Iterator

from app.hardware.diagnostics import Kind
from app.hardware.facts import Fault, Part
from app.hardware.scene import Claim, Scene, capitalised, claim, said_of


def switch_ports(scene: Scene, left: tuple[Part, ...]) -> Iterator[Claim]:
    """Ports in use without a link: a cable to re-seat, unless somebody switched the port off."""
    for port in left:
        if port.kind is not Kind.SWITCH_PORT or not port.in_trouble or not port.has(Fault.OFF_IN_USE):
            continue
        name, nic = capitalised(_port(port)), _far_end(scene, port)
        if port.value == "admin_down":
            advice = "No cable mends that: ask the network team who switched it off, and why."
            yield claim(port, f"{name} is switched off by its administrator{nic}", advice, None)
        else:
            advice = (
                "Re-seat the cable at both ends, one end at a time and after checking both labels; then try another "
                "cable, then another transceiver. Move nothing to another port."
            )
            yield claim(port, f"{name} has no link{nic}", advice, "cable_reseat")


def _port(port: Part) -> str:
    return f"port {port.name} of {port.device}" if port.device else f"port {said_of(port)}"


def _far_end(scene: Scene, port: Part) -> str:
    ends = [link.port for link in scene.wiring.links if scene.port_of(link) == port]
    return f", and {ends[0]} of {scene.device} hangs on it" if ends else ", but in use"
