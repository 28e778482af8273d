"""How a machine may be left: on again after a cold job, else as it was found; what nobody knows is asked for."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.hardware.diagnostics import DiagnosticsDocument
from app.jobs.power import PowerState, Seen, Sighting, read_power
from app.jobs.power_left import Left, wrongly_left
from tests.unit.hardware.samples import TAKEN_AT
from tests.unit.jobs.power_samples import CORDS, powered

SOON, LATER = TAKEN_AT + timedelta(minutes=1), TAKEN_AT + timedelta(minutes=9)
ON, OFF, SILENT = (powered(on, 8.0, 8.0) for on in (True, False, None))


def state(document: DiagnosticsDocument) -> PowerState:
    return read_power(document.to_dict(), CORDS, TAKEN_AT)


def seen(*, is_on: bool, at: timedelta = timedelta(minutes=0)) -> Sighting:
    return Sighting("tom", SOON - at, is_on, Seen.SECOND_PERSON)


@pytest.mark.parametrize(
    ("found", "now_on", "is_cold", "may_leave"),
    [
        (True, ON, True, True),
        (True, OFF, True, False),
        (False, ON, True, True),  # it was dead, and now it runs
        (False, OFF, True, True),
        (None, ON, True, True),
        (None, OFF, True, False),
        (True, ON, False, True),
        (True, OFF, False, False),
        (False, OFF, False, True),
        (False, ON, False, False),
        (None, OFF, False, True),
        (True, SILENT, False, True),  # AFTER looks again
        (True, SILENT, True, False),
    ],
)
def test_a_machine_is_left_on_after_a_cold_job_else_as_it_was_found(
    found: bool | None, now_on: DiagnosticsDocument, is_cold: bool, may_leave: bool
) -> None:
    left = wrongly_left(found, state(now_on), SOON, is_cold=is_cold)
    assert (left is None) == may_leave
    if left is not None:
        assert left.is_certain == (now_on is not SILENT)
        assert "Or write why it is left so, and who decided it." in left.sentence


@pytest.mark.parametrize("now_on", [ON, OFF])
def test_after_a_cold_job_an_old_reading_is_asked_anew(now_on: DiagnosticsDocument) -> None:
    left = wrongly_left(True, state(now_on), LATER, is_cold=True)
    assert left is not None
    assert left.is_old


def test_an_old_reading_of_a_machine_that_stays_on_asks_nothing() -> None:
    assert wrongly_left(True, state(ON), LATER, is_cold=False) is None
    off = wrongly_left(True, state(OFF), LATER, is_cold=False)
    assert off == Left("When its power was last read, it was not as it has to be.", is_old=True, is_certain=True)


def test_where_the_bmc_is_silent_eyes_count_for_five_minutes() -> None:
    assert wrongly_left(True, state(SILENT), SOON, is_cold=True, sighting=seen(is_on=True)) is None
    old = seen(is_on=True, at=timedelta(minutes=6))
    assert wrongly_left(True, state(SILENT), SOON, is_cold=True, sighting=old) is not None
    dark = wrongly_left(True, state(SILENT), SOON, is_cold=True, sighting=seen(is_on=False))
    assert dark is not None
    assert dark.is_certain


def test_eyes_do_not_outweigh_a_bmc_that_says_off() -> None:
    assert wrongly_left(True, state(OFF), SOON, is_cold=True, sighting=seen(is_on=True)) is not None
