"""Requests and answers of one session: several under way at once, each matched to its own, lost ones sent again."""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.core.errors import HardwareError, Malformed, TimedOut, Unreachable
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import ADVICE_FIRMWARE, ADVICE_REACH, ADVICE_SLOW, TRY_AGAIN, CompletionCode
from app.hardware.protocols.ipmi_pace import LONGEST_WAIT_S, Pace
from app.hardware.protocols.ipmi_wire import Reply, Request, Wire

SENDINGS = 5
BUSY_PAUSES_S = (0.02, 0.05, 0.1, 0.2)
SEQUENCES = 64  # six bits name a request

Answer = bytes | CompletionCode


@dataclass(slots=True)
class _Flight:
    """A request under way. `heard` is the BMC's count at the sending: its answer bears a higher one."""

    place: int
    request: Request
    sequence: int = 0
    sendings: int = 0
    sent_at: float = 0.0
    again_at: float = 0.0
    heard: int = 0
    depth: int = 1
    pauses: Iterator[float] = field(default_factory=lambda: iter(BUSY_PAUSES_S))


class Exchange:
    """The requests of one open session, at the pace that its BMC bears."""

    def __init__(self, wire: Wire, deadline: Deadline, pace: Pace) -> None:
        self.pace = pace
        self.deadline = deadline
        self._wire = wire
        self._flying: dict[int, _Flight] = {}
        self._again_after: Collection[int] = TRY_AGAIN
        self._next_sequence = 0
        self._heard = 0
        self._counts: bool | None = None  # whether the BMC numbers its packets, None before its second one

    def ask(
        self, requests: Iterable[Request], sendings: int = SENDINGS, again_after: Collection[int] = TRY_AGAIN
    ) -> Generator[Answer]:
        """Yield the answer to each request, in their order: the data after the completion code, or the refusal.

        Lost packets are sent again, a busy BMC is asked again with growing pauses. Raises TimedOut or Unreachable when
        the BMC has fallen silent, Malformed for an answer that is none. One iteration at a time: end it, or drop it,
        before the next.
        """
        self._again_after = again_after
        self._flying.clear()  # what an earlier caller gave up is nobody's answer any more
        coming = enumerate(requests)
        resting: list[_Flight] = []
        done: dict[int, Answer] = {}
        told, asked, asked_all = 0, 0, False
        while True:
            while not asked_all and len(self._flying) + len(resting) < self.pace.depth:
                entry = next(coming, None)
                asked_all = entry is None
                if entry is not None:
                    asked += 1
                    self._send(_Flight(*entry))
            if not self._flying and not resting:
                if told < asked:
                    raise RuntimeError("two iterations over one session's answers at once")
                return
            self._wake(resting)
            answered = self._listen(resting, sendings)
            if answered is not None:
                done[answered[0].place] = answered[1]
                while told in done:
                    yield done.pop(told)
                    told += 1

    def _send(self, flight: _Flight) -> None:
        if not flight.sendings:
            while self._next_sequence in self._flying:
                self._next_sequence = (self._next_sequence + 1) % SEQUENCES
            flight.sequence, self._next_sequence = self._next_sequence, (self._next_sequence + 1) % SEQUENCES
            flight.heard = self._heard
        flight.sendings += 1
        flight.depth = self.pace.depth
        flight.sent_at = time.monotonic()
        flight.again_at = flight.sent_at + min(LONGEST_WAIT_S, self.pace.patience_s * 2 ** (flight.sendings - 1))
        self._flying[flight.sequence] = flight
        try:
            self._wire.send(flight.sequence, flight.request)
        except OSError as gone:
            raise Unreachable(f"the BMC went away ({gone.strerror})", ADVICE_REACH) from gone

    def _wake(self, resting: list[_Flight]) -> None:
        now = time.monotonic()
        for flight in [one for one in resting if one.again_at <= now]:
            resting.remove(flight)
            flight.sendings = 0  # asked anew, under a name of its own
            self._send(flight)

    def _listen(self, resting: list[_Flight], sendings: int) -> tuple[_Flight, Answer] | None:
        """Wait for one packet, or until something has to be sent again; return a request that is done."""
        due = min(flight.again_at for flight in (*self._flying.values(), *resting))
        left_s = self.deadline.remaining_s
        if left_s <= 0:
            raise TimedOut("the BMC did not answer in time", ADVICE_SLOW)
        try:
            reply = self._wire.receive(min(due - time.monotonic(), left_s))
        except TimeoutError:
            self._send_again(sendings)
            return None
        except OSError as gone:
            raise Unreachable(f"the BMC went away ({gone.strerror})", ADVICE_REACH) from gone
        flight = None if reply is None else self._match(reply)
        if reply is None or flight is None:
            return None
        if flight.sendings == 1:
            self.pace.answered(time.monotonic() - flight.sent_at, flight.depth)
        return self._settle(flight, reply, resting)

    def _send_again(self, sendings: int) -> None:
        now = time.monotonic()
        late = [flight for flight in self._flying.values() if flight.again_at <= now]
        if late:
            self.pace.silent()
        for flight in late:
            if flight.sendings >= sendings:
                raise TimedOut("the BMC stopped answering", ADVICE_SLOW)
            self._send(flight)

    def _match(self, reply: Reply) -> _Flight | None:
        """The request that a packet answers: not one of the same name long ago, whose answer was late or repeated."""
        flight = self._flying.get(reply.sequence)
        if flight is None or (reply.netfn, reply.command) != (flight.request.netfn | 1, flight.request.command):
            return None
        if self._counts and reply.number <= flight.heard:
            return None
        if self._counts is None and self._heard:
            self._counts = reply.number != self._heard
        if self._counts is False or reply.number == 0:
            self._counts = False
            self.pace.stay_alone()  # without its count an answer to one of several could be taken for another's
        self._heard = max(self._heard, reply.number)
        return self._flying.pop(reply.sequence)

    def _settle(self, flight: _Flight, reply: Reply, resting: list[_Flight]) -> tuple[_Flight, Answer] | None:
        if not reply.data:
            raise Malformed("the BMC answered without a completion code", ADVICE_FIRMWARE)
        code = reply.data[0]
        if code in self._again_after:
            self.pace.busy()
            pause_s = next(flight.pauses, None)
            if pause_s is not None and self.deadline.remaining_s >= pause_s:
                jitter = random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret
                flight.again_at = time.monotonic() + pause_s * jitter
                resting.append(flight)
                return None
        return flight, reply.data[1:] if code == 0 else CompletionCode(code)


class Ahead:
    """Requests sent before anybody calls for their answers, which are kept until somebody does."""

    def __init__(self, ask: Callable[[Iterable[Request]], Iterator[Answer]]) -> None:
        self._ask = ask
        self._coming: Iterator[Answer] = iter(())
        self._awaited: deque[Request] = deque()
        self._come: dict[Request, Answer | HardwareError] = {}

    def send(self, requests: Sequence[Request]) -> None:
        """Begin to ask; what was asked before comes first."""
        self.settle()
        self._awaited.extend(requests)
        self._coming = self._ask(requests)

    def take(self, request: Request) -> Answer | None:
        """Return the answer to a request sent ahead, waiting for it; None when it was not. Raises its HardwareError."""
        while request in self._awaited:
            self._hear()
        answer = self._come.pop(request, None)
        if isinstance(answer, HardwareError):
            raise answer
        return answer

    def settle(self) -> None:
        """Wait for all that is still under way: only one may ask at a time."""
        while self._awaited:
            self._hear()

    def forget(self, code: int) -> None:
        """Drop refusals with this code, so that they are asked for anew."""
        refused = [one for one, said in self._come.items() if isinstance(said, CompletionCode) and said.code == code]
        for request in refused:
            del self._come[request]

    def _hear(self) -> None:
        request = self._awaited[0]
        try:
            self._come[request] = next(self._coming)
        except HardwareError as silence:
            # what did not come is as silent to each who calls for it
            self._come.update(dict.fromkeys(self._awaited, silence))
            self._awaited.clear()
        else:
            self._awaited.popleft()
