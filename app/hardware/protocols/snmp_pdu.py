"""SNMP's protocol data units: what is asked and what is answered, the same in every version (RFC 1157, RFC 3416)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from app.hardware.protocols.snmp_ber import (
    END_OF_MIB,
    INTEGER,
    NAMES,
    NO_SUCH_INSTANCE,
    NO_SUCH_OBJECT,
    OCTETS,
    OID,
    REMEMBERED,
    SEQUENCE,
    UNSIGNED,
    BerError,
    Oid,
    Reader,
    decode_oid,
    decode_value,
    dotted,
    encode_oid,
    integer,
    sequence,
    tlv,
)
from app.hardware.readings import SnmpType, SnmpValue

GET, GET_NEXT, RESPONSE, GET_BULK, REPORT = 0xA0, 0xA1, 0xA2, 0xA5, 0xA8
TRAP_V1, INFORM, TRAP = 0xA4, 0xA6, 0xA7
NO_SUCH_NAME = 2
STATUS_WORDS = {
    1: "tooBig",
    2: "noSuchName",
    5: "genErr",
    6: "noAccess",
    13: "resourceUnavailable",
    16: "authorizationError",
}
MARKS = frozenset({NO_SUCH_OBJECT, NO_SUCH_INSTANCE, END_OF_MIB})
_STRING, _INTEGER, _OID = SnmpType.STRING, SnmpType.INTEGER, SnmpType.OID
_NUMBERS = {INTEGER: _INTEGER} | {tag: kind for tag, (kind, _) in UNSIGNED.items()}
ENCODED_NULL = b"\x05\x00"
ZERO = integer(0)
NO_ERROR = ZERO + ZERO  # error status and error index
SHORT = 0x7F  # the longest element whose length is one byte


class Objects(NamedTuple):
    """The objects of a PDU in their order: an identifier of each, and the values that could be read.

    By place in that order, `marks` has the tag of whatever stands for a missing value (noSuchObject, noSuchInstance,
    endOfMibView; `values` calls it ABSENT), and `unread` the reason why a value is not in `values`.
    """

    oids: list[Oid]
    values: list[SnmpValue]
    marks: dict[int, int]
    unread: dict[int, str]


class Answer(NamedTuple):
    """A response or report: `status` 0 is success, `place` is the one-based place of the object at fault."""

    kind: int
    request_id: int
    status: int
    place: int
    objects: Objects

    @property
    def status_words(self) -> str:
        """The status as the standards name it."""
        return STATUS_WORDS.get(self.status, f"error {self.status}")


def encode_request(kind: int, request_id: int, oids: Sequence[Oid], repetitions: int = 0) -> bytes:
    """Return a GET, GETNEXT or, with `repetitions`, a GETBULK."""
    numbers = integer(request_id) + (ZERO + integer(repetitions) if repetitions else NO_ERROR)
    return tlv(kind, numbers + tlv(SEQUENCE, b"".join(map(_encode_asked, oids))))


@lru_cache(maxsize=REMEMBERED)
def _encode_asked(oid: Oid) -> bytes:
    return sequence(encode_oid(oid), ENCODED_NULL)


def decode_answer(tag: int, body: bytes) -> Answer:
    """Return what an answer says. Raises BerError for anything but a response or report."""
    if tag not in (RESPONSE, REPORT):
        raise BerError(f"not an answer but 0x{tag:02X}")
    return decode_pdu(tag, body)


def decode_pdu(tag: int, body: bytes) -> Answer:
    """Return what a PDU says, of whatever kind but SNMPv1's trap: all have the same fields. Raises BerError."""
    reader = Reader(body)
    request_id = reader.integer()
    status, at_fault = (0, 0) if reader.skip(NO_ERROR) else (reader.integer(), reader.integer())
    return Answer(tag, request_id, status, at_fault, decode_objects(reader.expect(SEQUENCE)))


def decode_objects(body: bytes) -> Objects:
    """Return the objects of a PDU, read in one pass: a table has hundreds. Raises BerError.

    Nearly all are below 128 bytes, say their lengths in one byte, and are numbers or texts: those are read on the spot.
    Whatever is odd goes through a `Reader` and `decode_value`, which mean the same and take three times as long.
    """
    objects = Objects([], [], {}, {})
    oids, values = objects.oids, objects.values
    new, number = tuple.__new__, int.from_bytes  # half the price of a named tuple's own
    place, end = 0, len(body)
    value: int | bytes
    while place < end:
        try:
            size, at = body[place + 1], place + 4 + body[place + 3]
            length, following = body[at + 1], place + 2 + size
            is_plain = size <= SHORT and at + 2 + length == following <= end and body[place] == SEQUENCE
        except IndexError:
            is_plain = False  # it ends too early: the reader says so
        if not is_plain:
            place = _add_odd(objects, body, place)
            continue
        oid, text = NAMES[body[place + 2 : at]]
        place, tag = following, body[at]
        if tag == OCTETS:
            kind, value = _STRING, body[at + 2 : following]
        elif length == 1 and tag in _NUMBERS and (value := body[at + 2]) <= SHORT:
            kind = _NUMBERS[tag]
        elif length and tag in UNSIGNED:
            kind, modulus = UNSIGNED[tag]
            value = number(body[at + 2 : following], "big") % modulus
        elif length and tag == INTEGER:
            kind, value = _INTEGER, number(body[at + 2 : following], "big", signed=True)
        elif tag == OID and (name := NAMES.get(body[at:following])):
            kind, value = _OID, name[1].encode()
        else:
            _add(objects, oid, tag, body[at + 2 : following])
            continue
        oids.append(oid)
        values.append(new(SnmpValue, (text, kind, value)))
    return objects


def _add(objects: Objects, oid: Oid, tag: int, body: bytes) -> None:
    """Add an object of whatever type; a value that cannot be understood is noted, and the others still count."""
    place = len(objects.oids)
    objects.oids.append(oid)
    if tag in MARKS:
        objects.marks[place] = tag
    try:
        kind, value = decode_value(tag, body)
    except BerError as broken:
        objects.unread[place] = str(broken)
    else:
        objects.values.append(SnmpValue(dotted(oid), kind, value))


def _add_odd(objects: Objects, body: bytes, place: int) -> int:
    """Add the object that begins at `place`, however it is spelled; return where the next begins. Raises BerError."""
    reader = Reader(body, place)
    pair = Reader(reader.expect(SEQUENCE))
    oid = decode_oid(pair.expect(OID))
    _add(objects, oid, *pair.next())
    return reader.place
