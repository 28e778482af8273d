"""SSH servers that are no OpenSSH: passwords, a second proof, and ways to keep a client waiting."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import paramiko
import pytest
from paramiko.common import (
    AUTH_FAILED,
    AUTH_PARTIALLY_SUCCESSFUL,
    AUTH_SUCCESSFUL,
    OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED,
    OPEN_SUCCEEDED,
)

from app.core.errors import AuthRefused, HardwareError, TimedOut
from app.hardware.protocols.ssh import open_session
from app.hardware.readings import SshTarget
from lab.fixtures import ends_within
from lab.processes import LOOPBACK

PASSWORD = "correct horse"
KEY = paramiko.RSAKey.generate(2048)


class Odd(paramiko.ServerInterface):
    """Knows one password. `answers` says how it treats commands: with their own text, never, or not at all."""

    def __init__(self, answers: str = "echo", *, second_proof: bool = False) -> None:
        self.answers, self.second_proof = answers, second_proof
        self.passwords: list[str] = []
        self.released = threading.Event()

    def get_allowed_auths(self, username: str) -> str:  # noqa: ARG002 -- as paramiko calls it
        return "password"

    def check_auth_password(self, username: str, password: str) -> int:  # noqa: ARG002 -- as paramiko calls it
        self.passwords.append(password)
        if self.answers == "slow sign-in":
            self.released.wait(10)
        if password != PASSWORD:
            return AUTH_FAILED
        return AUTH_PARTIALLY_SUCCESSFUL if self.second_proof else AUTH_SUCCESSFUL

    def check_channel_request(self, kind: str, chanid: int) -> int:  # noqa: ARG002 -- as paramiko calls it
        refused = OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED
        return refused if self.answers == "no session" else OPEN_SUCCEEDED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        if self.answers == "silent request":
            self.released.wait(10)
        if self.answers == "echo":
            threading.Thread(target=_echo, args=(channel, command), daemon=True).start()
        return self.answers != "refuses"


def _echo(channel: paramiko.Channel, command: bytes) -> None:
    channel.recv(1)  # the end of our input comes when the client knows that its request was accepted
    channel.sendall(command)
    channel.send_exit_status(0)
    channel.close()


@contextlib.contextmanager
def serving(server: Odd) -> Iterator[SshTarget]:
    with socket.create_server((LOOPBACK, 0)) as listener, contextlib.ExitStack() as open_links:

        def greet() -> None:
            with contextlib.suppress(OSError, EOFError, paramiko.SSHException):
                link = open_links.enter_context(listener.accept()[0])
                transport = paramiko.Transport(link)
                transport.add_server_key(KEY)
                open_links.callback(transport.close)
                transport.start_server(server=server)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        port: Any = listener.getsockname()[1]
        yield SshTarget(LOOPBACK, "diag", f"ssh-rsa {KEY.get_base64()}", password=PASSWORD, port=port)
        server.released.set()
        thread.join(5)


def test_password_lets_us_in_and_a_command_is_answered() -> None:
    with serving(Odd()) as target, open_session(target, 5.0) as session:
        said = session.run(["uptime", "uptime"], 3.0)
    assert {line: (one.text, one.status, one.problem) for line, one in said.items()} == {"uptime": ("uptime", 0, None)}
    assert session.requests == 1


def test_wrong_password_is_sent_once_and_refused() -> None:
    server = Odd()
    with serving(server) as target, pytest.raises(AuthRefused) as caught, open_session(_wrong(target), 5.0):
        pass
    assert server.passwords == ["wrong"]
    assert "wrong" not in f"{caught.value.reason}{caught.value.advice}"


def _wrong(target: SshTarget) -> SshTarget:
    return replace(target, password="wrong")


def test_no_password_is_sent_to_another_host_than_the_pinned_one() -> None:
    server, other = Odd(), paramiko.RSAKey.generate(2048)
    with serving(server) as target:
        pinned = replace(target, host_key=f"ssh-rsa {other.get_base64()}")
        with pytest.raises(HardwareError) as caught, open_session(pinned, 5.0):
            pass
    assert (caught.value.status, server.passwords) == ("refused", [])


def test_second_proof_is_told_as_such() -> None:
    with (
        serving(Odd(second_proof=True)) as target,
        pytest.raises(AuthRefused, match="second"),
        open_session(target, 5.0),
    ):
        pass


def test_host_that_never_finishes_signing_in_is_a_timeout() -> None:
    with serving(Odd("slow sign-in")) as target, ends_within(2.0), pytest.raises(TimedOut), open_session(target, 1.5):
        pass


@pytest.mark.parametrize("answers", ["silent request", "refuses", "no session", "never ends"])
def test_host_that_answers_no_command_keeps_nobody_waiting(answers: str) -> None:
    with serving(Odd(answers)) as target, ends_within(3.0), open_session(target, 2.5) as session:
        said = session.run(["uptime", "id"], 1.5)
    assert all(one.problem for one in said.values())
