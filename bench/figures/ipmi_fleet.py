"""Fifty BMCs at once: what a site's worker does every few minutes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from app.core.errors import HardwareError
from app.core.waiting import waiting_threads
from app.hardware.protocols import ipmi
from app.hardware.readings import IpmiTarget
from bench.costs import own_cpu_s
from bench.figures.ipmi_one import sessions_end
from bench.freeipmi import FreeIpmi, missing
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.ipmi_machines import EVENTS, FLEET, SENSORS, hall

OURS, PEER = "Rackside", "FreeIPMI"
DEADLINE_S = 60


def is_complete(target: IpmiTarget) -> bool:
    """Read one BMC as a sweep does; whether every sensor, event and inventory came, none of them a guess."""
    try:
        answer = ipmi.read(target, DEADLINE_S, believes=True)
    except HardwareError:
        return False
    whole = len(answer.sensors) == len(SENSORS) and len(answer.log) == EVENTS and answer.identity.serial is not None
    return whole and not answer.problems


def read_all(targets: Sequence[IpmiTarget], read: Callable[[IpmiTarget], bool] = is_complete) -> Measures:
    """Read all at once in this one process, in threads like those of a sweep."""
    cpu_s, begun = own_cpu_s(), time.monotonic()
    with waiting_threads(len(targets), "read") as pool:
        complete = sum(pool.map(read, targets))
    sessions_end()
    wall_s = time.monotonic() - begun
    return _measures(complete, len(targets), wall_s, own_cpu_s() - cpu_s)


def read_peer(peer: FreeIpmi, targets: Sequence[IpmiTarget]) -> Measures:
    """The same by FreeIPMI, which fans out by itself."""
    begun = time.monotonic()
    complete, cpu_s = peer.read(targets)
    return _measures(complete, len(targets), time.monotonic() - begun, cpu_s)


def _measures(complete: int, count: int, wall_s: float, cpu_s: float) -> Measures:
    return {
        "complete": complete,
        "wall_s": wall_s,
        "per_s": complete / wall_s,
        "cpu_ms": 1000 * cpu_s / count,
    }


def all_of_them(measures: Measures) -> Measures:
    """Refuse figures of a run in which something is missing."""
    if measures["complete"] != FLEET:
        raise RuntimeError(f"only {measures['complete']:.0f} of {FLEET} reads are complete")
    return measures


@contextlib.contextmanager
def far() -> Iterator[Mapping[str, Trial]]:
    """Fifty BMCs at a distance, and both sides that read them."""
    with hall(FLEET) as bmcs, bmcs.at_a_distance() as (_, targets):
        peer = FreeIpmi(bmcs.folder / "freeipmi", targets[0])
        yield {
            OURS: lambda: all_of_them(read_all(targets)),
            PEER: lambda: all_of_them(read_peer(peer, targets)),
        }


GROUP = Group(
    name="ipmi-fleet",
    about=f"{FLEET} such BMCs at once, a round trip of 20 ms away, all on this machine; read again and again.",
    sides={OURS: "one process, a thread for each BMC", PEER: f"its four tools, each with a fan-out of {FLEET}"},
    needs=missing,
    prepare=far,
    figures=(
        Figure("ipmi-fleet-rate", "BMCs a second", "BMC/s", Bar(5.0, at_least=True), "per_s", OURS, PEER),
        Figure("ipmi-fleet-cpu", "processor time a BMC", "ms", Bar(0.45), "cpu_ms", OURS, PEER),
    ),
)
