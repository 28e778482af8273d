"""How requests are wrapped and answers unwrapped: by community (v1, v2c) or by user (v3)."""

from __future__ import annotations

from typing import Protocol

from app.core.errors import AuthRefused
from app.hardware.protocols.snmp_ber import OCTETS, SEQUENCE, BerError, Reader, integer, octets, tlv
from app.hardware.protocols.snmp_pdu import REPORT, Answer, decode_answer
from app.hardware.protocols.snmp_usm import AUTH, PRIVACY_KEY_SIZE, Engine, User, decode_message, encode_message
from app.hardware.readings import SnmpTarget

COMMUNITY_VERSIONS = {"1": 0, "2c": 1}
ADVICE_USER = "Check the user name, both pass phrases and the algorithms on the device."


class Codec(Protocol):
    """Wraps the requests and unwraps the answers of one SNMP version."""

    def encode(self, message_id: int, pdu: bytes) -> bytes:
        """Return the datagram that carries a PDU; where the version has message ids, this one."""

    def decode(self, data: bytes) -> Answer:
        """Return the answer in a datagram. Raises BerError when it is broken or not meant for us."""


class CommunityCodec:
    """SNMP v1 and v2c: a community in clear, no message ids."""

    def __init__(self, target: SnmpTarget) -> None:
        self._version = COMMUNITY_VERSIONS[target.version]
        self._community = target.community.encode()
        self._head = integer(self._version) + octets(self._community)

    def encode(self, _message_id: int, pdu: bytes) -> bytes:
        """Put version and community before the PDU."""
        return tlv(SEQUENCE, self._head + pdu)

    def decode(self, data: bytes) -> Answer:
        """Return the answer; version and community must be ours. What follows the message is ignored."""
        reader = Reader(Reader(data).expect(SEQUENCE))
        ours = reader.skip(self._head) or (
            reader.integer() == self._version and reader.expect(OCTETS) == self._community
        )
        if not ours:
            raise BerError("the answer has another version or community")
        return decode_answer(*reader.next())


class UserCodec:
    """SNMP v3: messages between one user and one engine; until the engine is known, discovery messages."""

    def __init__(self, target: SnmpTarget) -> None:
        self.engine = Engine()
        self.user = user_of(target)

    def encode(self, message_id: int, pdu: bytes) -> bytes:
        """Sign and encrypt as the user wants."""
        return encode_message(message_id, pdu, self.engine, self.user if self.engine.id else None)

    def decode(self, data: bytes) -> Answer:
        """Return the answer with the message's id as its request id; learn the engine's clock from reports."""
        message = decode_message(data, self.user)
        kind, _, status, place, objects = decode_answer(*message.pdu)
        answer = Answer(kind, message.message_id, status, place, objects)
        if answer.kind != REPORT and self.user.flags & ~message.flags:
            raise BerError("the answer is less protected than the request")
        if answer.kind == REPORT:
            self.engine.learn(message.engine_id, message.boots, message.engine_time)
        return answer


def user_of(target: SnmpTarget) -> User:
    """Return the v3 user of a target. Raises AuthRefused when its settings cannot work."""
    known = target.auth in (None, *AUTH) and target.privacy in (None, *PRIVACY_KEY_SIZE)
    complete = (not target.auth or target.auth_password) and (not target.privacy or target.privacy_password)
    if not known or not complete or (target.privacy and not target.auth):
        raise AuthRefused("the SNMPv3 settings are incomplete or name an unknown algorithm", ADVICE_USER)
    return User(target.username, target.auth, target.auth_password, target.privacy, target.privacy_password)
