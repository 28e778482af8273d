"""A BMC that serves one request at a time: nothing is gained side by side, only fewer requests help."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from bench.figures.ipmi_one import read_ours, read_peer
from bench.freeipmi import FreeIpmi, missing
from bench.harness import Bar, Figure, Group, Trial
from bench.ipmi_machines import hall

SWEEP, PERSON, PEER = "Rackside's sweep", "Rackside for a person", "FreeIPMI"


@contextlib.contextmanager
def far() -> Iterator[Mapping[str, Trial]]:
    """One slow BMC, read as a sweep does, as for a person or an order, and by the peer."""
    with hall(1) as bmcs, bmcs.at_a_distance(one_at_a_time=True) as (line, (target,)):
        peer = FreeIpmi(bmcs.folder / "freeipmi", target)
        yield {
            SWEEP: lambda: read_ours(target, line, believes=True),
            PERSON: lambda: read_ours(target, line),
            PEER: lambda: read_peer(peer, target, line),
        }


GROUP = Group(
    name="ipmi-serial",
    about="The same BMC, which takes 20 ms for each request and takes no other meanwhile.",
    sides={
        SWEEP: "a sweep's read, which believes what was looked at within the hour while nothing says otherwise",
        PERSON: "a person's read or an order's, which looks at all that is remembered",
        PEER: "its four tools, with their cache of the sensor list",
    },
    needs=missing,
    prepare=far,
    figures=(
        Figure("ipmi-serial-wall", "one warm read: time", "s", Bar(0.45), "wall_s", SWEEP, PEER),
        Figure("ipmi-serial-person", "the same for a person: time", "s", Bar(0.50), "wall_s", PERSON, PEER),
    ),
)
