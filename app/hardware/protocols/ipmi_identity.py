"""Who a BMC says it is: its FRU inventory, area by area, and its device id (FRU storage definition 1.3)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from pyipmi.constants import manufacturer_name
from pyipmi.errors import DecodingError
from pyipmi.fru import InventoryBoardInfoArea, InventoryChassisInfoArea, InventoryProductInfoArea

from app.core.errors import Malformed
from app.hardware.protocols.ipmi_records import READ_SIZES, STORAGE, TOO_LONG
from app.hardware.protocols.ipmi_session import ADVICE_FIRMWARE, BmcSession, CompletionCode
from app.hardware.readings import Identity

READ_FRU = 0x11
BUILTIN_FRU = 0
HEADER_SIZE = 8
# Place of each area's offset in the common header, and what decodes it.
CHASSIS, BOARD, PRODUCT = 2, 3, 4
DECODERS: dict[int, Callable[..., Any]] = {
    CHASSIS: InventoryChassisInfoArea,
    BOARD: InventoryBoardInfoArea,
    PRODUCT: InventoryProductInfoArea,
}


def identity_from_device(device: bytes) -> Identity:
    """Return what a Get Device ID response tells alone: firmware, and the manufacturer when its number is known."""
    if len(device) < 4:
        return Identity()
    firmware = f"{device[2] & 0x7F}.{device[3] >> 4}{device[3] & 0x0F}"
    name = manufacturer_name(int.from_bytes(device[6:9], "little") & 0xFFFFF)
    return Identity(manufacturer=name, bmc_firmware=firmware)


def read_identity(session: BmcSession, device: Identity) -> tuple[Identity, list[str]]:
    """Return the identity from FRU 0 over what the device id said, and the areas that could not be read.

    Checksums are not believed: too many boards carry wrong ones beside right texts.
    Raises CompletionCode or Malformed when there is no inventory at all. Cost: a request per 64 bytes.
    """
    header = _read(session, 0, HEADER_SIZE)
    if header[0] & 0x0F != 1:
        raise Malformed("the FRU inventory is empty", ADVICE_FIRMWARE)
    areas: dict[int, Any] = {}
    broken: list[str] = []
    for place, decode in DECODERS.items():
        try:
            if header[place]:
                areas[place] = decode(_read_area(session, header[place] * 8), ignore_checksum=True)
        except (CompletionCode, Malformed, DecodingError, IndexError, ValueError):
            broken.append({CHASSIS: "chassis", BOARD: "board", PRODUCT: "product"}[place])
    return _combine(areas.get(CHASSIS), areas.get(BOARD), areas.get(PRODUCT), device), broken


def _combine(chassis: Any, board: Any, product: Any, device: Identity) -> Identity:
    """Prefer what the product area says, then the board, then the chassis, then the device id."""
    return Identity(
        manufacturer=_text(product, "manufacturer") or _text(board, "manufacturer") or device.manufacturer,
        product=_text(product, "name") or _text(board, "product_name"),
        serial=_text(product, "serial_number") or _text(chassis, "serial_number") or _text(board, "serial_number"),
        asset_tag=_text(product, "asset_tag"),
        bmc_firmware=device.bmc_firmware,
    )


def _text(area: Any, name: str) -> str | None:
    """Return a field's text without padding; None when the area or the text is missing."""
    text = str(getattr(area, name, "")).replace("\x00", "").strip()
    return text or None


def _read_area(session: BmcSession, offset: int) -> bytes:
    head = _read(session, offset, HEADER_SIZE)
    length = head[1] * 8
    return head if length <= HEADER_SIZE else head + _read(session, offset + HEADER_SIZE, length - HEADER_SIZE)


def _read(session: BmcSession, offset: int, length: int) -> bytes:
    """Read FRU bytes in pieces as large as the BMC allows."""
    sizes, data = list(READ_SIZES), b""
    while len(data) < length:
        size = min(sizes[0], length - len(data))
        try:
            answer = session.command(STORAGE, READ_FRU, struct.pack("<BHB", BUILTIN_FRU, offset + len(data), size))
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
