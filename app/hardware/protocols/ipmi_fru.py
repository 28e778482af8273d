"""FRU inventories: the areas in which a machine and its parts keep makers, names and serial numbers. Pure.

Source: IPMI platform management FRU information storage definition 1.3, chapters 8 and 10 to 12, and the JEDEC layouts
of the memory modules' own data, which some BMCs offer in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass

from app.hardware.protocols.ipmi_text import typed_text

HEADER_SIZE = 8
CHASSIS, BOARD, PRODUCT = 2, 3, 4  # the place of each area's offset in the header
AREA_NAMES = {CHASSIS: "chassis", BOARD: "board", PRODUCT: "product"}
# Where the first text stands, and which texts follow each other.
FIELDS = {
    CHASSIS: (3, ("part_number", "serial")),
    BOARD: (6, ("manufacturer", "product", "serial", "part_number")),
    PRODUCT: (3, ("manufacturer", "product", "part_number", "version", "serial", "asset_tag")),
}
END_OF_TEXTS = 0xC1

# Memory modules: byte 2 names the kind; where the serial number (4 bytes) and the part number (text) stand.
MODULE_KINDS = {0x0B: ("DDR3", 122, 128, 18), 0x0C: ("DDR4", 325, 329, 20), 0x12: ("DDR5", 517, 521, 30)}
MODULE_SERIAL_SIZE = 4


@dataclass(frozen=True, slots=True)
class Area:
    """The texts of one area by name, only those that say something; `verified` by the area's checksum.

    `serial_at` is where the field with the serial number stands in the area, and its size.
    """

    texts: dict[str, str]
    verified: bool
    serial_at: tuple[int, int] | None = None


def areas_at(header: bytes) -> dict[int, int]:
    """Where each area begins, in bytes; empty when this is no inventory of the standard's."""
    if len(header) < HEADER_SIZE or header[0] & 0x0F != 1:
        return {}
    return {place: header[place] * 8 for place in FIELDS if header[place]}


def decode_area(place: int, data: bytes) -> Area:
    """The texts of an area, as far as it goes. A wrong checksum beside right texts is common: it only is told."""
    at, names = FIELDS[place]
    texts: dict[str, str] = {}
    serial_at = None
    for name in names:
        if at >= len(data) or data[at] == END_OF_TEXTS:
            break
        text, size = typed_text(data, at), 1 + (data[at] & 0x3F)
        if text:
            texts[name] = text
            serial_at = (at, size) if name == "serial" else serial_at
        at += size
    whole = len(data) >= HEADER_SIZE and len(data) == data[1] * 8
    return Area(texts, whole and sum(data) & 0xFF == 0, serial_at)


def module_layout(head: bytes) -> tuple[int, int] | None:
    """Where a memory module's serial number stands and how much there is to read; None when this is no module."""
    known = MODULE_KINDS.get(head[2]) if len(head) > 2 else None
    return None if known is None else (known[1], known[2] + known[3] - known[1])


def decode_module(head: bytes, tail: bytes) -> Area:
    """What a memory module says of itself: `tail` begins with its serial number. All zeros or ones is no number."""
    name, serial_at, part_at, part_size = MODULE_KINDS[head[2]]
    number = tail[:MODULE_SERIAL_SIZE]
    part = tail[part_at - serial_at :][:part_size].decode("latin-1")
    part = "".join(letter for letter in part if letter.isprintable()).strip()
    blank = len(number) < MODULE_SERIAL_SIZE or not number.strip(b"\0") or not number.strip(b"\xff")
    texts = {"product": f"{name} {part}".strip(), **({} if blank else {"serial": number.hex().upper()})}
    return Area(texts, not blank, None if blank else (0, MODULE_SERIAL_SIZE))
