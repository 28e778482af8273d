"""Waiting for a condition instead of sleeping: as short as it can be, and never for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def wait_until(condition: Callable[[], T | None], *, within_s: float = 10.0, every_s: float = 0.02) -> T:
    """The first truthy value of `condition`; fails the test when there is none before the deadline."""
    deadline = time.monotonic() + within_s
    while not (value := condition()):
        assert time.monotonic() < deadline, f"not within {within_s} s: {condition}"
        time.sleep(every_s)
    return value
