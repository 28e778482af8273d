"""A BMC on loopback: one ipmi_sim process, configured from a plain description.

It speaks RMCP+ (cipher suites 1 to 3, not 17) and remembers nothing from an earlier run.
Sensors, event log and power can be changed while it runs, as a repair would change them.
"""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pyipmi
import pyipmi.interfaces.rmcpplus

from app.hardware.readings import IpmiTarget
from lab.bmc_configuration import inventory_of, sensor_lines, write_configuration
from lab.ipmi_records import fru_inventory
from lab.machines import Bmc, Change, Fault, apply
from lab.processes import LOOPBACK, Child, NotReady, free_tcp_ports, free_udp_ports, wait_until

ASF_PRESENCE_PING = bytes([6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 0, 0, 0])
PROMPT = b"> "
# ipmi_sim forgets a console whose line comes in the same moment as a request; the next console is heard again.
CONSOLES, CONSOLE_PATIENCE_S = 5, 1.0


class BmcServer:
    """A running (or stopped) BMC. `start()` returns at once; `wait()` returns when it answers."""

    def __init__(self, bmc: Bmc, folder: Path, ports: tuple[int, int] | None = None) -> None:
        """Prepare a BMC under `folder`; `ports` are (UDP, console TCP), any free ones when not given."""
        self.bmc = bmc
        self.folder = (folder / bmc.name).resolve()
        self.port, self.console_port = ports or (free_udp_ports(1)[0], free_tcp_ports(1)[0])
        arguments = ["-c", "lan.conf", "-f", "bmc.emu", "-s", "state"]
        self.child = Child("ipmi_sim", arguments, self.folder)

    def target(
        self, username: str | None = None, password: str | None = None, privilege: str = "operator"
    ) -> IpmiTarget:
        """Return how the product reaches this BMC, by default as its administrator account."""
        return IpmiTarget(
            LOOPBACK,
            self.bmc.username if username is None else username,
            self.bmc.password if password is None else password,
            self.port,
            privilege,
        )

    def start(self) -> None:
        """Write the configuration anew and start the process; nothing survives from an earlier run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        write_configuration(self.bmc, self.folder, (self.port, self.console_port))
        self.child.start()

    def wait(self) -> None:
        """Wait until the BMC answers, then set its clock."""
        wait_until(lambda: answers_ping(self.port) or not self.child.running, f"BMC {self.bmc.name}")
        if not self.child.running:
            raise NotReady(f"BMC {self.bmc.name} ended at once: {self.child.output()[-500:]}")
        set_clock(self.target(privilege="administrator"), time.time() + self.bmc.clock_skew_s)

    def stop(self) -> None:
        """End the process; afterwards nothing listens on its port."""
        self.child.stop()

    def hang(self) -> None:
        """Freeze the BMC: its port stays open, it answers nothing."""
        self.child.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Wake a frozen BMC."""
        self.child.signal(signal.SIGCONT)

    def set_value(self, sensor: str, value: float) -> None:
        """Set an analog sensor; crossing a limit adds a log entry, as on a real BMC."""
        self.inject(Fault((Change(sensor, value=value),)))

    def set_bits(self, sensor: str, bits: Iterable[int]) -> None:
        """Set the asserted offsets of a discrete sensor; each one that changes adds a log entry."""
        self.inject(Fault((Change(sensor, bits=frozenset(bits)),)))

    def inject(self, *faults: Fault) -> None:
        """Let faults begin now: sensors change, the event log tells it."""
        self._tell(
            line
            for fault in faults
            for change in fault.changes
            for line in sensor_lines(self.bmc, apply(self.bmc.sensor(change.sensor), change), events=True)
        )

    def clear_fault(self, *faults: Fault) -> None:
        """Repair: the sensors of these faults are healthy again, the event log tells it."""
        self._tell(
            line
            for fault in faults
            for change in fault.changes
            for line in sensor_lines(self.bmc, self.bmc.sensor(change.sensor), events=True)
        )

    def replace_part(self, name: str, serial: str) -> None:
        """Put another part of the same kind in the place of this one: its inventory has another serial number."""
        number = [part.name for part in self.bmc.parts].index(name) + 1
        swapped = replace(self.bmc.parts[number - 1], serial=serial)
        (self.folder / f"fru{number}.bin").write_bytes(inventory_of(self.bmc, swapped))

    def replace_machine(self, serial: str) -> None:
        """Let the machine's own inventory say another serial number."""
        bmc = self.bmc
        inventory = fru_inventory(bmc.manufacturer, bmc.product, serial, bmc.asset_tag)
        (self.folder / "fru0.bin").write_bytes(inventory)

    @property
    def power_on(self) -> bool:
        """Whether the chassis is switched on; can be set."""
        return (self.folder / "power").read_text().strip() == "1"

    @power_on.setter
    def power_on(self, value: bool) -> None:
        (self.folder / "power").write_text(f"{int(value)}\n")

    def identify_log(self) -> list[str]:
        """Return the identify calls that reached the chassis, as "<seconds> <force>", oldest first."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "identify.log").read_text().splitlines()
        return []

    def shutdown_log(self) -> list[str]:
        """Return the soft shutdowns that reached the chassis, oldest first."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "shutdown.log").read_text().splitlines()
        return []

    @property
    def obeys(self) -> bool:
        """Whether its operating system goes down when it is asked to; can be set."""
        return (self.folder / "obeys").read_text().strip() == "0"

    @obeys.setter
    def obeys(self, value: bool) -> None:
        (self.folder / "obeys").write_text(f"{int(not value)}\n")

    def freeze_when_shut_down(self) -> None:
        """Let the BMC freeze with the next soft shutdown: it was done, and no answer comes."""
        (self.folder / "freeze").write_text(f"{self.child.pid}\n")

    def _tell(self, lines: Iterable[str]) -> None:
        """Say these to the console, the last one again where it fell silent: what is so already adds no log entry."""
        left = list(lines)
        for _ in range(CONSOLES):
            with (
                contextlib.suppress(TimeoutError),
                socket.create_connection((LOOPBACK, self.console_port), CONSOLE_PATIENCE_S) as console,
            ):
                _read_prompt(console)
                while left:
                    # One end-of-line character: a second one is a second answer, for a console that has gone away.
                    console.sendall(left[0].encode() + b"\n")
                    _read_prompt(console)
                    del left[0]
                return
        raise TimeoutError(f"the console of BMC {self.bmc.name} does not answer")


def answers_ping(port: int) -> bool:
    """Tell whether a BMC answers the ASF presence ping, which needs no account."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, contextlib.suppress(OSError):
        probe.settimeout(0.1)
        probe.connect((LOOPBACK, port))
        probe.send(ASF_PRESENCE_PING)
        return bool(probe.recv(64))
    return False


def set_clock(target: IpmiTarget, at: float) -> None:
    """Set the clock of the event log (ipmi_sim's starts at zero with each run)."""
    interface = pyipmi.interfaces.rmcpplus.RmcpPlus(keep_alive_interval=0, max_retries=3, cipher_suite=3)
    connection = pyipmi.create_connection(interface)
    connection.session.set_session_type_rmcp(target.address, target.port)
    connection.session.set_auth_type_user(target.username, target.password)
    connection.target = pyipmi.Target(ipmb_address=0x20)
    with connection:
        connection.send_raw(0, 0x0A, b"\x49" + int(at).to_bytes(4, "little"))


def _read_prompt(console: socket.socket) -> None:
    answer = b""
    while not answer.endswith(PROMPT):
        piece = console.recv(4096)
        if not piece:
            raise ConnectionError("the BMC's console closed")
        answer += piece
    if b"**" in answer:
        raise ValueError(f"the BMC's console refused: {answer.decode(errors='replace')}")
