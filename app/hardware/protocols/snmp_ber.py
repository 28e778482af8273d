"""The few Basic Encoding Rules that SNMP needs: bytes to values and back (X.690, RFC 2578, RFC 3416).

Decoding forgives what real agents do wrong without harm (long lengths, counters sent as negative numbers,
numbers without bytes) and raises BerError for anything that cannot be understood.

A site's devices are alike and are asked every few minutes, so what was spelled or read once is remembered: the same
few thousand identifiers come again and again. The memory is bounded, and a device that floods it slows nobody much.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from app.hardware.readings import SnmpType

INTEGER, OCTETS, NULL, OID, SEQUENCE = 0x02, 0x04, 0x05, 0x06, 0x30
IP, COUNTER, GAUGE, TICKS, OPAQUE, COUNTER64, UINTEGER = 0x40, 0x41, 0x42, 0x43, 0x44, 0x46, 0x47
NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB = 0x80, 0x81, 0x82
OPAQUE_FLOAT, OPAQUE_DOUBLE = b"\x9f\x78\x04", b"\x9f\x79\x08"

Oid = tuple[int, ...]

UNSIGNED = {
    COUNTER: (SnmpType.COUNTER, 2**32),
    GAUGE: (SnmpType.GAUGE, 2**32),
    UINTEGER: (SnmpType.GAUGE, 2**32),
    TICKS: (SnmpType.TICKS, 2**32),
    COUNTER64: (SnmpType.COUNTER64, 2**64),
}
LARGEST_SUBIDENTIFIER = 2**32 - 1 + 80  # the first one on the wire carries two: RFC 2578 3.5, X.690 8.19.4
ABSENT = frozenset({NULL, NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB})
REMEMBERED = 16_384  # identifiers, about 300 bytes each


class BerError(ValueError):
    """The bytes do not follow the encoding rules."""


@lru_cache(maxsize=REMEMBERED)
def parse_oid(dotted: str) -> Oid:
    """Return the numbers of a dotted OID, with or without a leading dot. Raises ValueError."""
    return tuple(int(part) for part in dotted.strip(".").split("."))


@lru_cache(maxsize=REMEMBERED)
def dotted(oid: Oid) -> str:
    """Return the dotted form, without a leading dot."""
    return ".".join(map(str, oid))


def tlv(tag: int, body: bytes) -> bytes:
    """Return tag, length and body."""
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + body


def sequence(*parts: bytes) -> bytes:
    """Return a SEQUENCE of encoded parts."""
    return tlv(SEQUENCE, b"".join(parts))


def integer(number: int) -> bytes:
    """Return an INTEGER."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def octets(text: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(OCTETS, text)


@lru_cache(maxsize=REMEMBERED)
def encode_oid(oid: Oid) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    body = bytearray()
    for number in (oid[0] * 40 + oid[1], *oid[2:]):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(0x80 | number & 0x7F)
        body += bytes(reversed(septets))
    return tlv(OID, bytes(body))


def decode_oid(body: bytes) -> Oid:
    """Return the numbers of an encoded OID."""
    numbers: list[int] = []
    number = 0
    for byte in body:
        number = number << 7 | byte & 0x7F
        if number > LARGEST_SUBIDENTIFIER:
            raise BerError("an OID holds a number that is too large")
        if not byte & 0x80:
            numbers.append(number)
            number = 0
    if not numbers:
        raise BerError("an OID is empty")
    first = min(2, numbers[0] // 40)
    return (first, numbers[0] - 40 * first, *numbers[1:])


def decode_integer(body: bytes) -> int:
    """Return a signed integer. Raises BerError when there is no byte."""
    if not body:
        raise BerError("a number has no bytes")
    return int.from_bytes(body, "big", signed=True)


class Reader:
    """Reads one encoded element after the other."""

    __slots__ = ("_bytes", "place")

    def __init__(self, encoded: bytes, place: int = 0) -> None:
        self._bytes = encoded
        self.place = place

    @property
    def at_end(self) -> bool:
        """True when nothing is left."""
        return self.place >= len(self._bytes)

    def next(self) -> tuple[int, bytes]:
        """Return the next element's tag and body."""
        encoded, place = self._bytes, self.place
        try:
            tag, size = encoded[place], encoded[place + 1]
        except IndexError as early:
            raise BerError("the message ends too early") from early
        start = place + 2
        if size & 0x80:
            digits = size & 0x7F
            size = int.from_bytes(encoded[start : start + digits], "big")
            start += digits
        self.place = end = start + size
        if end > len(encoded):
            raise BerError("an element is longer than its message")
        return tag, encoded[start:end]

    def expect(self, *tags: int) -> bytes:
        """Return the next element's body; raise BerError when its tag is none of `tags`."""
        tag, body = self.next()
        if tag not in tags:
            raise BerError(f"unexpected tag 0x{tag:02X}")
        return body

    def integer(self) -> int:
        """Return the next element, which must be an INTEGER."""
        tag, body = self.next()
        if tag != INTEGER:
            raise BerError(f"unexpected tag 0x{tag:02X}")
        return decode_integer(body)

    def skip(self, expected: bytes) -> bool:
        """Step over what is encoded exactly like that; False, and nothing is skipped, when something else follows."""
        if not self._bytes.startswith(expected, self.place):
            return False
        self.place += len(expected)
        return True


class Names(dict[bytes, tuple[Oid, str]]):
    """Identifiers as elements on the wire -> their numbers and dotted form; one not seen before is read and kept.

    A dictionary, because it is asked for every object of every answer. Raises BerError for what is no identifier.
    """

    def __missing__(self, element: bytes) -> tuple[Oid, str]:
        oid = decode_oid(Reader(element).expect(OID))
        if len(self) >= REMEMBERED:
            self.clear()
        self[element] = name = (oid, dotted(oid))
        return name


NAMES = Names()


def decode_value(tag: int, body: bytes) -> tuple[SnmpType, int | float | bytes | None]:
    """Return type and value of a varbind.

    Counters are taken modulo their size, because some agents send them with a sign. OIDs come as dotted text in ASCII,
    unknown types as raw bytes. Raises BerError for a number without bytes: it is neither zero nor absent.
    """
    unsigned = UNSIGNED.get(tag)
    if tag in ABSENT:
        return SnmpType.ABSENT, None
    if not body and (tag == INTEGER or unsigned):
        raise BerError("a number without bytes")
    if unsigned:
        kind, modulus = unsigned
        return kind, int.from_bytes(body, "big") % modulus
    if tag == INTEGER:
        return SnmpType.INTEGER, decode_integer(body)
    if tag == OID:
        return SnmpType.OID, NAMES[tlv(OID, body)][1].encode()
    if tag == OPAQUE:
        return _decode_opaque(body)
    return (SnmpType.IP if tag == IP else SnmpType.STRING), body


def _decode_opaque(body: bytes) -> tuple[SnmpType, float | bytes]:
    if body[:3] == OPAQUE_FLOAT and len(body) == 7:
        return SnmpType.FLOAT, float(struct.unpack(">f", body[3:])[0])
    if body[:3] == OPAQUE_DOUBLE and len(body) == 11:
        return SnmpType.FLOAT, float(struct.unpack(">d", body[3:])[0])
    return SnmpType.STRING, body
