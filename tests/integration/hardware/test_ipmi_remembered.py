"""What is remembered of a BMC makes reads faster and never an answer wrong: warm, cold and stale say the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.core.clock import true_now
from app.hardware.collect import collect
from app.hardware.collect_sweep import Wanted, ask_everyone
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.protocols import ipmi, ipmi_reading
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.memory import Memory
from app.hardware.readings import IpmiTarget
from app.hardware.target import Device, ProbeTarget
from lab.bmc import BmcServer
from lab.distance import Distance
from lab.fixtures import FAULTY, HEALTHY
from lab.fleet import Fleet, running
from lab.machines import Bmc, Event, bay_drives, drive_failing, ecc, lid_open, psu_failed, psu_input_lost, supplies
from lab.processes import free_tcp_ports, free_udp_ports, started
from lab.tools import missing
from tests.conftest import NEEDS_PACKAGE
from tests.integration.hardware.ordered_faults import FAULTS, Finding

NEEDED = missing("ipmi_sim")
pytestmark = pytest.mark.skipif(bool(NEEDED), reason=f"{NEEDS_PACKAGE}: {', '.join(NEEDED)}")

DEADLINE_S = 20
GUID = "ab" * 16
Read = Callable[[IpmiTarget], DiagnosticsDocument]
MACHINES = {
    "healthy": HEALTHY,
    "faulty": FAULTY,
    "input": Bmc("input", "CZ-1", "A-1", faults=(psu_input_lost(1),)),
    "memory": Bmc("memory", "CZ-2", "A-2", faults=(ecc("B1", uncorrectable=True),)),
    "parts": Bmc("parts", "CZ-3", "A-3", faults=(drive_failing(3, "fault"),), parts=(*supplies(), *bay_drives())),
    **{name: Bmc(name, f"CZ-{name}", name, faults=(fault,)) for name, (fault, _) in FAULTS.items()},
}


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    bmcs = [replace(bmc, name=name) for name, bmc in MACHINES.items()]
    with running(bmcs, [], tmp_path_factory.mktemp("remembered")) as hall:
        yield hall


def take(target: IpmiTarget, *, deadline_s: float = DEADLINE_S, insists: bool = False) -> DiagnosticsDocument:
    return collect(ProbeTarget(Device("server", "S", ipmi=target), deadline_s=deadline_s), true_now, insists=insists)


def sweep(target: IpmiTarget) -> DiagnosticsDocument:
    """Read it as a sweep does, which believes what was looked at within the hour while nothing says otherwise."""
    swept: list[DiagnosticsDocument] = []

    async def wanted() -> AsyncIterator[Wanted]:
        yield Wanted(1, ProbeTarget(Device("server", "S", ipmi=target), deadline_s=DEADLINE_S))

    async def keep(_key: int, document: DiagnosticsDocument) -> None:
        swept.append(document)

    asyncio.run(ask_everyone(wanted(), keep, true_now))
    return swept[0]


def found(document: DiagnosticsDocument) -> list[Finding]:
    return [(one.kind, one.number, one.state) for one in document.findings]


def said(document: DiagnosticsDocument) -> object:
    """All that a document says but when."""
    readings = [(one.name, one.value, one.state, one.reason, one.lower, one.upper) for one in document.readings]
    events = [(one.record, one.component, one.text, one.severity, one.over) for one in document.events]
    findings = [(one.kind, one.number, one.state, one.title) for one in document.findings]
    return document.identity, document.power, document.components, readings, events, findings, document.complete


@pytest.mark.parametrize("name", MACHINES)
def test_warm_read_says_what_the_cold_read_said_at_any_depth(fleet: Fleet, name: str) -> None:
    target = fleet.bmcs[name].target()
    ipmi.forget()
    cold = take(target)
    warm = [take(target) for _ in range(3)]
    swept = [sweep(target) for _ in range(2)]
    assert cold.complete
    assert [said(one) for one in (*warm, *swept)] == [said(cold)] * 5
    assert swept[-1].sources[0].requests < warm[-1].sources[0].requests < cold.sources[0].requests / 2


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("read", [take, sweep])
def test_fault_that_went_and_came_between_warm_reads_is_gone_and_told_again(
    fleet: Fleet, name: str, read: Read
) -> None:
    """What is remembered is of another time each time: of the faulty machine, then of the mended one."""
    bmc, (fault, finding) = fleet.bmcs[name], FAULTS[name]
    before = read(bmc.target())
    bmc.clear_fault(fault)
    mended = read(bmc.target())
    bmc.inject(fault)
    again = read(bmc.target())
    assert [found(before), found(again)] == [[finding], [finding]]
    assert finding not in found(mended)
    assert [part.state for part in again.components] == [part.state for part in before.components]
    assert again.sources[0].requests < 100  # warm: sensors, checks and what is new of the log


@pytest.mark.parametrize("name", ["faulty", "parts"])
def test_answers_are_the_same_over_a_line_that_loses_some_and_from_a_bmc_that_serves_one_by_one(
    fleet: Fleet, name: str
) -> None:
    bmc = fleet.bmcs[name]
    plain = said(take(bmc.target()))
    for line in (Distance([bmc.port], 0.002, loss=0.05), Distance([bmc.port], 0.002, one_at_a_time=True)):
        with line:
            target = replace(bmc.target(), port=line.ports[0])
            assert [said(read(target)) for read in (take, sweep, sweep)] == [plain] * 3


def test_fault_that_came_and_went_between_two_warm_reads_is_told_and_over(tmp_path: Path) -> None:
    with started([BmcServer(replace(HEALTHY, name="turns"), tmp_path)]) as (bmc,):
        findings = [[one.kind.value for one in take(bmc.target()).findings]]
        for turn in (bmc.inject, bmc.clear_fault):
            turn(psu_failed(1))
            findings.append([one.kind.value for one in take(bmc.target()).findings])
    assert findings == [[], ["psu"], []]


def swapped(
    tmp_path: Path, first: Bmc, second: Bmc, read: Read = take
) -> tuple[DiagnosticsDocument, DiagnosticsDocument]:
    """The first machine read twice, then another at its address."""
    ports = (free_udp_ports(1)[0], free_tcp_ports(1)[0])
    with started([BmcServer(first, tmp_path, ports)]) as (server,):
        read(server.target())
        before = read(server.target())
    with started([BmcServer(second, tmp_path, ports)]) as (server,):
        return before, read(server.target())


def test_other_machine_that_gives_itself_the_same_name_is_known_by_its_serial_number(tmp_path: Path) -> None:
    """Boards that leave the factory with one GUID for all: same model, as many sensors, and others than those."""
    sensors = tuple(replace(one, name=f"X {one.name}"[:16]) for one in HEALTHY.sensors)
    first = replace(HEALTHY, name="twin", guid=GUID, history=())
    before, after = swapped(tmp_path, first, replace(first, serial="CZ-OTHER", sensors=sensors))
    assert (before.identity.serial, after.identity.serial) == (HEALTHY.serial, "CZ-OTHER")
    assert {one.name for one in after.readings}
    assert not {one.name for one in after.readings} & {one.name for one in before.readings}


def test_other_machine_of_its_own_name_is_known_by_the_next_sweep(tmp_path: Path) -> None:
    first = replace(HEALTHY, name="plain")
    before, after = swapped(tmp_path, first, replace(first, serial="CZ-OTHER"), sweep)
    assert (before.identity.serial, after.identity.serial) == (HEALTHY.serial, "CZ-OTHER")


def test_two_machines_of_one_name_are_looked_at_in_full_by_every_sweep(tmp_path: Path) -> None:
    """Nothing else would tell when they change places."""
    machines = [Bmc(f"twin-{n}", f"CZ-{n}", f"A-{n}", guid=GUID, parts=supplies()) for n in (1, 2)]
    with started([BmcServer(one, tmp_path) for one in machines]) as twins:
        for _ in range(2):
            assert [sweep(twin.target()).identity.serial for twin in twins] == ["CZ-1", "CZ-2"]
        twins[0].replace_machine("CZ-3")
        assert [sweep(twin.target()).identity.serial for twin in twins] == ["CZ-3", "CZ-2"]


@pytest.fixture
def hours() -> Iterator[list[float]]:
    """Hours that have passed for what a sweep believes; the first of the list counts."""
    passed = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ipmi_reading, "_looked_at", Memory(size=10, keep_s=3600, clock=lambda: 3600 * passed[0]))
        yield passed


def serials(document: DiagnosticsDocument) -> set[str]:
    return {one.serial for one in document.components if one.serial}


def test_supply_that_was_swapped_without_a_word_is_seen_by_a_person_at_once_and_by_a_sweep_within_the_hour(
    tmp_path: Path, hours: list[float]
) -> None:
    with started([BmcServer(replace(HEALTHY, name="supplied", parts=supplies()), tmp_path)]) as (bmc,):
        old = serials(take(bmc.target()))
        bmc.replace_part(bmc.bmc.parts[0].name, "PS-NEW")
        hours[0] = 0.9
        assert serials(sweep(bmc.target())) == old
        hours[0] = 1.1
        assert "PS-NEW" in serials(sweep(bmc.target()))
        bmc.replace_part(bmc.bmc.parts[0].name, "PS-NEWER")
        assert "PS-NEWER" in serials(take(bmc.target()))


def test_supply_whose_swap_is_in_the_log_is_seen_by_the_next_sweep(tmp_path: Path, hours: list[float]) -> None:
    with started([BmcServer(replace(HEALTHY, name="logged", parts=supplies()), tmp_path)]) as (bmc,):
        take(bmc.target())
        assert "PS-NEW" not in serials(sweep(bmc.target()))
        bmc.replace_part(bmc.bmc.parts[0].name, "PS-NEW")
        bmc.inject(psu_failed(1))
        bmc.clear_fault(psu_failed(1))
        assert "PS-NEW" in serials(sweep(bmc.target()))


@pytest.mark.parametrize("read", [take, sweep])
def test_list_that_grew_is_read_anew(tmp_path: Path, read: Read) -> None:
    extra = replace(HEALTHY.sensors[-1], name="Added")
    first = replace(HEALTHY, name="grown", guid=GUID)
    before, after = swapped(tmp_path, first, replace(first, sensors=(*HEALTHY.sensors, extra)), read)
    names = [{one.name for one in document.components} for document in (before, after)]
    assert len(before.readings) == len(after.readings)
    assert names[0] < names[1]


@pytest.mark.parametrize("read", [take, sweep])
def test_log_of_another_life_is_never_mixed_with_what_was_remembered(tmp_path: Path, read: Read) -> None:
    history = tuple(Event("Intrusion", 0, 100 - n, asserted=n % 2 == 0) for n in range(6))
    first = replace(HEALTHY, name="lives", guid=GUID, history=history)
    second = replace(
        first, history=tuple(replace(one, sensor="Watchdog", minutes_ago=one.minutes_ago + 1) for one in history)
    )
    before, after = swapped(tmp_path, first, second, read)
    assert {one.component for one in before.events}.isdisjoint({one.component for one in after.events})
    assert len(after.events) == 6


def test_log_cleared_and_filled_as_far_as_it_was_is_read_anew(tmp_path: Path) -> None:
    with started([BmcServer(replace(HEALTHY, name="cleared", history=()), tmp_path)]) as (bmc,):
        bmc.inject(lid_open())
        bmc.clear_fault(lid_open())
        before = ipmi.read(bmc.target(), DEADLINE_S)
        with BmcSession(bmc.target(), DEADLINE_S) as session:
            session.command(0x0A, 0x47, session.command(0x0A, 0x42) + b"CLR\xaa")
        bmc.inject(psu_failed(1))
        after = ipmi.read(bmc.target(), DEADLINE_S)
    intrusion = HEALTHY.number("Intrusion")
    assert {entry.sensor_number for entry in before.log} == {intrusion}
    assert after.log
    assert intrusion not in {entry.sensor_number for entry in after.log}


def test_bmc_that_lets_no_session_come_about_is_left_alone_after_three_tries(tmp_path: Path) -> None:
    with started([BmcServer(replace(HEALTHY, name="locked"), tmp_path)]) as (bmc,):
        wrong = bmc.target(password="not-the-password")
        details = [str(take(wrong).sources[0].detail) for _ in range(4)]
        right = take(bmc.target())
    assert ["left alone" in detail for detail in details] == [False, False, False, True]
    assert right.complete


def test_person_who_wants_it_now_is_let_through_to_a_bmc_that_is_left_alone_and_is_told_so(tmp_path: Path) -> None:
    """The BMC had no address for a while; its worker's sweep has given it rest."""
    ports = (free_udp_ports(1)[0], free_tcp_ports(1)[0])
    server = BmcServer(replace(HEALTHY, name="back"), tmp_path, ports)
    for _ in range(3):
        take(server.target(), deadline_s=1)
    again = take(server.target(), deadline_s=1, insists=True)
    with started([server]) as (bmc,):
        swept = take(bmc.target())
        wanted = take(bmc.target(), insists=True)
        after = take(bmc.target())
    assert str(again.sources[0].detail).endswith("it was left alone and asked all the same")
    assert "left alone for" in str(swept.sources[0].detail)
    assert wanted.complete
    assert "it was being left alone after failures" in str(wanted.sources[0].detail)
    assert (after.complete, after.sources[0].detail) == (True, None)
