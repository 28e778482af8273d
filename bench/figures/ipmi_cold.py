"""Fifty BMCs that nothing is known of: the first sweep after a worker's start."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence

from app.hardware.protocols import ipmi
from app.hardware.readings import IpmiTarget
from bench.figures.ipmi_fleet import OURS, PEER, all_of_them, read_all, read_peer
from bench.freeipmi import FreeIpmi, missing
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.ipmi_machines import FLEET, hall


def read_first(targets: Sequence[IpmiTarget]) -> Measures:
    """Forget what is known of BMCs, then read them."""
    ipmi.forget()
    return all_of_them(read_all(targets))


def read_peer_first(peer: FreeIpmi, targets: Sequence[IpmiTarget]) -> Measures:
    """The same by FreeIPMI, without its cache."""
    peer.forget()
    return all_of_them(read_peer(peer, targets))


@contextlib.contextmanager
def far() -> Iterator[Mapping[str, Trial]]:
    """Fifty BMCs at a distance, and both sides that read them for the first time."""
    with hall(FLEET) as bmcs, bmcs.at_a_distance() as (_, targets):
        peer = FreeIpmi(bmcs.folder / "freeipmi", targets[0])
        yield {OURS: lambda: read_first(targets), PEER: lambda: read_peer_first(peer, targets)}


GROUP = Group(
    name="ipmi-cold",
    about=f"{FLEET} BMCs at once, a round trip of 20 ms away, nothing remembered by either side.",
    sides={OURS: "one process, a thread for each BMC", PEER: f"its four tools, each with a fan-out of {FLEET}"},
    needs=missing,
    prepare=far,
    figures=(
        Figure("ipmi-cold-wall", "first read of all: time", "s", Bar(0.40), "wall_s", OURS, PEER),
        Figure("ipmi-cold-cpu", "first read of all: processor time a BMC", "ms", Bar(0.45), "cpu_ms", OURS, PEER),
    ),
)
