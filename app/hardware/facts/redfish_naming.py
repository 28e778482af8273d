"""Which part a Redfish resource is: its number as printed on the chassis, which may stand in many places. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from app.hardware.diagnostics import Kind
from app.hardware.facts.json_values import number_at, text_at, value_at
from app.hardware.facts.naming import name_of
from app.hardware.families.redfish import Item, RedfishFamily

_FILL = r"(?:[ _.-]*(?:BAY|SLOT|SOCKET|MOD(?:ULE)?|TRAY|EMBEDDED|UNIT))*[ _.#:-]*"
_END = r"(?![A-Za-z0-9])"
_NUMBERED = {
    Kind.PSU: (re.compile(rf"(?:PSU|PWS|PS|P(?:O)?WE?R[ _-]*SUPPLY){_FILL}(\d{{1,2}}){_END}", re.IGNORECASE),),
    Kind.FAN: (re.compile(rf"FAN{_FILL}(\d{{1,2}}[A-Z]?){_END}", re.IGNORECASE),),
    Kind.DRIVE: (
        re.compile(rf"BAY[ _=:.#-]*(\d{{1,3}}){_END}", re.IGNORECASE),
        re.compile(r"\b\d{1,2}:\d{1,2}:(\d{1,3})\b"),
        re.compile(rf"(?:DISK|DRIVE|HDD|SSD|NVME|SLOT){_FILL}(\d{{1,3}}){_END}", re.IGNORECASE),
    ),
    Kind.MEMORY: (
        re.compile(rf"DIMM{_FILL}([A-Z]\d{{1,2}}|\d{{1,2}}[A-Z]?|[A-Z]){_END}", re.IGNORECASE),
        re.compile(r"\b([A-Z]\d{1,2})$"),
    ),
    Kind.CPU: (re.compile(rf"(?:CPU|PROC(?:ESSOR)?){_FILL}(\d{{1,2}}){_END}", re.IGNORECASE),),
    Kind.BATTERY: (re.compile(rf"BATT(?:ERY)?{_FILL}(\d{{1,2}}){_END}", re.IGNORECASE),),
}
_LABELS = (
    "DeviceLocator",
    "Location/PartLocation/ServiceLabel",
    "PhysicalLocation/PartLocation/ServiceLabel",
    "Socket",
    "Name",
    "Id",
    "MemberId",
)
_OF_PROCESSOR = re.compile(r"(?:PROC(?:ESSOR)?|CPU|\bP)[ _.-]?(\d{1,2})(?=[ _.-])", re.IGNORECASE)
_SAYS_NO_SERIAL = re.compile(r"(?:N/?A|NONE|NULL|NOT .*|UNKNOWN|TO BE FILLED.*|[0 .X-]*)", re.IGNORECASE)
_PRINTED = re.compile(r"\d{1,3}[A-Z]?|[A-Z]\d{0,2}")
_BY_POSITION = frozenset({Kind.PSU, Kind.FAN})


def number_in(kind: Kind, text: str) -> str | None:
    """The part's number in a text ("Power Supply Bay 1", "Slot=12:Port=2I:Box=1:Bay=2", "DIMM.Socket.A1")."""
    for pattern in _NUMBERED.get(kind, ()):
        if match := pattern.search(text):
            return match[1].upper().lstrip("0") or "0"
    return None


def grouped(text: str, number: str) -> str:
    """A number that several processors have, with its processor: "P1-3"."""
    match = _OF_PROCESSOR.search(text)
    return f"P{match[1]}-{number}" if match else number


def own_name(item: Item) -> str:
    """What the service calls a resource; the most telling where it has several names."""
    pointers = ("DeviceLocator", "Name", "ProductName", "Id", "MemberId")
    name = next((name for name in (text_at(item.body, pointer) for pointer in pointers) if name), "")
    role = item.role.replace("_", " ")
    return f"{role} {name or item.place + 1}" if not name or name.isdecimal() else name


def listed_name(item: Item, kind: Kind, number: str | None) -> str:
    """The name under which a part is listed: PSU2 where that is all its number says, else the service's own."""
    if kind is Kind.NIC:
        return text_at(item.body, "Model") or own_name(item)
    return name_of(kind, number if number and _PRINTED.fullmatch(number) else None, own_name(item))


def serial_of(item: Item) -> str | None:
    """The serial number; None where the service writes that there is none."""
    serial = text_at(item.body, "SerialNumber")
    return None if serial is None or _SAYS_NO_SERIAL.fullmatch(serial) else serial


def numbers_of(
    items: Sequence[Item], kinds: Mapping[str, Kind], families: Iterable[RedfishFamily]
) -> dict[str, str | None]:
    """The number of every item by its path; equal numbers of one kind are told apart by processor, else by id."""
    known = tuple(families)
    parts = [one for one in items if one.role in kinds]
    found = {one.path: _number(one, kinds[one.role], known) for one in parts}
    same: dict[tuple[Kind, bool, str | None], set[str]] = {}
    for one in parts:
        same.setdefault((kinds[one.role], one.embedded, found[one.path]), set()).add(serial_of(one) or one.path)
    apart = dict(found)
    for one in parts:
        number = found[one.path]
        if number is not None and len(same[kinds[one.role], one.embedded, number]) > 1:
            apart[one.path] = _apart(one, kinds[one.role], number)
    return apart


def _number(item: Item, kind: Kind, families: tuple[RedfishFamily, ...]) -> str | None:
    for family in families:
        pointer = family.numbers.get(item.role)
        number = number_at(item.body, pointer) if pointer else None
        if number is not None and number == int(number) and 0 <= number < 1000:
            return str(int(number))
    labels = [text for text in (text_at(item.body, pointer) for pointer in _LABELS) if text]
    told = next((number for number in (number_in(kind, label) for label in labels) if number), None)
    return told or _ordinal(item, kind) or _identifier(item, kind)


def _ordinal(item: Item, kind: Kind) -> str | None:
    """A drive's place in its enclosure; a supply or fan without any number is the nth of its list."""
    place = number_at(item.body, "PhysicalLocation/PartLocation/LocationOrdinalValue")
    if kind is Kind.DRIVE and place is not None and place == int(place) and 0 <= place < 1000:
        return str(int(place))
    return str(item.place + 1) if item.embedded and kind in _BY_POSITION else None


def _identifier(item: Item, kind: Kind) -> str | None:
    """The id itself, where it is a number or ends in one."""
    told = value_at(item.body, "Id")
    short = isinstance(told, str) and kind is not Kind.NIC and re.fullmatch(r"[A-Za-z]{0,12}\d{1,5}", told)
    return str(told) if short else None


def _apart(item: Item, kind: Kind, number: str) -> str:
    """A number that several parts have, with what tells them apart: their processor, label, or owners' ids."""
    if kind is Kind.MEMORY and (own := grouped(own_name(item), number)) != number:
        return own
    label = text_at(item.body, "PhysicalLocation/PartLocation/ServiceLabel")
    steps = item.path.partition("#")[0].split("/")[3:]
    return label or f"{number} ({'/'.join(steps[1::2][:-1] or steps)})"
