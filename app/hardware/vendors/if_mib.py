"""The ports of any switch, and who is at their other end.

Source: IF-MIB (RFC 2863), ifTable and ifXTable; LLDP-MIB (IEEE 802.1AB, under 1.0.8802). A port is known by ifName,
ifDescr and ifAlias alike, and by the neighbour that only it has. Whether a port that is down matters is for the rules,
unless the switch itself still remembers a neighbour there: then something hangs on it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from app.hardware.diagnostics import Kind, Reading
from app.hardware.facts import Facts, Fault, Meaning, Observation, Part
from app.hardware.families.snmp import SnmpFamily, Values
from app.hardware.readings import State

IF_TABLE = "1.3.6.1.2.1.2.2.1"
IFX_TABLE = "1.3.6.1.2.1.31.1.1.1"
DESCR, TYPE, SPEED, ADMIN, OPER = (f"{IF_TABLE}.{arc}" for arc in (2, 3, 5, 7, 8))
NAME, HIGH_SPEED, ALIAS = (f"{IFX_TABLE}.{arc}" for arc in (1, 15, 18))

LLDP = "1.0.8802.1.1.2.1"
LOCAL_ID, LOCAL_DESCR, REMOTE_NAME = f"{LLDP}.3.7.1.3", f"{LLDP}.3.7.1.4", f"{LLDP}.4.1.1.9"

ETHERNET = frozenset({6, 26, 62, 69, 117})  # IANAifType: ethernetCsmacd and its older, faster brothers
ADMIN_DOWN = 2
OPER_STATUS = {
    1: Meaning(State.OK, "up", value="up"),
    2: Meaning(State.OK, "down", value="down"),
    3: Meaning(State.OK, "in test", value="down"),
    4: Meaning(State.UNKNOWN, "the switch does not know the port's state"),
    5: Meaning(State.OK, "dormant", value="down"),
    6: Meaning(State.ABSENT, "not there", value="down"),
    7: Meaning(State.OK, "down, because of a lower layer", value="down"),
}
SWITCHED_OFF = Meaning(State.OK, "switched off by its administrator", value="admin_down")
NOT_SAID = Meaning(State.UNKNOWN, "the switch does not say the port's state")


def read_ports(values: Values) -> Facts:
    """Every Ethernet port with its state, and the speed of those that are up."""
    parts, readings = [], []
    neighbours = read_neighbours(values)
    only_once = Counter(neighbours.values())
    for index in dict.fromkeys((*values.rows(DESCR), *values.rows(NAME), *values.rows(OPER))):
        if_type = values.number(TYPE, index)
        if if_type is not None and if_type not in ETHERNET:
            continue
        port = _port(values, index)
        neighbour = next((neighbours[name] for name in (*port.aliases, port.name) if name in neighbours), None)
        if neighbour is not None:
            port = _with_neighbour(port, neighbour, is_only_one=only_once[neighbour] == 1)
        parts.append(port)
        speed = _speed_mbit_s(values, index)
        if port.value == "up" and speed:
            readings.append(
                Reading("speed", port.name, speed, "Mbit/s", State.OK, values.source, values.read_at, None, port.name)
            )
    return Facts(parts=tuple(parts), readings=tuple(readings))


def _port(values: Values, index: str) -> Part:
    admin, oper = values.number(ADMIN, index), values.number(OPER, index)
    meaning = SWITCHED_OFF if admin == ADMIN_DOWN else OPER_STATUS.get(int(oper), NOT_SAID) if oper else NOT_SAID
    names = [values.text(column, index) for column in (NAME, DESCR, ALIAS)]
    known = [name for name in names if name] or [index]
    evidence = f"ifOperStatus.{index}" if meaning is not SWITCHED_OFF else f"ifAdminStatus.{index}"
    seen = Observation(meaning.state, meaning.words, values.source, evidence, values.read_at, meaning.fault)
    return Part(
        Kind.SWITCH_PORT, known[0], known[0], (seen,), value=meaning.value, aliases=frozenset((*known[1:], index))
    )


def read_neighbours(values: Values) -> dict[str, str]:
    """The name of the neighbour, by whatever the switch calls its own port: number, id or description."""
    found: dict[str, str] = {}
    for index in values.rows(REMOTE_NAME):
        name = values.text(REMOTE_NAME, index)
        arcs = index.split(".")
        if not name or len(arcs) != 3:  # lldpRemTimeMark, lldpRemLocalPortNum, lldpRemIndex
            continue
        own = (arcs[1], values.text(LOCAL_ID, arcs[1]), values.text(LOCAL_DESCR, arcs[1]))
        has_names = any(own[1:])
        found |= {port: name for port in (own[1:] if has_names else own[:1]) if port}
    return found


def _with_neighbour(port: Part, neighbour: str, *, is_only_one: bool) -> Part:
    aliases = port.aliases | {neighbour} if is_only_one else port.aliases
    if port.value != "down":
        return replace(port, aliases=aliases)
    seen = port.observations[0]
    words = f"{seen.words}, and {neighbour} was seen on it"
    lost = replace(seen, state=State.WARNING, words=words, fault=Fault.OFF_IN_USE)
    return replace(port, aliases=aliases, observations=(lost,))


def _speed_mbit_s(values: Values, index: str) -> float | None:
    fast = values.number(HIGH_SPEED, index)
    slow = values.number(SPEED, index)
    return fast or (slow / 1_000_000 if slow else None)


FAMILY = SnmpFamily(
    name="if_mib",
    title="Switch ports (IF-MIB, LLDP-MIB)",
    identified_by=(),
    standard=True,
    roles=frozenset({"switch"}),
    more=(OPER, DESCR, TYPE, SPEED, ADMIN, NAME, HIGH_SPEED, ALIAS, REMOTE_NAME, LOCAL_ID, LOCAL_DESCR),
    read=read_ports,
)
