"""SNMP's protocol data units: what is asked and what is answered, the same in every version (RFC 1157, RFC 3416)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from app.hardware.protocols.snmp_ber import (
    END_OF_MIB,
    OID,
    SEQUENCE,
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
from app.hardware.readings import SnmpValue

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
ENCODED_NULL = b"\x05\x00"


@dataclass(frozen=True, slots=True)
class Varbind:
    """One object of an answer, still encoded."""

    oid: Oid
    tag: int
    body: bytes

    @property
    def ends_mib(self) -> bool:
        """True for the marker that nothing follows."""
        return self.tag == END_OF_MIB

    def value(self) -> SnmpValue:
        """Return the decoded value. Raises BerError."""
        kind, value = decode_value(self.tag, self.body)
        return SnmpValue(dotted(self.oid), kind, value)


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


def encode_request(kind: int, request_id: int, oids: Sequence[Oid], repetitions: int = 0) -> bytes:
    """Return a GET, GETNEXT or, with `repetitions`, a GETBULK."""
    varbinds = sequence(*(sequence(encode_oid(oid), ENCODED_NULL) for oid in oids))
    return tlv(kind, integer(request_id) + integer(0) + integer(repetitions) + varbinds)


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
    """Return the objects of a PDU, their values still encoded. Raises BerError."""
    objects = Reader(body)
    varbinds = []
    while not objects.at_end:
        pair = Reader(objects.expect(SEQUENCE))
        oid = decode_oid(pair.expect(OID))
        varbinds.append(Varbind(oid, *pair.next()))
    return tuple(varbinds)
