"""A UDP line to one agent: blocking, for a thread of its own, or on an event loop, for very many agents at once.

Both are awaited, so that what is asked and how answers are judged exists once. Awaiting the blocking line never
suspends: `finish` runs such a coroutine to its end without any event loop.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Coroutine
from math import ceil
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

NOTCH_US = 20_000
NOTCH_S = NOTCH_US / 1_000_000
TIMEVAL = struct.Struct("@ll")  # of the kernel: seconds and microseconds
LARGEST_DATAGRAM = 65535
MOST_WAITING = 8  # datagrams that came before anybody asked for them; more are rubbish


class Line(Protocol):
    """Datagrams to and from one agent; every method but `close` may raise OSError."""

    async def open(self, address: str, port: int) -> None:
        """Connect: what comes from another address or port is not for us."""

    def send(self, data: bytes) -> None:
        """Send one datagram."""

    async def receive(self, within_s: float) -> bytes | None:
        """The next datagram; None when none came in time."""

    def close(self) -> None:
        """Let the socket go; may be called twice."""


def finish(work: Coroutine[Any, Any, T]) -> T:
    """Run to its end what awaits nothing but blocking lines."""
    try:
        work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    work.close()
    raise RuntimeError("a blocking line does not wait on an event loop")


class BlockingLine:
    """Waits in the kernel; for one thread."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._notches = 0

    async def open(self, address: str, port: int) -> None:
        """Connect; a name is looked up, which may take as long as the resolver takes."""
        family, _, _, _, resolved = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM)[0]
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.connect(resolved)

    def send(self, data: bytes) -> None:
        """Send one datagram."""
        assert self._socket is not None
        self._socket.send(data)

    async def receive(self, within_s: float) -> bytes | None:
        """The next datagram; the wait may end a notch late."""
        assert self._socket is not None
        self._wait_at_most(self._socket, within_s)
        try:
            return self._socket.recv(LARGEST_DATAGRAM)
        except BlockingIOError:
            return None

    def close(self) -> None:
        """Close the socket."""
        if self._socket is not None:
            self._socket.close()

    def _wait_at_most(self, opened: socket.socket, seconds: float) -> None:
        """Let the kernel end a wait: one call a packet less than asking it first whether something came.

        Set anew only when the time that is left differs by a notch.
        """
        notches = max(1, ceil(seconds / NOTCH_S))
        if notches != self._notches:
            self._notches = notches
            wait = TIMEVAL.pack(*divmod(notches * NOTCH_US, 1_000_000))
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, wait)


class LoopLine:
    """Waits on the running event loop; for one task."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._socket: socket.socket | None = None
        self._came: deque[bytes | OSError] = deque(maxlen=MOST_WAITING)
        self._waiter: asyncio.Future[bytes | OSError | None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0

    async def open(self, address: str, port: int) -> None:
        """Connect; a name is looked up without holding up the others."""
        try:
            found = socket.getaddrinfo(address, port, type=socket.SOCK_DGRAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            found = await self._loop.getaddrinfo(address, port, type=socket.SOCK_DGRAM)
        family, _, _, _, resolved = found[0]
        self._socket = socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.connect(resolved)
        self._loop.add_reader(self._socket.fileno(), self._on_readable)

    def send(self, data: bytes) -> None:
        """Send one datagram; what the kernel has no room for is lost, as on the way."""
        assert self._socket is not None
        try:
            self._socket.send(data)
        except BlockingIOError:
            return

    async def receive(self, within_s: float) -> bytes | None:
        """The next datagram; None when none came in time."""
        came: bytes | OSError | None
        if self._came:
            came = self._came.popleft()
        else:
            self._until = self._loop.time() + within_s
            if self._timer is None or self._timer.when() > self._until:
                self._set_timer()
            self._waiter = self._loop.create_future()
            try:
                came = await self._waiter
            finally:
                self._waiter = None
        if isinstance(came, OSError):
            raise came
        return came

    def close(self) -> None:
        """Close the socket."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._socket is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._socket.close()
            self._socket = None

    def _on_readable(self) -> None:
        assert self._socket is not None
        came: bytes | OSError
        try:
            came = self._socket.recv(LARGEST_DATAGRAM)
        except BlockingIOError:
            return
        except OSError as error:  # the agent's machine says that nobody listens there
            came = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(came)
        else:
            self._came.append(came)

    def _set_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._until, self._on_timer)

    def _on_timer(self) -> None:
        """One timer for many waits: it is set anew only when it fires too early for the present one."""
        self._timer = None
        if self._waiter is None or self._waiter.done():
            return
        if self._loop.time() < self._until:
            self._set_timer()
        else:
            self._waiter.set_result(None)
