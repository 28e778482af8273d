"""The bytes a BMC stores: sensor data records, FRU inventory, event log records (IPMI 2.0 and FRU 1.3)."""

from __future__ import annotations

import struct
from collections.abc import Sequence

FRU_SIZE = 512
LANGUAGE_ENGLISH = 25
RACK_MOUNT_CHASSIS = 23
SDR_VERSION = 0x51
BMC_ADDRESS = 0x20
ALL_STATES = 0x7FFF
DDR4, DDR4_SERIAL_AT, DDR4_PART_AT, DDR4_PART_SIZE = 0x0C, 325, 329, 20


def text_field(text: str) -> bytes:
    """Return a type/length byte and the text in 8-bit ASCII."""
    return bytes([0xC0 | len(text)]) + text.encode("ascii")


def full_record(
    key: tuple[int, int, int],
    kind: int,
    unit: int,
    factors: tuple[int, int],
    thresholds: tuple[int, bytes],
    name: str,
) -> bytes:
    """Return a full sensor record of a threshold sensor.

    `key` is (number, entity, instance), `factors` (M, result exponent), `thresholds` the readable mask and the
    six raw values in the record's order (unr, ucr, unc, lnr, lcr, lnc). IPMI 2.0 table 43-1.
    """
    number, entity, instance = key
    m, exponent = factors
    mask, raw = thresholds
    body = bytes([BMC_ADDRESS, 0, number, entity, instance, 0x7F, 0x68, kind, 0x01])
    body += struct.pack("<HHBB", 0x7FFF, 0x0FFF, mask, 0)
    body += bytes([0, unit, 0, 0, m & 0xFF, (m >> 8 & 3) << 6, 0, 0, 0, (exponent & 0xF) << 4, 0, 0, 0, 0, 0xFF, 0])
    body += raw + bytes([2, 2, 0, 0, 0]) + text_field(name)
    return bytes([0, 0, SDR_VERSION, 0x01, len(body)]) + body


def compact_record(key: tuple[int, int, int], kind: int, event_type: int, name: str) -> bytes:
    """Return a compact sensor record of a discrete sensor; `key` is (number, entity, instance). Table 43-2."""
    number, entity, instance = key
    body = bytes([BMC_ADDRESS, 0, number, entity, instance, 0x67, 0x40, kind, event_type])
    body += struct.pack("<HHH", ALL_STATES, ALL_STATES, ALL_STATES)
    body += bytes([0xC0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]) + text_field(name)
    return bytes([0, 0, SDR_VERSION, 0x02, len(body)]) + body


def locator_record(number: int, entity: tuple[int, int], name: str) -> bytes:
    """Return the locator of a part's inventory, kept by the BMC itself; `entity` is (id, instance). Table 43-7."""
    body = bytes([BMC_ADDRESS, number, 0x80, 0, 0, 0x10, 0, *entity, 0]) + text_field(name)
    return bytes([0, 0, SDR_VERSION, 0x11, len(body)]) + body


def controller_record(name: str) -> bytes:
    """Return the management controller locator that every repository begins with. Table 43-9."""
    body = bytes([BMC_ADDRESS, 0, 0, 0xBF, 0, 0, 0, 7, 1, 0]) + text_field(name)
    return bytes([0, 0, SDR_VERSION, 0x12, len(body)]) + body


def log_record(number: int, at: int, sensor: tuple[int, int], event: tuple[int, bool], data: Sequence[int]) -> bytes:
    """Return a 16-byte system event record; `sensor` is (type, number), `event` (event type, asserted). Table 32-1."""
    event_type, asserted = event
    direction = event_type if asserted else event_type | 0x80
    return struct.pack("<HBI", number, 0x02, at) + bytes([BMC_ADDRESS, 0, 4, *sensor, direction, *data])


def _area(body: bytes) -> bytes:
    padded = bytearray(body + b"\xc1")
    padded += bytes(-(len(padded) + 1) % 8)
    padded[1] = (len(padded) + 1) // 8
    return bytes(padded) + bytes([-sum(padded) & 0xFF])


def fru_inventory(manufacturer: str, product: str, serial: str, asset_tag: str) -> bytes:
    """Return a FRU inventory with chassis, board and product areas, padded to `FRU_SIZE` bytes."""
    chassis = _area(bytes([1, 0, RACK_MOUNT_CHASSIS]) + text_field("CH-2U") + text_field(f"C{serial}"))
    board_texts = (manufacturer, f"{product} board", f"B{serial}", "BRD-01", "")
    board = bytes([1, 0, LANGUAGE_ENGLISH]) + (13_000_000).to_bytes(3, "little")
    board = _area(board + b"".join(map(text_field, board_texts)))
    product_texts = (manufacturer, product, "PN-2U12", "A0", serial, asset_tag, "")
    product_area = _area(bytes([1, 0, LANGUAGE_ENGLISH]) + b"".join(map(text_field, product_texts)))
    starts = (0, 1, 1 + len(chassis) // 8, 1 + (len(chassis) + len(board)) // 8, 0, 0)
    header = bytes([1, *starts])
    inventory = header + bytes([-sum(header) & 0xFF]) + chassis + board + product_area
    return inventory.ljust(FRU_SIZE, b"\0")


def part_inventory(manufacturer: str, product: str, serial: str) -> bytes:
    """Return the inventory of a part: a product area alone, padded to `FRU_SIZE` bytes."""
    texts = (manufacturer, product, "PN-1", "A0", serial, "", "")
    area = _area(bytes([1, 0, LANGUAGE_ENGLISH]) + b"".join(map(text_field, texts)))
    header = bytes([1, 0, 0, 0, 1, 0, 0])
    return (header + bytes([-sum(header) & 0xFF]) + area).ljust(FRU_SIZE, b"\0")


def module_inventory(serial: str, part_number: str) -> bytes:
    """Return what a DDR4 module says of itself: `serial` is four bytes in hexadecimal digits (JEDEC, bytes 325 on)."""
    data = bytearray(FRU_SIZE)
    data[:3] = bytes([0x23, 0x11, DDR4])
    data[DDR4_SERIAL_AT:DDR4_PART_AT] = bytes.fromhex(serial)
    data[DDR4_PART_AT : DDR4_PART_AT + DDR4_PART_SIZE] = part_number.encode("ascii").ljust(DDR4_PART_SIZE)
    return bytes(data)
