"""SNMP: single objects and table columns of one agent, whatever the agent does wrong.

The codec is our own: no library at hand kept both promises, to understand what real agents send and never
to pass an error off as an empty table. Two doors open it: one for a thread, one for very many agents on an event loop.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self

from app.hardware.protocols.deadline import Deadline
from app.hardware.protocols.snmp_exchange import Exchange
from app.hardware.protocols.snmp_line import BlockingLine, LoopLine, finish
from app.hardware.protocols.snmp_session import MAX_ROWS, SnmpAsking
from app.hardware.readings import SnmpTable, SnmpTarget, SnmpValue

__all__ = ["MAX_ROWS", "SnmpAsking", "SnmpSession", "open_session", "session_on_loop"]


def open_session(target: SnmpTarget, deadline_s: float) -> SnmpSession:
    """Return a session with an agent; everything asked in it ends before `deadline_s` from now.

    Costs nothing for v1 and v2c, one round trip for v3. Raises Unreachable, AuthRefused, Malformed.
    """
    asking = _asking(target, Exchange(target, Deadline(deadline_s), BlockingLine()))
    finish(asking.open())
    return SnmpSession(asking)


@asynccontextmanager
async def session_on_loop(target: SnmpTarget, deadline_s: float) -> AsyncIterator[SnmpAsking]:
    """The same on the running event loop: `get` and `walk` are awaited, and thousands may wait at once.

    A device that says nothing holds up nobody but the task that asks it. Raises as `open_session`.
    """
    asking = _asking(target, Exchange(target, Deadline(deadline_s), LoopLine()))
    await asking.open()
    try:
        yield asking
    finally:
        asking.close()


def _asking(target: SnmpTarget, exchange: Exchange) -> SnmpAsking:
    return SnmpAsking(exchange, (target.address, target.port), has_bulk=target.version != "1")


class SnmpSession:
    """Asks one agent; use it in a `with`, one thread at a time.

    `problems` names, by OID, what `get` could not bring and why: such an object is unknown, not absent.
    """

    def __init__(self, asking: SnmpAsking) -> None:
        self._asking = asking
        self.problems = asking.problems

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def requests(self) -> int:
        """Packets sent so far, resends included."""
        return self._asking.requests

    def close(self) -> None:
        """Close the socket; nothing else is held."""
        self._asking.close()

    def get(self, oids: Iterable[str]) -> dict[str, SnmpValue]:
        """Single objects, as `SnmpAsking.get` has them."""
        return finish(self._asking.get(oids))

    def walk(self, column: str) -> SnmpTable:
        """All rows of a column, as `SnmpAsking.walk` has them."""
        return finish(self._asking.walk(column))
