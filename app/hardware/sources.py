"""Which doors a target opens: one asking per protocol of the device, one per PDU and switch of its cabling."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.hardware.collect_agent import NOTHING_KNOWN, AgentFacts, read_agent
from app.hardware.collect_host import read_host
from app.hardware.diagnostics import DiagnosticsDocument, Kind
from app.hardware.facts import Facts, Part, join_facts
from app.hardware.facts.bmc_inventory import unread_inventories
from app.hardware.facts.bmc_log import read_log
from app.hardware.facts.bmc_past import Past
from app.hardware.facts.bmc_progress import BmcProgress
from app.hardware.facts.bmc_sensors import read_sensors
from app.hardware.facts.redfish_facts import clock_skew_s, read_redfish, sentences
from app.hardware.families.redfish import makers_of
from app.hardware.protocols import ipmi, redfish, snmp, ssh
from app.hardware.readings import (
    IpmiAnswer,
    IpmiTarget,
    RedfishAnswer,
    RedfishTarget,
    SnmpTarget,
    SourceStatus,
    SshTarget,
)
from app.hardware.rules.scene import find_part
from app.hardware.target import Neighbour, ProbeTarget
from app.hardware.vendors import ipmi_family, redfish_families

SKEW_WORTH_TELLING_S = 300.0
LEFT_ALONE = "it was being left alone after failures, and answered when it was asked all the same"
READING_HOST = {"name": "ssh", "state": "reading", "part": "commands"}

Tell = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source said. `problems` are parts of it that could not be read; `notes` are facts worth a sentence."""

    facts: Facts
    requests: int = 0
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    status: SourceStatus | None = None
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Agent:
    """An SNMP agent to ask as what it is by its role; `keep` takes from its facts what this asking is about."""

    target: SnmpTarget = field(repr=False)
    role: str
    keep: Callable[[Facts], Facts]


@dataclass(frozen=True, slots=True)
class Asking:
    """One source to ask: `ask(deadline_s, tell)` answers or raises HardwareError, inside the deadline.

    `agent` is set for SNMP: who asks very many can ask it on an event loop instead, and one that feeds many only once.
    """

    name: str
    address: str
    ask: Callable[[float, Tell], Answer]
    agent: Agent | None = None


def askings_of(
    target: ProbeTarget,
    clock: Callable[[], datetime],
    earlier: DiagnosticsDocument | None = None,
    *,
    insists: bool = False,
    believes: bool = False,
) -> tuple[Asking, ...]:
    """Everything to ask for a target, the device itself first. `earlier` tells what of its event log is history.

    `insists`: a person waits for it, so that a device that is being left alone is tried once all the same. `believes`:
    what rarely changes need not be looked at again within the hour, while nothing says that it has.
    """
    device, found = target.device, []
    if device.ipmi is not None:
        found.append(_ipmi(device.ipmi, device.serial, clock, earlier, insists=insists, believes=believes))
    if device.redfish is not None:
        found.append(_redfish(device.redfish, device.serial, clock))
    if device.snmp is not None:
        found.append(_agent("snmp", device.snmp, device.role, clock, lambda facts: facts))
    if device.ssh is not None:
        found.append(_host(device.ssh, device.serial, clock))
    return (*found, *_neighbours(target, clock))


def _ipmi(
    bmc: IpmiTarget,
    serial: str | None,
    clock: Callable[[], datetime],
    earlier: DiagnosticsDocument | None,
    *,
    insists: bool,
    believes: bool,
) -> Asking:
    def ask(deadline_s: float, tell: Tell) -> Answer:
        progress = BmcProgress(ipmi_family(None), clock(), earlier)

        def on_part(part: str, value: object) -> None:
            tell(progress.part(part, value))

        answer = ipmi.read(bmc, deadline_s, on_part, insists=insists, believes=believes)
        return bmc_answer(answer, serial, clock(), earlier)

    return Asking("ipmi", f"{bmc.address}:{bmc.port}", ask)


def bmc_answer(
    answer: IpmiAnswer, serial: str | None, now: datetime, earlier: DiagnosticsDocument | None = None
) -> Answer:
    """What a BMC's answer means: live sensors, the log in words, and what is odd about the BMC itself. Pure.

    `serial` is the one on record; another one means that the BMC may be another machine's.
    """
    family = ipmi_family(answer.identity.manufacturer)
    live = read_sensors(family, answer, "ipmi", now)
    log = read_log(family, answer, now, live.parts, None if earlier is None else Past(earlier))
    facts = join_facts((live, log))
    problems = tuple(f"{part}: {reason}" for part, reason in answer.problems.items())
    skew = (f"{note}, which are corrected by it" for note in _skew(answer.clock_skew_s))
    alone = (LEFT_ALONE,) if answer.was_left_alone else ()
    notes = (*alone, *skew, *_other_serial(answer.identity.serial, serial), *unread_inventories(answer))
    return Answer(facts, answer.requests, problems, notes)


def _other_serial(said: str | None, recorded: str | None) -> tuple[str, ...]:
    if not said or not recorded or said.casefold() == recorded.casefold():
        return ()
    return (f"it says that its serial number is {said}, and the record says {recorded}: is it the right machine?",)


def _skew(skew_s: float | None) -> tuple[str, ...]:
    if skew_s is None or abs(skew_s) < SKEW_WORTH_TELLING_S:
        return ()
    way = "ahead of" if skew_s > 0 else "behind"
    return (f"the BMC's clock is {round(abs(skew_s) / 60)} minutes {way} ours: mind the times of its event log",)


def _agent(
    name: str, agent: SnmpTarget, role: str, clock: Callable[[], datetime], keep: Callable[[Facts], Facts]
) -> Asking:
    def ask(deadline_s: float, _tell: Tell) -> Answer:
        with snmp.open_session(agent, deadline_s) as session:
            said = read_agent(session, role, name, clock())
            return agent_answer(said, keep, session.requests)

    return Asking(name, f"{agent.address}:{agent.port}", ask, Agent(agent, role, keep))


def agent_answer(said: AgentFacts, keep: Callable[[Facts], Facts], requests: int) -> Answer:
    """What an agent's facts mean as a source. Pure."""
    if not said.is_known:
        advice = "Check that the role fits the device; else it needs a vendor file of its own."
        return Answer(keep(said.facts), requests, (NOTHING_KNOWN,), (), SourceStatus.UNSUPPORTED, advice)
    return Answer(keep(said.facts), requests, said.problems)


def _redfish(bmc: RedfishTarget, serial: str | None, clock: Callable[[], datetime]) -> Asking:
    def ask(deadline_s: float, tell: Tell) -> Answer:
        answer = redfish.read(bmc, deadline_s, lambda part, count: tell(_counted("redfish", part, count)))
        return redfish_answer(answer, bmc, serial, clock())

    return Asking("redfish", bmc.address, ask)


def redfish_answer(answer: RedfishAnswer, bmc: RedfishTarget, serial: str | None, now: datetime) -> Answer:
    """What a Redfish service's answer means, and what is odd about the service itself. Pure."""
    facts = read_redfish(answer, redfish_families(makers_of(answer)), "redfish", now)
    notes = (*_skew(clock_skew_s(answer, now)), *_other_serial(facts.identity.serial, serial))
    if answer.dangling:
        notes += (f"{len(answer.dangling)} of its links lead nowhere",)
    if bmc.address.startswith("https") and not bmc.verify_tls and not bmc.fingerprint:
        notes += ("its certificate was not checked: record its fingerprint",)
    return Answer(facts, answer.requests, sentences(answer.problems), notes)


def _counted(source: str, part: str, count: object) -> dict[str, Any]:
    return {"name": source, "state": "reading", "detail": f"{part.replace('_', ' ')}: {count}", "part": part}


def _host(host: SshTarget, serial: str | None, clock: Callable[[], datetime]) -> Asking:
    def ask(deadline_s: float, tell: Tell) -> Answer:
        with ssh.open_session(host, deadline_s) as session:
            said = read_host(session, "ssh", clock(), lambda part: tell({**READING_HOST, "detail": part}))
            requests = session.requests
        notes = (*said.notes, *_other_serial(said.facts.identity.serial, serial))
        status = None if said.is_known else SourceStatus.UNSUPPORTED
        return Answer(said.facts, requests, said.problems, notes, status, said.advice)

    return Asking("ssh", f"{host.address}:{host.port}", ask)


def _neighbours(target: ProbeTarget, clock: Callable[[], datetime]) -> Iterable[Asking]:
    """Each PDU and switch once: of what it says only the outlets and ports that the cabling names are kept."""
    wanted: dict[tuple[str, Neighbour], list[tuple[Kind, str]]] = {}
    for feed in target.power:
        wanted.setdefault(("pdu", feed.pdu), []).append((Kind.OUTLET, feed.outlet))
    for link in target.network:
        wanted.setdefault(("switch", link.switch), []).append((Kind.SWITCH_PORT, link.switch_port))
    for (role, neighbour), names in wanted.items():
        if neighbour.snmp is not None:
            yield _neighbour(neighbour.name, neighbour.snmp, role, names, clock)


def _neighbour(
    device: str, agent: SnmpTarget, role: str, names: list[tuple[Kind, str]], clock: Callable[[], datetime]
) -> Asking:
    return _agent(f"snmp:{device}", agent, role, clock, lambda facts: only_cabled(facts, device, names))


def only_cabled(facts: Facts, device: str, names: Iterable[tuple[Kind, str]]) -> Facts:
    """Of a neighbour's facts, the outlets and ports that are named, with their readings, marked as the neighbour's."""
    found = [find_part(facts.parts, kind, name, None) for kind, name in names]
    parts: tuple[Part, ...] = tuple(dict.fromkeys(part for part in found if part is not None))
    kept = {part.name for part in parts}
    readings = tuple(reading for reading in facts.readings if reading.component in kept)
    return Facts(parts=parts, readings=readings).of_device(device)
