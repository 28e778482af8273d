"""Real traps and informs of net-snmp, received by the real worker process of a site."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.hardware.models import Asset, DeviceEvent, Diagnostics, TrapDrop
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.protocols.snmp_ber import TICKS, encode_oid, integer, octets, parse_oid, sequence, tlv
from app.hardware.protocols.snmp_pdu import TRAP
from app.hardware.protocols.snmp_trap import TRAP_OID, UPTIME
from app.sites.models import Site
from lab.processes import free_udp_ports
from tests.conftest import NEEDS_PACKAGE
from tests.integration.hardware.conftest import asset, site_with_key
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
needs_snmp = pytest.mark.skipif(shutil.which("snmptrap") is None, reason=f"{NEEDS_PACKAGE} snmp")

COMMUNITY, AUTH, PRIVACY = "kept-in-the-site", "auth-phrase-1", "privacy-phrase-2"
USER = {"version": "3", "username": "rackside", "auth": "sha256", "auth_password": AUTH, "privacy": "aes128"}
PDU_AT, SWITCH_AT, STRANGER_AT = "127.0.1.5", "127.0.1.6", "127.0.1.9"
V2C = ("-v", "2c", "-c", COMMUNITY)
LEVEL = ("-l", "authPriv", "-a", "SHA-256", "-x", "AES", "-X", PRIVACY)
V3 = ("-v", "3", "-u", "rackside", "-A", AUTH, *LEVEL)
OUTLET_OFF = ("", "1.3.6.1.4.1.318.0.269", "1.3.6.1.4.1.318.1.1.12.3.3.1.1.1.8", "i", "8")
LINK_DOWN = ("", "1.3.6.1.6.3.1.1.5.3", "1.3.6.1.2.1.2.2.1.1.7", "i", "7", "1.3.6.1.2.1.2.2.1.2.7", "s", "Ethernet7")
STORM = 10_000

Send = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def site(session: Session, keys: Path) -> Site:
    return site_with_key(session, keys)


@pytest.fixture
def pdu(session: Session, site: Site) -> Asset:
    """A PDU that speaks v2c."""
    return reached(session, asset(session, site, "PDU-A", "pdu"), PDU_AT, {"version": "2c", "community": COMMUNITY})


@pytest.fixture
def switch(session: Session, site: Site) -> Asset:
    """A switch that speaks v3, signed and encrypted."""
    user = USER | {"privacy_password": PRIVACY}
    return reached(session, asset(session, site, "tor-1", "switch"), SWITCH_AT, user)


def reached(session: Session, what: Asset, address: str, account: dict[str, str]) -> Asset:
    set_endpoint(session, what, "snmp", {"address": address, **account}, by="sam", now=true_now())
    session.commit()
    return what


@pytest.fixture
def port() -> int:
    return free_udp_ports(1)[0]


@pytest.fixture
def start(database: str, keys: Path, tmp_path: Path, port: int) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Start the worker of AMS1 and wait until it listens; what is left of it is ended with the test."""
    environment = {
        "DATABASE_URL": database, "RACKSIDE_SITE_KEYS": str(keys), "RACKSIDE_INSTANCE": str(tmp_path),
        "RACKSIDE_TRAPS": f"127.0.0.1:{port}",
    }  # fmt: skip
    running: list[subprocess.Popen[bytes]] = []

    def worker() -> subprocess.Popen[bytes]:
        output = tmp_path / f"worker-{len(running)}.log"
        with output.open("wb") as log:
            command = [sys.executable, "-m", "app", "worker", "--site", "AMS1"]
            running.append(subprocess.Popen(command, cwd=ROOT, env=os.environ | environment, stdout=log, stderr=log))
        wait_until(lambda: "traps: listening" in output.read_text(), within_s=30)
        return running[-1]

    yield worker
    for one in running:
        one.kill()
        one.wait(10)


@pytest.fixture
def send(port: int, tmp_path: Path) -> Send:
    """Send with net-snmp: send("snmptrap", PDU_AT, V2C, OUTLET_OFF)."""

    def run(program: str, source: str, account: Sequence[str], what: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": os.environ["PATH"], "SNMP_PERSISTENT_DIR": str(tmp_path / "snmp"), "MIBS": ""}
        command = [program, *account, "-r", "2", "-t", "3", f"--clientaddr={source}", f"127.0.0.1:{port}", *what]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)

    return run


def events(session: Session, of: Asset) -> list[DeviceEvent]:
    session.rollback()
    return list(session.scalars(select(DeviceEvent).where(DeviceEvent.asset_id == of.id).order_by(DeviceEvent.id)))


def drops(session: Session, *of: int | None) -> dict[str, int]:
    session.rollback()
    counted = select(TrapDrop.reason, func.sum(TrapDrop.number)).group_by(TrapDrop.reason)
    if of:
        counted = counted.where(TrapDrop.asset_id == of[0])
    return {reason: int(number) for reason, number in session.execute(counted)}


def runs(session: Session, of: Asset) -> list[Diagnostics]:
    session.rollback()
    return list(session.scalars(select(Diagnostics).where(Diagnostics.asset_id == of.id)))


def is_diagnosed(session: Session, of: Asset) -> bool:
    return [one.state for one in runs(session, of)] == ["done"]


@needs_snmp
@pytest.mark.parametrize("program", ["snmptrap", "snmpinform"])
def test_a_trap_or_inform_becomes_an_event_and_diagnostics_of_its_asset(
    session: Session, pdu: Asset, switch: Asset, start: Callable[[], object], send: Send, program: str
) -> None:
    start()
    sent = [send(program, PDU_AT, V2C, OUTLET_OFF), send(program, SWITCH_AT, V3, LINK_DOWN)]
    assert [one.returncode for one in sent] == [0, 0], sent
    outlet = wait_until(lambda: events(session, pdu), within_s=10)
    link = wait_until(lambda: events(session, switch), within_s=10)
    assert [(one.words, one.state, one.details) for one in outlet + link] == [
        ("An outlet was switched off", "warning", ["outlet 8"]),
        ("A port went down", "warning", ["interface 7", "port Ethernet7"]),
    ]
    for device in (pdu, switch):
        wait_until(partial(is_diagnosed, session, device), within_s=30)
        assert [one.reason for one in runs(session, device)] == ["trap"]
        assert events(session, device)[0].diagnostics_id == runs(session, device)[0].id
    assert drops(session) == {}


@needs_snmp
def test_who_proves_nothing_leaves_nothing_but_a_count(
    session: Session, pdu: Asset, switch: Asset, start: Callable[[], object], send: Send, port: int
) -> None:
    start()
    plain = ("-v", "3", "-u", "rackside", "-l", "noAuthNoPriv")
    for account in (
        ("-v", "3", "-u", "rackside", "-A", "wrong-phrase", *LEVEL),
        ("-v", "3", "-u", "somebody", "-A", AUTH, *LEVEL),
        plain,
        V2C,
    ):
        send("snmptrap", SWITCH_AT, account, LINK_DOWN)
    send("snmptrap", PDU_AT, ("-v", "2c", "-c", "public"), OUTLET_OFF)
    send("snmptrap", STRANGER_AT, V2C, OUTLET_OFF)
    assert send("snmpinform", PDU_AT, ("-v", "2c", "-c", "public", "-r", "0"), OUTLET_OFF).returncode != 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as rubbish:
        rubbish.bind((PDU_AT, 0))
        rubbish.sendto(b"\x30\x84\xff\xff\xff\xffhello", ("127.0.0.1", port))
    wait_until(lambda: drops(session, switch.id) == {"wrong_credentials": 4}, within_s=10)
    wait_until(lambda: drops(session, None) == {"unknown_sender": 1}, within_s=10)
    wait_until(lambda: drops(session, pdu.id).get("malformed") == 1, within_s=10)
    assert drops(session, pdu.id)["wrong_credentials"] >= 2
    assert events(session, pdu) == events(session, switch) == []
    assert runs(session, pdu) == runs(session, switch) == []


@needs_snmp
def test_a_replay_is_known_also_after_a_restart(
    session: Session, switch: Asset, start: Callable[[], subprocess.Popen[bytes]], send: Send
) -> None:
    def at(boots: int, engine_time: int) -> tuple[str, ...]:
        return (*V3, "-e", "0x8000000001020304", "-Z", f"{boots},{engine_time}")

    worker = start()
    send("snmptrap", SWITCH_AT, at(5, 5000), LINK_DOWN)
    wait_until(lambda: len(events(session, switch)) == 1, within_s=10)
    send("snmptrap", SWITCH_AT, at(5, 4000), LINK_DOWN)
    wait_until(lambda: drops(session) == {"replayed": 1}, within_s=10)
    worker.kill()
    worker.wait(10)
    start()
    send("snmptrap", SWITCH_AT, at(4, 9000), LINK_DOWN)
    wait_until(lambda: drops(session) == {"replayed": 2}, within_s=10)
    send("snmptrap", SWITCH_AT, at(6, 1), LINK_DOWN)
    wait_until(lambda: len(events(session, switch)) == 2, within_s=10)


def trap(request_id: int) -> bytes:
    """An outlet-off trap of v2c as the PDU sends it."""
    pairs = (
        sequence(encode_oid(UPTIME), tlv(TICKS, request_id.to_bytes(4, "big"))),
        sequence(encode_oid(TRAP_OID), encode_oid(parse_oid("1.3.6.1.4.1.318.0.269"))),
    )
    body = integer(request_id) + integer(0) + integer(0) + sequence(*pairs)
    return sequence(integer(1), octets(COMMUNITY.encode()), tlv(TRAP, body))


def resident_kib(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def test_a_storm_gives_one_diagnostics_run_bounded_rows_and_a_full_count(
    session: Session, pdu: Asset, start: Callable[[], subprocess.Popen[bytes]], port: int
) -> None:
    worker = start()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as storm:
        storm.bind((PDU_AT, 0))
        storm.sendto(trap(0), ("127.0.0.1", port))
        wait_until(lambda: len(events(session, pdu)) == 1, within_s=10)
        before, began = resident_kib(worker.pid), time.monotonic()
        for number in range(1, STORM):
            storm.sendto(trap(number), ("127.0.0.1", port))

        def accounted() -> int:
            storm.sendto(trap(0), ("127.0.0.1", port))  # the system tells what it dropped with the next one that comes
            counted = drops(session)
            return len(events(session, pdu)) + counted.get("too_many", 0) + counted.get("overrun", 0)

        wait_until(lambda: accounted() >= STORM, within_s=30, every_s=0.25)
        took = time.monotonic() - began
    assert len(events(session, pdu)) <= 120
    assert len(runs(session, pdu)) == 1
    assert resident_kib(worker.pid) - before < 32 * 1024
    assert took < 30
    assert drops(session, None).keys() <= {"overrun"}
