"""What contradicts the order, and what a stop says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.jobs.rules import Expected, MatchProof
from app.jobs.stops import Guard, contradictions, is_stale, stale_check, untold_typing, wrong_machine

ORDER = Expected("B17", "SRV-1", "front", "CZ12345", "CZ12345")
RIGHT = MatchProof("b17 ", "srv-1", "seen", "front", None)
NINE = datetime(2026, 11, 30, 9, tzinfo=UTC)


def test_labels_are_compared_as_scanners_give_them() -> None:
    assert contradictions(RIGHT, ORDER) == []


@pytest.mark.parametrize(
    ("seen", "guard", "expected", "found"),
    [
        ({"rack": "B18"}, Guard.RACK, "rack B17", "rack B18"),
        ({"tag": "SRV-2"}, Guard.TAG, "SRV-1", "SRV-2"),
        ({"face": "rear"}, Guard.FACE, "front", "rear"),
        ({"light": "other"}, Guard.LIGHT, "its light", "another light"),
        ({"serial": "SN-9"}, Guard.TAG_SERIAL, "serial CZ12345", "serial SN-9"),
    ],
)
def test_each_contradiction_names_its_guard_and_both_sides(
    seen: dict[str, str], guard: Guard, expected: str, found: str
) -> None:
    stop = wrong_machine(contradictions(replace(RIGHT, **seen), ORDER))
    assert (stop.guard, stop.expected, stop.found) == (guard, expected, found)


def test_a_machine_that_says_another_serial_is_stopped_whatever_its_labels_say() -> None:
    found = contradictions(RIGHT, replace(ORDER, bmc_serial="SN-2"))
    assert [one.guard for one in found] == [Guard.BMC_SERIAL]


def test_two_contradictions_are_both_told() -> None:
    stop = wrong_machine(contradictions(replace(RIGHT, tag="SRV-2", face="rear"), ORDER))
    assert (stop.expected, stop.found, len(stop.why)) == ("SRV-1 · front", "SRV-2 · rear", 2)


def test_what_was_not_looked_at_yet_contradicts_nothing() -> None:
    assert contradictions(MatchProof("B17", None, None, None), ORDER) == []
    assert contradictions(MatchProof("B18", None, None, None), ORDER)[0].guard == Guard.RACK


def test_a_check_counts_for_fifteen_minutes() -> None:
    assert not is_stale(NINE, NINE + timedelta(minutes=15))
    assert is_stale(NINE, NINE + timedelta(minutes=15, seconds=1))
    assert is_stale(None, NINE)
    assert stale_check(NINE, NINE + timedelta(minutes=40)).found == "40 minutes old"


def test_typing_needs_a_reason_and_scanning_none() -> None:
    assert untold_typing({"rack": "scanned", "tag": "typed"}, "")
    assert not untold_typing({"rack": "scanned", "tag": "typed"}, "label_unreadable")
    assert not untold_typing({"rack": "scanned"}, None)
