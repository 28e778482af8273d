"""A bad network, or a bad BMC, to order: a UDP relay in front of one BMC that loses, delays and spoils answers."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from lab.processes import LOOPBACK

RMCP_PLUS, IPMI_PAYLOAD = 0x06, 0x00
HEADER_SIZE = 16
NO_AUTHENTICATION, OLD_HEADER_SIZE = 0x00, 14  # of packets before a session, as IPMI 1.5 has them
COMMAND_AT = 5
MESSAGE_FRAME = 8  # addresses, sequence, command, completion code and checksums around the data
TICK_S = 0.02
LARGEST_DATAGRAM = 65535


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong. All of it counts answers, from one.

    `dies_after`: so many answers pass, then none. `loses_every`: each so-manieth answer is lost;
    `loses`: just these.
    `repeats_every`: each so-manieth answer comes again after the next one, as late packets do.
    `delay_s`: each answer comes later, one after the other. `code` with `spoils` (netfn, command) and
    `spoils_every`: that completion code instead of an answer; needs cipher suite 1, which neither signs nor
    encrypts. `spoils_longer_than`: only answers with more bytes of data, as a BMC with small buffers does.
    """

    dies_after: int | None = None
    loses_every: int | None = None
    loses: frozenset[int] = frozenset()
    repeats_every: int | None = None
    delay_s: float = 0.0
    code: int | None = None
    spoils: tuple[int, int] = (0x04, 0x2D)
    spoils_every: int = 1
    spoils_longer_than: int = -1


class Relay:
    """Stands in front of a BMC on its own port; a context manager with one thread, joined at the end.

    `asked` are the commands that passed, as (netfn, command), where the session does not hide them.
    """

    def __init__(self, bmc_port: int, trouble: Trouble) -> None:
        self._trouble = trouble
        self._bmc_port = bmc_port
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind((LOOPBACK, 0))
        self.port: int = self._front.getsockname()[1]
        self.answers = 0
        self.spoiled = 0
        self.asked: set[tuple[int, int]] = set()
        self._late: bytes | None = None
        self._matching = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"relay-{self.port}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._front.close()

    def _run(self) -> None:
        with contextlib.ExitStack() as opened:
            backs: dict[tuple[str, int], socket.socket] = {}
            while not self._stopping.is_set():
                ready, _, _ = select.select([self._front, *backs.values()], [], [], TICK_S)
                if self._front in ready:
                    request, client = self._front.recvfrom(LARGEST_DATAGRAM)
                    self._note(request)
                    if client not in backs:
                        backs[client] = opened.enter_context(self._connect())
                    backs[client].send(request)
                for client, back in backs.items():
                    if back in ready:
                        self._pass_on(back, client)

    def _note(self, request: bytes) -> None:
        """Remember which commands were asked for, as far as the session does not hide them."""
        message = _plain_message(request)
        if len(message) > COMMAND_AT:
            self.asked.add((message[1] >> 2, message[COMMAND_AT]))

    def _connect(self) -> socket.socket:
        back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        back.connect((LOOPBACK, self._bmc_port))
        return back

    def _pass_on(self, back: socket.socket, client: tuple[str, int]) -> None:
        try:
            answer = back.recv(LARGEST_DATAGRAM)
        except ConnectionRefusedError:
            return  # the BMC is gone: to the client that is silence
        self.answers += 1
        trouble = self._trouble
        dead = trouble.dies_after is not None and self.answers > trouble.dies_after
        lost = trouble.loses_every is not None and self.answers % trouble.loses_every == 0
        if dead or lost or self.answers in trouble.loses:
            return
        time.sleep(trouble.delay_s)
        self._front.sendto(self._spoil(answer), client)
        if self._late is not None:
            self._front.sendto(self._late, client)
        repeats = trouble.repeats_every is not None and self.answers % trouble.repeats_every == 0
        self._late = answer if repeats else None

    def _spoil(self, answer: bytes) -> bytes:
        trouble = self._trouble
        if trouble.code is None or _netfn_and_command(answer) != trouble.spoils:
            return answer
        if len(_message(answer)) - MESSAGE_FRAME <= trouble.spoils_longer_than:
            return answer
        self._matching += 1
        if self._matching % trouble.spoils_every:
            return answer
        self.spoiled += 1
        return _with_code(answer, trouble.code)


def _message(packet: bytes) -> bytes:
    """Return the IPMI message inside a packet of a session that hides nothing."""
    length = struct.unpack_from("<H", packet, HEADER_SIZE - 2)[0]
    return packet[HEADER_SIZE : HEADER_SIZE + length]


def _plain_message(packet: bytes) -> bytes:
    """Return the IPMI message of a request, inside or outside of a session; nothing for other packets."""
    if len(packet) > HEADER_SIZE and packet[4] == RMCP_PLUS and packet[5] == IPMI_PAYLOAD:
        return _message(packet)
    return packet[OLD_HEADER_SIZE:] if len(packet) > OLD_HEADER_SIZE and packet[4] == NO_AUTHENTICATION else b""


def _netfn_and_command(packet: bytes) -> tuple[int, int] | None:
    """Return which request a packet answers, or None when it is no plain IPMI answer."""
    if len(packet) < HEADER_SIZE + 8 or packet[4] != RMCP_PLUS or packet[5] != IPMI_PAYLOAD:
        return None
    message = _message(packet)
    return (message[1] >> 2) - 1, message[5]


def _with_code(packet: bytes, code: int) -> bytes:
    """Return the packet with a completion code in place of its data."""
    message = _message(packet)
    body = message[3:6] + bytes([code])
    message = message[:3] + body + bytes([-sum(body) & 0xFF])
    return packet[: HEADER_SIZE - 2] + struct.pack("<H", len(message)) + message


@contextlib.contextmanager
def silent_port() -> Iterator[int]:
    """Hold a UDP port that takes every packet and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind((LOOPBACK, 0))
        yield int(deaf.getsockname()[1])
