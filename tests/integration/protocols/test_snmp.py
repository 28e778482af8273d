"""What the product reads from real net-snmp agents, against what was ordered and against net-snmp's own tools."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest

from app.core.errors import AuthRefused, TimedOut, Unreachable
from app.hardware.protocols.snmp import open_session
from app.hardware.readings import SnmpTarget, SnmpType
from lab.fixtures import PDU, SWITCH, UPS, ends_within, need
from lab.fleet import Fleet
from lab.ipmi_faults import silent_port
from lab.processes import LOOPBACK, free_udp_ports
from lab.snmp_agents import AUTH_PHRASE, SHA1_USER, USER, SnmpAgent
from lab.snmp_devices import IF_TABLE, IFX_TABLE, LLDP_REMOTE, RPDU2
from lab.snmp_devices import UPS as UPS_MIB

DEADLINE_S = 5
SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME = "1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.2.0", "1.3.6.1.2.1.1.3.0"
NOWHERE = "1.3.6.1.2.1.99.99.0"
OUTLET_STATE, OUTLET_WATTS = f"{RPDU2}.9.2.3.1.5", f"{RPDU2}.9.4.3.1.7"
VERSIONS = ["1", "2c", "3"]


@pytest.mark.parametrize("version", VERSIONS)
def test_objects_come_typed_and_what_is_not_there_is_absent(hall: Fleet, version: str) -> None:
    with open_session(hall.agents[PDU.name].target(version), DEADLINE_S) as session:
        values = session.get([SYS_DESCR, SYS_OBJECT_ID, SYS_UP_TIME, NOWHERE, f"{OUTLET_STATE}.14"])
    assert (values[SYS_DESCR].type, values[SYS_DESCR].value) == (SnmpType.STRING, PDU.sys_descr.encode())
    assert (values[SYS_OBJECT_ID].type, values[SYS_OBJECT_ID].value) == (SnmpType.OID, PDU.sys_object_id.encode())
    assert values[SYS_UP_TIME].type is SnmpType.TICKS
    assert (values[NOWHERE].type, values[NOWHERE].value) == (SnmpType.ABSENT, None)
    assert (values[f"{OUTLET_STATE}.14"].type, values[f"{OUTLET_STATE}.14"].value) == (SnmpType.INTEGER, 2)


@pytest.mark.parametrize("version", VERSIONS)
def test_column_is_walked_to_its_end_and_not_further(hall: Fleet, version: str) -> None:
    with open_session(hall.agents[SWITCH.name].target(version), DEADLINE_S) as session:
        states = session.walk(f"{IF_TABLE}.8")
        nothing = session.walk("1.3.6.1.2.1.99")
    assert (states.complete, states.problem) == (True, None)
    assert [row.value for row in states.rows] == [1 if port.up else 2 for port in SWITCH.ports]
    assert [row.oid for row in states.rows] == [f"{IF_TABLE}.8.{port.index}" for port in SWITCH.ports]
    assert (nothing.rows, nothing.complete) == ((), True)


def test_every_type_arrives_as_it_was_ordered(hall: Fleet) -> None:
    with open_session(hall.agents[SWITCH.name].target(), DEADLINE_S) as session:
        values = session.get([f"{IF_TABLE}.5.1", f"{IF_TABLE}.6.1", f"{IF_TABLE}.14.1", f"{IFX_TABLE}.6.1"])
        neighbours = session.walk(f"{LLDP_REMOTE}.5")
    assert [(value.type, value.value) for value in values.values()] == [
        (SnmpType.GAUGE, 2**32 - 1),
        (SnmpType.STRING, bytes([0x02, 0x1C, 0x73, 0, 0, 1])),
        (SnmpType.COUNTER, 0),
        (SnmpType.COUNTER64, 10**12 + 1),
    ]
    assert [row.value for row in neighbours.rows] == [port.neighbour[0] for port in SWITCH.ports if port.neighbour]


def test_many_objects_are_asked_for_in_few_packets(hall: Fleet) -> None:
    oids = [f"{column}.{number}" for column in (OUTLET_STATE, OUTLET_WATTS) for number in range(1, 25)]
    with open_session(hall.agents[PDU.name].target(), DEADLINE_S) as session:
        values = session.get(oids)
        assert session.requests == 3
    assert list(values) == oids
    assert {values[oid].value for oid in oids[:24]} == {2}


def test_walks_agree_with_snmpwalk(hall: Fleet) -> None:
    need("snmpwalk")
    for agent, root in ((hall.agents[PDU.name], RPDU2), (hall.agents[UPS.name], UPS_MIB)):
        command = ["snmpwalk", "-v2c", "-c", "public", "-OnQet", f"{LOOPBACK}:{agent.port}", root]
        theirs = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout.splitlines()
        with open_session(agent.target(), DEADLINE_S) as session:
            ours = session.walk(root)
        assert ours.complete
        assert [row.oid for row in ours.rows] == [line.split(" = ")[0].lstrip(".") for line in theirs]
        numbers = {line.split(" = ")[0].lstrip("."): line.split(" = ")[1] for line in theirs}
        integers = [row for row in ours.rows if row.type is SnmpType.INTEGER]
        assert len(integers) > 10
        assert [str(row.value) for row in integers] == [numbers[row.oid] for row in integers]


def test_switched_outlet_is_seen_at_once(pdu: SnmpAgent) -> None:
    with open_session(pdu.target(), DEADLINE_S) as session:
        before = session.get([f"{OUTLET_STATE}.14", f"{OUTLET_WATTS}.14"])
        pdu.update(PDU.outlet(14, on=False))
        after = session.get([f"{OUTLET_STATE}.14", f"{OUTLET_WATTS}.14"])
        pdu.set(f"{OUTLET_STATE}.14", None)
        gone = session.get([f"{OUTLET_STATE}.14"])
    assert [value.value for value in before.values()] == [2, 120]
    assert [value.value for value in after.values()] == [1, 0]
    assert [value.type for value in gone.values()] == [SnmpType.ABSENT]


def test_older_v3_algorithms_work_too(hall: Fleet) -> None:
    target = replace(hall.agents[PDU.name].target("3"), username=SHA1_USER, auth="sha")
    with open_session(target, DEADLINE_S) as session:
        assert session.get([SYS_DESCR])[SYS_DESCR].value == PDU.sys_descr.encode()


def test_wrong_community_is_silence_and_the_advice_says_so(hall: Fleet) -> None:
    target = hall.agents[PDU.name].target(community="not-it")
    with ends_within(1), open_session(target, 1) as session, pytest.raises(TimedOut) as silence:
        session.get([SYS_DESCR])
    assert "community" in silence.value.advice
    assert "not-it" not in repr((target, silence.value, silence.value.reason))


@pytest.mark.parametrize(
    ("username", "auth", "phrase"),
    [(USER, "sha256", "not-the-phrase"), (USER, "sha", AUTH_PHRASE), ("nobody", "sha256", AUTH_PHRASE)],
)
def test_wrong_v3_user_is_refused_at_once(hall: Fleet, username: str, auth: str, phrase: str) -> None:
    target = replace(hall.agents[PDU.name].target("3"), username=username, auth=auth, auth_password=phrase)
    with ends_within(1), pytest.raises(AuthRefused), open_session(target, DEADLINE_S) as session:
        session.get([SYS_DESCR])


def test_v3_user_below_the_agents_security_level_is_refused(hall: Fleet) -> None:
    target = replace(hall.agents[PDU.name].target("3"), privacy=None)
    with ends_within(1), pytest.raises(AuthRefused), open_session(target, DEADLINE_S) as session:
        session.get([SYS_DESCR])


def test_incomplete_v3_settings_are_refused_before_anything_is_sent() -> None:
    user = SnmpTarget(LOOPBACK, 1, "3", username=USER)
    without_phrase = replace(user, auth="sha256")
    unknown = replace(user, auth="rot13", auth_password="x")
    secret_but_unsigned = replace(user, privacy="aes128", privacy_password="x")
    for target in (without_phrase, unknown, secret_but_unsigned):
        with pytest.raises(AuthRefused, match="incomplete"):
            open_session(target, DEADLINE_S)


def test_restarted_agent_is_asked_again_with_its_new_clock(pdu: SnmpAgent) -> None:
    with open_session(pdu.target("3"), DEADLINE_S) as session:
        assert session.get([SYS_DESCR])
        pdu.stop()
        pdu.start()
        pdu.wait()
        assert session.get([SYS_DESCR])[SYS_DESCR].value == PDU.sys_descr.encode()


def test_silent_address_times_out_inside_the_deadline() -> None:
    with silent_port() as port:
        with ends_within(1), open_session(SnmpTarget(LOOPBACK, port), 1) as session, pytest.raises(TimedOut):
            session.walk(IF_TABLE)
        with ends_within(1), pytest.raises(Unreachable):
            open_session(SnmpTarget(LOOPBACK, port, "3", username="rack"), 1)


def test_address_where_nothing_listens_is_unreachable_at_once() -> None:
    target = SnmpTarget(LOOPBACK, free_udp_ports(1)[0])
    with ends_within(0), open_session(target, 5) as session, pytest.raises(Unreachable):
        session.get([SYS_DESCR])


def test_agent_that_hangs_in_mid_session_times_out_and_leaves_the_table_incomplete(pdu: SnmpAgent) -> None:
    with open_session(pdu.target(), 1.5) as session:
        session.get([SYS_DESCR])
        pdu.hang()
        with ends_within(1.5):
            table = session.walk(OUTLET_STATE)
        pdu.resume()
    assert (table.rows, table.complete, table.problem) == ((), False, "the agent stopped answering")
