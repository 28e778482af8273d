"""Any values of an agent, and any bytes as its datagrams: nothing but our own errors, never unknown called ok.

    python -m tests.unit.hardware.snmp.fuzz values|bytes SECONDS

runs one of them for so long, in 256 MiB of memory, and ends with status 0 when nothing was found.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from app.core.errors import HardwareError
from app.hardware.collect_agent import SYS_DESCR, SYS_OBJECT_ID, read_agent
from app.hardware.diagnostics import DiagnosticsDocument, Source
from app.hardware.facts import Wiring
from app.hardware.families.snmp import SnmpFamily
from app.hardware.protocols.snmp_ber import BerError, encode_oid, integer, octets, parse_oid, sequence, tlv
from app.hardware.protocols.snmp_codec import CommunityCodec, UserCodec
from app.hardware.protocols.snmp_trap import Denied, open_envelope, read_notification
from app.hardware.readings import SnmpTable, SnmpTarget, SnmpType, SnmpValue, SourceStatus, State
from app.hardware.rules import judge
from app.hardware.vendors import FAMILIES
from tests.unit.hardware.answers import NOW
from tests.unit.hardware.fuzzing import run

ROUND = 200
OURS = (HardwareError, BerError, Denied)
SNMP_FAMILIES = [family for family in FAMILIES if isinstance(family, SnmpFamily)]
ROLES = ("server", "pdu", "ups", "ats", "switch")
OBJECT_IDS = sorted({one for family in SNMP_FAMILIES for one in family.identified_by})
INDEXES = ("0", "1", "2", "1.1", "2.3", "1.2.3.4", "4294967295", "0.0.0")
WORDS = (
    b"",
    b"ok",
    b"failed",
    b"12.1",
    b"56% of maximum",
    b"\xff\xfe\x00",
    b"Fan 1",
    b"Slot 1 Bay 2",
    b"Ethernet1/1",
    b"NaN",
)
NUMBERS = (0, 1, 2, 3, 4, 5, 6, -1, 2**31 - 1, 2**32 - 1, 2**64 - 1)
VALUE: SearchStrategy[tuple[SnmpType, int | float | bytes | None]] = st.one_of(
    st.tuples(st.just(SnmpType.INTEGER), st.sampled_from(NUMBERS) | st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(SnmpType.GAUGE), st.sampled_from(NUMBERS)),
    st.tuples(st.just(SnmpType.COUNTER64), st.integers(0, 2**64 - 1)),
    st.tuples(st.just(SnmpType.FLOAT), st.floats()),
    st.tuples(st.just(SnmpType.STRING), st.sampled_from(WORDS) | st.binary(max_size=12)),
    st.tuples(st.just(SnmpType.OID), st.just(b"1.3.6.1.4.1.9")),
    st.tuples(st.just(SnmpType.ABSENT), st.none()),
)


class AnyAgent:
    """An agent that has every object it is asked for, with whatever values the example holds."""

    def __init__(self, object_id: str, values: list[tuple[SnmpType, Any]], rows: list[str], complete: bool) -> None:
        self.problems: dict[str, str] = {}
        self._object_id, self._values, self._rows, self._complete = object_id, values, rows, complete

    def get(self, oids: Sequence[str]) -> dict[str, SnmpValue]:
        """Any value of each; who it is, as the example says."""
        own = {SYS_OBJECT_ID: self._object_id.encode(), SYS_DESCR: b"any"}
        return {
            oid: SnmpValue(oid, SnmpType.STRING, own[oid]) if oid in own else SnmpValue(oid, *self._any(oid))
            for oid in oids
        }

    def walk(self, column: str) -> SnmpTable:
        """The example's rows."""
        rows = tuple(SnmpValue(f"{column}.{index}", *self._any(column + index)) for index in self._rows)
        return SnmpTable(column, rows, self._complete, None if self._complete else "it went silent")

    def _any(self, place: str) -> tuple[SnmpType, Any]:
        return self._values[sum(place.encode()) % len(self._values)]


def values(object_id: str, role: str, said: list[tuple[SnmpType, Any]], rows: list[str], complete: bool) -> None:
    """Any values under every object a family knows: told or left out, and what is not known is never told as well."""
    found = read_agent(AnyAgent(object_id, said, rows, complete), role, "snmp", NOW)
    assert complete or found.problems or not rows
    judged, findings = judge(found.facts, Wiring(), "S")
    document = DiagnosticsDocument(
        "i", "S", NOW, 1, True, (Source("snmp", "x", SourceStatus.OK),), found.facts.identity,
        components=tuple(part.component for part in judged.parts), readings=found.facts.readings,
        events=found.facts.events, findings=findings,
    )  # fmt: skip
    out = json.dumps(document.to_dict(), allow_nan=False, ensure_ascii=False).encode()
    assert DiagnosticsDocument.from_dict(json.loads(out)) == document
    for part in document.components:
        assert part.state is not State.UNKNOWN or part.reason
    for reading in document.readings:
        assert reading.value is not None or (reading.state is State.UNKNOWN and reading.reason)


def varbind(oid: str, value: bytes) -> bytes:
    """One pair of a name and a value, as it is on the wire."""
    return sequence(tlv(0x06, encode_oid(parse_oid(oid))), value)


def pdu(kind: int, *pairs: bytes) -> bytes:
    """An answer or a notification with these pairs."""
    return tlv(kind, integer(7) + integer(0) + integer(0) + sequence(*pairs))


PAIRS = (
    varbind("1.3.6.1.2.1.1.3.0", tlv(0x43, b"\x01\x02")),
    varbind("1.3.6.1.6.3.1.1.4.1.0", tlv(0x06, encode_oid(parse_oid("1.3.6.1.6.3.1.1.5.3")))),
    varbind("1.3.6.1.2.1.2.2.1.8.3", integer(2)),
    varbind("1.3.6.1.4.1.318.1.1.1.2.2.1.0", tlv(0x44, bytes.fromhex("9f780442c80000"))),
    varbind("1.3.6.1.2.1.31.1.1.1.6.1", tlv(0x46, b"\x7f" * 8)),
)
V3_HEAD = sequence(integer(9), integer(65507), octets(b"\x04"), integer(3))
V3_USER = octets(sequence(octets(b"\x80engine"), integer(1), integer(2), octets(b"diag"), octets(b""), octets(b"")))
WHOLE = (
    sequence(integer(1), octets(b"public"), pdu(0xA2, *PAIRS)),
    sequence(integer(1), octets(b"public"), pdu(0xA7, *PAIRS)),
    sequence(integer(1), octets(b"public"), pdu(0xA6, *PAIRS)),
    sequence(integer(3), V3_HEAD, V3_USER, sequence(octets(b"\x80engine"), octets(b""), pdu(0xA2, *PAIRS))),
    sequence(integer(3), V3_HEAD, V3_USER, sequence(octets(b"\x80engine"), octets(b""), pdu(0xA7, *PAIRS))),
)
COMMUNITY = SnmpTarget("127.0.0.1", community="public")
USER = SnmpTarget("127.0.0.1", version="3", username="diag")


def datagram(data: bytes) -> None:
    """Anything as an answer and as a notification: understood, or refused in our own words."""
    for codec in (CommunityCodec(COMMUNITY), UserCodec(USER)):
        with contextlib.suppress(*OURS):
            objects = codec.decode(data).objects
            assert all(isinstance(value, SnmpValue) for value in objects.values)
            assert len(objects.values) + len(objects.unread) == len(objects.oids)
    with contextlib.suppress(*OURS):
        envelope = open_envelope(data)
        for target in (COMMUNITY, USER):
            with contextlib.suppress(*OURS):
                read_notification(data, envelope, target)


def spoiled() -> SearchStrategy[bytes]:
    """Something real with some bytes changed and its end cut off, or nothing real at all."""
    changes = st.dictionaries(st.integers(0, 300), st.integers(0, 255), max_size=5)

    def spoil(one: bytes, changed: dict[int, int], length: int) -> bytes:
        data = bytearray(one)
        for place, value in changed.items():
            data[place % len(data)] = value
        return bytes(data[:length])

    return st.builds(spoil, st.sampled_from(WHOLE), changes, st.integers(1, 300)) | st.binary(max_size=120)


TARGETS: dict[str, tuple[Callable[..., None], tuple[SearchStrategy[Any], ...]]] = {
    "values": (
        values,
        (
            st.sampled_from([*OBJECT_IDS, "1.3.6.1.4.1.8072.3.2.10", "1.3.6.1.4.1.99999", ""]),
            st.sampled_from(ROLES),
            st.lists(VALUE, min_size=1, max_size=7),
            st.lists(st.sampled_from(INDEXES), unique=True, max_size=4),
            st.booleans(),
        ),
    ),
    "bytes": (datagram, (spoiled(),)),
}


def try_once(target: str, examples: int) -> None:
    """Try so many examples."""
    tried, strategies = TARGETS[target]
    often = settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    often(given(*strategies)(tried))()


if __name__ == "__main__":
    run(lambda examples: try_once(sys.argv[1], examples), ROUND, float(sys.argv[2]))
