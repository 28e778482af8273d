"""What the data bytes of a log entry add to it: values, causes, and the part meant. Pure.

Source: IPMI 2.0 tables 29-6 (the two flags of data byte 1) and 42-3. What the standard leaves to the maker is quoted as
numbers and never taken for a part: a wrong slot is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable

from app.hardware.diagnostics import Kind
from app.hardware.facts.limits import quantity
from app.hardware.facts.naming import name_of
from app.hardware.families.ipmi import SENSOR_SPECIFIC, THRESHOLD
from app.hardware.readings import LogEntry, Sensor

ModuleOf = Callable[[int, int, int], str | None]

UNSPECIFIED = 0xFF
TRIGGER, OEM, BY_TABLE = 1, 2, 3  # the flags' values: threshold data, the maker's, the table's
POWER_SUPPLY, MEMORY, FIRMWARE, BOOT_STARTED, SLOT, WATCHDOG, VERSION = 0x08, 0x0C, 0x0F, 0x1D, 0x21, 0x23, 0x2B
KERNEL_PANIC = 0xF0
PSU_CONFIGURATION = 6

CONFIGURATION_ERRORS = {
    0: "vendors differ",
    1: "revisions differ",
    2: "a processor is missing",
    3: "power ratings differ",
    4: "voltage ratings differ",
}
FIRMWARE_ERRORS = {
    1: "no memory installed",
    2: "no usable memory",
    3: "drive cannot be used",
    4: "system board cannot be used",
    5: "diskette cannot be used",
    6: "drive controller cannot be used",
    7: "keyboard cannot be used",
    8: "nothing to boot from",
    9: "video controller cannot be used",
    10: "no video device",
    11: "firmware damaged",
    12: "CPU voltages differ",
    13: "CPU speeds differ",
}
FIRMWARE_STEPS = {
    1: "memory",
    2: "drives",
    3: "other processors",
    4: "user login",
    5: "setup",
    6: "USB",
    7: "PCI",
    8: "option ROMs",
    9: "video",
    10: "cache",
    11: "system management bus",
    12: "keyboard",
    13: "management controller",
    14: "docking",
    15: "docking",
    16: "docking",
    17: "start of the operating system",
    18: "start of the operating system",
    19: "start of the operating system",
    20: "baseboard",
    22: "floppy",
    23: "keyboard test",
    24: "pointing device",
    25: "first processor",
}
WATCHED = {1: "BIOS test", 2: "power-on test", 3: "start of the system", 4: "operating system", 5: "maker's own"}
RESTART_CAUSES = {
    1: "by the BMC",
    2: "by its reset button",
    3: "by its power button",
    4: "by the watchdog",
    6: "when power came back",
    7: "when power came back",
    8: "by the event filter",
    9: "by the event filter",
    10: "by the system itself",
    11: "by its clock",
}
CHANGED = {2: "BMC firmware", 8: "management firmware", 9: "system firmware", 11: "operating system", 17: "logic"}
KIND_OF_SLOT = {1: Kind.DRIVE, 7: Kind.MEMORY, 8: Kind.FAN, 10: Kind.DRIVE, 11: Kind.DRIVE}


def part_meant(entry: LogEntry, module_of: ModuleOf | None = None) -> tuple[Kind, str] | None:
    """The part that the data bytes name by the standard's rules: a memory module, a drive slot, a fan's connector.

    `module_of` knows the maker's own rule for memory modules.
    """
    if entry.event_type != SENSOR_SPECIFIC:
        return None
    first, second, third = entry.data
    if entry.sensor_type == MEMORY and module_of is not None and (slot := module_of(first, second, third)):
        return Kind.MEMORY, slot
    by_table = (first >> 6 == BY_TABLE, first >> 4 & 3 == BY_TABLE)
    if entry.sensor_type == MEMORY and by_table[1] and third != UNSPECIFIED:
        return Kind.MEMORY, str(third)
    kind = KIND_OF_SLOT.get(second & 0x7F)
    if entry.sensor_type == SLOT and all(by_table) and kind and third != UNSPECIFIED:
        return kind, str(third)
    return None


def details(entry: LogEntry, sensor: Sensor | None) -> str | None:
    """What the data bytes add, in words; None when they add nothing."""
    if entry.event_type == THRESHOLD:
        return _crossing(entry, sensor)
    first, second, third = entry.data
    kinds = (first >> 6, first >> 4 & 3)
    told = _by_table(entry) if BY_TABLE in kinds and entry.event_type == SENSOR_SPECIFIC else None
    quoted = [f"0x{byte:02x}" for kind, byte in zip(kinds, (second, third), strict=True) if kind == OEM]
    return told or (f"maker's data {' '.join(quoted)}" if quoted else None)


def _crossing(entry: LogEntry, sensor: Sensor | None) -> str | None:
    """The value that crossed the limit, and the limit, in the sensor's unit."""
    if sensor is None or sensor.scale is None:
        return None
    first, reading, limit = entry.data
    value = sensor.scale.value(reading) if first >> 6 == TRIGGER else None
    crossed = sensor.scale.value(limit) if first >> 4 & 3 == TRIGGER else None
    told = [] if value is None else [quantity(value, sensor.unit)]
    return ", ".join(told if crossed is None else [*told, f"limit {quantity(crossed, sensor.unit)}"]) or None


def _by_table(entry: LogEntry) -> str | None:
    offset, second, third = entry.data[0] & 0x0F, entry.data[1], entry.data[2]
    kind = entry.sensor_type
    if kind == POWER_SUPPLY and offset == PSU_CONFIGURATION and entry.data[0] >> 4 & 3 == BY_TABLE:
        return CONFIGURATION_ERRORS.get(third & 0x0F)
    if kind == SLOT or (kind == MEMORY and third != UNSPECIFIED):
        meant = part_meant(entry)
        return name_of(*meant, meant[1]) if meant else None
    if entry.data[0] >> 6 != BY_TABLE:
        return None
    if kind == FIRMWARE:
        return (FIRMWARE_ERRORS if offset == 0 else FIRMWARE_STEPS).get(second)
    table = {WATCHDOG: WATCHED, BOOT_STARTED: RESTART_CAUSES}.get(kind)
    return table.get(second & 0x0F) if table else CHANGED.get(second) if kind == VERSION else None


def makers_record(entry: LogEntry) -> str:
    """A record that is no system event, in words: only the kernel's last words are for people to read."""
    if entry.record_type == KERNEL_PANIC:
        said = "".join(chr(byte) for byte in entry.raw[5:] if 0x20 <= byte < 0x7F).strip()
        return f"the Linux kernel stopped: {said}"
    data = entry.raw[7:] if entry.record_type < 0xE0 else entry.raw[3:]
    quoted = f": {data.hex(' ')}" if data else ""
    return f"a record of the maker's own type 0x{entry.record_type:02x}{quoted}"
