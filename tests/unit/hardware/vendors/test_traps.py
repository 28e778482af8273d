"""Traps in plain words, bounded whatever a device puts into them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hardware.readings import SnmpType, SnmpValue, State
from app.hardware.vendors._traps import KINDS, told

IF = "1.3.6.1.2.1.2.2.1"


def test_a_port_that_went_down_is_named() -> None:
    said = told(
        "1.3.6.1.6.3.1.1.5.3",
        [
            SnmpValue(f"{IF}.1.7", SnmpType.INTEGER, 7),
            SnmpValue(f"{IF}.7.7", SnmpType.INTEGER, 1),
            SnmpValue(f"{IF}.8.7", SnmpType.INTEGER, 2),
            SnmpValue(f"{IF}.2.7", SnmpType.STRING, b"Ethernet7\0"),
        ],
    )
    assert (said.words, said.state, said.object) == ("A port went down", State.WARNING, "linkDown")
    assert said.details == ("interface 7", "switched up", "is down", "port Ethernet7")


@pytest.mark.parametrize(
    ("oid", "words", "state"),
    [
        ("1.3.6.1.4.1.318.0.5", "The UPS is on battery", State.CRITICAL),
        ("1.3.6.1.4.1.318.0.9999", "An event of APC's", State.UNKNOWN),
        ("1.3.6.1.2.1.33.2.0.1", "The UPS is on battery", State.CRITICAL),
        ("1.3.6.1.4.1.3183.1.1.0.356096", "The BMC reports an event of its hardware", State.UNKNOWN),
        ("1.3.6.1.4.1.99999.0.1", "An event that no table here knows", State.UNKNOWN),
    ],
)
def test_a_trap_is_told_by_its_table_its_maker_or_its_number(oid: str, words: str, state: State) -> None:
    said = told(oid, [])
    assert (said.words, said.state) == (words, state)
    assert oid in KINDS or said.object == oid


def test_what_our_own_question_may_set_off_asks_for_nothing() -> None:
    assert [oid for oid, kind in KINDS.items() if not kind.asks] == ["1.3.6.1.6.3.1.1.5.5"]


def test_every_row_names_its_source() -> None:
    assert all(kind.source and kind.words and kind.object for kind in KINDS.values())


@given(st.lists(st.binary(max_size=600), max_size=40))
def test_texts_of_a_device_are_short_and_can_be_stored(texts: list[bytes]) -> None:
    said = told("1.2.3", [SnmpValue(f"{IF}.2.{n}", SnmpType.STRING, text) for n, text in enumerate(texts)])
    assert len(said.details) <= 8
    for detail in said.details:
        assert len(detail) <= 130
        assert detail.isprintable()
        detail.encode()
