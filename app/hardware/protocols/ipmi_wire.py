"""python-ipmi's RMCP+ transport with our patience: never past a deadline, deaf to packets that are not for us.

The handshake is the library's; in a session, several requests may be under way at once, which it does not know.
python-ipmi ships no types: this module and `ipmi_session` are its door.
"""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

from pyipmi.errors import AuthenticationError, CompletionCodeError, DecodingError
from pyipmi.interfaces.rmcpplus import PAYLOAD_TYPE_IPMI, PAYLOAD_TYPE_RAKP_2, RmcpPlus, pack_rmcpplus, unpack_rmcpplus
from pyipmi.session import Session

from app.core.errors import TimedOut
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import ADVICE_SLOW

REPLY_TIMEOUT_S = 1.0
# Few in a handshake: a repeated packet is not always answered, a new handshake is.
HANDSHAKE_RESENDS = 1
RMCP_HEADER = b"\x06\x00\xff\x07"
BMC_ADDRESS, OUR_ADDRESS = 0x20, 0x81
MESSAGE_FRAME = 7  # two addresses, function, sequence, command and two checksums
LARGEST_PACKET = 4096


class Request(NamedTuple):
    """One IPMI request: network function, command, data, logical unit."""

    netfn: int
    command: int
    data: bytes = b""
    lun: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer as it came: `number` is the BMC's own count of its packets in this session, 0 when it does not count.

    `sequence` names the request; `data` begins with the completion code.
    """

    number: int
    sequence: int
    netfn: int
    command: int
    data: bytes


class Wire(RmcpPlus):  # type: ignore[misc]  # python-ipmi ships no types, so its class counts as Any
    """A socket to one BMC, the library's handshake on it, and the session's messages. One thread at a time."""

    _session: Session | None
    _keys: Any

    def __init__(self) -> None:
        super().__init__(keep_alive_interval=0, max_retries=HANDSHAKE_RESENDS)
        self.deadline = Deadline(0)
        self.sent = 0
        self.received = 0
        self.guid = b""
        self.knows_ipmi_2 = False
        self._capabilities: Any = None

    @property
    def is_open(self) -> bool:
        """Whether there is a session that the BMC must be told of when we leave."""
        return self._session is not None and bool(self._session.activated)

    @property
    def session_id(self) -> int:
        """The BMC's name for the session."""
        return int(self._session.sid) if self._session is not None else 0

    def open_to(self, address: str, port: int) -> None:
        """Make the socket. Raises OSError."""
        family, _, _, _, resolved = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        self._sock.connect(resolved)
        self.set_timeout(REPLY_TIMEOUT_S)

    def ping(self) -> None:
        """Skip the ASF ping: some BMCs and many firewalls never answer it."""

    def begin_anew(self) -> None:
        """Forget the session without telling the BMC."""
        self._session = self._keys = None
        self.max_retries = HANDSHAKE_RESENDS

    def send(self, sequence: int, request: Request) -> None:
        """Send one request of the open session. Raises OSError."""
        session, keys = self._session, self._keys
        assert session is not None
        function = request.netfn << 2 | request.lun
        body = bytes((OUR_ADDRESS, sequence << 2, request.command)) + request.data
        head = bytes((BMC_ADDRESS, function, -(BMC_ADDRESS + function) & 0xFF))
        message = head + body + bytes((-sum(body) & 0xFF,))
        session.increment_sequence_number()
        self.sent += 1
        packet = pack_rmcpplus(PAYLOAD_TYPE_IPMI, message, session.sid, session.sequence_number, keys)
        self._sock.send(RMCP_HEADER + packet)

    def receive(self, timeout_s: float) -> Reply | None:
        """Return the next packet that belongs to the session, None for any other. Raises TimeoutError, OSError."""
        self._sock.settimeout(max(timeout_s, 0.0005))
        packet = self._sock.recv(LARGEST_PACKET)
        self.received += 1
        try:
            kind, session_id, number, message = unpack_rmcpplus(packet[len(RMCP_HEADER) :], self._keys)
        except (DecodingError, AuthenticationError, struct.error, IndexError):
            return None
        if kind != PAYLOAD_TYPE_IPMI or session_id != self._console_session_id or len(message) <= MESSAGE_FRAME:
            return None
        if sum(message[:3]) & 0xFF or sum(message[3:]) & 0xFF:
            return None
        return Reply(number, message[4] >> 2, message[1] >> 2, message[5], bytes(message[6:-1]))

    def _get_channel_auth_cap(self, session: Session) -> Any:
        if self.knows_ipmi_2:
            return SimpleNamespace(ipmi_2_0=True)  # it has said so before, or opened a session
        if self._capabilities is None:
            try:
                self._capabilities = super()._get_channel_auth_cap(session)
            except CompletionCodeError:  # it answers but will not say: trying tells
                self._capabilities = SimpleNamespace(ipmi_2_0=True)
        return self._capabilities

    def _set_session_privilege_level(self, level: int) -> None:
        """Leave it to whoever asks in the session: it is a request like any other."""

    def _handshake(self, request_type: int, request: bytes, response_type: int) -> bytes:
        answer = bytes(super()._handshake(request_type, request, response_type))
        if response_type == PAYLOAD_TYPE_RAKP_2:
            self.guid = answer[24:40]
        return answer

    def _send_rmcp_msg(self, sdu: bytes | None, class_of_msg: int) -> None:
        self.sent += 1
        super()._send_rmcp_msg(sdu, class_of_msg)

    def _receive_rmcp_msg(self) -> Any:
        remaining = self.deadline.remaining_s
        if remaining <= 0:
            raise TimedOut("the BMC did not answer in time", ADVICE_SLOW)
        self._sock.settimeout(min(REPLY_TIMEOUT_S, remaining))
        message = super()._receive_rmcp_msg()
        self.received += 1
        return message

    def _receive_ipmi_msg(self, ignore_sdu_length: bool = False) -> bytes:
        while True:
            try:
                return bytes(super()._receive_ipmi_msg(ignore_sdu_length))
            except (DecodingError, AuthenticationError, struct.error, IndexError):
                continue  # not a packet of this session: keep listening, the deadline ends it
