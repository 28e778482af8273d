"""What a simulated server is made of: sensors, history, and the faults that can be ordered.

Numbers of sensor types, offsets and entities are those of IPMI 2.0 tables 42-2, 42-3 and 43-13.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

CELSIUS, VOLTS, WATTS, RPM = 1, 4, 6, 18
TEMPERATURE, VOLTAGE, FAN, INTRUSION, PROCESSOR, POWER_SUPPLY = 0x01, 0x02, 0x04, 0x05, 0x07, 0x08
OTHER_UNITS, MEMORY, DRIVE, EVENT_LOG, WATCHDOG = 0x0B, 0x0C, 0x0D, 0x10, 0x23
INTERRUPT, CHASSIS_STATE, CABLE, BATTERY = 0x13, 0x18, 0x1B, 0x29
CPU, DISK, BOARD, PSU, CHASSIS, POWER_UNIT, FAN_ENTITY, COOLING, DIMM = 3, 4, 7, 10, 23, 19, 29, 30, 32
CABLE_ENTITY, BATTERY_ENTITY = 31, 40
THRESHOLD, SEVERITY, REDUNDANCY, SENSOR_SPECIFIC = 0x01, 0x07, 0x0B, 0x6F
RAW_TOP = 250
LOWER_CRITICAL_GOING_LOW, UPPER_CRITICAL_GOING_HIGH = 2, 9

PSU_PRESENT, PSU_FAILED, PSU_PREDICTED, PSU_INPUT_LOST, PSU_MISMATCHED = 0, 1, 2, 3, 6
FULLY_REDUNDANT, REDUNDANCY_LOST = 0, 1
ECC_CORRECTABLE, ECC_UNCORRECTABLE, MEMORY_DISABLED, MEMORY_PRESENT, MEMORY_MISMATCHED = 0, 1, 4, 6, 7
DRIVE_PRESENT, DRIVE_FAULT, DRIVE_PREDICTIVE, DRIVE_DEGRADED, DRIVE_REBUILDING = 0, 1, 2, 5, 7
PROCESSOR_IERR, PROCESSOR_HOT, PROCESSOR_PRESENT, PROCESSOR_THROTTLED = 0, 1, 7, 10
BATTERY_LOW, BATTERY_FAILED, BATTERY_PRESENT = 0, 1, 2
CABLE_CONNECTED, CABLE_WRONG = 0, 1
BUS_ERROR = 8
HEALTHY, CRITICAL = 0, 2
DATA_BY_TABLE, DATA_OF_THRESHOLD = 0xF0, 0x50  # what the two data bytes mean: table 42-3's, value and limit


@dataclass(frozen=True, slots=True)
class Analog:
    """A threshold sensor, one byte for 0 to `full_scale`.

    `low` and `high` are (non-critical, critical, non-recoverable); None: no such limits.
    """

    name: str
    kind: int
    unit: int
    entity: int
    instance: int
    value: float
    full_scale: float
    low: tuple[float, float, float] | None = None
    high: tuple[float, float, float] | None = None
    readable: bool = True

    @property
    def factors(self) -> tuple[int, int]:
        """M and the result exponent, so that the full scale fits one byte."""
        exponent = 0 if self.full_scale >= RAW_TOP / 2 else -3
        return math.ceil(self.full_scale / math.pow(10, exponent) / RAW_TOP), exponent

    def raw(self, value: float) -> int:
        """Return the byte that stands for `value`."""
        m, exponent = self.factors
        return min(255, max(0, round(value / (m * math.pow(10, exponent)))))


@dataclass(frozen=True, slots=True)
class Discrete:
    """A sensor of states: `bits` are the offsets that are asserted now."""

    name: str
    kind: int
    entity: int
    instance: int
    bits: frozenset[int] = frozenset()
    event_type: int = SENSOR_SPECIFIC


Sensor = Analog | Discrete


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the event log: what `sensor` reported so many minutes before the start.

    `flags` are the high bits of the first data byte, which say what `data` mean; `unset_clock`: the BMC's clock was
    not set yet.
    """

    sensor: str
    offset: int
    minutes_ago: int
    asserted: bool = True
    data: tuple[int, int] = (0xFF, 0xFF)
    flags: int = 0
    unset_clock: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What a fault does to one sensor: a new value (analog) or a new set of offsets (discrete)."""

    sensor: str
    value: float | None = None
    bits: frozenset[int] = frozenset()
    data: tuple[int, int] = (0xFF, 0xFF)
    flags: int = 0


@dataclass(frozen=True, slots=True)
class Part:
    """A part with an inventory of its own; a memory `module` keeps it as memory modules do (DDR4)."""

    name: str
    entity: int
    instance: int
    serial: str
    product: str = "P-100"
    module: bool = False


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault to order: the sensors it changes, and how long ago the event log saw it begin."""

    changes: tuple[Change, ...]
    minutes_ago: int = 90


def psu_input_lost(number: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: PSU `number` has no input; it delivers nothing, redundancy is lost."""
    changes = (
        Change(f"PS{number} Status", bits=frozenset({PSU_PRESENT, PSU_INPUT_LOST})),
        Change(f"PS{number} Input Power", value=0),
        Change(f"PS{number} Input Volt", value=0),
        Change("PS Redundancy", bits=frozenset({REDUNDANCY_LOST})),
    )
    return Fault(changes, minutes_ago)


def psu_failed(number: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: PSU `number` has failed itself, its input is there."""
    changes = (
        Change(f"PS{number} Status", bits=frozenset({PSU_PRESENT, PSU_FAILED})),
        Change(f"PS{number} Input Power", value=0),
        Change("PS Redundancy", bits=frozenset({REDUNDANCY_LOST})),
    )
    return Fault(changes, minutes_ago)


def ecc(dimm: str, *, uncorrectable: bool = False, minutes_ago: int = 90) -> Fault:
    """Return a fault: memory module `dimm` ("A1") reports ECC errors."""
    offset = ECC_UNCORRECTABLE if uncorrectable else ECC_CORRECTABLE
    return Fault((Change(f"DIMM_{dimm}", bits=frozenset({MEMORY_PRESENT, offset})),), minutes_ago)


def drive_failing(bay: int, how: str = "predictive", minutes_ago: int = 90) -> Fault:
    """Return a fault: the drive in `bay` predicts its failure ("predictive") or has failed ("fault")."""
    offset = {"predictive": DRIVE_PREDICTIVE, "fault": DRIVE_FAULT}[how]
    return Fault((Change(f"Drive {bay}", bits=frozenset({DRIVE_PRESENT, offset})),), minutes_ago)


def fan_failed(number: int, minutes_ago: int = 90) -> Fault:
    """Return a fault: fan `number` stands still; redundancy is lost."""
    changes = (Change(f"FAN{number}", value=0), Change("Fan Redundancy", bits=frozenset({REDUNDANCY_LOST})))
    return Fault(changes, minutes_ago)


def too_hot(sensor: str = "Inlet Temp", celsius: float = 48, minutes_ago: int = 20) -> Fault:
    """Return a fault: a temperature is over its upper limits."""
    return Fault((Change(sensor, value=celsius),), minutes_ago)


def lid_open(minutes_ago: int = 10) -> Fault:
    """Return a fault: the chassis is open."""
    return Fault((Change("Intrusion", bits=frozenset({0})),), minutes_ago)


def _temperature(name: str, entity: int, instance: int, value: float, limit: float) -> Analog:
    high = (limit, limit + 5, limit + 10)
    return Analog(name, TEMPERATURE, CELSIUS, entity, instance, value, 125, high=high)


def _voltage(name: str, nominal: float, value: float) -> Analog:
    low = (nominal * 0.93, nominal * 0.9, nominal * 0.87)
    high = (nominal * 1.07, nominal * 1.1, nominal * 1.13)
    return Analog(name, VOLTAGE, VOLTS, BOARD, 1, value, nominal * 1.3, low, high)


def _psu(number: int) -> tuple[Sensor, ...]:
    return (
        Discrete(f"PS{number} Status", POWER_SUPPLY, PSU, number, frozenset({PSU_PRESENT})),
        Analog(
            f"PS{number} Input Power", OTHER_UNITS, WATTS, PSU, number, 180 + 4 * number, 1250, high=(900, 950, 1000)
        ),
        Analog(
            f"PS{number} Input Volt", VOLTAGE, VOLTS, PSU, number, 229 + number, 300, (190, 180, 170), (250, 254, 258)
        ),
        _temperature(f"PS{number} Temp", PSU, number, 30 + number, 65),
    )


def _slots(count: int) -> list[str]:
    """Return DIMM slots: A1, A2, B1, B2 ..."""
    return [f"{chr(ord('A') + k // 2)}{k % 2 + 1}" for k in range(count)]


def server_sensors(psus: int = 2, fans: int = 6, dimms: int = 8, bays: int = 8, drives: int = 6) -> tuple[Sensor, ...]:
    """Return the sensors of a healthy two-socket server; bays beyond `drives` are empty."""
    sensors: list[Sensor] = [sensor for number in range(1, psus + 1) for sensor in _psu(number)]
    sensors.append(Discrete("PS Redundancy", POWER_SUPPLY, POWER_UNIT, 1, frozenset({FULLY_REDUNDANT}), REDUNDANCY))
    sensors.append(Analog("System Power", OTHER_UNITS, WATTS, POWER_UNIT, 1, 364, 1500, high=(1200, 1300, 1400)))
    sensors += [
        Analog(f"FAN{number}", FAN, RPM, FAN_ENTITY, number, 7000 + 70 * number, 17500, (1400, 980, 560))
        for number in range(1, fans + 1)
    ]
    sensors.append(Discrete("Fan Redundancy", FAN, COOLING, 1, frozenset({FULLY_REDUNDANT}), REDUNDANCY))
    sensors += [
        _temperature("Inlet Temp", BOARD, 1, 24, 38),
        _temperature("Exhaust Temp", BOARD, 1, 36, 65),
        _temperature("PCH Temp", BOARD, 1, 47, 85),
        replace(_temperature("Riser2 Temp", BOARD, 2, 0, 80), readable=False),
    ]
    for number in (1, 2):
        sensors.append(Discrete(f"CPU{number} Status", PROCESSOR, CPU, number, frozenset({PROCESSOR_PRESENT})))
        sensors.append(_temperature(f"CPU{number} Temp", CPU, number, 51 + number, 90))
    for instance, slot in enumerate(_slots(dimms), 1):
        sensors.append(Discrete(f"DIMM_{slot}", MEMORY, DIMM, instance, frozenset({MEMORY_PRESENT})))
    for bay in range(bays):
        present = frozenset({DRIVE_PRESENT}) if bay < drives else frozenset()
        sensors.append(Discrete(f"Drive {bay}", DRIVE, DISK, bay + 1, present))
    sensors += [
        _voltage("12V", 12.0, 12.1),
        _voltage("5V", 5.0, 5.03),
        _voltage("3.3V", 3.3, 3.33),
        _voltage("VBAT", 3.0, 3.01),
        Discrete("Intrusion", INTRUSION, CHASSIS, 1),
        Discrete("Watchdog", WATCHDOG, BOARD, 1),
        Discrete("SEL", EVENT_LOG, BOARD, 1),
        Discrete("CMOS Battery", BATTERY, BATTERY_ENTITY, 1, frozenset({BATTERY_PRESENT})),
        Discrete("SAS Cable", CABLE, CABLE_ENTITY, 1, frozenset({CABLE_CONNECTED})),
        Discrete("PCI Bus", INTERRUPT, BOARD, 1),
        Discrete("System Health", CHASSIS_STATE, CHASSIS, 1, frozenset({HEALTHY}), SEVERITY),
    ]
    return tuple(sensors)


def supplies(count: int = 2) -> tuple[Part, ...]:
    """Return the inventories of the power supplies."""
    return tuple(Part(f"PSU{number} FRU", PSU, number, f"PSN{number}0001") for number in range(1, count + 1))


def modules(count: int = 8) -> tuple[Part, ...]:
    """Return the inventories of the memory modules, kept by the modules themselves."""
    return tuple(
        Part(f"DIMM_{slot}", DIMM, instance, f"{0xA1000000 + instance:08X}", "M393A2K40", module=True)
        for instance, slot in enumerate(_slots(count), 1)
    )


def bay_drives(count: int = 6) -> tuple[Part, ...]:
    """Return the inventories of the drives."""
    return tuple(Part(f"Drive {bay} FRU", DISK, bay + 1, f"ZC{bay:04}") for bay in range(count))


DAY = 24 * 60
PAST = (
    Event("SEL", 2, 200 * DAY),
    Event("PS2 Status", PSU_INPUT_LOST, 40 * DAY),
    Event("PS2 Status", PSU_INPUT_LOST, 40 * DAY - 17, asserted=False),
    Event("Intrusion", 0, 39 * DAY),
    Event("Intrusion", 0, 39 * DAY - 45, asserted=False),
)


@dataclass(frozen=True, slots=True)
class Bmc:
    """One BMC to run, as plain facts; `parts` are those with an inventory of their own.

    Its accounts are `username` (administrator) and "operator", with one password.
    `clock_skew_s` is how far the BMC's clock is ahead of ours; `history` are old log entries, long over.
    """

    name: str
    serial: str
    asset_tag: str
    manufacturer: str = "Nordwand"
    product: str = "NW-2124"
    sensors: tuple[Sensor, ...] = server_sensors()
    faults: tuple[Fault, ...] = ()
    history: tuple[Event, ...] = PAST
    parts: tuple[Part, ...] = supplies()
    username: str = "admin"
    password: str = "loopback-only"  # noqa: S105 - opens nothing but a simulator on loopback
    power_on: bool = True
    clock_skew_s: int = 0
    log_capacity: int = 1000
    guid: str = ""  # 32 hexadecimal digits; by the serial number when empty

    def number(self, sensor: str) -> int:
        """Return the IPMI number of the sensor with this name."""
        return [one.name for one in self.sensors].index(sensor) + 1

    def sensor(self, name: str) -> Sensor:
        """Return the sensor with this name, healthy."""
        return self.sensors[self.number(name) - 1]


def changed(sensors: tuple[Sensor, ...], faults: Iterable[Fault]) -> tuple[Sensor, ...]:
    """Return the sensors as these faults leave them."""
    changes = {change.sensor: change for fault in faults for change in fault.changes}
    return tuple(apply(sensor, changes.get(sensor.name)) for sensor in sensors)


def apply(sensor: Sensor, change: Change | None) -> Sensor:
    """Return the sensor after one change."""
    if change is None:
        return sensor
    if isinstance(sensor, Analog):
        return sensor if change.value is None else replace(sensor, value=change.value)
    return replace(sensor, bits=change.bits)


def events_of(bmc: Bmc, fault: Fault) -> list[Event]:
    """Return what the event log says when `fault` begins."""
    found: list[Event] = []
    for change in fault.changes:
        sensor = bmc.sensor(change.sensor)
        if isinstance(sensor, Discrete):
            began = [
                Event(sensor.name, bit, fault.minutes_ago, data=change.data, flags=change.flags)
                for bit in sorted(change.bits - sensor.bits)
            ]
            ended = [
                Event(sensor.name, bit, fault.minutes_ago, asserted=False) for bit in sorted(sensor.bits - change.bits)
            ]
            found += [*began, *(ended if sensor.event_type == SENSOR_SPECIFIC else [])]
        elif change.value is not None:
            found += _crossings(sensor, change.value, fault.minutes_ago)
    return found


def _crossings(sensor: Analog, value: float, minutes_ago: int) -> list[Event]:
    found = []
    for limits, offset, sign in (
        (sensor.low, LOWER_CRITICAL_GOING_LOW, -1),
        (sensor.high, UPPER_CRITICAL_GOING_HIGH, 1),
    ):
        if limits is not None and sign * (value - limits[1]) >= 0:
            data = (sensor.raw(value), sensor.raw(limits[1]))
            found.append(Event(sensor.name, offset, minutes_ago, data=data, flags=DATA_OF_THRESHOLD))
    return found
