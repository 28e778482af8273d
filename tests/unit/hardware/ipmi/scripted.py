"""A BMC that answers from a script, for what no simulator does: records with rubbish, lost reservations, odd logs."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from app.hardware.protocols.ipmi_codes import CompletionCode
from app.hardware.protocols.ipmi_exchange import Answer
from app.hardware.protocols.ipmi_session import BmcSession
from app.hardware.protocols.ipmi_wire import Request
from lab.ipmi_records import log_record

STORAGE, SENSOR_EVENT = 0x0A, 0x04
GET_FACTORS, GET_READING = 0x23, 0x2D
GET_STATE, RESERVE_RECORDS, GET_RECORD, LOG_INFO, GET_ENTRY, LOG_TIME, READ_FRU = (
    0x20,
    0x22,
    0x23,
    0x40,
    0x43,
    0x48,
    0x11,
)
GET_DEVICE_ID, GET_CHASSIS_STATUS = (0x06, 0x01), (0x00, 0x01)
NOT_PRESENT, LAST = 0xCB, 0xFFFF


@dataclass
class Scripted(BmcSession):
    """A session whose BMC holds these records, log entries (oldest first) and inventories.

    `excess` bytes follow every answer about records; `largest` is how many bytes it gives at once; `no_reservations`:
    it knows none; `loses_reservation_at` are the reads before which somebody else takes the reservation; `erased` is
    when its log was erased, `free` its room in bytes; `state` is what changes with its list of sensors; `next_ids` are
    wrong next-record ids, by place; `readings` and `factors` are what its sensors answer, by number; `name` is its
    GUID, `added` when its newest log entry came, `device` its device id; `is_busy`: it refuses everything.
    """

    records: Sequence[bytes] = ()
    log: Sequence[bytes] = ()
    inventories: dict[int, bytes] = field(default_factory=dict)
    excess: bytes = b""
    largest: int = 255
    too_long: int = 0xCA
    no_reservations: bool = False
    loses_reservation_at: frozenset[int] = frozenset()
    erased: int = 0
    free: int = 0
    state: bytes = b""
    next_ids: dict[int, int] = field(default_factory=dict)
    readings: dict[int, bytes] = field(default_factory=dict)
    factors: dict[int, bytes] = field(default_factory=dict)
    asked: list[tuple[int, int, bytes]] = field(default_factory=list)
    where: tuple[str, int] = ("127.0.0.1", 0)
    name: bytes = bytes(16)
    added: int = 0
    device: bytes = b""
    is_busy: bool = False

    @property
    def requests(self) -> int:
        return len(self.asked)

    def alive(self) -> bool:
        return True

    def close(self) -> None:
        """There is nothing to close."""

    def is_model(self, model: bytes | None) -> None:
        """A script has no pace to remember."""

    @property
    def guid(self) -> bytes:
        return self.name

    def ask_ahead(self, requests: Sequence[Request]) -> None:
        """Nothing is gained by asking a script ahead."""

    def commands(self, requests: Iterable[Request]) -> Iterator[Answer]:
        for request in requests:
            try:
                yield self.command(*request)
            except CompletionCode as refusal:
                yield refusal

    def command(self, netfn: int, command: int, data: bytes = b"", lun: int = 0) -> bytes:  # noqa: ARG002 - a session takes it
        self.asked.append((netfn, command, data))
        if self.is_busy:
            raise CompletionCode(0xC0)
        answers: dict[int, Callable[[bytes], bytes]] = {
            GET_STATE: self._state,
            RESERVE_RECORDS: self._reserve,
            GET_RECORD: self._record,
            LOG_INFO: self._log_info,
            GET_ENTRY: self._entry,
            LOG_TIME: lambda _data: bytes(4),
            READ_FRU: self._inventory,
        }
        if (netfn, command) == GET_DEVICE_ID and self.device:
            return self.device
        if (netfn, command) == GET_CHASSIS_STATUS:
            return b"\x01\0\0"
        if netfn == SENSOR_EVENT:
            return self._reading({GET_READING: self.readings, GET_FACTORS: self.factors}.get(command, {}), data)
        if netfn != STORAGE or command not in answers:
            raise CompletionCode(0xC1)
        return answers[command](data)

    def _reading(self, known: dict[int, bytes], data: bytes) -> bytes:
        if data[0] not in known:
            raise CompletionCode(NOT_PRESENT)
        return known[data[0]]

    def _state(self, _data: bytes) -> bytes:
        if not self.state:
            raise CompletionCode(0xC1)
        return self.state

    def _reserve(self, _data: bytes) -> bytes:
        if self.no_reservations:
            raise CompletionCode(0xC1)
        return b"\x01\x00"

    def _record(self, data: bytes) -> bytes:
        reservation, number, offset, size = struct.unpack("<HHBB", data)
        if size > self.largest:
            raise CompletionCode(self.too_long)
        reads = sum(1 for _, command, _ in self.asked if command == GET_RECORD)
        if reads in self.loses_reservation_at:
            raise CompletionCode(0xC5)
        assert reservation == (0 if self.no_reservations else 1)
        if number >= len(self.records):
            raise CompletionCode(NOT_PRESENT)
        following = number + 1 if number + 1 < len(self.records) else LAST
        following = self.next_ids.get(number, following)
        piece = bytes(self.records[number][offset : offset + size])
        return struct.pack("<H", following) + piece + self.excess

    def _log_info(self, _data: bytes) -> bytes:
        return struct.pack("<BHHIIB", 0x51, len(self.log), self.free, self.added, self.erased, 0)

    def _entry(self, data: bytes) -> bytes:
        number = int.from_bytes(data[2:4], "little")
        ids = [int.from_bytes(entry[:2], "little") for entry in self.log]
        place = {0: 0, LAST: len(ids) - 1}.get(number, ids.index(number) if number in ids else -1)
        if not 0 <= place < len(ids):
            raise CompletionCode(NOT_PRESENT)
        following = ids[place + 1] if place + 1 < len(ids) else LAST
        return struct.pack("<H", following) + self.log[place]

    def _inventory(self, data: bytes) -> bytes:
        number, offset, size = struct.unpack("<BHB", data)
        if number not in self.inventories:
            raise CompletionCode(NOT_PRESENT)
        if size > self.largest:
            raise CompletionCode(self.too_long)
        piece = self.inventories[number][offset : offset + size]
        return bytes([len(piece)]) + piece


def memory_error(record: int, sensor: int, at: int) -> bytes:
    """An entry of the log: a corrected memory error."""
    return log_record(record, at, (0x0C, sensor), (0x6F, True), (0, 0xFF, 0xFF))
