"""SNMP: what one health query costs the collector, and how many devices it reads a second."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
from collections.abc import Iterator, Mapping, Sequence

from app.hardware.protocols.snmp import session_on_loop
from app.hardware.readings import SnmpTarget
from bench import pysnmp_peer
from bench.costs import own_cpu_s
from bench.harness import Bar, Figure, Group, Measures, Trial
from bench.snmp_machines import AGENTS, GETS, TABLES, CClient, missing, plain_agents

V2C, V3, C_V2C, C_V3, C_V3_KEYS, PYSNMP = (
    "Rackside v2c", "Rackside v3", "net-snmp C v2c", "net-snmp C v3", "net-snmp C v3, keys given", "pysnmp v2c",
)  # fmt: skip
AT_ONCE = 50
ROUNDS, PYSNMP_ROUNDS = 100, 13  # of all agents: 400 devices, and at least as many as are in flight
DEADLINE_S = 60
LEAST_VALUES, PACKETS = 200, {"2c": 20, "3": 22}


async def read_all(targets: Sequence[SnmpTarget]) -> int:
    """Ask all of these the same, so many at once; how many values came. Raises RuntimeError when a table is cut."""
    places = asyncio.Semaphore(AT_ONCE)

    async def read(target: SnmpTarget) -> int:
        async with places, session_on_loop(target, DEADLINE_S) as session:
            found = 0
            for oids in GETS:
                found += len(await session.get(oids))
            for root in TABLES:
                table = await session.walk(root)
                if not table.complete:
                    raise RuntimeError(f"a read of ours is incomplete: {table.problem}")
                found += len(table.rows)
            if session.problems or session.requests > PACKETS[target.version]:
                raise RuntimeError(f"a read of ours took {session.requests} packets, problems {session.problems}")
            return found

    return sum(await asyncio.gather(*(read(target) for target in targets)))


def _settle() -> None:
    """Set aside what stands, as every command of ours does when it has started; both Python sides begin there.

    Else a look for garbage through the other side's library, a tenth of a second, falls on whoever runs when it is due.
    """
    gc.collect()
    gc.freeze()


def ours(peer: CClient, version: str) -> Measures:
    """Read every agent so many times on one event loop; the values must be as many as the peer's."""
    targets = [agent.target(version) for agent in peer.agents] * ROUNDS
    _settle()
    began, cpu_s = time.monotonic(), own_cpu_s()
    values = asyncio.run(read_all(targets))
    wall_s, cpu_s = time.monotonic() - began, own_cpu_s() - cpu_s
    if values / len(targets) < LEAST_VALUES:
        raise RuntimeError(f"only {values} values of {len(targets)} devices")
    return {
        "cpu_ms": cpu_s / len(targets) * 1000, "rate": len(targets) / wall_s, "values": values / len(targets),
    }  # fmt: skip


def plain_pysnmp(peer: CClient) -> Measures:
    """The same by pysnmp, fewer devices because it takes its time."""
    targets = [agent.target("2c") for agent in peer.agents] * PYSNMP_ROUNDS
    _settle()
    began, cpu_s = time.monotonic(), own_cpu_s()
    values = asyncio.run(pysnmp_peer.read_all(targets, AT_ONCE))
    wall_s, cpu_s = time.monotonic() - began, own_cpu_s() - cpu_s
    return {
        "cpu_ms": cpu_s / len(targets) * 1000, "rate": len(targets) / wall_s, "values": values / len(targets),
    }  # fmt: skip


@contextlib.contextmanager
def agents() -> Iterator[Mapping[str, Trial]]:
    """Four real agents and everyone who reads them."""
    with plain_agents() as peer:
        yield {
            V2C: lambda: ours(peer, "2c"),
            C_V2C: lambda: peer.read(ROUNDS, "2c"),
            V3: lambda: ours(peer, "3"),
            C_V3: lambda: peer.read(ROUNDS, "3"),
            C_V3_KEYS: lambda: peer.read(ROUNDS, "3", keys="keys"),
            PYSNMP: lambda: plain_pysnmp(peer),
        }


GROUP = Group(
    name="snmp",
    about=f"One health query of {AGENTS} net-snmp daemons: 60 objects in 3 packets, 3 tables in 10, nearly 300 values.",
    sides={
        V2C: f"a worker's engine, {AT_ONCE} devices in flight",
        V3: "the same with SHA and AES; keys are remembered",
        C_V2C: "a C program over net-snmp's library, one device after the other",
        C_V3: "the same, each session given pass phrases, as programs do",
        C_V3_KEYS: "the same, each session given keys that were made once",
        PYSNMP: f"one engine, {AT_ONCE} devices in flight",
    },
    needs=missing,
    prepare=agents,
    figures=(
        Figure("snmp-v2c-cpu", "one health query by v2c: processor time", "ms", Bar(4), "cpu_ms", V2C, C_V2C),
        Figure("snmp-v3-cpu", "the same by v3, keys remembered", "ms", Bar(1), "cpu_ms", V3, C_V3),
        Figure("snmp-v3-keys", "the same by v3, the peer given ready keys too", "ms", Bar(4), "cpu_ms", V3, C_V3_KEYS),
        Figure(
            "snmp-rate", f"devices a second, {AT_ONCE} in flight", "/s", Bar(15, at_least=True), "rate", V2C, PYSNMP
        ),
    ),
)
