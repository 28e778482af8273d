"""One BMC: what a technician at the rack waits for."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping

from app.hardware.protocols import ipmi
from app.hardware.readings import IpmiTarget
from bench.freeipmi import FreeIpmi, missing
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.ipmi_machines import hall
from lab.distance import Distance

OURS, PEER = "Rackside", "FreeIPMI"
USEFUL = frozenset({"power", "log", "health"})  # is it on, what is new, which supplies and drives have failed
DEADLINE_S = 60


def read_ours(target: IpmiTarget, line: Distance, *, believes: bool = False) -> Measures:
    """Read the BMC once; raise RuntimeError when something is missing, for a fast wrong answer is none.

    The time ends with the whole result. The session's end, which nobody waits for, counts among the requests.
    """
    told: dict[str, float] = {}
    line.passed()
    begun = time.monotonic()

    def note(part: str, _value: object) -> None:
        told.setdefault(part, time.monotonic() - begun)

    answer = ipmi.read(target, DEADLINE_S, note, believes=believes)
    wall_s = time.monotonic() - begun
    sessions_end()
    if answer.problems or len(answer.sensors) != 72 or len(answer.log) != 40 or not answer.identity.serial:
        raise RuntimeError(f"a read of ours is incomplete: {answer.problems}")
    first_s = max(told.get(part, wall_s) for part in USEFUL)
    return {"wall_s": wall_s, "requests": line.passed().requests, "first_s": first_s}


def sessions_end() -> None:
    """Wait until the sessions of this process's reads are closed."""
    for thread in threading.enumerate():
        if thread.name == ipmi.GOODBYE:
            thread.join(DEADLINE_S)


def read_peer(peer: FreeIpmi, target: IpmiTarget, line: Distance) -> Measures:
    """The same by FreeIPMI."""
    line.passed()
    begun = time.monotonic()
    complete, _ = peer.read([target])
    wall_s = time.monotonic() - begun
    if complete != 1:
        raise RuntimeError("a read of FreeIPMI's is incomplete")
    return {"wall_s": wall_s, "requests": line.passed().requests}


@contextlib.contextmanager
def far() -> Iterator[Mapping[str, Trial]]:
    """One BMC at a distance, and both sides that read it."""
    with hall(1) as bmcs, bmcs.at_a_distance() as (line, (target,)):
        peer = FreeIpmi(bmcs.folder / "freeipmi", target)
        yield {OURS: lambda: read_ours(target, line), PEER: lambda: read_peer(peer, target, line)}


GROUP = Group(
    name="ipmi-one",
    about="One BMC with 72 sensors, 40 events and three inventories, a round trip of 20 ms away, read again and again.",
    sides={
        OURS: "a worker's read, with what it remembers",
        PEER: "its four tools, with their cache of the sensor list",
    },
    needs=missing,
    prepare=far,
    figures=(
        Figure("ipmi-warm-wall", "one warm read: time", "s", Bar(0.15), "wall_s", OURS, PEER),
        Figure("ipmi-warm-requests", "one warm read: requests", "packets", Bar(0.50), "requests", OURS, PEER),
        Figure(
            "ipmi-first-facts",
            "first useful facts (power, new events, failed supplies and drives), against FreeIPMI's whole read",
            "s",
            Bar(0.05),
            "first_s",
            OURS,
            PEER,
            "wall_s",
        ),
    ),
)
