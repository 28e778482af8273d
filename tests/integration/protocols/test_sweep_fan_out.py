"""Very many devices asked in one process: bounded, and nobody waits for those that hang."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from app.core.clock import true_now
from app.hardware.collect import collect
from app.hardware.collect_sweep import Pace, Wanted, ask_everyone
from app.hardware.diagnostics import DiagnosticsDocument, plain
from app.hardware.readings import IpmiTarget, SnmpTarget
from app.hardware.target import Device, Neighbour, PowerFeed, ProbeTarget
from lab.fixtures import FAULTY, PDU
from lab.fleet import Fleet
from lab.ipmi_faults import silent_port
from lab.processes import LOOPBACK

DEADLINE_S = 2.0


def pdu(hall: Fleet, name: str) -> ProbeTarget:
    """One PDU that answers."""
    return ProbeTarget(Device("pdu", name, snmp=hall.agents[PDU.name].target()), deadline_s=10.0)


def silent(port: int, name: str) -> ProbeTarget:
    """A server whose BMC and agent say nothing."""
    bmc, agent = IpmiTarget(LOOPBACK, "admin", "secret", port=port), SnmpTarget(LOOPBACK, port)
    return ProbeTarget(Device("server", name, ipmi=bmc, snmp=agent), deadline_s=DEADLINE_S)


class Heard:
    """What was heard, and when."""

    def __init__(self) -> None:
        self.documents: dict[int, DiagnosticsDocument] = {}
        self.at: dict[int, float] = {}
        self.began = time.monotonic()

    async def __call__(self, key: int, document: DiagnosticsDocument) -> None:
        self.documents[key] = document
        self.at[key] = time.monotonic() - self.began


def ask_all(targets: Sequence[ProbeTarget], pace: Pace) -> Heard:
    heard = Heard()

    async def each() -> AsyncIterator[Wanted]:
        for key, target in enumerate(targets):
            yield Wanted(key, target)

    asyncio.run(ask_everyone(each(), heard, true_now, pace))
    return heard


def test_devices_that_hang_cost_their_own_deadline_and_nobody_elses(hall: Fleet) -> None:
    with silent_port() as port:
        hanging = [silent(port, f"SRV-{number}") for number in range(12)]
        well = [pdu(hall, f"PDU-{number}") for number in range(6)]
        heard = ask_all([*hanging, *well], Pace(places=2, patience_s=0.1, slow=20))
    assert len(heard.documents) == 18
    assert {source.status for key in range(12) for source in heard.documents[key].sources} == {"timeout", "unreachable"}
    assert all(heard.documents[key].complete for key in range(12, 18))
    # 12 that hang pass their two places on after 0.1 s each; in turns of two they would cost the others 12 s
    assert max(heard.at[key] for key in range(12, 18)) < 0.6 + 3.0
    assert all(heard.at[key] < 1.5 * DEADLINE_S + 0.6 for key in range(12))


def test_no_more_are_at_work_than_have_a_place_or_may_be_slow(hall: Fleet) -> None:
    before, most = threading.active_count(), 0

    async def each(port: int) -> AsyncIterator[Wanted]:
        nonlocal most
        for key in range(12):
            most = max(most, len(asyncio.all_tasks()))
            yield Wanted(key, silent(port, f"SRV-{key}"))

    with silent_port() as port:
        began = time.monotonic()
        asyncio.run(ask_everyone(each(port), Heard(), true_now, Pace(places=2, patience_s=0.1, slow=2)))
    assert time.monotonic() - began > 12 / (2 + 2) * DEADLINE_S * 0.8
    assert most < 40
    assert threading.active_count() - before <= 5


def test_a_sweep_finds_what_one_asking_finds(hall: Fleet) -> None:
    server, agent = hall.bmcs[FAULTY.name].target(), hall.agents[PDU.name].target()
    feed = PowerFeed("2", "14", Neighbour(PDU.name, agent))
    targets = [ProbeTarget(Device("server", FAULTY.name, ipmi=server), (feed,)), pdu(hall, PDU.name)]
    heard = ask_all(targets, Pace())
    for key, target in enumerate(targets):
        alone, swept = collect(target, true_now), heard.documents[key]
        assert alone.complete
        assert [plain(part) for part in swept.components] == [plain(part) for part in alone.components]
        assert [one.title for one in swept.findings] == [one.title for one in alone.findings]
    assert heard.documents[0].findings


def test_a_feeder_is_read_once_however_many_hang_on_it(hall: Fleet, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = PowerFeed("1", "1", Neighbour(PDU.name, hall.agents[PDU.name].target()))
    with silent_port() as port:
        servers = [
            ProbeTarget(Device("server", f"SRV-{number}", snmp=SnmpTarget(LOOPBACK, port)), (feed,), deadline_s=1.0)
            for number in range(5)
        ]
        heard = ask_all(servers, Pace())
    feeders = [
        source for one in heard.documents.values() for source in one.sources if source.name == f"snmp:{PDU.name}"
    ]
    assert [source.status for source in feeders] == ["ok"] * 5
    assert sorted(bool(source.requests) for source in feeders) == [False] * 4 + [True]
