"""One RMCP+ session with one BMC: opened in the best way the BMC allows, always closed, never late."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
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
from pyipmi.session import Session

from app.core.errors import AuthRefused, HardwareError, Malformed, Refused, TimedOut, Unreachable, Unsupported
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import (
    ADVICE_ACCOUNT,
    ADVICE_FIRMWARE,
    ADVICE_PRIVILEGE,
    ADVICE_REACH,
    ADVICE_SLOW,
    APPLICATION,
    TRY_NEXT,
    CompletionCode,
    status_error,
)
from app.hardware.protocols.ipmi_exchange import Ahead, Answer, Exchange
from app.hardware.protocols.ipmi_pace import Pace
from app.hardware.protocols.ipmi_wire import Request, Wire
from app.hardware.protocols.memory import Memory
from app.hardware.readings import IpmiTarget

HANDSHAKES = 4
CLOSE_S = 0.3
GET_DEVICE_ID, SET_PRIVILEGE, CLOSE_SESSION = 0x01, 0x3B, 0x3C
PRIVILEGE_TOO_LOW = 0xD4

# Privilege and suite that a BMC accepted, by address and account.
_accepted: Memory[tuple[str, int]] = Memory(size=2000, keep_s=24 * 3600)
# The model that stood at an address, and how many requests at once a model bore.
_models: Memory[bytes] = Memory(size=2000, keep_s=24 * 3600)
_depths: Memory[int] = Memory(size=500, keep_s=24 * 3600)
SESSION_MEMORIES: tuple[Memory[Any], ...] = (_accepted, _models, _depths)


class BmcSession:
    """An open session: `command()` in, bytes out; `commands()` for many. Use it in a `with`; one thread at a time."""

    def __init__(self, target: IpmiTarget, deadline_s: float) -> None:
        """Open the session, retrying the whole handshake while time is left.

        The deadline keeps back the time that closing may need. Raises Unreachable (nothing answers), TimedOut,
        AuthRefused, Refused (no free session, privilege), Unsupported (no IPMI 2.0), Malformed.
        """
        self.where = (target.address, target.port)
        self.deadline = Deadline(max(0.0, deadline_s - CLOSE_S))
        self._model: bytes | None = None
        self._level = 0
        self._is_raised = False
        self._wire = Wire()
        self._wire.deadline = self.deadline
        self._exchange = Exchange(self._wire, self.deadline, Pace())
        self._ahead = Ahead(self._exchange.ask)
        try:
            with _translated(target, self._wire):
                self._wire.open_to(target.address, target.port)
                self._shake_hands(target)
        except BaseException:
            self.close()
            raise
        self.is_model(_models.recall((self.where, self.guid)))

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

    @property
    def guid(self) -> bytes:
        """What the machine calls itself, told in the handshake; all zeros where it has no name."""
        return self._wire.guid

    @property
    def depth(self) -> int:
        """How many requests may be under way at once just now."""
        return self._exchange.pace.depth

    def is_model(self, model: bytes | None) -> None:
        """Go on at the pace that this model bore before, now and when this machine is asked again."""
        if model is None or model == self._model:
            return
        self._model = model
        _models.keep((self.where, self.guid), model)
        known = _depths.recall(model)
        if known is not None:
            self._exchange.pace.begin_at(known)

    def close(self) -> None:
        """End the session on the BMC and close the socket; takes at most `CLOSE_S` and never fails."""
        if self._model is not None:
            _depths.keep(self._model, self._exchange.pace.to_remember(_depths.recall(self._model) or 1))
        self._leave()
        self._wire.close()

    def commands(self, requests: Iterable[Request]) -> Iterator[Answer]:
        """Send many requests, several at a time; yield their answers in their order, a CompletionCode for a refusal.

        Raises TimedOut or Unreachable when the BMC has fallen silent. One iteration at a time.
        """
        self._ahead.settle()
        every = list(requests)
        answers = self._exchange.ask(every)
        first = next(answers, None)
        if isinstance(first, CompletionCode) and first.code == PRIVILEGE_TOO_LOW and not self._is_raised:
            answers.close()
            self.use_privilege()
            answers = self._exchange.ask(every)
            first = next(answers, None)
        if first is not None:
            yield first
            yield from answers

    def ask_ahead(self, requests: Sequence[Request]) -> None:
        """Send now, several at a time, what `command()` will soon be called for; that call then has its answer."""
        self._ahead.send(requests)

    def use_privilege(self) -> None:
        """Use the privilege that was asked for. Raises CompletionCode where the BMC refuses it, HardwareError.

        A session begins as a user's, which is enough for all that is read (IPMI 2.0 section 22.18 and appendix G).
        """
        if not self._is_raised:
            self._is_raised = True
            self._ahead.settle()
            self._ahead.forget(PRIVILEGE_TOO_LOW)
            self.command(APPLICATION, SET_PRIVILEGE, bytes([self._level]))

    def command(self, netfn: int, command: int, data: bytes = b"", lun: int = 0) -> bytes:
        """Send one request and return the response's data after its completion code.

        Lost packets are sent again, a busy BMC is asked again with growing pauses. Raises CompletionCode for
        a refusal, TimedOut or Unreachable when the BMC has fallen silent.
        """
        request = Request(netfn, command, data, lun)
        answer = self._ahead.take(request)
        if answer is None:
            self._ahead.settle()
            answer = next(self._exchange.ask([request]))
        if isinstance(answer, CompletionCode) and answer.code == PRIVILEGE_TOO_LOW and not self._is_raised:
            self.use_privilege()
            return self.command(*request)
        if isinstance(answer, CompletionCode):
            raise answer
        return answer

    def command_once(self, netfn: int, command: int, data: bytes = b"") -> None:
        """Send what acts on the machine exactly once, whatever becomes of it: never again by itself.

        Raises CompletionCode for a refusal; TimedOut or Unreachable when nobody knows whether it arrived.
        """
        self._ahead.settle()
        answer = next(self._exchange.ask([Request(netfn, command, data)], sendings=1, again_after=()))
        if isinstance(answer, CompletionCode):
            raise answer

    def alive(self) -> bool:
        """Tell, with one request and no resend, whether the BMC still answers in this session."""
        self._ahead.settle()
        try:
            return bool(list(self._exchange.ask([Request(APPLICATION, GET_DEVICE_ID)], sendings=1)))
        except HardwareError:
            return False

    def _leave(self) -> None:
        """Tell the BMC that we leave, without python-ipmi's log line that would show the password."""
        if self._wire.is_open:
            closing = Request(APPLICATION, CLOSE_SESSION, struct.pack("<I", self._wire.session_id))
            leaving = Exchange(self._wire, Deadline(CLOSE_S), self._exchange.pace)
            with contextlib.suppress(HardwareError):
                list(leaving.ask([closing]))
        self._wire.begin_anew()

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
        self._wire.knows_ipmi_2 = known is not None
        choices.sort(key=lambda choice: choice != known)
        for choice in choices:
            try:
                self._establish(target, *choice)
            except (MessageStatusCodeError, CompletionCodeError) as refusal:
                refused_here = isinstance(refusal, CompletionCodeError) or refusal.msc in TRY_NEXT
                if not refused_here or choice == choices[-1]:
                    raise
                self._leave()
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
        self._level = session.priv_level


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
def _translated(target: IpmiTarget, wire: Wire) -> Iterator[None]:
    """Turn what the transport raises while a session opens into our typed errors."""
    where = f"{target.address}:{target.port}"
    try:
        yield
    except MessageStatusCodeError as refusal:
        raise status_error(refusal.msc) from refusal
    except _RAISED as raised:
        meaning = next(row for row in _MEANING if isinstance(raised, row[0]))
        raise meaning[1](*meaning[2:]) from raised
    except (TimeoutError, RetryError, TimedOut) as silence:
        if wire.received:
            raise TimedOut("the BMC answers, but no session came about in time", ADVICE_SLOW) from silence
        raise Unreachable(f"nothing answers at {where}", ADVICE_REACH) from silence
    except OSError as error:
        raise Unreachable(f"{where} cannot be reached ({error.strerror})", ADVICE_REACH) from error
