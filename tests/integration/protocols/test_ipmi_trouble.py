"""BMCs that are silent, die, lose packets or refuse: what was read is kept, what was not is named, in time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.core.errors import HardwareError, Refused, Unreachable
from app.hardware.protocols import ipmi
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.readings import IpmiTarget
from lab.bmc import BmcServer
from lab.fixtures import FAULTY, HEALTHY, ends_within
from lab.fleet import Fleet
from lab.ipmi_faults import Relay, Trouble, silent_port
from lab.processes import LOOPBACK, free_udp_ports

GET_READING, GET_RECORD, GET_LOG_ENTRY, READ_FRU = (0x04, 0x2D), (0x0A, 0x23), (0x0A, 0x43), (0x0A, 0x11)
CHASSIS_STATUS = (0x00, 0x01)
GET_POWER, GET_CIPHER_SUITES = (0x00, 0x01), (0x06, 0x54)
GET_DEVICE_ID, SET_PRIVILEGE = (0x06, 0x01), (0x06, 0x3B)
FREE_SESSIONS = 63  # what ipmi_sim allows at once
READABLE = sum(getattr(sensor, "readable", True) for sensor in HEALTHY.sensors)


def _through(relay: Relay, server: BmcServer) -> IpmiTarget:
    """The server as seen through the relay, without signatures, so that the relay can change answers."""
    return replace(server.target(), port=relay.port, cipher_suites=(1,))


def test_address_that_never_answers_is_unreachable_inside_the_deadline() -> None:
    with silent_port() as port, ends_within(2), pytest.raises(Unreachable, match="nothing answers"):
        ipmi.read(IpmiTarget(LOOPBACK, "admin", "x", port), 2)


def test_address_where_nothing_listens_is_unreachable_at_once() -> None:
    with ends_within(0), pytest.raises(Unreachable):
        ipmi.read(IpmiTarget(LOOPBACK, "admin", "x", free_udp_ports(1)[0]), 10)


def test_hanging_bmc_is_unreachable_and_answers_again_after_it_wakes(bmc: BmcServer) -> None:
    bmc.hang()
    with ends_within(1.5), pytest.raises(Unreachable):
        ipmi.power(bmc.target(), 1.5)
    bmc.resume()
    assert ipmi.power(bmc.target(), 5) is True


def test_bmc_that_dies_in_mid_read_leaves_what_it_said_before(hall: Fleet) -> None:
    server = hall.bmcs[FAULTY.name]
    with Relay(server.port, Trouble(dies_after=150)) as relay, ends_within(2.5):
        answer = ipmi.read(_through(relay, server), 2.5)
    assert answer.power_on is True
    assert answer.log
    assert len(answer.sensors) == len(FAULTY.sensors)
    read = [sensor for sensor in answer.sensors if sensor.unavailable is None]
    assert 0 < len(read) < len(FAULTY.sensors)
    silent = [sensor.unavailable for sensor in answer.sensors if sensor.unavailable and sensor.name != "Riser2 Temp"]
    assert all(reason.startswith("not read: the BMC") for reason in silent)
    assert set(answer.problems) == {"sensors", "identity", "inventory"}


def test_bmc_that_dies_before_its_sensor_list_leaves_power_and_log(hall: Fleet) -> None:
    server = hall.bmcs[FAULTY.name]
    with Relay(server.port, Trouble(dies_after=40)) as relay, ends_within(6):
        answer = ipmi.read(_through(relay, server), 20)
    assert answer.power_on is True
    assert answer.problems == {
        "sensors": "the BMC stopped answering",
        "identity": "not read: the BMC stopped answering",
    }


def test_bmc_that_dies_after_the_handshake_raises_because_nothing_was_read(hall: Fleet) -> None:
    server = hall.bmcs[FAULTY.name]
    with Relay(server.port, Trouble(dies_after=4)) as relay, ends_within(2), pytest.raises(HardwareError) as lost:
        ipmi.read(_through(relay, server), 2)
    assert lost.value.status == "timeout"


def test_lost_answers_are_asked_for_again(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(loses_every=100)) as relay:
        answer = ipmi.read(replace(server.target(), port=relay.port), 15)
    assert answer.problems == {}
    assert len([sensor for sensor in answer.sensors if sensor.unavailable is None]) == READABLE


@pytest.mark.parametrize("lost", [1, 4])
def test_lost_handshake_packet_costs_a_new_handshake_and_nothing_else(hall: Fleet, lost: int) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(loses=frozenset({lost}))) as relay, ends_within(2.5):
        assert ipmi.power(replace(server.target(), port=relay.port, cipher_suites=(3,)), 10) is True


def test_slow_bmc_gives_what_fits_into_the_deadline(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(delay_s=0.02)) as relay, ends_within(2):
        answer = ipmi.read(replace(server.target(), port=relay.port), 2)
    assert answer.power_on is True
    assert answer.log
    assert "sensors" in answer.problems
    assert all(sensor.value is None for sensor in answer.sensors if sensor.unavailable)


@pytest.mark.parametrize("code", [0xC0, 0xC3, 0xCE])
def test_busy_bmc_is_asked_again_and_no_sensor_is_lost(hall: Fleet, code: int) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=code, spoils=GET_READING, spoils_every=10)) as relay:
        answer = ipmi.read(_through(relay, server), 10)
    assert relay.spoiled > 0
    assert len([sensor for sensor in answer.sensors if sensor.unavailable is None]) == READABLE
    assert answer.problems == {}


@pytest.mark.parametrize(("code", "words"), [(0xCB, "not present"), (0xD5, "present state"), (0xCD, "not possible")])
def test_refused_sensor_stays_in_the_answer_without_a_value(hall: Fleet, code: int, words: str) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=code, spoils=GET_READING, spoils_every=10)) as relay:
        answer = ipmi.read(_through(relay, server), 10)
    refused = [sensor for sensor in answer.sensors if sensor.unavailable and words in sensor.unavailable]
    assert len(answer.sensors) == len(HEALTHY.sensors)
    assert len(refused) == relay.spoiled > 0
    assert {(sensor.value, sensor.bits) for sensor in refused} == {(None, None)}


def test_lost_reservation_is_taken_anew(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=0xC5, spoils=GET_RECORD, spoils_every=20)) as relay:
        answer = ipmi.read(_through(relay, server), 10)
    assert relay.spoiled > 0
    assert len(answer.sensors) == len(HEALTHY.sensors)
    assert answer.problems == {}


@pytest.mark.parametrize("code", [0xCA, 0xC8, 0xC9, 0xFF])
def test_bmc_that_cannot_return_so_many_bytes_is_asked_for_fewer(hall: Fleet, code: int) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=code, spoils=GET_RECORD, spoils_longer_than=20)) as relay:
        answer = ipmi.read(_through(relay, server), 10)
    assert relay.spoiled == 3  # a beginning, then 32 and 24 bytes were too many for the relay; 16 is remembered
    assert len(answer.sensors) == len(HEALTHY.sensors)
    assert answer.problems == {}


def test_refused_log_does_not_take_the_rest_with_it(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=0xC1, spoils=GET_LOG_ENTRY)) as relay:
        answer = ipmi.read(_through(relay, server), 10)
    assert answer.log == ()
    assert answer.problems == {"log": "the BMC does not offer the log"}
    assert len(answer.sensors) == len(HEALTHY.sensors)


def test_unreadable_inventory_leaves_what_the_device_id_says(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=0xCB, spoils=READ_FRU)) as relay:
        answer = ipmi.read(_through(relay, server), 10)
    assert set(answer.problems) == {"identity"}
    assert (answer.identity.serial, answer.identity.bmc_firmware) == (None, "9.08")


def test_bmc_that_stays_busy_is_refused_with_advice(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with (
        Relay(server.port, Trouble(code=0xC0, spoils=CHASSIS_STATUS)) as relay,
        ends_within(2),
        pytest.raises(Refused, match="busy") as refused,
    ):
        ipmi.power(_through(relay, server), 5)
    assert refused.value.advice


def test_late_and_repeated_answers_are_never_taken_for_another_questions(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    plain = ipmi.read(server.target(), 10)
    with Relay(server.port, Trouble(repeats_every=3)) as relay:
        answer = ipmi.read(replace(server.target(), port=relay.port), 15)
    assert answer.problems == {}
    assert {one.name: (one.value, one.bits) for one in answer.sensors} == {
        one.name: (one.value, one.bits) for one in plain.sensors
    }


def test_list_of_suites_is_never_asked_for_and_the_one_that_worked_is_tried_first(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble()) as relay:
        target = replace(server.target(), port=relay.port, cipher_suites=(17, 1))
        ipmi.power(target, 5)
        first = relay.answers
        ipmi.power(target, 5)
        assert relay.answers - first < first  # 17 is refused once, and not tried again
        assert GET_POWER in relay.asked
        assert GET_CIPHER_SUITES not in relay.asked


def test_session_that_is_refused_for_want_of_room_is_asked_for_once_and_not_hammered(bmc: BmcServer) -> None:
    sessions = [BmcSession(bmc.target(), 10) for _ in range(FREE_SESSIONS)]
    try:
        with Relay(bmc.port, Trouble()) as relay, pytest.raises(Refused, match="no free session"):
            ipmi.read(replace(bmc.target(), port=relay.port, cipher_suites=(3,)), 10)
        assert relay.answers <= 2
    finally:
        for session in sessions:
            session.close()


def test_privilege_is_used_only_where_the_bmc_asks_for_it(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    with Relay(server.port, Trouble(code=0xD4, spoils=GET_DEVICE_ID, spoils_every=2)) as relay:
        first = ipmi.read(_through(relay, server), 10)
        assert SET_PRIVILEGE not in relay.asked
        second = ipmi.read(_through(relay, server), 10)
        assert SET_PRIVILEGE in relay.asked
    assert relay.spoiled == 1
    assert first.problems == second.problems == {}
    assert [one.name for one in first.sensors] == [one.name for one in second.sensors]
