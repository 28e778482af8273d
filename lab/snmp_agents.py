"""SNMP agents on loopback: real net-snmp daemons that serve the objects of a described device.

They answer v1, v2c and v3 (SHA-256 and SHA, AES). Objects can be changed while they run.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from app.hardware.protocols.snmp_ber import integer, octets, parse_oid, sequence
from app.hardware.protocols.snmp_pdu import GET, encode_request
from app.hardware.readings import SnmpTarget
from lab.processes import LOOPBACK, Child, NotReady, free_udp_ports, wait_until
from lab.snmp_devices import Cell, Changes, Device, Tree

COMMUNITY = "public"
USER, AUTH_PHRASE, PRIVACY_PHRASE = "rack", "authenticate-me", "hide-it-from-them"
SHA1_USER = "rack-sha1"
# What net-snmp may speak of by itself; everything else would tell of this machine, not of the device.
MODULES = "system_mib,snmpEngine,usmUser,usmConf,usmStats,vacm_conf,vacm_vars,pass,pass_persist"
ROOTS = ("1.3.6.1", "1.0.8802")
RESPONDER = Path(__file__).with_name("snmp_pass.py")


class SnmpAgent:
    """A running (or stopped) agent. `start()` returns at once; `wait()` returns when it answers."""

    def __init__(self, device: Device, folder: Path, port: int | None = None) -> None:
        self.device = device
        self.folder = (folder / device.name).resolve()
        self.port = port or free_udp_ports(1)[0]
        self._tree: Tree = {}
        arguments = ["-f", "-Lo", "-C", "-c", "snmpd.conf", "-r", "-I", MODULES]
        environment = {"SNMP_PERSISTENT_DIR": str(self.folder / "state"), "MIBS": ""}
        self.child = Child("snmpd", arguments, self.folder, environment)

    def target(self, version: str = "2c", community: str = COMMUNITY) -> SnmpTarget:
        """Return how the product reaches this agent; with version "3" as the SHA-256 and AES user."""
        if version != "3":
            return SnmpTarget(LOOPBACK, self.port, version, community)
        return SnmpTarget(
            LOOPBACK,
            self.port,
            "3",
            username=USER,
            auth="sha256",
            auth_password=AUTH_PHRASE,
            privacy="aes128",
            privacy_password=PRIVACY_PHRASE,
        )

    def start(self) -> None:
        """Write configuration and objects anew and start the daemon."""
        (self.folder / "state").mkdir(parents=True, exist_ok=True)
        self._tree = self.device.tree()
        self._write_tree()
        (self.folder / "snmpd.conf").write_text("\n".join(self._configuration()) + "\n")
        (self.folder / "snmpd.conf").chmod(0o600)
        self.child.start()

    def wait(self) -> None:
        """Wait until the agent answers."""
        wait_until(lambda: self._answers() or not self.child.running, f"SNMP agent {self.device.name}")
        if not self.child.running:
            raise NotReady(f"SNMP agent {self.device.name} ended at once: {self.child.output()[-500:]}")

    def stop(self) -> None:
        """End the daemon; its responders end with it."""
        self.child.stop()

    def hang(self) -> None:
        """Freeze the agent: its port stays open, it answers nothing."""
        self.child.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Wake a frozen agent."""
        self.child.signal(signal.SIGCONT)

    def set(self, oid: str, cell: Cell | None) -> None:
        """Change one object at once; None takes it away."""
        self.update({oid: cell})

    def attach(self) -> None:
        """Take over an agent that another process started, with the objects it serves now."""
        lines = (self.folder / "tree").read_text().splitlines()
        self._tree = dict(_decode(line) for line in lines)

    def update(self, changes: Changes) -> None:
        """Change many objects at once."""
        for oid, cell in changes.items():
            if cell is None:
                self._tree.pop(oid, None)
            else:
                self._tree[oid] = cell
        self._write_tree()

    def _write_tree(self) -> None:
        lines = [f"{oid} {_encode(cell)}\n" for oid, cell in self._tree.items()]
        fresh = self.folder / "tree.new"
        fresh.write_text("".join(lines))
        fresh.replace(self.folder / "tree")

    def _configuration(self) -> Iterator[str]:
        yield f"agentAddress udp:{LOOPBACK}:{self.port}"
        yield f"rocommunity {COMMUNITY}"
        yield f'createUser {USER} SHA-256 "{AUTH_PHRASE}" AES "{PRIVACY_PHRASE}"'
        yield f'createUser {SHA1_USER} SHA "{AUTH_PHRASE}" AES "{PRIVACY_PHRASE}"'
        yield from (f"rouser {user} authPriv" for user in (USER, SHA1_USER))
        yield f"sysDescr {self.device.sys_descr}"
        yield f"sysObjectID {self.device.sys_object_id}"
        yield f"sysName {self.device.name}"
        yield "sysLocation Hall 1"
        yield "sysContact noc"
        for root in self._first_objects():
            yield f"pass_persist .{root} {sys.executable} -I -S {RESPONDER} {self.folder}/tree {os.getpid()}"

    def _first_objects(self) -> dict[str, str]:
        """Return one object of each root that the device has something under."""
        ordered = [(root, oid) for root in ROOTS for oid in self._tree if oid.startswith(f"{root}.")]
        return dict(reversed(ordered))

    def _answers(self) -> bool:
        # Asking for served objects, not for sysUpTime, makes snmpd start its responders now.
        objects = [parse_oid(oid) for oid in self._first_objects().values()]
        request = sequence(integer(1), octets(COMMUNITY.encode()), encode_request(GET, 1, objects))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
            probe.settimeout(0.5)
            probe.connect((LOOPBACK, self.port))
            probe.send(request)
            return bool(probe.recv(1024))
        return False


def _encode(cell: Cell) -> str:
    """Return type and value as snmpd's pass protocol spells them."""
    kind, value = cell
    if kind != "string":
        return f"{kind} {value!s}"
    raw = value if isinstance(value, bytes) else str(value).encode()
    return f"string {raw.decode()}" if raw.isascii() and raw.decode().isprintable() else f"octet {raw.hex(' ')}"


def _decode(line: str) -> tuple[str, Cell]:
    """Read one line of the tree as `_encode` wrote it."""
    oid, kind, value = line.split(" ", 2)
    if kind == "octet":
        return oid, ("string", bytes.fromhex(value))
    is_text = kind in {"string", "objectid", "ipaddress"} or value.startswith("@")
    return oid, (kind, value if is_text else int(value))
