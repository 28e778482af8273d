"""A BMC that serves one request at a time: nothing is gained side by side, only fewer requests help."""

from __future__ import annotations

from functools import partial

from bench.figures.ipmi_one import OURS, PEER, far
from bench.freeipmi import missing
from bench.harness import Bar, Figure, Group

GROUP = Group(
    name="ipmi-serial",
    about="The same BMC, which takes 20 ms for each request and takes no other meanwhile.",
    sides={
        OURS: "a worker's read, with what it remembers",
        PEER: "its four tools, with their cache of the sensor list",
    },
    needs=missing,
    prepare=partial(far, one_at_a_time=True),
    figures=(Figure("ipmi-serial-wall", "one warm read: time", "s", Bar(0.45), "wall_s", OURS, PEER),),
)
