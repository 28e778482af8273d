"""What is remembered of devices, and for how long."""

from __future__ import annotations

from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.memory import Memory


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_value_is_remembered_until_it_is_too_old() -> None:
    clock = Clock()
    memory: Memory[str] = Memory(size=2, keep_s=10, clock=clock)
    memory.keep("a", "first")
    clock.now = 10
    assert memory.recall("a") == "first"
    clock.now = 10.1
    assert memory.recall("a") is None


def test_value_unused_for_longest_makes_room() -> None:
    memory: Memory[int] = Memory(size=2, keep_s=10)
    memory.keep("a", 1)
    memory.keep("b", 2)
    assert memory.recall("a") == 1
    memory.keep("c", 3)
    assert [memory.recall(key) for key in "abc"] == [1, None, 3]


def test_deadline_never_has_less_than_nothing_left() -> None:
    clock = Clock()
    deadline = Deadline(5, clock)
    clock.now = 4
    assert (deadline.remaining_s, deadline.passed) == (1, False)
    clock.now = 6
    assert (deadline.remaining_s, deadline.passed) == (0, True)
