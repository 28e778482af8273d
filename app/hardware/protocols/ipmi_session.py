"""One RMCP+ session with one BMC: opened in the best way the BMC allows, always closed, never late.

The transport is python-ipmi's; how long to wait, what to try again and what a refusal means is decided here.
python-ipmi ships no types: this module is its door.
"""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import time
from collections.abc import Iterator
from types import SimpleNamespace, TracebackType
from typing import Any, Self

from pyipmi.errors import (
    AuthenticationError,
    CompletionCodeError,
    DecodingError,
    IpmiLongPasswordError,
    MessageStatusCodeError,
    NotSupportedError,
    RetryError,
)
from pyipmi.interfaces.rmcpplus import RmcpPlus
from pyipmi.session import Session

from app.core.errors import AuthRefused, HardwareError, Malformed, Refused, TimedOut, Unreachable, Unsupported
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.memory import Memory
from app.hardware.readings import IpmiTarget

APPLICATION = 0x06
REPLY_TIMEOUT_S = 1.0
RESENDS = 3
# Few in a handshake: a repeated packet is not always answered, a new handshake is.
HANDSHAKE_RESENDS = 1
HANDSHAKES = 4
CLOSE_S = 0.3

# Completion codes after which the same request may succeed: busy, timeout, no response, duplicate, still starting.
TRY_AGAIN = frozenset({0xC0, 0xC3, 0xCE, 0xCF, 0xD0, 0xD2})
BUSY_PAUSES_S = (0.02, 0.05, 0.1, 0.2)
COMPLETION_WORDS = {
    0xC0: "the BMC is busy",
    0xC1: "the BMC does not know this command",
    0xC3: "the BMC timed out inside",
    0xC5: "the reservation was lost",
    0xC9: "out of range",
    0xCA: "the BMC cannot return so many bytes",
    0xCB: "not present",
    0xCC: "the BMC calls the request invalid",
    0xCD: "not possible for this sensor or record",
    0xCE: "the BMC could not give a response",
    0xD3: "the controller behind the BMC does not answer",
    0xD4: "this account's privilege is too low",
    0xD5: "not possible in the present state",
    0xFF: "unspecified error",
}

# RMCP+ status codes (IPMI 2.0 table 13-15). The first set is answered by another suite or a lower privilege.
TRY_NEXT = frozenset({0x04, 0x05, 0x06, 0x07, 0x09, 0x0A, 0x0B, 0x10, 0x11, 0x12})
WRONG_ACCOUNT = frozenset({0x0C, 0x0D, 0x0E, 0x0F})
SESSIONS_EXHAUSTED = frozenset({0x01, 0x0B})

ADVICE_REACH = "Check the BMC's address, its network cable and that the machine has standby power."
ADVICE_SLOW = "The BMC is overloaded or the network loses packets; try again, and reset the BMC if it stays so."
ADVICE_ACCOUNT = "Check the BMC's user name and password, and that the account may use IPMI over LAN."
ADVICE_SESSIONS = (
    "All sessions of the BMC are taken. Wait a minute; if it stays so, end idle sessions or reset the BMC."
)
ADVICE_BUSY = "Try again in a minute; if it stays so, reset the BMC."
ADVICE_PRIVILEGE = "Give the account at least the operator privilege on the BMC's LAN channel."
ADVICE_FIRMWARE = "Update the BMC's firmware or use another source, such as Redfish."


# Privilege and suite that a BMC accepted, by address and account.
_accepted: Memory[tuple[str, int]] = Memory(size=2000, keep_s=24 * 3600)


class CompletionCode(Exception):
    """The BMC answered a request with a completion code other than success."""

    def __init__(self, code: int) -> None:
        super().__init__(f"{COMPLETION_WORDS.get(code, 'refused')} (completion code 0x{code:02X})")
        self.code = code


class _Wire(RmcpPlus):  # type: ignore[misc]  # python-ipmi ships no types, so its class counts as Any
    """python-ipmi's transport with our patience: never past the deadline, deaf to packets that are not for us."""

    _session: Session | None
    _keys: Any

    def __init__(self) -> None:
        super().__init__(keep_alive_interval=0, max_retries=HANDSHAKE_RESENDS)
        self.deadline = Deadline(0)
        self.sent = 0
        self.received = 0
        self._capabilities: Any = None

    def open_to(self, address: str, port: int) -> None:
        family, _, _, _, resolved = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        self._sock.connect(resolved)
        self.set_timeout(REPLY_TIMEOUT_S)

    def ping(self) -> None:
        """Skip the ASF ping: some BMCs and many firewalls never answer it."""

    def _get_channel_auth_cap(self, session: Session) -> Any:
        if self._capabilities is None:
            try:
                self._capabilities = super()._get_channel_auth_cap(session)
            except CompletionCodeError:  # it answers but will not say: trying tells
                self._capabilities = SimpleNamespace(ipmi_2_0=True)
        return self._capabilities

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

    def close_session(self) -> None:
        """Tell the BMC that we leave, without python-ipmi's log line that would show the password."""
        self.deadline, self.max_retries = Deadline(CLOSE_S), 0
        session = self._session
        if session is not None and session.activated:
            with contextlib.suppress(RetryError, TimedOut, OSError):
                self.send_and_receive_raw(self.host_target, 0, APPLICATION, b"\x3c" + struct.pack("<I", session.sid))
        self._session = self._keys = None


class BmcSession:
    """An open session: `command()` in, bytes out. Use it in a `with`; one thread at a time."""

    def __init__(self, target: IpmiTarget, deadline_s: float) -> None:
        """Open the session, retrying the whole handshake while time is left.

        The deadline keeps back the time that closing may need. Raises Unreachable (nothing answers), TimedOut,
        AuthRefused, Refused (no free session, privilege), Unsupported (no IPMI 2.0), Malformed.
        """
        self.where = (target.address, target.port)
        self.deadline = Deadline(max(0.0, deadline_s - CLOSE_S))
        self._wire = _Wire()
        self._wire.deadline = self.deadline
        try:
            with _translated(target, self._wire):
                self._wire.open_to(target.address, target.port)
                self._shake_hands(target)
            self._wire.max_retries = RESENDS
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def requests(self) -> int:
        """Packets sent so far, resends included."""
        return self._wire.sent

    def close(self) -> None:
        """End the session on the BMC and close the socket; takes at most `CLOSE_S` and never fails."""
        self._wire.close_session()
        self._wire.close()

    def command(self, netfn: int, command: int, data: bytes = b"", lun: int = 0) -> bytes:
        """Send one request and return the response's data after its completion code.

        Lost packets are sent again, a busy BMC is asked again with growing pauses. Raises CompletionCode for
        a refusal, TimedOut or Unreachable when the BMC has fallen silent.
        """
        for pause_s in (*BUSY_PAUSES_S, None):
            code, answer = self._exchange(netfn, bytes([command]) + data, lun)
            if code == 0:
                return answer
            if code not in TRY_AGAIN or pause_s is None or self.deadline.remaining_s < pause_s:
                break
            time.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311 - jitter, not a secret
        raise CompletionCode(code)

    def alive(self) -> bool:
        """Tell, with one request and no resend, whether the BMC still answers in this session."""
        self._wire.max_retries = 0
        try:
            self.command(APPLICATION, 0x01)
        except (CompletionCode, HardwareError) as silence:
            return isinstance(silence, CompletionCode)
        finally:
            self._wire.max_retries = RESENDS
        return True

    def _exchange(self, netfn: int, request: bytes, lun: int) -> tuple[int, bytes]:
        try:
            answer = self._wire.send_and_receive_raw(self._wire.host_target, lun, netfn, request)
        except RetryError as silence:
            raise TimedOut("the BMC stopped answering", ADVICE_SLOW) from silence
        except OSError as gone:
            raise Unreachable(f"the BMC went away ({gone.strerror})", ADVICE_REACH) from gone
        if not answer:
            raise Malformed("the BMC answered without a completion code", ADVICE_FIRMWARE)
        return answer[0], bytes(answer[1:])

    def _shake_hands(self, target: IpmiTarget) -> None:
        for attempt in range(1, HANDSHAKES + 1):
            try:
                self._negotiate(target)
            except (TimeoutError, RetryError):
                # Begin anew, unless there was no sign of life at all.
                if attempt == HANDSHAKES or self._wire.received == 0:
                    raise
            else:
                return

    def _negotiate(self, target: IpmiTarget) -> None:
        """Try suites from the strongest, and lower privileges after them, until the BMC accepts one.

        What it accepted is tried first for a day. Its own list of suites is never asked for: many BMCs list what they
        refuse, and some never answer that question.
        """
        choices = [(level, suite) for level in _levels(target.privilege) for suite in target.cipher_suites]
        account = (self.where, target.username, tuple(choices))
        known = _accepted.recall(account)
        choices.sort(key=lambda choice: choice != known)
        for choice in choices:
            try:
                self._establish(target, *choice)
            except (MessageStatusCodeError, CompletionCodeError) as refusal:
                refused_here = isinstance(refusal, CompletionCodeError) or refusal.msc in TRY_NEXT
                if not refused_here or choice == choices[-1]:
                    raise
                self._wire.close_session()
                self._wire.deadline, self._wire.max_retries = self.deadline, HANDSHAKE_RESENDS
            else:
                _accepted.keep(account, choice)
                return

    def _establish(self, target: IpmiTarget, level: str, suite: int) -> None:
        session = Session()
        session.set_session_type_rmcp(target.address, target.port)
        session.set_auth_type_user(target.username, target.password)
        session.set_priv_level(level)
        self._wire.cipher_suites = (suite,)
        self._wire.establish_session(session)


def _levels(wanted: str) -> list[str]:
    """Return the wanted privilege and what is below it, as python-ipmi spells them."""
    order = ["administrator", "operator", "user"]
    name = {"admin": "administrator"}.get(wanted, wanted)
    return order[order.index(name) :]


_MEANING: tuple[tuple[tuple[type[Exception], ...], type[HardwareError], str, str], ...] = (
    (
        (AuthenticationError, IpmiLongPasswordError),
        AuthRefused,
        "the BMC does not accept the user name and password",
        ADVICE_ACCOUNT,
    ),
    ((CompletionCodeError,), Refused, "the BMC refuses the privilege level", ADVICE_PRIVILEGE),
    ((NotSupportedError,), Unsupported, "the BMC does not speak IPMI 2.0", ADVICE_FIRMWARE),
    (
        (DecodingError, struct.error, IndexError),
        Malformed,
        "the BMC's answers break the IPMI protocol",
        ADVICE_FIRMWARE,
    ),
)
_RAISED = tuple(kind for kinds, _, _, _ in _MEANING for kind in kinds)


@contextlib.contextmanager
def _translated(target: IpmiTarget, wire: _Wire) -> Iterator[None]:
    """Turn what the transport raises while a session opens into our typed errors."""
    where = f"{target.address}:{target.port}"
    try:
        yield
    except MessageStatusCodeError as refusal:
        raise _status_error(refusal.msc) from refusal
    except _RAISED as raised:
        meaning = next(row for row in _MEANING if isinstance(raised, row[0]))
        raise meaning[1](*meaning[2:]) from raised
    except (TimeoutError, RetryError, TimedOut) as silence:
        if wire.received:
            raise TimedOut("the BMC answers, but no session came about in time", ADVICE_SLOW) from silence
        raise Unreachable(f"nothing answers at {where}", ADVICE_REACH) from silence
    except OSError as error:
        raise Unreachable(f"{where} cannot be reached ({error.strerror})", ADVICE_REACH) from error


def _status_error(status: int) -> HardwareError:
    if status in SESSIONS_EXHAUSTED:
        return Refused("the BMC has no free session", ADVICE_SESSIONS)
    if status in WRONG_ACCOUNT:
        return AuthRefused("the BMC does not accept the user name and password", ADVICE_ACCOUNT)
    if status in (0x09, 0x0A):
        return Refused("the BMC refuses the privilege level", ADVICE_PRIVILEGE)
    return Refused(f"the BMC opens no session (RMCP+ status 0x{status:02X})", ADVICE_FIRMWARE)
