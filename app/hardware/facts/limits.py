"""Measured values against their limits: the state of an analog sensor, in words that name the limit."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.hardware.diagnostics import Kind, Reading
from app.hardware.readings import Sensor, State

# IPMI 2.0 table 35-15: bit of the threshold comparison -> (threshold, state, words), worst first
_COMPARISONS = (
    (5, "unr", State.CRITICAL, "above its non-recoverable limit"),
    (2, "lnr", State.CRITICAL, "below its non-recoverable limit"),
    (4, "ucr", State.CRITICAL, "above its critical limit"),
    (1, "lcr", State.CRITICAL, "below its critical limit"),
    (3, "unc", State.WARNING, "above its warning limit"),
    (0, "lnc", State.WARNING, "below its warning limit"),
)
_ASCENDING = ("lnr", "lcr", "lnc", "unc", "ucr", "unr")
_KIND_OF_UNIT = {
    "Cel": "temperature", "V": "voltage", "A": "current", "W": "power", "/min": "fan", "kW.h": "energy",
    "Hz": "frequency", "VA": "power", "s": "runtime",
}  # fmt: skip
_KIND_OF_TYPE = {0x01: "temperature", 0x02: "voltage", 0x03: "current", 0x04: "fan"}
_ENTITY_PSU = 10
_WHOLE_SYSTEM = re.compile(r"(pwr|power).*(consum|meter|total)|(total|sys|node|chassis).*(pwr|power)", re.IGNORECASE)
_OUTPUT = re.compile(r"out", re.IGNORECASE)


def judge_sensor(sensor: Sensor, power_on: bool | None) -> tuple[State, str]:
    """State and words of an analog sensor; unknown with the reason when it has no value.

    The BMC's own comparison counts, and so do its limits where they stand in a believable order: firmware that
    never sets the comparison bits must not hide a stopped fan, firmware with all-zero limits must not invent one.
    """
    if sensor.unavailable or (sensor.value is None and sensor.bits is None):
        return State.UNKNOWN, sensor.unavailable or "the sensor gave no value"
    measured = "it measures nothing" if sensor.value is None else quantity(sensor.value, sensor.unit)
    said = [seen for seen in _COMPARISONS if _crossed(sensor, seen[0], seen[1])]
    if not said:
        return State.OK, measured
    if power_on is False and rests_when_off(sensor):
        return State.UNKNOWN, "the machine is off"
    _bit, name, state, words = said[0]
    limit = f" of {quantity(sensor.thresholds[name], sensor.unit)}" if name in sensor.thresholds else ""
    return state, f"{measured}, {words}{limit}"


def _crossed(sensor: Sensor, bit: int, name: str) -> bool:
    if sensor.bits is not None and sensor.bits >> bit & 1:
        return True
    limit = sensor.thresholds.get(name)
    if limit is None or sensor.value is None or not _believable(sensor.thresholds):
        return False
    return sensor.value >= limit if name.startswith("u") else sensor.value <= limit


def _believable(thresholds: dict[str, float]) -> bool:
    known = [thresholds[name] for name in _ASCENDING if name in thresholds]
    lower = [thresholds[name] for name in _ASCENDING[:3] if name in thresholds]
    upper = [thresholds[name] for name in _ASCENDING[3:] if name in thresholds]
    return known == sorted(known) and not (lower and upper and lower[-1] >= upper[0])


def nearest_limits(thresholds: dict[str, float]) -> tuple[float | None, float | None]:
    """The lower and the upper limit that a value meets first; none of limits that stand in no believable order."""
    if not _believable(thresholds):
        return None, None
    lower = [thresholds[name] for name in _ASCENDING[:3] if name in thresholds]
    upper = [thresholds[name] for name in _ASCENDING[3:] if name in thresholds]
    return (lower[-1] if lower else None), (upper[0] if upper else None)


def rests_when_off(sensor: Sensor) -> bool:
    """Whether a sensor means nothing while the machine is off: fans and board voltages, not the power supplies."""
    return sensor.entity_id != _ENTITY_PSU and kind_of_reading(sensor) in {"fan", "voltage", "current"}


def kind_of_reading(sensor: Sensor) -> str:
    """What is measured: by the unit, else by the sensor's type, else "load" for percentages and "other"."""
    if sensor.unit == "%":
        return "fan" if sensor.sensor_type == 0x04 else "load"
    return _KIND_OF_UNIT.get(sensor.unit or "") or _KIND_OF_TYPE.get(sensor.sensor_type, "other")


def quantity(value: float, unit: str | None) -> str:
    """A value with its unit as people write it: 24 °C, 420 rpm, 212 W."""
    written = {"Cel": "°C", "/min": "rpm", "kW.h": "kWh"}.get(unit or "", unit or "")
    return f"{value:.3f}".rstrip("0").rstrip(".") + (f" {written}" if written else "")


def total_watts(readings: Iterable[Reading]) -> float | None:
    """What the machine draws: its own meter, else the sum of all PSU inputs; None when one of them is unreadable."""
    power = [reading for reading in readings if reading.kind == "power" and reading.unit == "W"]
    meters = [r for r in power if r.component is None and _WHOLE_SYSTEM.search(r.name) and r.value is not None]
    if meters:
        return meters[0].value
    inputs = [r.value for r in power if r.component and r.component.startswith("PSU") and not _OUTPUT.search(r.name)]
    known = [value for value in inputs if value is not None]
    return sum(known) if known and len(known) == len(inputs) else None


PART_OF_READING = {"temperature": Kind.TEMPERATURE, "voltage": Kind.VOLTAGE, "current": Kind.CURRENT, "fan": Kind.FAN}
