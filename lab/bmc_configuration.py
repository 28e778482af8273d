"""What ipmi_sim reads at its start, and the words that its console takes: a BMC's description in its own language."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

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
from lab.machines import THRESHOLD, Analog, Bmc, Discrete, Event, Part, Sensor, changed, events_of
from lab.processes import LOOPBACK

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
        (folder / f"fru{number}.bin").write_bytes(inventory_of(bmc, part))
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
        yield from sensor_lines(bmc, sensor, events=False)
        records.append(_record(number, sensor))
    for number, part in enumerate(bmc.parts, 1):
        records.append(locator_record(number, (part.entity, part.instance), part.name))
    for record in records:
        yield "main_sdr_add 0x20 " + " ".join(f"0x{byte:02x}" for byte in record)
    for number in range(len(bmc.parts) + 1):
        yield f'mc_add_fru_data 0x20 {number} {FRU_SIZE} file 0 "{folder}/fru{number}.bin"'
    yield "mc_enable 0x20"


def inventory_of(bmc: Bmc, part: Part) -> bytes:
    """Return the bytes of a part's own inventory."""
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


def sensor_lines(bmc: Bmc, sensor: Sensor, *, events: bool) -> Iterator[str]:
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
    added = records and int.from_bytes(records[-1][3:7], "little")
    lines = [f"{number}:d:" + "".join(f"\\{byte:02x}" for byte in record) for number, record in enumerate(records, 1)]
    return "\n".join([*reversed(lines), f"last_add_time:i:{added or now}"]) + "\n"


def _log_record(bmc: Bmc, number: int, event: Event, now: int) -> bytes:
    sensor = bmc.sensor(event.sensor)
    event_type = THRESHOLD if isinstance(sensor, Analog) else sensor.event_type
    key = (sensor.kind, bmc.number(sensor.name))
    data = (event.flags | event.offset, *event.data)
    at = number if event.unset_clock else now - 60 * event.minutes_ago
    return log_record(number, at, key, (event_type, event.asserted), data)
