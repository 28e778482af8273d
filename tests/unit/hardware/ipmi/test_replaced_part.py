"""BEFORE and AFTER of a swapped module whose old errors still stand in the BMC's log."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.hardware.compare import Result, compare
from app.hardware.diagnostics import Component, DiagnosticsDocument, Evidence, Finding, Kind
from app.hardware.readings import State
from tests.unit.hardware.samples import TAKEN_AT, healthy_server

OLD_ERROR = Evidence("ipmi-sel", "event log record 12", "uncorrectable ECC (once in the event log)", TAKEN_AT)
NEW_ERROR = replace(OLD_ERROR, object="event log record 19")
PRESENT = Evidence("ipmi", "DIMM_A1", "present", TAKEN_AT)
LIVE_ERROR = replace(PRESENT, value="correctable ECC")


def accused(serial: str | None, *evidence: Evidence) -> DiagnosticsDocument:
    """A server whose module A1 is accused with this evidence."""
    healthy = healthy_server()
    words = OLD_ERROR.value
    module = Component(Kind.MEMORY, "DIMM_A1", "A1", State.CRITICAL, words, serial, "ipmi")
    parts = tuple(module if part.name == "DIMM_A1" else part for part in healthy.components)
    title = "DIMM A1 had uncorrectable memory errors"
    finding = Finding(
        State.CRITICAL, Kind.MEMORY, "DIMM_A1", "A1", title, None, "Plan a swap.", "other_hands", evidence
    )
    return replace(healthy, components=parts, findings=(finding,))


def verdict(before: DiagnosticsDocument, after: DiagnosticsDocument) -> Result:
    return compare(before, after, ("memory", "A1")).result


def test_new_serial_number_and_nothing_new_in_the_log_is_a_repair() -> None:
    before = accused("OLD", OLD_ERROR, PRESENT)
    assert verdict(before, accused("NEW", OLD_ERROR, PRESENT)) is Result.REPAIRED
    assert verdict(before, accused("NEW", replace(OLD_ERROR), PRESENT)) is Result.REPAIRED


@pytest.mark.parametrize("serial", ["OLD", None])
def test_same_or_unknown_serial_number_proves_nothing(serial: str | None) -> None:
    assert verdict(accused("OLD", OLD_ERROR), accused(serial, OLD_ERROR)) is Result.NOT_REPAIRED
    assert verdict(accused(None, OLD_ERROR), accused("NEW", OLD_ERROR)) is Result.NOT_REPAIRED


def test_new_entry_in_the_log_counts_for_the_new_module() -> None:
    assert verdict(accused("OLD", OLD_ERROR), accused("NEW", NEW_ERROR)) is Result.NOT_REPAIRED


def test_live_error_counts_though_the_log_is_silent_and_though_it_was_there_before() -> None:
    before, after = accused("OLD", OLD_ERROR, LIVE_ERROR), accused("NEW", OLD_ERROR, LIVE_ERROR)
    assert verdict(before, after) is Result.NOT_REPAIRED
