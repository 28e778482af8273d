"""Leaving a device alone that does not answer: it gets worse by being asked, and its deadline is spent each time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from app.core.errors import HardwareError
from app.hardware.protocols.memory import Memory

FAILURES = 3
REST_S = 60.0


@dataclass(frozen=True, slots=True)
class _Count:
    failures: int
    rests_until: float
    last: HardwareError


class Breaker:
    """After `failures` in a row a device is not asked for `rest_s`; one success, or the rest's end, and it is again."""

    def __init__(
        self, failures: int = FAILURES, rest_s: float = REST_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures, self._rest_s, self._clock = failures, rest_s, clock
        self._lock = threading.Lock()
        self._counts: Memory[_Count] = Memory(size=2000, keep_s=10 * rest_s, clock=clock)

    def check(self, device: Hashable, *, insists: bool = False) -> bool:
        """Raise the last failure again, with the time that is left, while the device is left alone.

        Who `insists` may ask all the same, and hears True then: a failure has to be told with `at_once`.
        """
        count = self._counts.recall(device)
        left_s = count.rests_until - self._clock() if count is not None else 0.0
        if count is None or left_s <= 0:
            return False
        if not insists:
            words = f"{count.last.reason}; it is left alone for {left_s:.0f} s more"
            raise type(count.last)(words, count.last.advice) from None
        return True

    def failed(self, device: Hashable, error: HardwareError, *, at_once: bool = False) -> None:
        """Count a failure; `at_once` leaves the device alone after this one."""
        with self._lock:
            known = self._counts.recall(device)
            failures = 1 + (known.failures if known is not None else 0)
            rests = at_once or failures >= self._failures
            until = self._clock() + self._rest_s if rests else 0.0
            self._counts.keep(device, _Count(0 if rests else failures, until, error))

    def answered(self, device: Hashable) -> None:
        """Forget the failures: the device answers."""
        self._counts.forget(device)

    def clear(self) -> None:
        """Forget all devices."""
        self._counts.clear()
