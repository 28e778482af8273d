"""The sensor data records of a BMC, read with care (IPMI 2.0 sections 33.11 and 33.12)."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterator

from app.core.errors import Malformed
from app.hardware.protocols.ipmi_codes import ADVICE_FIRMWARE, CompletionCode
from app.hardware.protocols.ipmi_session import BmcSession

STORAGE, SENSOR_EVENT = 0x0A, 0x04
GET_STATE, RESERVE, GET_RECORD, GET_DEVICE_RECORD = 0x20, 0x22, 0x23, 0x21
LAST_RECORD = 0xFFFF
HEADER_SIZE = 5
MAX_RECORDS = 2048
# A whole record at once, as ipmitool tries too, then what smaller and smaller BMCs can give.
READ_SIZES = (64, 32, 24, 16, 8)
UNSPECIFIED = (b"\0\0\0\0", b"\xff\xff\xff\xff")
DEVICE_STATE_SIZE = 6  # with an indicator of change behind count and flags (table 35-2)
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


def is_dated(state: bytes, *, from_device: bool = False) -> bool:
    """Whether the state holds a time of change: many BMCs say "unspecified" or "never" for ever (table 33-3)."""
    if from_device:
        return len(state) >= DEVICE_STATE_SIZE
    stamps = (state[5:9], state[9:13])
    return any(stamp not in UNSPECIFIED and len(stamp) == 4 for stamp in stamps)


def read_records(session: BmcSession, *, from_device: bool = False) -> Iterator[bytes]:
    """Yield the raw records of the repository, or of the device itself, one by one.

    The record's own length is trusted, not the count of bytes that came; ids that repeat end the walk.
    Cost: about three requests a record.
    """
    reader = _RecordReader(session, from_device=from_device)
    seen: set[int] = set()
    record = 0
    while record != LAST_RECORD:
        if record in seen or len(seen) >= MAX_RECORDS:
            raise Malformed("the BMC's sensor list goes round in circles", ADVICE_FIRMWARE)
        seen.add(record)
        record, raw = reader.read(record)
        yield raw


class _RecordReader:
    """Reads single records in two steps, with a reservation and a read size that shrinks when the BMC asks."""

    def __init__(self, session: BmcSession, *, from_device: bool) -> None:
        self._session = session
        self._netfn, self._get = (SENSOR_EVENT, GET_DEVICE_RECORD) if from_device else (STORAGE, GET_RECORD)
        self._sizes = list(READ_SIZES)
        self._reservation = self._reserve()

    def read(self, record: int) -> tuple[int, bytes]:
        """Return the next record's id and this record's bytes."""
        for _ in range(RESERVATIONS):
            try:
                return self._read_once(record)
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

    def _read_once(self, record: int) -> tuple[int, bytes]:
        following, raw = self._read_part(record, 0, HEADER_SIZE)
        size = HEADER_SIZE + raw[4]
        while len(raw) < size:
            raw += self._read_chunk(record, len(raw), size - len(raw))
        return following, raw

    def _read_chunk(self, record: int, offset: int, wanted: int) -> bytes:
        while True:
            size = min(wanted, self._sizes[0])
            try:
                return self._read_part(record, offset, size)[1]
            except CompletionCode as refusal:
                smaller = [one for one in self._sizes if one < size]
                if refusal.code not in TOO_LONG or not smaller:
                    raise
                self._sizes = smaller

    def _read_part(self, record: int, offset: int, size: int) -> tuple[int, bytes]:
        request = struct.pack("<HHBB", self._reservation, record, offset, size)
        answer = self._session.command(self._netfn, self._get, request)
        data = answer[2 : 2 + size]
        if not data or (offset == 0 and len(data) < HEADER_SIZE):
            raise Malformed("the BMC cuts its sensor records short", ADVICE_FIRMWARE)
        return int.from_bytes(answer[:2], "little"), data
