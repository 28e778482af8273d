"""Which answer belongs to which question, when packets are late, repeated, lost, out of order or not counted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator

import pytest

from app.core.errors import TimedOut
from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.ipmi_codes import CompletionCode
from app.hardware.protocols.ipmi_exchange import Ahead, Exchange
from app.hardware.protocols.ipmi_pace import Pace
from app.hardware.protocols.ipmi_wire import Reply, Request, Wire

READING, NETFN = 0x2D, 0x04


class Script(Wire):
    """A BMC that answers sensor n with the byte n, at once; `turn` may change what comes back and when."""

    def __init__(
        self, turn: Callable[[list[Reply]], list[Reply]] = lambda replies: replies, *, counts: bool = True
    ) -> None:
        super().__init__()
        self._turn, self._counts = turn, counts
        self._number = 0
        self.coming: deque[Reply] = deque()
        self.held: list[Reply] = []
        self.most_at_once = 0

    def send(self, sequence: int, request: Request) -> None:
        self.sent += 1
        self._number += self._counts
        data = bytes([0, request.data[0]])
        self.coming.extend(self._turn([Reply(self._number, sequence, NETFN | 1, request.command, data)]))
        self.most_at_once = max(self.most_at_once, len(self.coming))

    def receive(self, timeout_s: float) -> Reply | None:
        if not self.coming:
            raise TimeoutError(f"nothing came in {timeout_s} s")
        return self.coming.popleft()


def exchange(wire: Script, depth: int = 8) -> Exchange:
    return Exchange(wire, Deadline(30), Pace(depth))


def sensors(count: int) -> Iterator[Request]:
    return (Request(NETFN, READING, bytes([number])) for number in range(count))


class Turned(Script):
    """Gives what was asked since it last answered, the latest first, when somebody waits for an answer."""

    def receive(self, timeout_s: float) -> Reply | None:
        if not self.coming:
            self.coming.extend(reversed(self.held))
            self.held.clear()
        return super().receive(timeout_s)

    def send(self, sequence: int, request: Request) -> None:
        super().send(sequence, request)
        self.held.append(self.coming.pop())
        self.most_at_once = max(self.most_at_once, len(self.held))


def test_answers_come_in_the_order_of_the_questions_whatever_their_own() -> None:
    wire = Turned()
    assert list(exchange(wire).ask(sensors(40))) == [bytes([number]) for number in range(40)]
    assert wire.most_at_once >= 4


def test_repeated_answer_is_not_taken_for_that_of_the_next_question_of_its_name() -> None:
    """Six bits name a question: the answer to the first comes again when the sixty-fifth bears its name."""
    first: list[Reply] = []

    def repeat(replies: list[Reply]) -> list[Reply]:
        first[:] = first or replies
        again = [reply for reply in first if reply.sequence == replies[0].sequence and reply is not replies[0]]
        return [*again, *replies]

    assert list(exchange(Script(repeat)).ask(sensors(100))) == [bytes([number]) for number in range(100)]


def test_answer_to_another_command_is_nobodys() -> None:
    def with_a_stranger(replies: list[Reply]) -> list[Reply]:
        (reply,) = replies
        return [Reply(reply.number, reply.sequence, reply.netfn, 0x99, b"\0\xee"), reply]

    assert list(exchange(Script(with_a_stranger)).ask(sensors(10))) == [bytes([number]) for number in range(10)]


def test_bmc_that_does_not_count_its_packets_is_asked_one_at_a_time() -> None:
    wire = Script(counts=False)
    asking = exchange(wire)
    list(asking.ask(sensors(10)))
    wire.most_at_once = 0
    assert list(asking.ask(sensors(10))) == [bytes([number]) for number in range(10)]
    assert wire.most_at_once == 1


def test_question_that_is_never_answered_ends_as_silence() -> None:
    wire = Script(lambda _: [])
    with pytest.raises(TimedOut):
        list(Exchange(wire, Deadline(0.05), Pace(1)).ask(sensors(1)))


def test_what_is_asked_ahead_waits_for_whoever_calls_for_it() -> None:
    wire = Script()
    ahead = Ahead(exchange(wire).ask)
    questions = list(sensors(4))
    ahead.send(questions)
    assert ahead.take(questions[2]) == b"\x02"
    assert ahead.take(questions[0]) == b"\x00"
    assert ahead.take(questions[0]) is None
    ahead.settle()
    assert wire.sent == 4


def test_two_who_ask_at_once_are_told_and_none_gets_less_than_it_asked_for() -> None:
    asking = exchange(Script(), depth=4)
    first = asking.ask(sensors(20))
    next(first)
    list(asking.ask(sensors(3)))
    with pytest.raises(RuntimeError, match="at once"):
        list(first)


def test_refusal_is_an_answer() -> None:
    def refuse(replies: list[Reply]) -> list[Reply]:
        return [Reply(one.number, one.sequence, one.netfn, one.command, b"\xcb") for one in replies]

    (answer,) = exchange(Script(refuse)).ask(sensors(1))
    assert isinstance(answer, CompletionCode)
    assert answer.code == 0xCB
