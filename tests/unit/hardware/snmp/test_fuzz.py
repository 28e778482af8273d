"""Any values and any bytes of an agent; briefly here, for ten minutes each with `-m proof`."""

from __future__ import annotations

import pytest

from app.hardware.protocols.snmp_codec import CommunityCodec
from tests.unit.hardware.fuzzing import finds_nothing
from tests.unit.hardware.snmp.fuzz import COMMUNITY, PAIRS, TARGETS, WHOLE, try_once


def test_the_datagrams_that_are_spoiled_are_whole_to_begin_with() -> None:
    assert len(CommunityCodec(COMMUNITY).decode(WHOLE[0]).objects.values) == len(PAIRS)


@pytest.mark.parametrize("target", TARGETS)
def test_anything_is_understood_or_refused_in_our_own_words(target: str) -> None:
    try_once(target, 60)


@pytest.mark.proof
@pytest.mark.parametrize("target", TARGETS)
def test_anything_for_ten_minutes_in_256_mib(target: str) -> None:
    finds_nothing("tests.unit.hardware.snmp.fuzz", target)
