"""SNMP agents that misbehave on purpose, each as real devices have done; v2c, one port each.

The table they serve is ifDescr with `ROWS` rows; every other object is the text "good".
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from app.hardware.protocols.snmp_ber import (
    COUNTER,
    COUNTER64,
    INTEGER,
    IP,
    NO_SUCH_INSTANCE,
    OCTETS,
    OPAQUE,
    TICKS,
    BerError,
    Oid,
    Reader,
    decode_oid,
    encode_oid,
    integer,
    octets,
    parse_oid,
    sequence,
    tlv,
)
from app.hardware.readings import SnmpTarget
from lab.processes import LOOPBACK

COLUMN = "1.3.6.1.2.1.2.2.1.2"
ROWS = 40
TABLE = parse_oid(COLUMN)
AFTER_TABLE = parse_oid("1.3.6.1.2.1.2.2.1.3.1")
GET_NEXT, GET_BULK, RESPONSE = 0xA1, 0xA5, 0xA2
TOO_BIG, GEN_ERR = 1, 5
NULL = b"\x05\x00"
SLOW_S = 1.2
TICK_S = 0.05

Varbind = tuple[Oid, bytes]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: `count` is the how-manieth packet of this agent, `repetitions` 0 for all but GETBULK."""

    kind: int
    id: int
    repetitions: int
    oids: tuple[Oid, ...]
    count: int

    def good(self) -> list[Varbind]:
        """Return what a well-behaved agent would answer."""
        if self.kind not in (GET_NEXT, GET_BULK):
            return [(oid, octets(b"good")) for oid in self.oids]
        return rows(self.row + 1, self.row + max(1, self.repetitions))

    @property
    def row(self) -> int:
        """The row of the table that was asked from, 0 before its first."""
        first = self.oids[0]
        return first[-1] if first[:-1] == TABLE else 0


def rows(first: int, last: int, end: int = ROWS) -> list[Varbind]:
    """Return rows of the table, then the object after it."""
    found = [((*TABLE, row), octets(f"if{row}".encode())) for row in range(first, min(last, end) + 1)]
    return found or [(AFTER_TABLE, integer(6))]


def answer(request: Request, varbinds: Sequence[Varbind], status: int = 0, index: int = 0) -> bytes:
    """Return a response."""
    listed = sequence(*(sequence(encode_oid(oid), value) for oid, value in varbinds))
    pdu = tlv(RESPONSE, integer(request.id) + integer(status) + integer(index) + listed)
    return sequence(integer(1), octets(b"public"), pdu)


Behaviour = Callable[[Request], list[bytes]]


def _well(request: Request) -> list[bytes]:
    return [answer(request, request.good())]


def _always(value: bytes) -> Behaviour:
    return lambda request: [answer(request, [(oid, value) for oid in request.oids])]


def _silent_after(count: int) -> Behaviour:
    return lambda request: _well(request) if request.count <= count else []


def _too_big(request: Request) -> list[bytes]:
    if request.repetitions > 5 or len(request.oids) > 10:
        return [answer(request, [], TOO_BIG)]
    return _well(request)


def _bulk_error(request: Request) -> list[bytes]:
    return [answer(request, [], GEN_ERR, 1)] if request.kind == GET_BULK else _well(request)


def _large_lost(request: Request) -> list[bytes]:
    return [] if request.repetitions > 10 else _well(request)


def _endless(request: Request) -> list[bytes]:
    return [answer(request, rows(request.row + 1, request.row + max(1, request.repetitions), end=2**31))]


def _not_ascending(request: Request) -> list[bytes]:
    return [answer(request, [((*TABLE, row), octets(b"x")) for row in (1, 2, 2, 1)])]


def _loop(request: Request) -> list[bytes]:
    return [answer(request, [((*TABLE, (request.row + step) % 7 + 1), octets(b"x")) for step in range(7)])]


def _row_without_bytes(request: Request) -> list[bytes]:
    row = (*TABLE, 7)
    return [answer(request, [(oid, tlv(INTEGER, b"") if oid == row else value) for oid, value in request.good()])]


def _half_absent(request: Request) -> list[bytes]:
    absent = tlv(NO_SUCH_INSTANCE, b"")
    return [answer(request, [(oid, absent if place % 2 else octets(b"v")) for place, oid in enumerate(request.oids)])]


def _stale_first(request: Request) -> list[bytes]:
    older = Request(request.kind, request.id - 1, request.repetitions, request.oids, request.count)
    return [answer(older, [(oid, octets(b"STALE")) for oid in request.oids]), *_well(request)]


def _slow(request: Request) -> list[bytes]:
    time.sleep(SLOW_S)
    return _well(request)


def _long_lengths(request: Request) -> list[bytes]:
    def long_tlv(tag: int, body: bytes) -> bytes:
        return bytes((tag, 0x82)) + len(body).to_bytes(2, "big") + body

    listed = b"".join(long_tlv(0x30, encode_oid(oid) + value) for oid, value in request.good())
    pdu = long_tlv(RESPONSE, integer(request.id) + integer(0) + integer(0) + long_tlv(0x30, listed))
    return [long_tlv(0x30, integer(1) + octets(b"public") + pdu)]


BEHAVIOURS: dict[str, Behaviour] = {
    "well": _well,
    "silent": lambda _request: [],
    "dies after 1": _silent_after(1),
    "dies after 2": _silent_after(2),
    "endless rows": _endless,
    "rows not ascending": _not_ascending,
    "rows in a loop": _loop,
    "row without bytes": _row_without_bytes,
    "empty list": lambda request: [answer(request, [])],
    "tooBig": _too_big,
    "genErr on bulk": _bulk_error,
    "genErr": lambda request: [answer(request, [], GEN_ERR, 1)],
    "large answers lost": _large_lost,
    "slow": _slow,
    "first packet lost": lambda request: _well(request) if request.count > 1 else [],
    "stale answer first": _stale_first,
    "garbage first": lambda request: [b"\x30\x82\xff", *_well(request)],
    "only garbage": lambda _request: [b"\x30\x82\xff"],
    "half absent": _half_absent,
    "one left out": lambda request: [answer(request, request.good()[:-1] if len(request.oids) > 1 else request.good())],
    "NULL values": _always(NULL),
    "signed counter": _always(tlv(COUNTER, b"\xff\xff\xff\xf0")),
    "signed ticks": _always(tlv(TICKS, b"\xf0\x00\x00\x00")),
    "largest counter": _always(tlv(COUNTER64, b"\x00" + b"\xff" * 8)),
    "number without bytes": _always(tlv(INTEGER, b"")),
    "address without bytes": _always(tlv(IP, b"")),
    "opaque float": _always(tlv(OPAQUE, b"\x9f\x78\x04\x41\xbc\x00\x00")),
    "latin text": _always(tlv(OCTETS, b"Temp \xb0C \x00")),
    "long lengths": _long_lengths,
    "trailing bytes": lambda request: [answer(request, request.good()) + b"\0\0\0"],
    "other community": lambda request: [answer(request, request.good()).replace(b"public", b"privat", 1)],
}


class HostileAgent:
    """One agent with one behaviour (a name of `BEHAVIOURS`) on its own port; a context manager."""

    def __init__(self, behaviour: str) -> None:
        self._behave = BEHAVIOURS[behaviour]
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((LOOPBACK, 0))
        self._socket.settimeout(TICK_S)
        self.packets = 0
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"hostile {behaviour}")

    @property
    def target(self) -> SnmpTarget:
        """Return how to reach the agent."""
        return SnmpTarget(LOOPBACK, self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()
        self._socket.close()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                data, peer = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            self.packets += 1
            try:
                request = _parse(data, self.packets)
            except BerError:
                continue
            for packet in self._behave(request):
                self._socket.sendto(packet, peer)


def _parse(data: bytes, count: int) -> Request:
    message = Reader(Reader(data).expect(0x30))
    message.integer()
    message.expect(OCTETS)
    kind, body = message.next()
    pdu = Reader(body)
    request_id, _, repetitions = pdu.integer(), pdu.integer(), pdu.integer()
    objects, oids = Reader(pdu.expect(0x30)), []
    while not objects.at_end:
        oids.append(decode_oid(Reader(objects.expect(0x30)).expect(0x06)))
    return Request(kind, request_id, repetitions if kind == GET_BULK else 0, tuple(oids), count)
