"""Diagnostics over SSH from a real OpenSSH server on loopback, whose tools' answers are ordered."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import paramiko
import pytest

from app.core.clock import true_now
from app.core.errors import HardwareError
from app.hardware.collect import collect
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.protocols.ssh import MOST_BYTES, open_session
from app.hardware.readings import SourceStatus, SshTarget, State
from app.hardware.target import Device, Neighbour, NetworkLink, ProbeTarget
from lab.fixtures import ends_within
from lab.processes import LOOPBACK, free_tcp_ports
from lab.ssh_host import Host, Said, SshHost, running, write_key
from lab.ssh_outputs import (
    DMIDECODE,
    EDAC,
    LINKS,
    LSBLK,
    MDSTAT,
    SCAN,
    ata_drive,
    edac,
    healthy,
    links,
    lsblk,
    mdstat,
    nvme_drive,
    smart_of,
)
from lab.tools import missing
from tests.conftest import NEEDS_PACKAGE

pytestmark = pytest.mark.skipif(bool(missing("sshd")), reason=f"{NEEDS_PACKAGE} openssh-server")

SDA, NVME0 = smart_of("/dev/sda"), smart_of("/dev/nvme0", "nvme")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshHost]:
    with running(healthy(), tmp_path_factory.mktemp("host")) as found:
        yield found


@pytest.fixture
def host(server: SshHost) -> SshHost:
    """The server, well again."""
    server.order(healthy())
    return server


def take(target: SshTarget, deadline_s: float = 8.0) -> DiagnosticsDocument:
    link = NetworkLink("eno1", "Ethernet1", Neighbour("tor-1"))
    return collect(ProbeTarget(Device("server", "SRV", ssh=target), (), (link,), deadline_s), true_now)


def source_of(target: SshTarget, deadline_s: float = 8.0) -> Source:
    (source,) = take(target, deadline_s).sources
    return source


def ordered(host: SshHost, **lines: Said) -> DiagnosticsDocument:
    host.order(healthy().but(**lines))
    return take(host.target())


def test_healthy_host_is_complete_and_has_no_findings(host: SshHost) -> None:
    document = take(host.target())
    assert (document.findings, document.complete) == ((), True)
    assert (document.identity.serial, document.power.on) == ("CZ10042", True)
    assert {part.kind for part in document.components} == {"drive", "raid_volume", "memory", "nic"}


@pytest.mark.parametrize(
    ("line", "text", "found"),
    [
        (SDA, ata_drive("WX10001", passed=False), ("drive", "sda", State.CRITICAL)),
        (NVME0, nvme_drive("NV10001", warning=4), ("drive", "nvme0", State.CRITICAL)),
        (LSBLK, lsblk(("sda", "WX10001", "sata", "offline")), ("drive", "sda", State.CRITICAL)),
        (MDSTAT, mdstat("sdb1[1](F) sda1[0]", "[2/1] [U_]"), ("drive", "sdb", State.CRITICAL)),
        (MDSTAT, mdstat("sda1[0]", "[2/1] [U_]"), ("raid_volume", "md0", State.WARNING)),
        (EDAC, edac({"DIMM_A1": (3, 0)}), ("memory", "DIMM_A1", State.CRITICAL)),
        (LINKS, links(("eno1", "down")), ("nic", "eno1", State.CRITICAL)),
    ],
)
def test_each_ordered_fault_is_found_and_nothing_else(
    host: SshHost, line: str, text: str, found: tuple[str, str, State]
) -> None:
    document = ordered(host, **{line: Said(text)})
    assert [(one.kind, one.component, one.state) for one in document.findings] == [found]


def test_running_rebuild_is_told(host: SshHost) -> None:
    work = "[=>...]  recovery = 12.6% (1/2) finish=127.5min speed=33440K/sec"
    (finding,) = ordered(host, **{MDSTAT: Said(mdstat("sdc1[2] sda1[0]", "[2/1] [U_]", work))}).findings
    assert "rebuilding (12.6 %" in finding.title


def test_other_host_key_than_the_pinned_one_is_refused_before_anything_is_sent(host: SshHost, tmp_path: Path) -> None:
    other = write_key(tmp_path / "other")
    source = source_of(replace(host.target(), host_key=other))
    assert source.status is SourceStatus.REFUSED
    assert "another key" in str(source.detail)
    assert "installed anew" in str(source.advice)
    assert source.requests == 0


def test_kind_of_key_that_the_host_does_not_have_is_refused(host: SshHost) -> None:
    pinned = paramiko.RSAKey.generate(2048)
    source = source_of(replace(host.target(), host_key=f"{pinned.get_name()} {pinned.get_base64()}"))
    assert source.status is SourceStatus.REFUSED


@pytest.mark.parametrize("pinned", ["ssh-ed25519 AAAA", "ssh-ed25519 !", "ssh-dss AAAA", ""])
def test_pinned_key_that_is_none_is_refused(host: SshHost, pinned: str) -> None:
    assert source_of(replace(host.target(), host_key=pinned)).status is SourceStatus.REFUSED


def test_pinned_key_may_be_written_as_ssh_keyscan_writes_it(host: SshHost) -> None:
    target = host.target()
    assert take(replace(target, host_key=f"[127.0.0.1]:22 {target.host_key} comment")).complete


def test_key_that_the_host_does_not_know_is_auth_refused(host: SshHost, tmp_path: Path) -> None:
    write_key(tmp_path / "stranger")
    source = source_of(replace(host.target(), private_key_file=str(tmp_path / "stranger")))
    assert source.status is SourceStatus.AUTH_REFUSED


def test_wrong_password_is_auth_refused_and_never_repeated(host: SshHost) -> None:
    source = source_of(replace(host.target(), private_key_file=None, password="hunter2-wrong"))
    assert source.status is SourceStatus.AUTH_REFUSED
    assert "hunter2" not in f"{source.detail} {source.advice}"


@pytest.mark.parametrize("content", [None, "", "no key at all", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_private_key_file_of_ours_that_is_no_key_is_told(host: SshHost, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "key").write_text(content)
    source = source_of(replace(host.target(), private_key_file=str(tmp_path / "key")))
    assert (source.status, "private key" in str(source.detail)) == (SourceStatus.REFUSED, True)


def test_nobody_listening_is_unreachable() -> None:
    target = SshTarget(LOOPBACK, "diag", "ssh-ed25519 AAAA", password="x", port=free_tcp_ports(1)[0])
    key = paramiko.RSAKey.generate(2048)
    target = replace(target, host_key=f"ssh-rsa {key.get_base64()}")
    assert source_of(target).status is SourceStatus.UNREACHABLE


def test_hanging_command_ends_within_the_deadline_and_the_rest_is_there(host: SshHost) -> None:
    host.order(healthy().but(**{SDA: Said(hangs=True), DMIDECODE: Said(hangs=True)}))
    with ends_within(7.0):
        document = take(host.target(), 7.0)
    (source,) = document.sources
    assert source.status is SourceStatus.PARTIAL
    assert "dmidecode, smartctl sda: it did not end in time" in str(source.detail)
    states = {part.name: part.state for part in document.components}
    assert (states["sda"], states["sdb"], states["md0"]) == (State.UNKNOWN, State.OK, State.OK)


def test_everything_hanging_is_a_timeout(host: SshHost) -> None:
    lines = {line: Said(hangs=True) for line in healthy().lines}
    host.order(Host("host", {**lines, "storcli64 /call show all J": Said(hangs=True)}))
    with ends_within(3.0):
        document = take(host.target(), 3.0)
    assert document.sources[0].status is not SourceStatus.OK
    assert document.findings == ()
    assert not document.complete


def test_endless_output_is_cut(host: SshHost) -> None:
    host.order(healthy().but(**{LSBLK: Said(floods=True)}))
    with ends_within(8.0):
        source = source_of(host.target())
    assert source.status is SourceStatus.PARTIAL
    assert f"lsblk: it said more than {MOST_BYTES // 1024} KiB" in str(source.detail)


def test_ordinary_account_without_sudo_reads_what_it_may_and_says_what_needs_root(host: SshHost) -> None:
    host.order(replace(healthy(), uid=1000, sudo=False))
    document = take(host.target())
    (source,) = document.sources
    assert source.status is SourceStatus.PARTIAL
    assert "dmidecode" in str(source.detail)
    assert "needs root" in str(source.detail)
    assert "sudo" in str(source.advice)
    assert document.findings == ()


def test_ordinary_account_with_sudo_reads_all(host: SshHost) -> None:
    host.order(replace(healthy(), uid=1000))
    assert take(host.target()).complete


def test_missing_tools_are_stated_and_the_source_is_ok(host: SshHost) -> None:
    host.order(healthy().without("ethtool", "smartctl"))
    (source,) = take(host.target()).sources
    assert source.status is SourceStatus.OK
    assert "not on this host: smartctl, ethtool" in str(source.detail)


def test_device_name_that_is_a_command_is_never_run(host: SshHost, tmp_path: Path) -> None:
    witness = tmp_path / "witness"
    name = f"/dev/sda; touch {witness}"
    host.order(healthy().but(**{SCAN: Said(f'{{"devices": [{{"name": "{name}", "type": "sat"}}]}}')}))
    take(host.target())
    assert not witness.exists()


def test_connection_is_closed_in_any_case(host: SshHost) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    with pytest.raises(ZeroDivisionError):
        _fail_inside(host.target())
    left = [thread for thread in threading.enumerate() if thread.ident not in before]
    for thread in left:
        thread.join(3.0)
    assert not any(thread.is_alive() for thread in left)


def _fail_inside(target: SshTarget) -> None:
    with open_session(target, 5.0) as session:
        session.run(["true"], 2.0)
        raise ZeroDivisionError


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n" + b"\xff" * 4096])
def test_what_is_no_ssh_server_is_an_error_of_ours_within_the_deadline(greeting: bytes) -> None:
    key = paramiko.RSAKey.generate(2048)
    with socket.create_server((LOOPBACK, 0)) as listener:
        thread = threading.Thread(target=_greet, args=(listener, greeting), daemon=True)
        thread.start()
        target = SshTarget(
            LOOPBACK, "diag", f"ssh-rsa {key.get_base64()}", password="x", port=listener.getsockname()[1]
        )
        with ends_within(2.0), pytest.raises(HardwareError) as caught, open_session(target, 2.0):
            pass
        assert caught.value.status in {"timeout", "malformed"}
    thread.join(3.0)


def _greet(listener: socket.socket, greeting: bytes) -> None:
    link, _address = listener.accept()
    with link:
        link.sendall(greeting)
        link.settimeout(3.0)
        try:
            while link.recv(4096):
                pass
        except OSError:
            return
