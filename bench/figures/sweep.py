"""The sweep of a site: that its memory does not grow with the site."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from app.core import migrations
from app.core.database import bare_app, db, transaction
from app.core.postgres import running
from app.hardware.models import Asset, Endpoint
from app.sites.models import Site
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.snmp_machines import COMMUNITY, PlainAgent
from lab.processes import LOOPBACK, free_udp_ports, started
from lab.tools import missing

LARGE, SMALL = "500 devices", "50 devices"
SITES = {LARGE: ("BIG1", 500), SMALL: ("SMALL1", 50)}
AGENTS = 4
PATIENCE_S = 600
ROOT = Path(__file__).parents[2]


def fill(url: str, ports: Sequence[int]) -> None:
    """Two sites of switches; they share the agents, which answer like so many devices with a few ports each."""
    app = bare_app(url)
    with app.app_context(), transaction() as session:
        for code, count in SITES.values():
            site = Site(code=code, name=code, time_zone="Europe/Amsterdam")
            session.add(site)
            for number in range(count):
                settings = {
                    "address": LOOPBACK, "port": ports[number % len(ports)], "version": "2c", "community": COMMUNITY,
                }  # fmt: skip
                tag = f"{code}-SW-{number:03}"
                asset = Asset(tag=tag, role="switch", name=tag, site=site, endpoints=[], power=[], network=[])
                asset.endpoints.append(Endpoint(protocol="snmp", settings=settings))
                session.add(asset)
    with app.app_context():
        db.engine.dispose()


def sweep(url: str, side: str) -> Measures:
    """One sweep in a process of its own. Raises RuntimeError when a device did not answer."""
    code, count = SITES[side]
    command = [sys.executable, "-m", "bench.sweep_process", url, code, os.devnull]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE_S)
    if done.returncode:
        raise RuntimeError(f"the sweep of {code} failed: {done.stderr[-300:]}")
    asked, answered, seconds, peak_mib = (float(word) for word in done.stdout.split())
    if (asked, answered) != (count, count):
        raise RuntimeError(f"of {count} devices {asked:.0f} were asked and {answered:.0f} answered")
    return {"peak_mib": peak_mib, "seconds": seconds}


@contextlib.contextmanager
def halls() -> Iterator[Mapping[str, Trial]]:
    """A database with both sites, and the agents."""
    with tempfile.TemporaryDirectory(prefix="rackside-bench-") as name:
        folder = Path(name)
        agents = [PlainAgent(folder / f"agent-{port}", port) for port in free_udp_ports(AGENTS)]
        with running(folder / "postgres", durable=False) as url, started(agents):
            migrations.upgrade(url)
            fill(url, [agent.port for agent in agents])
            yield {LARGE: lambda: sweep(url, LARGE), SMALL: lambda: sweep(url, SMALL)}


GROUP = Group(
    name="sweep",
    about=f"One sweep of a site in a process of its own, by SNMP; {AGENTS} net-snmp daemons answer for all of them.",
    sides={LARGE: "a large site", SMALL: "a small one"},
    needs=lambda: missing("snmpd"),
    prepare=halls,
    figures=(Figure("sweep-memory", "peak of memory, 500 devices to 50", "MiB", Bar(1.5), "peak_mib", LARGE, SMALL),),
)
