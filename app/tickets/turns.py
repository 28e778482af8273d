"""How many messages one worker brings to one ticket system at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from app.tickets.system import TicketSystem

ANY_NUMBER: Final = 1000
WAIT_S: Final = 1.0
_taken: dict[str, int] = {}
_freed: Final = threading.Condition()


def at_once(system: TicketSystem | None) -> int:
    """How many messages a system takes at a time; most do not say, and take what comes."""
    limit: int = getattr(system, "at_once", ANY_NUMBER)
    return limit


@contextmanager
def turn(name: str | None, most: int) -> Iterator[bool]:
    """Hold one of a system's places; False when none came free within a second.

    Whoever gets none comes back later instead of holding a thread that other systems need.
    """
    key = name or ""
    with _freed:
        mine = _freed.wait_for(lambda: _taken.get(key, 0) < most, timeout=WAIT_S)
        if mine:
            _taken[key] = _taken.get(key, 0) + 1
    try:
        yield mine
    finally:
        if mine:
            with _freed:
                _taken[key] -= 1
                _freed.notify()
