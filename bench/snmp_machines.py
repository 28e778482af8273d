"""What the SNMP figures are measured on: net-snmp daemons that tell of this machine, and the peer written in C."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.hardware.protocols.snmp_ber import integer, octets, parse_oid, sequence
from app.hardware.protocols.snmp_pdu import GET, encode_request
from app.hardware.readings import SnmpTarget
from lab.processes import LOOPBACK, Child, free_udp_ports, started, wait_until

AGENTS = 4
COMMUNITY, USER, AUTH_PHRASE, PRIVACY_PHRASE = "public", "bench", "authenticate-me", "hide-it-from-them"
SOURCE = Path(__file__).with_name("peers") / "net_snmp_client.c"
HEADER = Path("/usr/include/net-snmp/net-snmp-config.h")
PATIENCE_S = 300
_UCD = "1.3.6.1.4.1.2021"

SCALARS = (
    *(f"1.3.6.1.2.1.1.{number}.0" for number in (1, 2, 3, 4, 5, 6, 8)),
    *(f"{_UCD}.4.{number}.0" for number in (*range(1, 7), *range(11, 16), *range(18, 28), 100, 101)),
    *(f"{_UCD}.10.1.{column}.{row}" for column in (1, 2, 3, 4, 5, 6, 100, 101) for row in (1, 2, 3)),
    *(f"{_UCD}.11.{number}.0" for number in range(1, 7)),
)
"""60 objects: the system, its memory, load and processors."""
TABLES = ("1.3.6.1.2.1.2.2", "1.3.6.1.2.1.25.2.3", "1.3.6.1.2.1.31.1.1")
"""Interfaces, storage, interfaces again."""
GETS = tuple(SCALARS[at : at + 20] for at in range(0, len(SCALARS), 20))


class PlainAgent:
    """A net-snmp daemon with its own objects, for v2c and for one user with SHA and AES."""

    def __init__(self, folder: Path, port: int) -> None:
        self.port = port
        self._folder = folder
        arguments = ["-f", "-Lo", "-C", "-c", "snmpd.conf", "-r"]
        self.child = Child("snmpd", arguments, folder, {"SNMP_PERSISTENT_DIR": str(folder / "state"), "MIBS": ""})

    def start(self) -> None:
        """Write its configuration and start it."""
        self._folder.mkdir()
        lines = [
            f"agentAddress udp:{LOOPBACK}:{self.port}",
            f"rocommunity {COMMUNITY}",
            f'createUser {USER} SHA "{AUTH_PHRASE}" AES "{PRIVACY_PHRASE}"',
            f"rouser {USER} authPriv",
        ]
        settings = self._folder / "snmpd.conf"
        settings.touch(mode=0o600)
        settings.write_text("\n".join(lines) + "\n", encoding="utf-8")
        self.child.start()

    def wait(self) -> None:
        """Wait until it answers."""
        wait_until(self._answers, f"SNMP agent on port {self.port}")

    def target(self, version: str) -> SnmpTarget:
        """How we reach it."""
        if version != "3":
            return SnmpTarget(LOOPBACK, self.port, version, COMMUNITY)
        return SnmpTarget(
            LOOPBACK, self.port, "3", username=USER, auth="sha", auth_password=AUTH_PHRASE, privacy="aes128",
            privacy_password=PRIVACY_PHRASE,
        )  # fmt: skip

    def _answers(self) -> bool:
        request = sequence(integer(1), octets(COMMUNITY.encode()), encode_request(GET, 1, [parse_oid(SCALARS[0])]))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.settimeout(0.2)
            probe.connect((LOOPBACK, self.port))
            probe.send(request)
            return bool(probe.recv(1024))
        return False


@dataclass(frozen=True, slots=True)
class CClient:
    """Our client over net-snmp's C library."""

    program: Path
    reads: Path
    agents: Sequence[PlainAgent]

    def read(self, rounds: int, version: str, *, keys: str = "phrases") -> Mapping[str, float]:
        """Read every agent so many times, one after the other. Raises RuntimeError when one read fails."""
        user = {"RACKSIDE_PEER_USER": USER, "RACKSIDE_PEER_AUTH": AUTH_PHRASE, "RACKSIDE_PEER_PRIVACY": PRIVACY_PHRASE}
        addresses = [f"{LOOPBACK}:{agent.port}" for agent in self.agents]
        done = subprocess.run(
            [self.program, self.reads, str(rounds), keys, COMMUNITY, *addresses],
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
            env={"PATH": os.defpath, "HOME": str(self.reads.parent), **(user if version == "3" else {})},
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"the C client failed: {done.stdout} {done.stderr}"[:300])
        devices, _failed, values, wall_s, cpu_s = (float(word) for word in done.stdout.split())
        return {"cpu_ms": cpu_s / devices * 1000, "rate": devices / wall_s, "values": values / devices}


@contextlib.contextmanager
def plain_agents() -> Iterator[CClient]:
    """Run the agents, and the C client built for them."""
    with tempfile.TemporaryDirectory(prefix="rackside-bench-") as name:
        folder = Path(name)
        program, reads = folder / "net_snmp_client", folder / "reads"
        subprocess.run(
            [shutil.which("cc") or "cc", "-O2", "-o", program, SOURCE, "-lnetsnmp"], check=True, timeout=PATIENCE_S
        )
        lines = [f"get {' '.join(oids)}" for oids in GETS] + [f"walk {table}" for table in TABLES]
        reads.write_text("\n".join(lines) + "\n", encoding="ascii")
        ports = free_udp_ports(AGENTS)
        with started([PlainAgent(folder / f"agent-{port}", port) for port in ports]) as agents:
            yield CClient(program, reads, agents)


def missing() -> list[str]:
    """What this machine lacks for these figures."""
    lacks = [] if shutil.which("snmpd", path="/usr/sbin:/sbin:/usr/bin") else ["snmpd (Debian package snmpd)"]
    lacks += [] if shutil.which("cc") else ["a C compiler (Debian package gcc)"]
    return lacks + ([] if HEADER.exists() else ["net-snmp's headers (Debian package libsnmp-dev)"])
