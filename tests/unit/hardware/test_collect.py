"""All sources at once inside one deadline: partial results, honest failures, one PDU read once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from app.core.errors import AuthRefused
from app.hardware.collect import ask_all, with_silent_bmc
from app.hardware.collect_agent import NOTHING_KNOWN, read_agent
from app.hardware.diagnostics import Kind, Source
from app.hardware.facts import Facts
from app.hardware.readings import IpmiTarget, SnmpTable, SnmpTarget, SnmpType, SnmpValue, SourceStatus, State
from app.hardware.sources import Answer, Asking, Tell, askings_of, bmc_answer, only_cabled
from app.hardware.target import Device, Neighbour, NetworkLink, PowerFeed, ProbeTarget
from app.hardware.vendors.apc import FAMILY as APC
from tests.unit.hardware.answers import NOW, PSU, bmc, discrete, integer, values

RPDU2 = "1.3.6.1.4.1.318.1.1.26"
BMC = IpmiTarget("127.0.0.1", "admin", "secret")
AGENT = SnmpTarget("127.0.0.1")


def at_once(answer: Answer) -> Callable[[float, Tell], Answer]:
    return lambda _deadline_s, _tell: answer


def refuse(_deadline_s: float, _tell: Tell) -> Answer:
    raise AuthRefused("the BMC does not accept the user name and password", "Check them.")


class Agent:
    """An agent that answers out of a table; `cut` columns end before their end."""

    def __init__(self, objects: dict[str, SnmpValue], cut: str = "") -> None:
        self.problems: dict[str, str] = {}
        self._objects = {oid: SnmpValue(oid, value.type, value.value) for oid, value in objects.items()}
        self._cut = cut

    def get(self, oids: Any) -> dict[str, SnmpValue]:
        return {oid: self._objects.get(oid, SnmpValue(oid, SnmpType.ABSENT, None)) for oid in oids}

    def walk(self, column: str) -> SnmpTable:
        rows = tuple(value for oid, value in self._objects.items() if oid.startswith(f"{column}."))
        return SnmpTable(
            column, rows, complete=column != self._cut, problem="no answer" if column == self._cut else None
        )


def apc_agent(cut: str = "") -> Agent:
    who = SnmpValue("", SnmpType.OID, b"1.3.6.1.4.1.318.1.3.4.6")
    return Agent({"1.3.6.1.2.1.1.2.0": who, f"{RPDU2}.9.2.3.1.5.14": integer(1)}, cut)


def test_sources_that_answer_are_not_held_up_by_one_that_hangs() -> None:
    release = threading.Event()

    def hang(_deadline_s: float, _tell: Tell) -> Answer:
        release.wait(20)
        return Answer(Facts())

    began = time.monotonic()
    fast, slow = ask_all((Asking("a", "x", at_once(Answer(Facts()))), Asking("b", "y", hang)), 0.3, lambda *_: None)
    release.set()
    assert time.monotonic() - began < 2
    assert (fast.source.status, slow.source.status) == (SourceStatus.OK, SourceStatus.TIMEOUT)
    assert slow.source.detail == "it did not end within 0.3 s"
    assert slow.source.advice


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_error_of_our_own_in_one_source_takes_no_other_with_it_and_waits_for_no_deadline() -> None:
    def stumble(_deadline_s: float, _tell: Tell) -> Answer:
        raise KeyError("a table without a row")

    began = time.monotonic()
    good, bad = ask_all((Asking("a", "x", at_once(Answer(Facts()))), Asking("b", "y", stumble)), 20, lambda *_: None)
    assert time.monotonic() - began < 10
    assert (good.source.status, bad.source.status) == (SourceStatus.OK, SourceStatus.MALFORMED)


def test_sources_get_a_deadline_shorter_than_the_whole() -> None:
    given: list[float] = []

    def note(deadline_s: float, _tell: Tell) -> Answer:
        given.append(deadline_s)
        return Answer(Facts())

    ask_all((Asking("a", "x", note),), 10, lambda *_: None)
    assert given == [9.5]


def test_failure_is_a_source_with_status_reason_and_advice() -> None:
    (outcome,) = ask_all((Asking("ipmi", "127.0.0.1:623", refuse),), 2, lambda *_: None)
    source = outcome.source
    assert (source.status, source.detail, source.advice) == (
        "auth_refused",
        "the BMC does not accept the user name and password",
        "Check them.",
    )


def test_answer_with_problems_is_partial_and_names_them() -> None:
    answer = Answer(Facts(), 9, problems=("log: it ended early",), notes=("the clock is off",))
    (outcome,) = ask_all((Asking("ipmi", "x", at_once(answer)),), 2, lambda *_: None)
    assert (outcome.source.status, outcome.source.detail, outcome.source.requests) == (
        "partial",
        "log: it ended early; the clock is off",
        9,
    )


def test_parts_are_told_in_the_callers_thread_as_they_arrive() -> None:
    told: list[tuple[str, str, int]] = []

    def slowly(_deadline_s: float, tell: Tell) -> Answer:
        tell({"name": "ipmi", "state": "reading", "detail": "power on"})
        return Answer(Facts())

    ask_all(
        (Asking("ipmi", "x", slowly),), 2, lambda name, part: told.append((name, part["state"], threading.get_ident()))
    )
    assert told == [("ipmi", "reading", threading.get_ident()), ("ipmi", "ok", threading.get_ident())]


def test_sources_are_named_after_protocol_and_neighbour_and_a_pdu_is_read_once() -> None:
    pdu, switch = Neighbour("PDU-A", AGENT), Neighbour("tor-1", AGENT)
    target = ProbeTarget(
        Device("server", "S", ipmi=BMC),
        (PowerFeed("1", "13", pdu), PowerFeed("2", "14", pdu)),
        (NetworkLink("eth0", "Ethernet1", switch), NetworkLink("eth1", "Ethernet2", switch)),
    )
    assert [asking.name for asking in askings_of(target, _clock)] == ["ipmi", "snmp:PDU-A", "snmp:tor-1"]


def test_neighbour_without_an_address_is_not_asked() -> None:
    target = ProbeTarget(Device("server", "S", ipmi=BMC), (PowerFeed("1", "13", Neighbour("PDU-A")),))
    assert [asking.name for asking in askings_of(target, _clock)] == ["ipmi"]


def test_only_the_outlets_of_the_record_are_taken_from_a_pdu() -> None:
    objects = {f"{RPDU2}.9.2.3.1.5.{n}": integer(2) for n in range(1, 25)}
    objects |= {f"{RPDU2}.9.4.3.1.7.{n}": integer(n) for n in range(1, 25)}
    kept = only_cabled(APC.facts(values(APC, objects)), "PDU-A", [(Kind.OUTLET, "14"), (Kind.OUTLET, "99")])
    assert [(part.number, part.device) for part in kept.parts] == [("14", "PDU-A")]
    assert [(reading.value, reading.device) for reading in kept.readings] == [(14.0, "PDU-A")]


def test_agent_is_read_by_the_family_its_object_id_names() -> None:
    said = read_agent(apc_agent(), "pdu", "snmp", NOW)
    assert [part.value for part in said.facts.parts] == ["off"]
    assert (said.is_known, said.problems) == (True, ())


def test_column_that_was_cut_is_told_by_its_mib_name() -> None:
    said = read_agent(apc_agent(cut=f"{RPDU2}.9.2.3.1.5"), "pdu", "snmp", NOW)
    assert said.problems == ("rPDU2OutletSwitchedStatusState: no answer",)


def test_agent_of_which_nothing_is_known_is_unsupported_never_well() -> None:
    said = read_agent(
        Agent({"1.3.6.1.2.1.1.2.0": SnmpValue("", SnmpType.OID, b"1.3.6.1.4.1.99999.1")}), "pdu", "s", NOW
    )
    assert not said.is_known
    assert NOTHING_KNOWN


def test_clock_of_the_bmc_that_is_off_is_told() -> None:
    answer = bmc(discrete("PS1 Status", PSU, 0))
    skewed = type(answer)(answer.power_on, answer.sensors, answer.log, answer.identity, -7200.0, 9)
    assert bmc_answer(skewed, None, NOW).notes == (
        "the BMC's clock is 120 minutes behind ours: mind the times of its event log, which are corrected by it",
    )
    assert bmc_answer(answer, None, NOW).notes == ()


def test_bmc_with_another_serial_than_the_record_asks_whether_it_is_the_right_machine() -> None:
    (note,) = bmc_answer(bmc(), "CZ2", NOW).notes
    assert "is it the right machine?" in note
    assert bmc_answer(bmc(), "cz1", NOW).notes == ()


@pytest.mark.parametrize(
    ("role", "status", "expected"),
    [
        ("server", SourceStatus.TIMEOUT, [State.UNKNOWN]),
        ("server", SourceStatus.AUTH_REFUSED, [State.UNKNOWN]),
        ("server", SourceStatus.PARTIAL, []),
        ("server", SourceStatus.UNSUPPORTED, []),
        ("pdu", SourceStatus.TIMEOUT, []),
    ],
)
def test_silent_bmc_of_a_server_is_a_part_of_state_unknown(
    role: str, status: SourceStatus, expected: list[State]
) -> None:
    target = ProbeTarget(Device(role, "S", ipmi=BMC))
    facts = with_silent_bmc(Facts(), target, (Source("ipmi", "x", status, "no answer"),), NOW)
    assert [part.state for part in facts.parts] == expected


def _clock() -> datetime:
    return datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
