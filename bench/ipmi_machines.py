"""What the IPMI figures are measured on: BMCs with 72 sensors, 40 events and inventories, 20 ms away."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from app.hardware.readings import IpmiTarget
from lab import fleet
from lab.bmc import BmcServer
from lab.distance import Distance
from lab.machines import DAY, PAST, Bmc, Event, drive_failing, events_of, psu_input_lost, server_sensors, supplies

SENSORS = server_sensors(fans=6, dimms=24, bays=12, drives=12)  # two units high, 24 modules, twelve bays
ROUND_TRIP_S = 0.02
FAULTS = (psu_input_lost(2), drive_failing(3, "fault"))
EVENTS = 40
FLEET = 50


def bench_bmc(number: int) -> Bmc:
    """One machine with a dead supply and a dead drive; the other events are old and over."""
    bmc = Bmc(
        f"BENCH-{number:02}", f"CZ-B{number:02}", f"AT-B{number:02}", sensors=SENSORS, faults=FAULTS, parts=supplies()
    )
    told = len(PAST) + sum(len(events_of(bmc, fault)) for fault in FAULTS)
    old = tuple(Event("Intrusion", 0, 30 * DAY - n, asserted=n % 2 == 0) for n in range(EVENTS - told))
    return replace(bmc, history=(*PAST, *old))


@dataclass(frozen=True, slots=True)
class Hall:
    """Running BMCs, the folder they live in, and their doors at a distance."""

    servers: tuple[BmcServer, ...]
    folder: Path

    @contextlib.contextmanager
    def at_a_distance(
        self, *, loss: float = 0.0, one_at_a_time: bool = False, delay_s: float = ROUND_TRIP_S
    ) -> Iterator[tuple[Distance, tuple[IpmiTarget, ...]]]:
        """The same BMCs through a line; how to reach each."""
        ports = [server.port for server in self.servers]
        with Distance(ports, delay_s, loss=loss, one_at_a_time=one_at_a_time) as line:
            targets = zip(self.servers, line.ports, strict=True)
            yield line, tuple(replace(server.target(), port=port, cipher_suites=(3,)) for server, port in targets)


@contextlib.contextmanager
def hall(count: int) -> Iterator[Hall]:
    """Run `count` such BMCs."""
    with tempfile.TemporaryDirectory(prefix="rackside-bench-") as name:
        folder = Path(name)
        with fleet.running([bench_bmc(number) for number in range(1, count + 1)], [], folder) as running:
            yield Hall(tuple(running.bmcs.values()), folder)
