"""Very many agents on one event loop: the same answers as in a thread, and nobody waits for the silent."""

from __future__ import annotations

import asyncio
import socket
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from app.core.errors import HardwareError, TimedOut, Unreachable
from app.hardware.collect_agent import ask_agent, read_agent
from app.hardware.protocols.snmp import open_session, session_on_loop
from app.hardware.protocols.snmp_line import LoopLine
from app.hardware.readings import SnmpTarget
from lab.fixtures import PDU, SWITCH
from lab.fleet import Fleet
from lab.hostile_snmp import BEHAVIOURS, COLUMN, HostileAgent
from lab.ipmi_faults import silent_port
from lab.processes import LOOPBACK, free_udp_ports

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
# Endings that depend on how long was waited are compared by kind, not row by row.
ENDINGS = ("silent", "slow", "first packet lost", "large answers lost", "dies after 1", "dies after 2")


def test_an_agent_that_misbehaves_is_judged_on_the_loop_as_in_a_thread() -> None:
    behaviours = [name for name in BEHAVIOURS if name not in ENDINGS and name != "endless rows"]
    with ExitStack() as agents:
        targets = [agents.enter_context(HostileAgent(name)).target for name in behaviours]
        on_loop = asyncio.run(_walk_all(targets))
        in_thread = [_walk(target) for target in targets]
    assert dict(zip(behaviours, on_loop, strict=True)) == dict(zip(behaviours, in_thread, strict=True))
    assert len({repr(one) for one in on_loop}) > 3


async def _walk_all(targets: list[SnmpTarget]) -> list[object]:
    return list(await asyncio.gather(*(_walk_on_loop(target) for target in targets)))


async def _walk_on_loop(target: SnmpTarget) -> object:
    try:
        async with session_on_loop(target, 0.5) as session:
            return await session.walk(COLUMN)
    except HardwareError as error:
        return type(error), error.advice


def _walk(target: SnmpTarget) -> object:
    try:
        with open_session(target, 0.5) as session:
            return session.walk(COLUMN)
    except HardwareError as error:
        return type(error), error.advice


@pytest.mark.parametrize("version", ["1", "2c", "3"])
def test_a_whole_device_reads_on_the_loop_as_in_a_thread(hall: Fleet, version: str) -> None:
    for name, role in ((PDU.name, "pdu"), (SWITCH.name, "switch")):
        target = hall.agents[name].target(version)

        async def ask(target: SnmpTarget = target, role: str = role) -> object:
            async with session_on_loop(target, 10) as session:
                return await ask_agent(session, role, "snmp", NOW)

        with open_session(target, 10) as session:
            said = read_agent(session, role, "snmp", NOW)
        assert said.is_known
        assert len(said.facts.parts) > 10
        assert asyncio.run(ask()) == said


def test_silent_agents_cost_their_own_deadline_and_nobody_elses() -> None:
    ended: dict[str, float] = {}

    async def ask(name: str, target: SnmpTarget, deadline_s: float) -> None:
        try:
            async with session_on_loop(target, deadline_s) as session:
                await session.walk(COLUMN)
        finally:
            ended[name] = time.monotonic() - began

    async def ask_all(silent: SnmpTarget, well: SnmpTarget) -> list[BaseException | None]:
        asked = [ask(f"silent {number}", silent, 1.2) for number in range(20)]
        asked += [ask(f"well {number}", well, 10) for number in range(20)]
        return await asyncio.gather(*asked, return_exceptions=True)

    with silent_port() as port, HostileAgent("well") as agent:
        began = time.monotonic()
        outcomes = asyncio.run(ask_all(SnmpTarget(LOOPBACK, port), agent.target))
    assert [type(one) for one in outcomes[:20]] == [TimedOut] * 20
    assert outcomes[20:] == [None] * 20
    assert max(at for name, at in ended.items() if name.startswith("well")) < 1.1
    assert all(1.1 < at < 2 for name, at in ended.items() if name.startswith("silent"))


def test_datagrams_that_come_while_nobody_waits_are_kept_in_their_order() -> None:
    async def ask(agent: socket.socket) -> list[bytes | None]:
        line = LoopLine()
        await line.open(*agent.getsockname())
        line.send(b"well?")
        _, asker = agent.recvfrom(100)
        for said in (b"one", b"two", b"three"):
            agent.sendto(said, asker)
        for _ in range(10):
            await asyncio.sleep(0)
        told = [await line.receive(1) for _ in range(3)]
        line.close()
        return told

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
        agent.bind((LOOPBACK, 0))
        agent.settimeout(5)
        assert asyncio.run(ask(agent)) == [b"one", b"two", b"three"]


def test_an_address_where_nothing_listens_is_unreachable_at_once_on_the_loop_too() -> None:
    async def ask(target: SnmpTarget) -> None:
        async with session_on_loop(target, 5) as session:
            await session.get(["1.3.6.1.2.1.1.1.0"])

    began = time.monotonic()
    with pytest.raises(Unreachable):
        asyncio.run(ask(SnmpTarget(LOOPBACK, free_udp_ports(1)[0])))
    assert time.monotonic() - began < 1
