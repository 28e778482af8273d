"""What sensor data records mean: sensors with their scale and limits, and where parts keep inventories.

Pure; the numbers are those of IPMI 2.0 chapter 43, bytes counted from zero with the five of the header.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.core.errors import Malformed
from app.hardware.protocols.ipmi_codes import ADVICE_FIRMWARE
from app.hardware.protocols.ipmi_text import typed_text
from app.hardware.readings import Sensor
from app.hardware.scale import Scale, scale_of

FULL, COMPACT, EVENT_ONLY, FRU_LOCATOR = 0x01, 0x02, 0x03, 0x11
THRESHOLD = 0x01
NO_ANALOG_READING = 3
BMC_ADDRESS = 0x20
# Where each kind of record keeps its name, which is its last field (tables 43-1, 43-2, 43-3, 43-7).
NAME_AT = {FULL: 47, COMPACT: 31, EVENT_ONLY: 16, FRU_LOCATOR: 15}
LOGICAL = 0x80

# IPMI 2.0 table 43-15 in UCUM; what is not here keeps its number.
UNITS = {
    1: "Cel", 2: "[degF]", 3: "K", 4: "V", 5: "A", 6: "W", 7: "J", 8: "C", 9: "VA", 10: "cd/m2", 11: "lm", 12: "lx",
    13: "cd", 14: "kPa", 15: "[psi]", 16: "N", 17: "[cft_i]/min", 18: "/min", 19: "Hz", 20: "us", 21: "ms", 22: "s",
    23: "min", 24: "h", 25: "d", 26: "wk", 28: "[in_i]", 29: "[ft_i]", 32: "mm", 33: "cm", 34: "m", 38: "L",
    53: "bit", 54: "kbit", 55: "Mbit", 56: "Gbit", 57: "By", 58: "kBy", 59: "MBy", 60: "GBy",
}  # fmt: skip
RATES = {1: "/us", 2: "/ms", 3: "/s", 4: "/min", 5: "/h", 6: "/d"}
LIMITS = {"unr": (36, 5), "ucr": (37, 4), "unc": (38, 3), "lnr": (39, 2), "lcr": (40, 1), "lnc": (41, 0)}


@dataclass(frozen=True, slots=True)
class SensorRecord:
    """What the repository says about one sensor: who it is, and how it is read.

    `blank` is the sensor with nothing read; `analog` says that its raw byte is a value, on the scale of `blank`.
    `obstacle` says why it cannot be read over this session at all.
    """

    blank: Sensor
    lun: int
    analog: bool = False
    obstacle: str | None = None


@dataclass(frozen=True, slots=True)
class FruLocator:
    """Where a part keeps its inventory; `obstacle` says why it cannot be read over this session."""

    number: int
    name: str
    entity_id: int
    entity_instance: int
    obstacle: str | None = None


def decode_record(raw: bytes) -> list[SensorRecord]:
    """Return the sensors that one record describes: none, one, or several that share it.

    Raises Malformed when the record is shorter than its type needs.
    """
    kind = _kind_of(raw)
    if kind not in (FULL, COMPACT, EVENT_ONLY):
        return []
    return [_sensor_record(raw, kind, offset) for offset in range(_share_count(raw, kind))]


def decode_locator(raw: bytes) -> FruLocator | None:
    """Return where a part keeps its inventory, None for records of other kinds. Raises Malformed."""
    if _kind_of(raw) != FRU_LOCATOR:
        return None
    at_bmc = raw[5] == BMC_ADDRESS and raw[7] & LOGICAL
    obstacle = None if at_bmc else f"it is kept behind another controller (0x{raw[5]:02X})"
    return FruLocator(raw[6], typed_text(raw, NAME_AT[FRU_LOCATOR]), raw[12], raw[13], obstacle)


def _kind_of(raw: bytes) -> int:
    if len(raw) < 4 or len(raw) <= NAME_AT.get(raw[3], 0):
        raise Malformed("a sensor record is broken", ADVICE_FIRMWARE)
    return raw[3]


def _share_count(raw: bytes, kind: int) -> int:
    """Return how many sensors share a record (tables 43-2 and 43-3: two bytes of record sharing)."""
    place = {COMPACT: 23, EVENT_ONLY: 12}.get(kind)
    return max(1, raw[place] & 0x0F) if place else 1


def _sensor_record(raw: bytes, kind: int, offset: int) -> SensorRecord:
    place = {FULL: 12, COMPACT: 12, EVENT_ONLY: 10}[kind]
    sensor_type, event_type = raw[place], raw[place + 1] & 0x7F
    scale, analog = _scale(raw, kind, event_type)
    sharing = {COMPACT: 23, EVENT_ONLY: 12}.get(kind)
    shares_instances = bool(sharing and raw[sharing + 1] & 0x80)
    blank = Sensor(
        number=(raw[7] + offset) & 0xFF,
        name=_name(raw, kind, sharing, offset),
        sensor_type=sensor_type,
        event_type=event_type,
        entity_id=raw[8],
        entity_instance=raw[9] + (offset if shares_instances else 0),
        unit=_unit(raw) if analog else None,
        thresholds=_limits(raw, scale) if scale and event_type == THRESHOLD else {},
        reports=_reports(raw, kind, event_type),
        owner=raw[5],
        scale=scale,
        events_only=kind == EVENT_ONLY,
    )
    return SensorRecord(blank, raw[6] & 3, analog, _obstacle(raw, kind))


def _scale(raw: bytes, kind: int, event_type: int) -> tuple[Scale | None, bool]:
    """Return the scale, and whether the sensor measures at all: a sensor of states may do so beside its states."""
    form = raw[20] >> 6 if kind == FULL else NO_ANALOG_READING
    if form == NO_ANALOG_READING or (event_type != THRESHOLD and not raw[21] and not raw[20] & 1):
        return None, False
    scale = scale_of(raw[24:30], form, raw[23])
    return scale, True


def _reports(raw: bytes, kind: int, event_type: int) -> int | None:
    """Return the states that a discrete sensor can report (bytes 19 and 20); an empty mask says nothing."""
    if kind == EVENT_ONLY or event_type == THRESHOLD:
        return None
    return int.from_bytes(raw[18:20], "little") & 0x7FFF or None


def _obstacle(raw: bytes, kind: int) -> str | None:
    if kind == EVENT_ONLY:
        return "reports events only"
    if raw[5] != BMC_ADDRESS:
        return f"belongs to another controller (0x{raw[5]:02X})"
    return None


def _name(raw: bytes, kind: int, sharing: int | None, offset: int) -> str:
    """Return the sensor's name; sensors that share a record get a number or a letter (table 43-2, bytes 24 and 25)."""
    clean = typed_text(raw, NAME_AT[kind])
    if sharing is None or _share_count(raw, kind) == 1:
        return clean
    place = (raw[sharing + 1] & 0x7F) + offset
    return f"{clean}{chr(ord('A') + place) if raw[sharing] & 0x30 else place}"


def _unit(raw: bytes) -> str | None:
    flags, base, modifier = raw[20], raw[21], raw[22]
    if flags & 1:
        return "%"
    if base == 0:
        return None
    unit = UNITS.get(base, f"IPMI unit {base}")
    how = flags >> 1 & 3
    if how in (1, 2):
        unit += ("/" if how == 1 else ".") + UNITS.get(modifier, f"IPMI unit {modifier}")
    return unit + RATES.get(flags >> 3 & 7, "")


def _limits(raw: bytes, scale: Scale) -> dict[str, float]:
    """Return the limits that the readable mask (byte 19) offers; none where only the BMC knows the factors."""
    values = {name: scale.value(raw[at]) for name, (at, bit) in LIMITS.items() if raw[18] >> bit & 1}
    return {name: value for name, value in values.items() if value is not None}
