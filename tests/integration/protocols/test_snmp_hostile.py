"""Agents that misbehave: nothing wrong is believed, nothing right is lost, every walk ends."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.core.errors import Malformed, TimedOut, Unsupported
from app.hardware.protocols.snmp import MAX_ROWS, open_session
from app.hardware.readings import SnmpTable, SnmpType, SnmpValue
from lab.fixtures import ends_within
from lab.hostile_snmp import BEHAVIOURS, COLUMN, ROWS, HostileAgent

OIDS = [f"1.3.6.1.4.1.99999.{number}.0" for number in range(1, 5)]


def _walk(behaviour: str, deadline_s: float = 5) -> SnmpTable:
    with (
        HostileAgent(behaviour) as agent,
        ends_within(deadline_s),
        open_session(agent.target, deadline_s) as asked,
    ):
        return asked.walk(COLUMN)


def _get(behaviour: str, deadline_s: float = 5) -> tuple[dict[str, SnmpValue], dict[str, str]]:
    with (
        HostileAgent(behaviour) as agent,
        ends_within(deadline_s),
        open_session(agent.target, deadline_s) as asked,
    ):
        return asked.get(OIDS), asked.problems


WHOLE = [
    "well",
    "tooBig",
    "genErr on bulk",
    "stale answer first",
    "garbage first",
    "long lengths",
    "trailing bytes",
    "first packet lost",
    "one left out",
]


@pytest.mark.parametrize("behaviour", WHOLE)
def test_table_is_whole_where_the_fault_can_be_lived_with(behaviour: str) -> None:
    table = _walk(behaviour)
    assert table.complete, table.problem
    assert [row.value for row in table.rows] == [f"if{row}".encode() for row in range(1, ROWS + 1)]


def test_large_answers_that_get_lost_are_asked_for_in_smaller_parts() -> None:
    with HostileAgent("well") as agent, open_session(agent.target, 5) as session:
        session.walk(COLUMN)
        well = session.requests
    with HostileAgent("large answers lost") as agent, ends_within(5), open_session(agent.target, 5) as session:
        session.get(OIDS)
        table = session.walk(COLUMN)
        assert session.requests > well
    assert (len(table.rows), table.complete) == (ROWS, True)


@pytest.mark.parametrize("behaviour", ["large answers lost", "tooBig", "genErr on bulk"])
def test_agent_that_could_not_give_so_much_is_not_asked_for_as_much_again(behaviour: str) -> None:
    costs = []
    with HostileAgent(behaviour) as agent:
        for _ in range(2):
            with open_session(agent.target, 5) as session:
                session.get(OIDS[:5])
                first = session.requests
                table = session.walk(COLUMN)
                costs.append(session.requests - first)
                assert (len(table.rows), table.complete) == (ROWS, True)
    assert costs[1] < costs[0]


@pytest.mark.parametrize(
    ("behaviour", "rows", "problem"),
    [
        ("rows not ascending", 2, "does not ascend"),
        ("rows in a loop", 7, "does not ascend"),
        ("row without bytes", ROWS - 1, "2.2.1.2.7: a number without bytes"),
        ("empty list", 0, "empty list"),
        ("genErr", 0, "genErr"),
        ("dies after 1", 25, "stopped answering"),
    ],
)
def test_table_is_cut_with_its_reason_where_the_agent_cannot_be_believed(
    behaviour: str, rows: int, problem: str
) -> None:
    table = _walk(behaviour, deadline_s=1.5)
    assert (len(table.rows), table.complete) == (rows, False)
    assert table.problem is not None
    assert problem in table.problem


def test_endless_table_is_cut() -> None:
    table = _walk("endless rows", deadline_s=10)
    assert len(table.rows) == MAX_ROWS
    assert (table.complete, table.problem) == (False, f"cut after {MAX_ROWS} rows")


@pytest.mark.parametrize("behaviour", ["silent", "other community"])
def test_agent_that_gives_no_good_answer_raises_and_never_says_empty(behaviour: str) -> None:
    with pytest.raises((TimedOut, Malformed)):
        _walk(behaviour, deadline_s=0.5)


def test_agent_that_talks_rubbish_is_malformed() -> None:
    with pytest.raises(Malformed):
        _get("only garbage", deadline_s=0.5)


def test_agent_that_refuses_every_object_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="genErr"):
        _get("genErr")


def test_slow_agent_is_waited_for() -> None:
    values, problems = _get("slow")
    assert {value.value for value in values.values()} == {b"good"}
    assert problems == {}


def test_number_without_bytes_is_said_and_neither_zero_nor_left_out_silently() -> None:
    with pytest.raises(Unsupported, match="a number without bytes"):
        _get("number without bytes")


def test_table_of_an_agent_that_lets_every_answer_wait_is_whole() -> None:
    with HostileAgent("slow") as agent, ends_within(14), open_session(agent.target, 14) as session:
        session.get(OIDS)
        table = session.walk(COLUMN)
    assert (len(table.rows), table.complete) == (ROWS, True)


def test_absent_objects_do_not_take_the_others_with_them() -> None:
    values, _ = _get("half absent")
    assert [values[oid].type for oid in OIDS] == [SnmpType.STRING, SnmpType.ABSENT] * 2


def test_object_left_out_is_asked_for_again() -> None:
    values, problems = _get("one left out")
    assert (sorted(values), problems) == (OIDS, {})


@pytest.mark.parametrize(
    ("behaviour", "kind", "value"),
    [
        ("signed counter", SnmpType.COUNTER, 2**32 - 16),
        ("signed ticks", SnmpType.TICKS, 0xF0000000),
        ("largest counter", SnmpType.COUNTER64, 2**64 - 1),
        ("NULL values", SnmpType.ABSENT, None),
        ("address without bytes", SnmpType.IP, b""),
        ("opaque float", SnmpType.FLOAT, 23.5),
        ("latin text", SnmpType.STRING, b"Temp \xb0C \x00"),
    ],
)
def test_odd_value_is_understood_or_absent(behaviour: str, kind: SnmpType, value: float | bytes | None) -> None:
    values, problems = _get(behaviour)
    assert {(one.type, one.value) for one in values.values()} == {(kind, value)}
    assert (len(values), problems) == (len(OIDS), {})


def test_half_answering_agent_keeps_what_came_and_names_what_did_not() -> None:
    many = [f"1.3.6.1.4.1.99999.{number}.0" for number in range(1, 61)]
    with HostileAgent("dies after 2") as agent, ends_within(1.5), open_session(agent.target, 1.5) as session:
        values = session.get(many)
        problems = session.problems
    assert list(values) == many[:40]
    assert problems == dict.fromkeys(many[40:], "the agent stopped answering")


def test_every_behaviour_ends_inside_its_deadline() -> None:
    def walk(behaviour: str) -> None:
        with HostileAgent(behaviour) as agent, ends_within(1), open_session(agent.target, 1) as session:
            with contextlib.suppress(TimedOut, Malformed):
                session.walk(COLUMN)
            assert session.requests

    with ThreadPoolExecutor(len(BEHAVIOURS)) as pool:
        list(pool.map(walk, BEHAVIOURS))
