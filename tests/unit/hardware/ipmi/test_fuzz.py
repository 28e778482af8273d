"""Any bytes as sensor records, log entries and inventories; briefly here, for ten minutes each with `-m proof`."""

from __future__ import annotations

import pytest

from tests.unit.hardware.fuzzing import finds_nothing
from tests.unit.hardware.ipmi.fuzz import TARGETS, try_once


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_are_understood_or_refused_in_our_own_words(target: str) -> None:
    try_once(target, 100)


@pytest.mark.proof
@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes_for_ten_minutes_in_256_mib(target: str) -> None:
    finds_nothing("tests.unit.hardware.ipmi.fuzz", target)
