"""Who a BMC says it is, and which parts are in its machine: FRU inventories, area by area, and the device id."""

from __future__ import annotations

import struct
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from pyipmi.constants import manufacturer_name

from app.core.errors import Malformed
from app.hardware.protocols.ipmi_codes import ADVICE_FIRMWARE, CompletionCode
from app.hardware.protocols.ipmi_decode import FruLocator
from app.hardware.protocols.ipmi_fru import (
    AREA_NAMES,
    BOARD,
    CHASSIS,
    HEADER_SIZE,
    PRODUCT,
    Area,
    areas_at,
    decode_area,
    decode_module,
    module_layout,
)
from app.hardware.protocols.ipmi_records import STORAGE, TOO_LONG
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.ipmi_wire import Request
from app.hardware.protocols.memory import Memory
from app.hardware.readings import Identity, InventoryItem

READ_FRU = 0x11
# Inventories are refused above 32 bytes by many BMCs that give 64 of a sensor record.
READ_SIZES = (32, 16, 8)
BUILTIN_FRU = 0
NOT_PRESENT = 0xCB
UNVERIFIED = "its checksum is wrong, so its serial number is not believed"
CHECKED = 32  # bytes by which an inventory is known again: its serial number and what follows, in one request


@dataclass(frozen=True, slots=True)
class _Mark:
    """Bytes of an inventory, and where they stand: while they are the same, so is what was read of it."""

    offset: int
    data: bytes

    def stands(self, session: BmcSession, number: int) -> bool:
        return _read(session, number, self.offset, len(self.data)) == self.data


# What was read of a machine and of its parts, for a day, and the marks by which to see that they are still the same.
_machines: Memory[tuple[Identity, _Mark]] = Memory(size=2000, keep_s=24 * 3600)
_parts: Memory[tuple[InventoryItem, _Mark]] = Memory(size=20000, keep_s=24 * 3600)
INVENTORY_MEMORIES: tuple[Memory[Any], ...] = (_machines, _parts)


def identity_from_device(device: bytes) -> Identity:
    """Return what a Get Device ID response tells alone: firmware, and the manufacturer when its number is known."""
    if len(device) < 4:
        return Identity()
    firmware = f"{device[2] & 0x7F}.{device[3] >> 4}{device[3] & 0x0F}"
    name = manufacturer_name(int.from_bytes(device[6:9], "little") & 0xFFFFF)
    return Identity(manufacturer=name, bmc_firmware=firmware)


def checks_of(machine: Hashable, locators: Iterable[FruLocator]) -> list[Request]:
    """Return the requests that tell whether what is remembered of a machine and its parts still holds, one for each."""
    built_in = _machines.recall(machine)
    parts = [(one.number, _parts.recall((machine, one.number))) for one in locators if one.obstacle is None]
    marks = [(BUILTIN_FRU, built_in[1])] if built_in else []
    marks += [(number, part[1]) for number, part in parts if part]
    return [_piece(number, mark.offset, len(mark.data)) for number, mark in marks]


def remembered_serial(machine: Hashable) -> str | None:
    """Return the serial number that this machine had when it was read before."""
    known = _machines.recall(machine)
    return known[0].serial if known is not None else None


def read_identity(
    session: BmcSession, device: Identity, machine: Hashable = None, *, believes: bool = False
) -> tuple[Identity, list[str]]:
    """Return the identity from FRU 0 over what the device id said, and the areas that could not be read.

    Checksums are not believed: too many boards carry wrong ones beside right texts. What was read of this `machine`
    before holds while serial number and asset tag stand where they stood: 1 request then, else one per 32 bytes; none
    for who `believes` that they do. Raises CompletionCode or Malformed when there is no inventory at all.
    """
    known = _machines.recall(machine) if machine is not None else None
    if known is not None and (believes or known[1].stands(session, BUILTIN_FRU)):
        return known[0], []
    header = _read(session, BUILTIN_FRU, 0, HEADER_SIZE)
    if header[0] & 0x0F != 1:
        raise Malformed("the FRU inventory is empty", ADVICE_FIRMWARE)
    areas: dict[int, Area] = {}
    marks: dict[int, _Mark] = {}
    broken: list[str] = []
    session.ask_ahead([_piece(BUILTIN_FRU, offset, HEADER_SIZE) for offset in areas_at(header).values()])
    for place, offset in areas_at(header).items():
        try:
            data = _read_area(session, BUILTIN_FRU, offset)
        except (CompletionCode, Malformed):
            broken.append(AREA_NAMES[place])
            continue
        areas[place] = decode_area(place, data)
        if areas[place].serial_at is not None:
            marks[place] = _mark(areas[place], offset, data)
    identity = _combine(areas, device)
    mark = next((marks[place] for place in (PRODUCT, CHASSIS, BOARD) if place in marks), None)
    if machine is not None and mark is not None and not broken:
        _machines.keep(machine, (identity, mark))
    return identity, broken


def _mark(area: Area, offset: int, data: bytes) -> _Mark:
    assert area.serial_at is not None
    at, size = area.serial_at
    return _Mark(offset + at, data[at : at + max(size, CHECKED)][:CHECKED])


def _combine(areas: dict[int, Area], device: Identity) -> Identity:
    """Prefer what the product area says, then the board, then the chassis, then the device id."""
    chassis, board, product = (areas[place].texts if place in areas else {} for place in (CHASSIS, BOARD, PRODUCT))
    return Identity(
        manufacturer=product.get("manufacturer") or board.get("manufacturer") or device.manufacturer,
        product=product.get("product") or board.get("product"),
        serial=product.get("serial") or chassis.get("serial") or board.get("serial"),
        asset_tag=product.get("asset_tag"),
        bmc_firmware=device.bmc_firmware,
    )


def read_inventory(
    session: BmcSession, machine: Hashable, locators: Iterable[FruLocator], *, believes: bool = False
) -> Iterator[InventoryItem]:
    """Yield what the inventory of each part says; an empty bay has none and is left out.

    What was read before holds while the same serial number stands in its place: a swapped part is read anew.
    Cost: 1 request a part then, none for who `believes` that it does, 4 to 6 before.
    Raises HardwareError when the BMC falls silent.
    """
    locators = list(locators)
    unknown = [one for one in locators if one.obstacle is None and _parts.recall((machine, one.number)) is None]
    session.ask_ahead([_piece(one.number, 0, HEADER_SIZE) for one in unknown])
    for locator in locators:
        blank = InventoryItem(locator.name, locator.entity_id, locator.entity_instance)
        if locator.obstacle:
            yield replace(blank, unavailable=locator.obstacle)
            continue
        try:
            known = _parts.recall((machine, locator.number))
            if known is not None and (believes or known[1].stands(session, locator.number)):
                yield known[0]
            else:
                yield _part(session, machine, locator.number, blank)
        except CompletionCode as refusal:
            if refusal.code != NOT_PRESENT:
                yield replace(blank, unavailable=str(refusal))
        except Malformed as broken:
            yield replace(blank, unavailable=broken.reason)


def _part(session: BmcSession, machine: Hashable, number: int, blank: InventoryItem) -> InventoryItem:
    header = _read(session, number, 0, HEADER_SIZE)
    layout = module_layout(header)
    if layout is not None:
        offset, data = layout[0], _read(session, number, *layout)
        area = decode_module(header, data)
    else:
        places = areas_at(header)
        place = next((one for one in (PRODUCT, BOARD, CHASSIS) if one in places), None)
        if place is None:
            raise Malformed("it is empty", ADVICE_FIRMWARE)
        offset, data = places[place], _read_area(session, number, places[place])
        area = decode_area(place, data)
    item = replace(
        blank,
        manufacturer=area.texts.get("manufacturer"),
        product=area.texts.get("product"),
        serial=area.texts.get("serial") if area.verified else None,
        unavailable=None if area.verified or "serial" not in area.texts else UNVERIFIED,
    )
    if item.serial and area.serial_at:
        _parts.keep((machine, number), (item, _mark(area, offset, data)))
    return item


def _read_area(session: BmcSession, number: int, offset: int) -> bytes:
    head = _read(session, number, offset, HEADER_SIZE)
    length = head[1] * 8
    return head if length <= HEADER_SIZE else head + _read(session, number, offset + HEADER_SIZE, length - HEADER_SIZE)


def _piece(number: int, offset: int, size: int) -> Request:
    return Request(STORAGE, READ_FRU, struct.pack("<BHB", number, offset, size))


def _read(session: BmcSession, number: int, offset: int, length: int) -> bytes:
    """Read FRU bytes in pieces as large as the BMC allows."""
    sizes, data = list(READ_SIZES), b""
    while len(data) < length:
        size = min(sizes[0], length - len(data))
        try:
            answer = session.command(*_piece(number, offset + len(data), size))
        except CompletionCode as refusal:
            smaller = [one for one in sizes if one < size]
            if refusal.code not in TOO_LONG or not smaller:
                raise
            sizes = smaller
            continue
        piece = answer[1 : 1 + size]
        if not piece:
            raise Malformed("the FRU inventory ends too early", ADVICE_FIRMWARE)
        data += piece
    return data
