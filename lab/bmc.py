"""A BMC on loopback: one ipmi_sim process, configured from a plain description.

It speaks RMCP+ (cipher suites 1 to 3, not 17) and remembers nothing from an earlier run.
Sensors, event log and power can be changed while it runs, as a repair would change them.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import signal
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pyipmi
import pyipmi.interfaces.rmcpplus

from app.hardware.readings import IpmiTarget
from lab.ipmi_records import (
    FRU_SIZE,
    compact_record,
    controller_record,
    fru_inventory,
    full_record,
    locator_record,
    log_record,
    module_inventory,
    part_inventory,
)
from lab.machines import THRESHOLD, Analog, Bmc, Change, Discrete, Event, Fault, Part, Sensor, apply, changed, events_of
from lab.processes import LOOPBACK, Child, NotReady, free_tcp_ports, free_udp_ports, wait_until

ASF_PRESENCE_PING = bytes([6, 0, 0xFF, 6, 0, 0, 0x11, 0xBE, 0x80, 0, 0, 0])
PROMPT = b"> "
DISCRETE_BITS = 15

# ipmi_sim calls it with: address, get|set, names or name-value pairs ("identify" comes with one argument "10 0").
CHASSIS_SCRIPT = """#!/bin/sh
here=$(dirname "$0")
verb=$2
shift 2
while [ $# -gt 0 ]; do
  case "$verb $1" in
    "get power") echo "power:$(cat "$here/power")"; shift ;;
    "get boot") echo "boot:default"; shift ;;
    "set power") echo "$2" > "$here/power"; shift 2 ;;
    "set identify") echo "$2" >> "$here/identify.log"; shift 2 ;;
    "set shutdown") echo "$2" >> "$here/shutdown.log"; cat "$here/obeys" > "$here/power"
      [ ! -e "$here/freeze" ] || kill -STOP "$(cat "$here/freeze")"; shift 2 ;;
    *) exit 1 ;;
  esac
done
"""

LAN_CONFIGURATION = """name "{name}"
set_working_mc 0x20
  startlan 1
    addr {loopback} {port}
    priv_limit admin
    allowed_auths_callback none md2 md5 straight
    allowed_auths_user none md2 md5 straight
    allowed_auths_operator none md2 md5 straight
    allowed_auths_admin none md2 md5 straight
    guid {guid}
  endlan
  chassis_control "{folder}/chassis.sh 0x20"
  user 1 false "" "none" user 10 none md2 md5 straight
  user 2 true "{username}" "{password}" admin 60 none md2 md5 straight
  user 3 true "operator" "{password}" operator 60 none md2 md5 straight
  user 4 true "reader" "{password}" user 60 none md2 md5 straight
console {loopback} {console}
"""


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
            for line in _sensor_lines(self.bmc, apply(self.bmc.sensor(change.sensor), change), events=True)
        )

    def clear_fault(self, *faults: Fault) -> None:
        """Repair: the sensors of these faults are healthy again, the event log tells it."""
        self._tell(
            line
            for fault in faults
            for change in fault.changes
            for line in _sensor_lines(self.bmc, self.bmc.sensor(change.sensor), events=True)
        )

    def replace_part(self, name: str, serial: str) -> None:
        """Put another part of the same kind in the place of this one: its inventory has another serial number."""
        number = [part.name for part in self.bmc.parts].index(name) + 1
        swapped = replace(self.bmc.parts[number - 1], serial=serial)
        (self.folder / f"fru{number}.bin").write_bytes(_inventory(self.bmc, swapped))

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
        with socket.create_connection((LOOPBACK, self.console_port), 3) as console:
            _read_prompt(console)
            for line in lines:
                # One end-of-line character: a second one is a second answer, for a console that has gone away.
                console.sendall(line.encode() + b"\n")
                _read_prompt(console)


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


def write_configuration(bmc: Bmc, folder: Path, ports: tuple[int, int]) -> None:
    """Write all that ipmi_sim reads at its start; `ports` are (UDP, console TCP)."""
    for stale in ("state", "identify.log", "shutdown.log", "freeze", "output.log"):
        path = folder / stale
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    state = folder / "state" / "ipmi_sim" / bmc.name
    state.mkdir(parents=True)
    (state / "sel.20").write_text(_log_seed(bmc, int(time.time()) + bmc.clock_skew_s))
    (folder / "chassis.sh").write_text(CHASSIS_SCRIPT)
    (folder / "chassis.sh").chmod(0o755)
    (folder / "power").write_text(f"{int(bmc.power_on)}\n")
    (folder / "obeys").write_text("0\n")
    (folder / "fru0.bin").write_bytes(fru_inventory(bmc.manufacturer, bmc.product, bmc.serial, bmc.asset_tag))
    for number, part in enumerate(bmc.parts, 1):
        (folder / f"fru{number}.bin").write_bytes(_inventory(bmc, part))
    (folder / "bmc.emu").write_text("\n".join(_emulator_lines(bmc, folder)) + "\n")
    guid = bmc.guid or hashlib.sha256(bmc.serial.encode()).hexdigest()[:32]
    (folder / "lan.conf").write_text(
        LAN_CONFIGURATION.format(
            name=bmc.name,
            loopback=LOOPBACK,
            port=ports[0],
            console=ports[1],
            guid=guid,
            folder=folder,
            username=bmc.username,
            password=bmc.password,
        )
    )
    (folder / "lan.conf").chmod(0o600)


def _emulator_lines(bmc: Bmc, folder: Path) -> Iterator[str]:
    yield "mc_setbmc 0x20"
    yield "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x2a7c 0x0945"
    yield f"sel_enable 0x20 {bmc.log_capacity} 0x0a"
    records = [controller_record("BMC")]
    for sensor in changed(bmc.sensors, bmc.faults):
        number = bmc.number(sensor.name)
        event_type = THRESHOLD if isinstance(sensor, Analog) else sensor.event_type
        yield f"sensor_add 0x20 0 {number} {sensor.kind} {event_type}"
        yield from _setup_lines(number, sensor)
        yield from _sensor_lines(bmc, sensor, events=False)
        records.append(_record(number, sensor))
    for number, part in enumerate(bmc.parts, 1):
        records.append(locator_record(number, (part.entity, part.instance), part.name))
    for record in records:
        yield "main_sdr_add 0x20 " + " ".join(f"0x{byte:02x}" for byte in record)
    for number in range(len(bmc.parts) + 1):
        yield f'mc_add_fru_data 0x20 {number} {FRU_SIZE} file 0 "{folder}/fru{number}.bin"'
    yield "mc_enable 0x20"


def _inventory(bmc: Bmc, part: Part) -> bytes:
    if part.module:
        return module_inventory(part.serial, part.product)
    return part_inventory(bmc.manufacturer, part.product, part.serial)


def _setup_lines(number: int, sensor: Sensor) -> Iterator[str]:
    scanning = "scanning" if not isinstance(sensor, Analog) or sensor.readable else "no-scanning"
    support = "000111111111111" if isinstance(sensor, Analog) else "1" * DISCRETE_BITS
    if isinstance(sensor, Analog):
        mask, raw = _thresholds(sensor)
        yield f"sensor_set_threshold 0x20 0 {number} settable {mask:06b} " + " ".join(map(str, raw))
    yield f"sensor_set_event_support 0x20 0 {number} enable {scanning} per-state" + f" {support}" * 4


def _sensor_lines(bmc: Bmc, sensor: Sensor, *, events: bool) -> Iterator[str]:
    """Say to ipmi_sim what a sensor is now; with `events` each change adds a log entry."""
    number, event = bmc.number(sensor.name), int(events)
    if isinstance(sensor, Discrete):
        for bit in range(DISCRETE_BITS):
            yield f"sensor_set_bit 0x20 0 {number} {bit} {int(bit in sensor.bits)} {event}"
    else:
        yield f"sensor_set_value 0x20 0 {number} {sensor.raw(sensor.value)} {event}"


def _thresholds(sensor: Analog) -> tuple[int, bytes]:
    """Return the mask of the limits there are (bit 0 lnc to bit 5 unr) and all six raw, from unr down to lnc."""
    mask = (0b000111 if sensor.low else 0) | (0b111000 if sensor.high else 0)
    high, low = sensor.high or (0, 0, 0), sensor.low or (0, 0, 0)
    return mask, bytes(sensor.raw(limit) for limit in (*reversed(high), *reversed(low)))


def _record(number: int, sensor: Sensor) -> bytes:
    key = (number, sensor.entity, sensor.instance)
    if isinstance(sensor, Discrete):
        return compact_record(key, sensor.kind, sensor.event_type, sensor.name)
    return full_record(key, sensor.kind, sensor.unit, sensor.factors, _thresholds(sensor), sensor.name)


def _log_seed(bmc: Bmc, now: int) -> str:
    """Return the log as ipmi_sim keeps it: its own `sel_add` cannot give an entry a date."""
    events = [*bmc.history, *(event for fault in bmc.faults for event in events_of(bmc, fault))]
    events.sort(key=lambda event: -event.minutes_ago)
    records = [_log_record(bmc, number, event, now) for number, event in enumerate(events, 1)]
    lines = [f"{number}:d:" + "".join(f"\\{byte:02x}" for byte in record) for number, record in enumerate(records, 1)]
    return "\n".join([*reversed(lines), f"last_add_time:i:{now}"]) + "\n"


def _log_record(bmc: Bmc, number: int, event: Event, now: int) -> bytes:
    sensor = bmc.sensor(event.sensor)
    event_type = THRESHOLD if isinstance(sensor, Analog) else sensor.event_type
    key = (sensor.kind, bmc.number(sensor.name))
    data = (event.flags | event.offset, *event.data)
    at = number if event.unset_clock else now - 60 * event.minutes_ago
    return log_record(number, at, key, (event_type, event.asserted), data)


def _read_prompt(console: socket.socket) -> None:
    answer = b""
    while not answer.endswith(PROMPT):
        piece = console.recv(4096)
        if not piece:
            raise ConnectionError("the BMC's console closed")
        answer += piece
    if b"**" in answer:
        raise ValueError(f"the BMC's console refused: {answer.decode(errors='replace')}")
