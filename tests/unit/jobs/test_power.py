"""When a machine counts as off: both of its own proofs, else a person's; never against what one of them says."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hardware.diagnostics import DiagnosticsDocument
from app.jobs.power import (
    NO_CURRENT_W,
    STANDBY_W,
    Cord,
    Load,
    PowerState,
    Seen,
    Sighting,
    read_power,
    why_not_off,
)
from app.jobs.stops import Guard, Stop
from tests.unit.hardware.samples import TAKEN_AT
from tests.unit.jobs.power_samples import CORDS, powered

NOW = TAKEN_AT + timedelta(minutes=1)
AT_WORK = powered(True, 184.0, 188.0)


def state(document: DiagnosticsDocument, before: DiagnosticsDocument | None = AT_WORK) -> PowerState:
    return read_power(document.to_dict(), CORDS, document.taken_at, before.to_dict() if before else None)


def seen(how: Seen, minutes_ago: int = 1, *, is_on: bool = False) -> Sighting:
    return Sighting("tom", NOW - timedelta(minutes=minutes_ago), is_on, how)


def stopped(found: PowerState, sighting: Sighting | None = None) -> Stop:
    stop = why_not_off(found, NOW, sighting=sighting)
    assert stop is not None
    assert stop.guard == Guard.POWER
    return stop


def test_off_and_without_load_is_off() -> None:
    assert why_not_off(state(powered(False, 9.0, 8.0)), NOW) is None


def test_a_machine_that_says_on_is_on_whatever_else_is_seen() -> None:
    stop = stopped(state(powered(True, 0.0, 0.0)), seen(Seen.SECOND_PERSON))
    assert stop.why == ("The BMC says that the machine is on.",)


def test_a_machine_that_came_back_is_told_as_such() -> None:
    stop = why_not_off(state(powered(True, 180.0, 180.0)), NOW, was_off_at=NOW - timedelta(minutes=4))
    assert stop is not None
    assert "came back by itself" in stop.why[1]


@pytest.mark.parametrize("loads", [(184.0, 8.0), (8.0, 184.0), (30.0, 0.0)])
def test_an_outlet_that_carries_load_stops_it_although_the_bmc_says_off(loads: tuple[float, float]) -> None:
    stop = stopped(state(powered(False, *loads)), seen(Seen.SECOND_PERSON))
    assert "still carry load" in stop.why[0]
    assert "outlet 14 of PDU-" in stop.why[0]


def test_a_load_that_has_not_fallen_to_half_is_no_proof() -> None:
    stop = stopped(state(powered(False, 20.0, 20.0), before=powered(True, 22.0, 22.0)))
    assert stop.why == ("Its outlets carry 40 W together; at work they carried 44 W: that is no fall.",)


def test_a_before_of_a_machine_that_was_off_compares_with_nothing() -> None:
    assert why_not_off(state(powered(False, 9.0, 9.0), before=powered(False, 9.0, 9.0)), NOW) is None


def test_outlets_that_tell_amperes_count_too() -> None:
    assert why_not_off(state(powered(False, 0.1, 0.1, unit="A")), NOW) is None
    assert "0.9 A" in stopped(state(powered(False, 0.9, 0.1, unit="A"))).why[0]


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (powered(False, None, 8.0), "The load of outlet 14 of PDU-A: not metered."),
        (powered(False, 8.0, 8.0, silent="PDU-B"), "The load of outlet 14 of PDU-B: its PDU is silent."),
        (powered(None, 8.0, 8.0), "The BMC does not say whether the machine is on."),
    ],
)
def test_one_missing_proof_is_named_and_a_photo_or_a_second_person_stands_for_it(
    document: DiagnosticsDocument, said: str
) -> None:
    stop = stopped(state(document))
    assert stop.why == (said,)
    assert "second proof" in stop.advice
    for how in Seen:
        assert why_not_off(state(document), NOW, sighting=seen(how)) is None


def test_where_nothing_is_known_only_a_second_person_counts() -> None:
    blind = state(powered(None, None, None))
    assert "second person" in stopped(blind).advice
    assert stopped(blind, seen(Seen.PHOTO))
    assert why_not_off(blind, NOW, sighting=seen(Seen.SECOND_PERSON)) is None


def test_what_was_seen_counts_for_five_minutes_and_only_when_it_was_dark() -> None:
    half = state(powered(False, None, 8.0))
    assert why_not_off(half, NOW, sighting=seen(Seen.PHOTO, 5)) is None
    assert stopped(half, seen(Seen.PHOTO, 6))
    assert stopped(half, seen(Seen.PHOTO, is_on=True))


def test_cords_without_any_current_prove_a_silent_machine_off() -> None:
    assert why_not_off(state(powered(None, 0.0, 0.0)), NOW) is None
    assert stopped(state(powered(None, 0.0, NO_CURRENT_W + 1)))
    assert stopped(state(powered(None, 0.0, 0.0), before=None))  # nobody knows that these cords are its own


def test_an_outlet_that_is_switched_off_carries_nothing() -> None:
    assert state(powered(False, None, 8.0, switched_off="PDU-A")).load == Load.DOWN


def test_a_machine_whose_cords_nobody_recorded_needs_a_second_proof() -> None:
    bare = read_power(powered(False, 8.0, 8.0).to_dict(), (), TAKEN_AT)
    assert stopped(bare).why == ("Nothing is recorded of what feeds it, so its load is not known.",)


def test_a_reading_counts_for_five_minutes() -> None:
    off = state(powered(False, 9.0, 8.0))
    assert why_not_off(off, TAKEN_AT + timedelta(minutes=5)) is None
    stop = why_not_off(off, TAKEN_AT + timedelta(minutes=7))
    assert stop is not None
    assert (stop.code, stop.found) == ("no_diagnostics", "7 minutes old")
    never = why_not_off(read_power(None, CORDS, None), NOW)
    assert never is not None
    assert never.found == "never read"


def test_a_pdu_that_was_never_asked_is_told_as_such() -> None:
    elsewhere = read_power(powered(False, 8.0, 8.0).to_dict(), (Cord("1", "PDU-Z", "3"),), TAKEN_AT)
    assert stopped(elsewhere).why == ("The load of outlet 3 of PDU-Z: its PDU was not asked.",)


WATTS = st.one_of(st.none(), st.floats(0, 2000))


@given(
    on=st.sampled_from([True, False, None]), loads=st.tuples(WATTS, WATTS), silent=st.sampled_from([None, "PDU-A"]),
    how=st.sampled_from([None, *Seen]), age=st.integers(0, 20), was=st.tuples(WATTS, WATTS),
)  # fmt: skip
def test_nothing_opens_against_a_proof(
    on: bool | None,
    loads: tuple[float | None, float | None],
    silent: str | None,
    how: Seen | None,
    age: int,
    was: tuple[float | None, float | None],
) -> None:
    found = state(powered(on, *loads, silent=silent), before=powered(True, *was))
    sighting = seen(how) if how else None
    if why_not_off(found, TAKEN_AT + timedelta(minutes=age), sighting=sighting) is None:
        assert age <= 5
        assert on is not True
        heard = [w for w, cord in zip(loads, CORDS, strict=True) if w is not None and cord.pdu != silent]
        assert all(w <= STANDBY_W for w in heard)
        assert sighting is not None or (len(heard) == 2 and (on is False or found.is_without_current))
