"""The sensor data records of a BMC, read with care (IPMI 2.0 sections 33.11 and 33.12)."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import Malformed
from app.hardware.protocols.ipmi_codes import ADVICE_FIRMWARE, CompletionCode
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.ipmi_wire import Request

STORAGE, SENSOR_EVENT = 0x0A, 0x04
GET_STATE, RESERVE, GET_RECORD, GET_DEVICE_RECORD = 0x20, 0x22, 0x23, 0x21
LAST_RECORD = 0xFFFF
HEADER_SIZE = 5
MAX_RECORDS = 2048
AT_ONCE = 8  # records asked for together
TRUST = 3  # wrong guesses in a row after which none is made
# A whole record at once, as ipmitool tries too, then what smaller and smaller BMCs can give.
READ_SIZES = (64, 32, 24, 16, 8)
UNSPECIFIED = (b"\0\0\0\0", b"\xff\xff\xff\xff")
DEVICE_STATE_SIZE = 6  # with an indicator of change behind count and flags (table 35-2)
FIRST_SIZE = 32  # of a record's beginning, which may be all of it
TOO_LONG = frozenset({0xC8, 0xC9, 0xCA, 0xFF})
RESERVATION_LOST, UNKNOWN_COMMAND = 0xC5, 0xC1
RESERVATIONS = 10
RESERVATION_PAUSE_S = 0.02


def repository_state(session: BmcSession, *, from_device: bool = False) -> bytes | None:
    """Return what changes when the sensor list does: count and times of change; None when the BMC will not say."""
    try:
        return session.command(SENSOR_EVENT if from_device else STORAGE, GET_STATE)
    except CompletionCode:
        return None


def count_of(state: bytes | None, *, from_device: bool = False) -> int:
    """Return how many records there are, as the BMC says; as many as there can be when it does not."""
    if state is None or len(state) < 3:
        return MAX_RECORDS
    return (state[0] if from_device else int.from_bytes(state[1:3], "little")) or MAX_RECORDS


def is_dated(state: bytes, *, from_device: bool = False) -> bool:
    """Whether the state holds a time of change: many BMCs say "unspecified" or "never" for ever (table 33-3)."""
    if from_device:
        return len(state) >= DEVICE_STATE_SIZE
    stamps = (state[5:9], state[9:13])
    return any(stamp not in UNSPECIFIED and len(stamp) == 4 for stamp in stamps)


def read_records(session: BmcSession, *, from_device: bool = False, count: int = MAX_RECORDS) -> Iterator[bytes]:
    """Yield the raw records of the repository, or of the device itself, one by one.

    The record's own length is trusted, not the count of bytes that came; ids that repeat end the walk. Only the chain
    of ids that the BMC tells is believed; but as most number their records one by one, the next few (never more than
    `count` in all) are asked for together with each. Cost: about two requests a record.
    """
    reader = _RecordReader(session, from_device=from_device)
    seen: set[int] = set()
    record = 0
    while record != LAST_RECORD:
        for piece in reader.read(record, min(AT_ONCE, max(1, count - len(seen)))):
            if piece.number in seen or len(seen) >= MAX_RECORDS:
                raise Malformed("the BMC's sensor list goes round in circles", ADVICE_FIRMWARE)
            seen.add(piece.number)
            record = piece.following
            yield piece.raw


@dataclass(slots=True)
class _Piece:
    """A record as far as it is read, and the id of the one after it."""

    number: int
    following: int
    raw: bytes

    @property
    def size(self) -> int:
        return HEADER_SIZE + self.raw[4]


class _RecordReader:
    """Reads records in two steps, with a reservation and a read size that shrinks when the BMC asks."""

    def __init__(self, session: BmcSession, *, from_device: bool) -> None:
        self._session = session
        self._netfn, self._get = (SENSOR_EVENT, GET_DEVICE_RECORD) if from_device else (STORAGE, GET_RECORD)
        self._sizes = list(READ_SIZES)
        self._first_size = FIRST_SIZE
        self._trust = TRUST
        self._reservation = self._reserve()

    def read(self, record: int, most: int) -> list[_Piece]:
        """Return this record and those that follow it, as many as could be guessed; at least one."""
        for _ in range(RESERVATIONS):
            try:
                return self._read_once(record, most)
            except CompletionCode as refusal:
                if refusal.code != RESERVATION_LOST:
                    raise
                # Somebody else reads the list too; reservations taken at once would be lost at once, to both.
                time.sleep(RESERVATION_PAUSE_S * random.random())  # noqa: S311 - jitter, not a secret
                self._reservation = self._reserve()
        raise CompletionCode(RESERVATION_LOST)

    def _reserve(self) -> int:
        try:
            answer = self._session.command(self._netfn, RESERVE)
        except CompletionCode as refusal:
            if refusal.code != UNKNOWN_COMMAND:
                raise
            return 0  # some BMCs know no reservations and want zero
        return int.from_bytes(answer[:2], "little")

    def _read_once(self, record: int, most: int) -> list[_Piece]:
        guesses = most if record and self._trust else 1
        numbers = list(range(record, min(record + guesses, LAST_RECORD)))
        pieces = self._beginnings(numbers)
        if len(numbers) > 1:
            self._trust = TRUST if len(pieces) > 1 else self._trust - 1
        if pieces:
            self._complete(pieces)
        return pieces or [self._carefully(record)]

    def _beginnings(self, numbers: list[int]) -> list[_Piece]:
        """Read the beginnings of these records, as far as each follows the one before; none when that is refused."""
        wanted = min(self._first_size, self._sizes[0])
        answers = self._session.commands([self._request(number, 0, wanted) for number in numbers])
        pieces: list[_Piece] = []
        for number, answer in zip(numbers, list(answers), strict=True):
            if pieces and number != pieces[-1].following:
                break
            if isinstance(answer, CompletionCode):
                if pieces or answer.code in TOO_LONG:
                    break
                raise answer
            data = answer[2 : 2 + wanted]
            if len(data) < HEADER_SIZE:
                break
            pieces.append(_Piece(number, int.from_bytes(answer[:2], "little"), data[: HEADER_SIZE + data[4]]))
        return pieces

    def _complete(self, pieces: list[_Piece]) -> None:
        """Read what is missing of these records, all at once; one by one where the BMC gives less than was asked."""
        step = self._sizes[0]
        places = [(piece, at) for piece in pieces for at in range(len(piece.raw), piece.size, step)]
        requests = [self._request(piece.number, at, min(step, piece.size - at)) for piece, at in places]
        for (piece, at), answer in zip(places, list(self._session.commands(requests)), strict=True):
            if isinstance(answer, CompletionCode):
                if answer.code == RESERVATION_LOST:
                    raise answer
                if answer.code in TOO_LONG and self._sizes[0] == step:
                    self._ask_for_less(min(step, piece.size - at))
            elif len(piece.raw) == at:  # what comes after a gap is read again below
                piece.raw += answer[2 : 2 + min(step, piece.size - at)]
        for piece in pieces:
            while len(piece.raw) < piece.size:
                piece.raw += self._read_chunk(piece.number, len(piece.raw), piece.size - len(piece.raw))

    def _carefully(self, record: int) -> _Piece:
        """Read one record whose beginning the BMC refused: its header alone tells how much there is to ask for."""
        largest = self._sizes[0]
        following, raw = self._read_part(record, 0, HEADER_SIZE)
        piece = _Piece(record, following, raw)
        while len(piece.raw) < piece.size:
            piece.raw += self._read_chunk(record, len(piece.raw), piece.size - len(piece.raw))
        if self._sizes[0] == largest:
            self._first_size = HEADER_SIZE  # it was not too much, but beyond the record's end
        return piece

    def _read_chunk(self, record: int, offset: int, wanted: int) -> bytes:
        while True:
            size = min(wanted, self._sizes[0])
            try:
                return self._read_part(record, offset, size)[1]
            except CompletionCode as refusal:
                if refusal.code not in TOO_LONG or not self._ask_for_less(size):
                    raise

    def _ask_for_less(self, size: int) -> bool:
        """Never ask for `size` bytes again; False when there is nothing smaller."""
        smaller = [one for one in self._sizes if one < size]
        self._sizes = smaller or self._sizes
        return bool(smaller)

    def _read_part(self, record: int, offset: int, size: int) -> tuple[int, bytes]:
        answer = self._session.command(*self._request(record, offset, size))
        data = answer[2 : 2 + size]
        if not data or (offset == 0 and len(data) < HEADER_SIZE):
            raise Malformed("the BMC cuts its sensor records short", ADVICE_FIRMWARE)
        return int.from_bytes(answer[:2], "little"), data

    def _request(self, record: int, offset: int, size: int) -> Request:
        return Request(self._netfn, self._get, struct.pack("<HHBB", self._reservation, record, offset, size))
