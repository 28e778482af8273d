"""A host on loopback: a real OpenSSH server whose tools give prepared output, so that any hardware can be ordered.

The server has a host key, a configuration and one authorized key of its own, in a folder of its own, and lets in the
account that started it. A session's search path begins with a folder of stand-ins for smartctl, lsblk and the rest;
each prints what a file says for exactly these arguments. A tool without files answers as if it were not installed.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from app.hardware.readings import SshTarget
from lab.processes import LOOPBACK, Child, NotReady, free_tcp_ports, started, wait_until

TOOLS = ("smartctl", "lsblk", "cat", "mdadm", "ip", "ethtool", "grep", "dmidecode", "nvme", "storcli64", "id", "sudo")
PRIVILEGE_SEPARATION = Path("/run/sshd")
SHADOW = Path("/etc/shadow")

# Programs by their full path: the stand-ins' own folder comes first on the path. A file's name is the line with
# everything but letters, digits, dot and minus as "_"; beside it .code is the exit status, .err what goes to
# standard error; with .hang the tool never ends, with .flood it never stops talking.
STAND_IN = """#!/bin/sh
tool=${0##*/}
answers=@ANSWERS@
if [ "$tool" = sudo ]; then
    if [ -e "$answers/no-sudo" ]; then echo "sudo: a password is required" >&2; exit 1; fi
    [ "$1" = -n ] && shift
    RACKSIDE_LAB_ROOT=1 exec "$@"
fi
key=$(printf '%s' "$tool $*" | /usr/bin/tr -c 'A-Za-z0-9.-' '_')
file=$answers/$key
if [ -e "$file.root" ] && [ -e "$answers/ordinary" ] && [ -z "$RACKSIDE_LAB_ROOT" ]; then
    echo "$tool: Permission denied" >&2; exit 1
fi
if [ -e "$file.hang" ]; then exec /bin/sleep 60; fi
if [ -e "$file.flood" ]; then exec /usr/bin/yes "$tool goes on and on"; fi
if [ ! -e "$file" ]; then echo "timeout: failed to run command '$tool': No such file or directory" >&2; exit 127; fi
/bin/cat "$file"
[ -e "$file.err" ] && /bin/cat "$file.err" >&2
[ -e "$file.code" ] && exit "$(/bin/cat "$file.code")"
exit 0
"""


@dataclass(frozen=True, slots=True)
class Said:
    """What a tool prints, its exit status, and how it misbehaves. `root`: an ordinary account is refused."""

    text: str = ""
    code: int = 0
    errors: str = ""
    root: bool = False
    hangs: bool = False
    floods: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """A host: what each line prints. `uid` is who the account says it is, `sudo` whether it may use it."""

    name: str
    lines: Mapping[str, Said]
    uid: int = 0
    sudo: bool = True

    def but(self, **lines: Said) -> Host:
        """The same host with other answers: lines by their text."""
        return replace(self, lines={**self.lines, **lines})

    def without(self, *tools: str) -> Host:
        """The same host without these tools."""
        return replace(self, lines={line: said for line, said in self.lines.items() if line.split()[0] not in tools})


class SshHost:
    """A running (or stopped) host. `start()` returns at once; `wait()` returns when it greets."""

    def __init__(self, host: Host, folder: Path, port: int | None = None) -> None:
        self.host = host
        self.folder = (folder / host.name).resolve()
        self.port = port or free_tcp_ports(1)[0]
        self.child = Child("sshd", ["-D", "-e", "-f", "sshd_config"], self.folder)
        self._host_key = ""

    def target(self) -> SshTarget:
        """Return how the product reaches this host."""
        return SshTarget(LOOPBACK, account(), self._host_key, str(self.folder / "client_key"), port=self.port)

    def start(self) -> None:
        """Write keys, configuration and answers anew and start the server."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._host_key = write_key(self.folder / "host_key")
        (self.folder / "authorized_keys").write_text(write_key(self.folder / "client_key") + "\n")
        self._write_tools()
        self.order(self.host)
        (self.folder / "sshd_config").write_text("\n".join(self._configuration()) + "\n")
        if os.geteuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)  # what its service would make
        self.child.start()

    def wait(self) -> None:
        """Wait until the server greets."""
        wait_until(lambda: self._greets() or not self.child.running, f"SSH host {self.host.name}")
        if not self.child.running:
            raise NotReady(f"SSH host {self.host.name} ended at once: {self.child.output()[-500:]}")

    def stop(self) -> None:
        """End the server."""
        self.child.stop()

    def order(self, host: Host) -> None:
        """Let the tools answer as this host's do, from now on."""
        answers = self.folder / "answers"
        answers.mkdir(exist_ok=True)
        for old in answers.iterdir():
            old.unlink()
        lines = {**host.lines, "id -u": Said(f"{host.uid}\n")}
        for line, said in lines.items():
            _write_answer(answers / key_of(line), said)
        if host.uid != 0:
            (answers / "ordinary").touch()
        if not host.sudo:
            (answers / "no-sudo").touch()

    def _write_tools(self) -> None:
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        for tool in TOOLS:
            (tools / tool).write_text(STAND_IN.replace("@ANSWERS@", f"'{self.folder}/answers'"))
            (tools / tool).chmod(0o755)

    def _configuration(self) -> Iterator[str]:
        yield f"ListenAddress {LOOPBACK}:{self.port}"
        yield f'HostKey "{self.folder}/host_key"'
        yield f'AuthorizedKeysFile "{self.folder}/authorized_keys"'
        yield f'SetEnv PATH="{self.folder}/bin:/usr/bin:/bin"'
        yield f"AllowUsers {account()}"
        yield f"UsePAM {'yes' if _is_locked(account()) else 'no'}"
        yield from ("StrictModes no", "PermitRootLogin yes", "PidFile none", "LogLevel ERROR")
        yield from ("PasswordAuthentication yes", "KbdInteractiveAuthentication no", "X11Forwarding no")
        yield from ("AllowTcpForwarding no", "AllowAgentForwarding no", "PermitTTY no", "PrintMotd no")

    def _greets(self) -> bool:
        with contextlib.suppress(OSError), socket.create_connection((LOOPBACK, self.port), timeout=0.5) as probe:
            return probe.recv(4) == b"SSH-"
        return False


def account() -> str:
    """Return the account that the tests or the demo run as, the only one that the lab's hosts let in."""
    return pwd.getpwuid(os.geteuid()).pw_name


def _is_locked(name: str) -> bool:
    """Tell whether an account is locked: without PAM, sshd then refuses its keys too."""
    with contextlib.suppress(OSError):
        return any(line.startswith(f"{name}:!") for line in SHADOW.read_text().splitlines())
    return False  # then sshd cannot know either


def key_of(line: str) -> str:
    """Return the name of the file with the answer to a line, as the stand-ins spell it."""
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in ".-") else "_" for letter in line)


def write_key(path: Path) -> str:
    """Write a new private key that only we may read, and return its public half as known_hosts has it."""
    key = Ed25519PrivateKey.generate()
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


@contextlib.contextmanager
def running(host: Host, folder: Path) -> Iterator[SshHost]:
    """Run one host under `folder`; it answers on entry and is gone on exit."""
    server = SshHost(host, folder)
    with started([server]):
        yield server


def _write_answer(path: Path, said: Said) -> None:
    path.write_text(said.text)
    marks = {".root": said.root, ".hang": said.hangs, ".flood": said.floods}
    for ending in (ending for ending, is_so in marks.items() if is_so):
        path.with_name(path.name + ending).touch()
    if said.code:
        path.with_name(f"{path.name}.code").write_text(str(said.code))
    if said.errors:
        path.with_name(f"{path.name}.err").write_text(said.errors)
