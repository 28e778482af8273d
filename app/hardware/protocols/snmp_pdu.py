"""SNMP's protocol data units: what is asked and what is answered, the same in every version (RFC 1157, RFC 3416)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from app.hardware.protocols.snmp_ber import (
    INTEGER,
    OCTETS,
    OID,
    REMEMBERED,
    SEQUENCE,
    UNSIGNED,
    BerError,
    Oid,
    Reader,
    decode_name,
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
_STRING, _INTEGER = SnmpType.STRING, SnmpType.INTEGER
ENCODED_NULL = b"\x05\x00"
_new = tuple.__new__  # half the price of a named tuple's own; only where hundreds are made
SHORT = 0x7F  # the longest element whose length is one byte


class Varbind(NamedTuple):
    """One object of an answer, still encoded; `name` is its OID as text where that is at hand."""

    oid: Oid
    tag: int
    body: bytes
    name: str = ""

    def value(self) -> SnmpValue:
        """Return the decoded value. Raises BerError."""
        kind, value = decode_value(self.tag, self.body)
        return SnmpValue(self.name or dotted(self.oid), kind, value)


@dataclass(frozen=True, slots=True)
class Answer:
    """A response or report: `status` 0 is success, `index` is the one-based place of the object at fault."""

    kind: int
    request_id: int
    status: int
    index: int
    varbinds: tuple[Varbind, ...]

    @property
    def status_words(self) -> str:
        """The status as the standards name it."""
        return STATUS_WORDS.get(self.status, f"error {self.status}")


def read_values(varbinds: Iterable[Varbind], values: list[SnmpValue]) -> str | None:
    """Add the decoded values to `values`; say which could not be understood, if any.

    The same as `Varbind.value` of each; the commonest types are decoded on the spot, because a table has hundreds.
    """
    problem = None
    for oid, tag, body, name in varbinds:
        value: int | float | bytes | None
        if body and tag in UNSIGNED:
            kind, modulus = UNSIGNED[tag]
            value = int.from_bytes(body, "big") % modulus
        elif tag == OCTETS:
            kind, value = _STRING, body
        elif tag == INTEGER and body:
            kind, value = _INTEGER, int.from_bytes(body, "big", signed=True)
        else:
            try:
                kind, value = decode_value(tag, body)
            except BerError as broken:
                problem = f"{dotted(oid)}: {broken}"
                continue
        values.append(_new(SnmpValue, (name or dotted(oid), kind, value)))
    return problem


def encode_request(kind: int, request_id: int, oids: Sequence[Oid], repetitions: int = 0) -> bytes:
    """Return a GET, GETNEXT or, with `repetitions`, a GETBULK."""
    varbinds = sequence(*map(_encode_asked, oids))
    return tlv(kind, integer(request_id) + integer(0) + integer(repetitions) + varbinds)


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
    request_id, status, index = reader.integer(), reader.integer(), reader.integer()
    return Answer(tag, request_id, status, index, decode_varbinds(reader.expect(SEQUENCE)))


def decode_varbinds(body: bytes) -> tuple[Varbind, ...]:
    """Return the objects of a PDU, their values still encoded. Raises BerError.

    Nearly all are below 128 bytes and say their lengths in one byte: those are read at once, in one breath, because
    half of the time of a large answer goes here. Whatever is odd goes through a `Reader`, three times as slow.
    """
    varbinds: list[Varbind] = []
    place, end = 0, len(body)
    while place < end:
        try:
            size, name = body[place + 1], place + 4 + body[place + 3]
            start, following = name + 2, place + 2 + size
            if (
                size <= SHORT
                and start + body[name + 1] == following <= end
                and body[place] == SEQUENCE
                and body[place + 2] == OID
            ):
                oid, text = decode_name(body[place + 4 : name])
                varbinds.append(_new(Varbind, (oid, body[name], body[start:following], text)))
                place = following
                continue
        except IndexError:
            pass  # it ends too early: the reader says so
        place = _read_varbind(body, place, varbinds)
    return tuple(varbinds)


def _read_varbind(body: bytes, place: int, varbinds: list[Varbind]) -> int:
    """Add the object that begins at `place`; return where the next one begins. Raises BerError."""
    objects = Reader(body, place)
    pair = Reader(objects.expect(SEQUENCE))
    oid = decode_oid(pair.expect(OID))
    varbinds.append(Varbind(oid, *pair.next()))
    return objects.place
