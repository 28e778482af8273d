"""What the product reads from real BMCs, against what was ordered and against ipmitool."""

from __future__ import annotations

import socket
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.core.errors import AuthRefused, Refused
from app.hardware.protocols import ipmi
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import CompletionCode
from app.hardware.protocols.ipmi_log import log_state, read_newest
from app.hardware.protocols.ipmi_sensors import is_health
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.readings import IpmiAnswer, IpmiTarget, LogEntry
from lab.bmc import BmcServer
from lab.fixtures import FAULTY, HEALTHY, ends_within, need
from lab.fleet import Fleet
from lab.machines import (
    DRIVE_FAULT,
    DRIVE_PRESENT,
    PSU_INPUT_LOST,
    PSU_PRESENT,
    Analog,
    Bmc,
    Discrete,
    Event,
    changed,
    drive_failing,
    events_of,
    psu_input_lost,
)
from lab.processes import free_tcp_ports, free_udp_ports, started

DEADLINE_S = 10
FREE_SESSIONS = 63  # what ipmi_sim allows at once


@pytest.fixture(scope="session")
def faulty(hall: Fleet) -> IpmiAnswer:
    return ipmi.read(hall.bmcs[FAULTY.name].target(), DEADLINE_S)


def test_every_analog_sensor_comes_with_the_value_that_was_ordered(faulty: IpmiAnswer) -> None:
    read = {sensor.name: sensor for sensor in faulty.sensors}
    ordered = [one for one in changed(FAULTY.sensors, FAULTY.faults) if isinstance(one, Analog) and one.readable]
    assert len(ordered) > 20
    for sensor in ordered:
        m, exponent = sensor.factors
        assert read[sensor.name].value == pytest.approx(sensor.value, abs=m * 10**exponent), sensor.name
        assert read[sensor.name].unavailable is None


def test_every_discrete_sensor_comes_with_the_bits_that_were_ordered(faulty: IpmiAnswer) -> None:
    read = {sensor.name: sensor.bits for sensor in faulty.sensors}
    ordered = [one for one in changed(FAULTY.sensors, FAULTY.faults) if isinstance(one, Discrete)]
    assert {one.name: read[one.name] for one in ordered} == {
        one.name: sum(1 << bit for bit in one.bits) for one in ordered
    }


def test_no_sensor_is_dropped_and_states_come_before_values(faulty: IpmiAnswer) -> None:
    assert sorted(sensor.name for sensor in faulty.sensors) == sorted(sensor.name for sensor in FAULTY.sensors)
    kinds = [sensor.event_type == 1 for sensor in faulty.sensors]
    assert kinds == sorted(kinds)


def test_limits_are_those_the_bmc_keeps_and_no_others(faulty: IpmiAnswer) -> None:
    read = {sensor.name: sensor for sensor in faulty.sensors}
    assert read["Inlet Temp"].thresholds == {"unc": 38.0, "ucr": 43.0, "unr": 48.0}
    assert read["FAN1"].thresholds == {"lnc": 1400.0, "lcr": 980.0, "lnr": 560.0}
    assert read["FAN3"].bits == 0b000111
    assert (read["FAN1"].unit, read["12V"].unit, read["Inlet Temp"].unit) == ("/min", "V", "Cel")


def test_sensor_that_the_bmc_does_not_scan_has_a_reason_and_no_value(faulty: IpmiAnswer) -> None:
    riser = next(sensor for sensor in faulty.sensors if sensor.name == "Riser2 Temp")
    assert (riser.value, riser.bits) == (None, None)
    assert riser.unavailable == "the BMC does not scan this sensor"


def test_log_is_newest_first_and_dated(faulty: IpmiAnswer) -> None:
    assert [entry.record for entry in faulty.log] == list(range(len(faulty.log), 0, -1))
    assert len(faulty.log) == len(FAULTY.history) + sum(len(events_of(FAULTY, fault)) for fault in FAULTY.faults)
    lost = [entry for entry in faulty.log if entry.sensor_number == FAULTY.number("PS2 Status")]
    assert [(entry.data[0], entry.asserted) for entry in lost] == [(3, True), (3, False), (3, True)]
    assert _age(lost[0]) == pytest.approx(timedelta(minutes=90), abs=timedelta(minutes=1))


def test_identity_is_what_the_inventory_says(faulty: IpmiAnswer) -> None:
    identity = faulty.identity
    assert (identity.manufacturer, identity.product) == (FAULTY.manufacturer, FAULTY.product)
    assert (identity.serial, identity.asset_tag) == (FAULTY.serial, FAULTY.asset_tag)
    assert identity.bmc_firmware == "9.08"
    assert faulty.power_on is True
    assert faulty.problems == {}


def test_values_agree_with_ipmitool(hall: Fleet, faulty: IpmiAnswer) -> None:
    need("ipmitool")
    lines = [line.split("|") for line in _ipmitool(hall.bmcs[FAULTY.name], "sensor").splitlines()]
    theirs = {name.strip(): value.strip() for name, value, *_ in lines}
    assert len(theirs) == len(faulty.sensors)
    for sensor in faulty.sensors:
        if sensor.value is not None:
            assert sensor.value == pytest.approx(float(theirs[sensor.name]), abs=0.001), sensor.name
        elif sensor.bits is not None:
            assert sensor.bits == int(theirs[sensor.name], 16), sensor.name
        else:
            assert theirs[sensor.name] == "na"


def test_log_agrees_with_ipmitool(hall: Fleet, faulty: IpmiAnswer) -> None:
    need("ipmitool")
    theirs = [line.split("|") for line in _ipmitool(hall.bmcs[FAULTY.name], "sel", "list").splitlines()]
    assert [int(fields[0], 16) for fields in theirs] == [entry.record for entry in reversed(faulty.log)]
    times = [f"{fields[1].strip()} {fields[2].strip()}" for fields in theirs]
    assert times == [entry.at.strftime("%m/%d/%y %H:%M:%S UTC") for entry in reversed(faulty.log) if entry.at]


def test_parts_arrive_in_the_order_a_person_needs_them(hall: Fleet) -> None:
    arrived: list[tuple[str, object]] = []
    answer = ipmi.read(hall.bmcs[HEALTHY.name].target(), DEADLINE_S, lambda name, part: arrived.append((name, part)))
    assert list(dict.fromkeys(name for name, _ in arrived)) == [
        "power",
        "log",
        "health",
        "sensors",
        "identity",
        "inventory",
    ]
    assert dict(arrived) == {
        "power": answer.power_on,
        "log": answer.log,
        "health": tuple(sensor for sensor in answer.sensors if is_health(sensor)),
        "sensors": answer.sensors,
        "identity": answer.identity,
        "inventory": answer.inventory,
    }


def test_repair_changes_what_the_machine_says(bmc: BmcServer) -> None:
    bmc.clear_fault(psu_input_lost(2))
    bmc.inject(drive_failing(5, "fault"))
    answer = ipmi.read(bmc.target(), DEADLINE_S)
    bits = {sensor.name: sensor.bits for sensor in answer.sensors}
    assert bits["PS2 Status"] == 1 << PSU_PRESENT
    assert bits["Drive 5"] == 1 << DRIVE_PRESENT | 1 << DRIVE_FAULT
    newest = [(entry.sensor_number, entry.data[0] & 0x0F, entry.asserted) for entry in answer.log]
    assert (FAULTY.number("Drive 5"), DRIVE_FAULT, True) == newest[0]
    assert (FAULTY.number("PS2 Status"), PSU_INPUT_LOST, False) in newest[1:12]
    assert _age(answer.log[0]) < timedelta(minutes=1)


def test_power_is_read_as_it_is(bmc: BmcServer) -> None:
    assert ipmi.power(bmc.target(), DEADLINE_S) is True
    bmc.power_on = False
    assert ipmi.power(bmc.target(), DEADLINE_S) is False
    assert ipmi.read(bmc.target(), DEADLINE_S).power_on is False


def test_identify_light_goes_on_and_off(bmc: BmcServer) -> None:
    ipmi.identify(bmc.target(), 30, DEADLINE_S)
    ipmi.identify(bmc.target(), 0, DEADLINE_S)
    assert bmc.identify_log() == ["30 0", "0 0"]
    with pytest.raises(ValueError, match="0 to 255"):
        ipmi.identify(bmc.target(), 256, DEADLINE_S)


def test_clock_of_the_bmc_is_compared_with_ours(tmp_path: Path) -> None:
    need("ipmi_sim")
    with started([BmcServer(Bmc("SRV-9", "CZ9", "AT-9", clock_skew_s=3600), tmp_path)]) as (server,):
        answer = ipmi.read(server.target(), DEADLINE_S)
    assert answer.clock_skew_s == pytest.approx(3600, abs=3)


def test_wrong_password_and_unknown_user_are_refused_at_once(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    for target in (server.target(password="not-the-password"), server.target(username="nobody")):
        with ends_within(1), pytest.raises(AuthRefused) as refused:
            ipmi.read(target, DEADLINE_S)
        assert "password" in refused.value.advice


def test_secrets_stay_out_of_errors_and_of_what_targets_show(hall: Fleet) -> None:
    target = hall.bmcs[HEALTHY.name].target(password="s3cret-but-wrong")
    with pytest.raises(AuthRefused) as refused:
        ipmi.read(target, DEADLINE_S)
    shown = [repr(target), refused.value.reason, refused.value.advice]
    error: BaseException | None = refused.value
    while error is not None:
        shown.append(repr(error))
        error = error.__cause__ or error.__context__
    assert not [text for text in shown if "s3cret" in text]


def test_account_with_less_privilege_than_asked_for_can_still_read(hall: Fleet) -> None:
    reader = hall.bmcs[HEALTHY.name].target("reader", privilege="administrator")
    assert ipmi.read(reader, DEADLINE_S).problems == {}


def test_suites_are_tried_in_order_until_the_bmc_takes_one(hall: Fleet) -> None:
    server = hall.bmcs[HEALTHY.name]
    target = server.target()
    assert target.cipher_suites == (17, 3)  # ipmi_sim refuses 17
    assert ipmi.power(target, DEADLINE_S) is True
    only_17 = IpmiTarget(target.address, target.username, target.password, target.port, cipher_suites=(17,))
    with ends_within(1), pytest.raises(Refused, match="status 0x"):
        ipmi.power(only_17, DEADLINE_S)


def test_bmc_without_a_free_session_says_so_and_serves_again_when_one_is_closed(bmc: BmcServer) -> None:
    sessions = [BmcSession(bmc.target(), DEADLINE_S) for _ in range(FREE_SESSIONS)]
    try:
        with ends_within(1), pytest.raises(Refused) as refused:
            ipmi.power(bmc.target(), DEADLINE_S)
        assert "no free session" in refused.value.reason
        sessions.pop().close()
        assert ipmi.power(bmc.target(), DEADLINE_S) is True
    finally:
        for session in sessions:
            session.close()


def test_every_read_gives_its_session_back_also_when_it_fails(bmc: BmcServer) -> None:
    for _ in range(FREE_SESSIONS + 2):
        ipmi.power(bmc.target(), DEADLINE_S)
        with pytest.raises(CompletionCode), BmcSession(bmc.target(), DEADLINE_S) as session:
            session.command(0x06, 0x7F)
    assert ipmi.power(bmc.target(), DEADLINE_S) is True


def test_fifty_reads_at_once_are_all_right(hall: Fleet) -> None:
    targets = [server.target() for server in hall.bmcs.values()] * 25
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda target: ipmi.read(target, 20), targets))
    serials = [answer.identity.serial for answer in answers]
    assert serials == [HEALTHY.serial, FAULTY.serial] * 25
    assert all(answer.problems == {} and len(answer.sensors) == len(HEALTHY.sensors) for answer in answers)


def test_long_log_is_read_from_its_newest_end(bmc: BmcServer) -> None:
    for _ in range(20):
        bmc.inject(psu_input_lost(1))
        bmc.clear_fault(psu_input_lost(1))
    with BmcSession(bmc.target(), DEADLINE_S) as session:
        until = Deadline(DEADLINE_S)
        newest = list(read_newest(session, 50, until))
        all_entries = list(read_newest(session, log_state(session).count, until))
    assert len(newest) == 50
    assert newest == all_entries[:50]
    assert all_entries[-1].record == 1


def test_bmc_of_the_lab_outlives_a_console_that_goes_away_before_its_answers(bmc: BmcServer) -> None:
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", bmc.console_port), DEADLINE_S) as console:
            console.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            console.sendall(b"sensor_set_value 0x20 0 1 96 0\n" * 50)
    assert ipmi.power(bmc.target(), DEADLINE_S) is True
    assert bmc.child.running


def test_second_read_asks_only_for_what_can_change(bmc: BmcServer) -> None:
    first = ipmi.read(bmc.target(), DEADLINE_S)
    bmc.set_value("Inlet Temp", 31)
    bmc.set_bits("Drive 7", {DRIVE_PRESENT})
    second = ipmi.read(bmc.target(), DEADLINE_S)
    assert second.requests < len(FAULTY.sensors) + 35 < first.requests / 2
    assert next(sensor.value for sensor in second.sensors if sensor.name == "Inlet Temp") == 31
    assert second.log[1:] == first.log
    assert second.log[0].sensor_number == FAULTY.number("Drive 7")


def test_cleared_log_is_not_remembered(bmc: BmcServer) -> None:
    before = ipmi.read(bmc.target(), DEADLINE_S)
    with BmcSession(bmc.target(), DEADLINE_S) as session:
        reservation = session.command(0x0A, 0x42)
        session.command(0x0A, 0x47, reservation + b"CLR\xaa")
    bmc.set_bits("Drive 7", {DRIVE_PRESENT})
    after = ipmi.read(bmc.target(), DEADLINE_S)
    assert len(before.log) > 10
    assert [entry.sensor_number for entry in after.log] == [FAULTY.number("Drive 7")]


def test_another_machine_at_the_same_address_is_read_anew(tmp_path: Path) -> None:
    need("ipmi_sim")
    ports = (free_udp_ports(1)[0], free_tcp_ports(1)[0])
    for number in (1, 2):
        sensors = (*HEALTHY.sensors[:10], replace(HEALTHY.sensors[10], name=f"Only in {number}"))
        machine = replace(HEALTHY, serial=f"CZ-{number}", sensors=sensors, history=())
        with started([BmcServer(machine, tmp_path, ports)]) as (server,):
            answer = ipmi.read(server.target(), DEADLINE_S)
        assert f"Only in {number}" in [sensor.name for sensor in answer.sensors]


def test_log_that_began_anew_under_the_same_numbers_is_not_mixed_with_what_was_remembered(tmp_path: Path) -> None:
    need("ipmi_sim")
    ports = (free_udp_ports(1)[0], free_tcp_ports(1)[0])
    for sensor in ("Intrusion", "Watchdog"):
        machine = replace(HEALTHY, history=(Event(sensor, 0, 60),))
        with started([BmcServer(machine, tmp_path, ports)]) as (server,):
            answer = ipmi.read(server.target(), DEADLINE_S)
        assert [entry.sensor_number for entry in answer.log] == [HEALTHY.number(sensor)]


def test_inventory_with_wrong_checksums_is_read_all_the_same(bmc: BmcServer) -> None:
    inventory = bmc.folder / "fru0.bin"
    damaged = inventory.read_bytes().replace(FAULTY.serial.encode(), b"CZ99999")
    assert damaged != inventory.read_bytes()
    inventory.write_bytes(damaged)
    answer = ipmi.read(bmc.target(), DEADLINE_S)
    assert (answer.identity.serial, answer.problems) == ("CZ99999", {})


def _age(entry: LogEntry) -> timedelta:
    assert entry.at is not None
    return datetime.now(UTC) - entry.at


def _ipmitool(server: BmcServer, *arguments: str) -> str:
    target = server.target()
    account = ["-H", target.address, "-p", str(target.port), "-U", target.username, "-P", target.password]
    command = ["ipmitool", "-I", "lanplus", "-C", "3", *account, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
