"""SNMP notifications as they come in: traps of v1, v2c and v3, informs, and what is answered to informs.

A datagram is opened in two steps. `open_envelope` reads what stands outside in clear, so that the sender can be
looked up; `read_notification` proves the community or the user and gives the notification itself.
Sources: RFC 1157 (v1 traps), RFC 3416 (traps, informs), RFC 3412 and 3414 (v3), RFC 3584 (v1 traps as v2 ones).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.core.errors import AuthRefused
from app.hardware.protocols.snmp_ber import (
    COUNTER,
    INTEGER,
    IP,
    OCTETS,
    OID,
    SEQUENCE,
    TICKS,
    BerError,
    Oid,
    Reader,
    decode_oid,
    dotted,
    encode_oid,
    integer,
    octets,
    parse_oid,
    sequence,
    tlv,
)
from app.hardware.protocols.snmp_codec import COMMUNITY_VERSIONS, user_of
from app.hardware.protocols.snmp_pdu import (
    INFORM,
    REPORT,
    RESPONSE,
    TRAP,
    TRAP_V1,
    Objects,
    decode_objects,
    decode_pdu,
)
from app.hardware.protocols.snmp_usm import (
    AUTHENTICATED,
    ENCRYPTED,
    REPORTABLE,
    USM,
    VERSION_3,
    Engine,
    User,
    decode_message,
    encode_message,
)
from app.hardware.readings import SnmpTarget, SnmpType, SnmpValue

LARGEST = 8192  # bytes; real notifications fit one Ethernet frame
MOST_VALUES = 64
UPTIME, TRAP_OID = parse_oid("1.3.6.1.2.1.1.3.0"), parse_oid("1.3.6.1.6.3.1.1.4.1.0")
GENERIC_TRAPS = parse_oid("1.3.6.1.6.3.1.1.5")
ENTERPRISE_SPECIFIC = 6
WIDEST_NUMBER = 64  # bits
UNKNOWN_ENGINE = parse_oid("1.3.6.1.6.3.15.1.1.4.0")  # usmStatsUnknownEngineIDs
NOT_IN_WINDOW = parse_oid("1.3.6.1.6.3.15.1.1.2.0")  # usmStatsNotInTimeWindows


class Denied(Exception):
    """The sender does not prove what its credentials would prove."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What stands outside: `version` as on the wire (0, 1, 3); of v3 the sender's engine, its clock and the flags."""

    version: int
    community: bytes = b""
    pdu: tuple[int, bytes] | None = None  # of v1 and v2c, in clear
    message_id: int = 0
    flags: int = 0
    engine_id: bytes = b""
    boots: int = 0
    engine_time: int = 0
    user: bytes = b""

    @property
    def wants_report(self) -> bool:
        """True when the sender wants to be told what is wrong, as informs do and traps do not."""
        return bool(self.flags & REPORTABLE)


@dataclass(frozen=True, slots=True)
class Notification:
    """One notification: the trap's OID, its values, and the PDU that answers it when it is an inform.

    `digest` is the same for the same notification sent again. `user` is the v3 user who proved to be its sender,
    `context` what of the sender it speaks of: the answer must speak of the same.
    """

    oid: str
    values: tuple[SnmpValue, ...]
    request_id: int
    digest: str
    answer: bytes | None = None
    user: User | None = None
    context: tuple[bytes, bytes] | None = None

    @property
    def is_inform(self) -> bool:
        """True when the sender waits for an answer."""
        return self.answer is not None


def open_envelope(data: bytes) -> Envelope:
    """Return what stands outside a datagram. Proves nothing. Raises BerError for what is not SNMP."""
    if len(data) > LARGEST:
        raise BerError("longer than any notification")
    reader = Reader(Reader(data).expect(SEQUENCE))
    version = reader.integer()
    if version in COMMUNITY_VERSIONS.values():
        return Envelope(version, community=reader.expect(OCTETS), pdu=reader.next())
    if version != VERSION_3:
        raise BerError("not a version of SNMP")
    head = Reader(reader.expect(SEQUENCE))
    message_id, _, flags, model = head.integer(), head.integer(), head.expect(OCTETS), head.integer()
    security = Reader(Reader(reader.expect(OCTETS)).expect(SEQUENCE))
    engine_id, boots, at, user = (
        security.expect(OCTETS),
        security.integer(),
        security.integer(),
        security.expect(OCTETS),
    )
    if (
        model != USM
        or len(flags) != 1
        or len(engine_id) > 32
        or not all(0 <= n < 2**31 for n in (message_id, boots, at))
    ):
        raise BerError("a header of SNMPv3 is out of its range")
    return Envelope(
        version, message_id=message_id, flags=flags[0], engine_id=engine_id, boots=boots, engine_time=at, user=user
    )


def read_notification(data: bytes, envelope: Envelope, target: SnmpTarget) -> Notification:
    """Return the notification, if the one who has the credentials of `target` sent it.

    Raises Denied for another version, community, user, level of protection or key, BerError for a message that is
    proved and makes no sense all the same. Cost: some 50 us, and 5 ms for the first message of a pass phrase.
    """
    if envelope.pdu is not None:
        if COMMUNITY_VERSIONS.get(target.version) is None:
            raise Denied
        if not hmac.compare_digest(envelope.community, target.community.encode()):
            raise Denied
        return _notification(envelope.pdu, b"")
    user = _user(envelope, target)
    try:
        message = decode_message(data, user)
    except BerError as wrong:
        raise Denied from wrong
    return replace(_notification(message.pdu, envelope.engine_id), user=user, context=message.context)


def acknowledge(envelope: Envelope, notification: Notification, engine: Engine) -> bytes | None:
    """Return the datagram that tells the sender of an inform that it has arrived; None for a trap."""
    if notification.answer is None:
        return None
    if envelope.version == VERSION_3:
        answered, user, context = notification.answer, notification.user, notification.context
        return encode_message(envelope.message_id, answered, engine, user, reportable=False, context=context)
    return sequence(integer(envelope.version), octets(envelope.community), notification.answer)


def report(envelope: Envelope, engine: Engine, counter: Oid, notification: Notification | None = None) -> bytes:
    """Return the report that lets a sender of informs learn our engine and its clock (RFC 3414 3.2, 4).

    Signed, when the notification that it is about was.
    """
    user = notification.user if notification is not None else None
    signer = User(user.name, user.auth, user.auth_phrase) if user is not None else None
    about = integer(notification.request_id if notification is not None else 0)
    told = sequence(sequence(encode_oid(counter), tlv(COUNTER, b"\x01")))
    pdu = tlv(REPORT, about + integer(0) + integer(0) + told)
    return encode_message(envelope.message_id, pdu, engine, signer, reportable=False)


def _user(envelope: Envelope, target: SnmpTarget) -> User:
    """The user of the target, when the envelope names him and is protected exactly as he protects."""
    if target.version != "3":
        raise Denied
    try:
        user = user_of(target)
    except AuthRefused as unusable:
        raise Denied from unusable
    if envelope.user != user.name.encode() or envelope.flags & (AUTHENTICATED | ENCRYPTED) != user.flags:
        raise Denied
    return user


def _notification(pdu: tuple[int, bytes], engine_id: bytes) -> Notification:
    tag, body = pdu
    digest = hashlib.sha256(engine_id + bytes([tag]) + body).hexdigest()[:32]
    if tag == TRAP_V1 and not engine_id:
        oid, objects = _of_v1(body)
        return Notification(dotted(oid), _values(objects), 0, digest)
    if tag not in (TRAP, INFORM):
        raise BerError(f"not a notification but 0x{tag:02X}")
    decoded = decode_pdu(tag, body)
    values = _values(decoded.objects, left_out=(UPTIME, TRAP_OID))
    answer = tlv(RESPONSE, body) if tag == INFORM else None
    return Notification(_which(decoded.objects), values, decoded.request_id, digest, answer)


def _which(objects: Objects) -> str:
    """The trap's OID, which it tells as one of its objects."""
    named = [value for value in objects.values if value.oid == dotted(TRAP_OID)]
    if not named or named[0].type is not SnmpType.OID or not isinstance(named[0].value, bytes):
        raise BerError("a notification that does not say which")
    return named[0].value.decode("ascii")


def _of_v1(body: bytes) -> tuple[Oid, Objects]:
    """The OID and the objects of an SNMPv1 trap, named as v2 would (RFC 3584 3.1)."""
    reader = Reader(body)
    enterprise = decode_oid(reader.expect(OID))
    reader.expect(IP, OCTETS)
    generic, specific = reader.integer(), reader.integer()
    reader.expect(TICKS, INTEGER)
    objects = decode_objects(reader.expect(SEQUENCE))
    if not (0 <= generic <= ENTERPRISE_SPECIFIC and 0 <= specific < 2**32):
        raise BerError("a trap that nobody has defined")
    oid = (*enterprise, 0, specific) if generic == ENTERPRISE_SPECIFIC else (*GENERIC_TRAPS, generic + 1)
    return oid, objects


def _values(objects: Objects, left_out: Sequence[Oid] = ()) -> tuple[SnmpValue, ...]:
    """The first values; more than anybody reads are left out. Raises BerError when one of these makes no sense."""
    shown = [place for place, oid in enumerate(objects.oids) if oid not in left_out][:MOST_VALUES]
    for place in shown:
        if place in objects.unread:
            raise BerError(objects.unread[place])
    names = set(map(dotted, left_out))
    values = tuple(value for value in objects.values if value.oid not in names)[:MOST_VALUES]
    if any(isinstance(one.value, int) and one.value.bit_length() > WIDEST_NUMBER for one in values):
        raise BerError("a number is wider than any of SNMP's")
    return values
