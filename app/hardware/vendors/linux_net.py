"""Network ports of the host: whether they have a link, and how fast it is.

Sources: ip-link(8) of iproute2 4.14 and newer (-json), flags and operational states of the kernel's if.h (RFC 2863);
ethtool(8). Bridges, bonds, VLANs and other ports that only the kernel made are left out: nobody can touch them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Meaning, Part
from app.hardware.facts.json_values import objects_at, text_at, value_at
from app.hardware.families.ssh import INTERFACE, Command, HostTool, Said, Template
from app.hardware.readings import State

LINKS = Command("ip -json -details -statistics link")
LINK = Template("ethtool {port}", {"port": INTERFACE})
MOST_PORTS = 64
VIRTUAL_NAME = re.compile(r"(?:lo|docker|br-|veth|virbr|vnet|tap|tun|cali|flannel|cni|idrac|usb)")

UP = Meaning(State.OK, "has a link", value="up")
DOWN = Meaning(State.OK, "has no link", value="down")
SWITCHED_OFF = Meaning(State.OK, "switched off on the host", value="admin_down")
NOT_SAID = Meaning(State.UNKNOWN, "the host does not say whether it has a link")
OPER_STATES = {"UP": UP, "DOWN": DOWN, "LOWERLAYERDOWN": DOWN, "DORMANT": DOWN, "NOTPRESENT": DOWN}

SPEED = re.compile(r"^\s*Speed: (\d{1,7})Mb/s", re.MULTILINE | re.ASCII)
MODE = re.compile(r"(\d{1,7})base", re.ASCII)


def each_port(said: Said) -> Iterator[Command]:
    """One command for every port that is there to be touched and switched on."""
    for port in _ports(said):
        command = LINK.filled(text_at(port, "ifname") or "", port=text_at(port, "ifname"))
        if command is not None and _meaning(port) is not SWITCHED_OFF:
            yield command


def read_ports(said: Said) -> Facts:
    """Every physical port, and the speed of those with a link."""
    parts: list[Part] = []
    readings: list[Reading] = []
    for port in _ports(said):
        name, meaning = text_at(port, "ifname") or "?", _meaning(port)
        command = LINK.filled(name, port=name)
        told = said.text(command) if command else ""
        seen = [said.seen(meaning, "ip link")]
        if meaning is UP:
            speed, offered = _speed(told), common_speed(told)
            if speed is not None:
                readings.append(said.reading("speed", name, speed, "Mbit/s", name))
            if speed is not None and offered is not None and speed < offered:
                words = f"runs at {speed:g} Mbit/s though both ends offer {offered:g}"
                seen.append(said.seen(Meaning(State.WARNING, words, Fault.MISMATCHED), "ethtool"))
        parts.append(Part(Kind.NIC, name, None, tuple(seen), value=meaning.value, aliases=_aliases(port)))
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _ports(said: Said) -> list[Mapping[str, Any]]:
    """The physical Ethernet ports of the answer, which is a list at its top."""
    found = objects_at({"links": said.json(LINKS)}, "links")
    return [port for port in found if _is_physical(port)][:MOST_PORTS]


def _is_physical(port: Mapping[str, Any]) -> bool:
    name = text_at(port, "ifname")
    if name is None or text_at(port, "link_type") not in {"ether", "infiniband"} or VIRTUAL_NAME.match(name):
        return False
    return value_at(port, "linkinfo/info_kind") is None


def _meaning(port: Mapping[str, Any]) -> Meaning:
    flags = value_at(port, "flags")
    flags = flags if isinstance(flags, list) else []
    if flags and "UP" not in flags:
        return SWITCHED_OFF
    if "NO-CARRIER" in flags:
        return DOWN
    known = OPER_STATES.get(text_at(port, "operstate") or "")
    # Some drivers never tell their state; the carrier flag is then all there is.
    return known or (UP if "LOWER_UP" in flags else NOT_SAID)


def _aliases(port: Mapping[str, Any]) -> frozenset[str]:
    others = value_at(port, "altnames")
    names = [other for other in others if isinstance(other, str)] if isinstance(others, list) else []
    found = [text_at(port, "address"), text_at(port, "permaddr"), text_at(port, "ifalias"), *names[:8]]
    return frozenset(name for name in found if name and name != "00:00:00:00:00:00")


def _speed(told: str) -> float | None:
    match = SPEED.search(told)
    return float(match[1]) if match else None


def common_speed(told: str) -> float | None:
    """The fastest speed that both ends advertise, Mbit/s; None when ethtool does not know both."""
    own, other = _modes(told, "Advertised link modes"), _modes(told, "Link partner advertised link modes")
    return max(own & other, default=None)


def _modes(told: str, title: str) -> frozenset[float]:
    """The speeds after a title, which go on in the lines below it until the next title."""
    found: set[float] = set()
    inside = False
    for line in told.splitlines():
        head, colon, rest = line.partition(":")
        if colon:
            inside = head.strip() == title
        if inside:
            found |= {float(speed) for speed in MODE.findall(rest if colon else line)}
    return frozenset(found)


FAMILY = HostTool(name="linux_net", title="Network ports (ip, ethtool)", asks=(LINKS,), then=each_port, read=read_ports)
