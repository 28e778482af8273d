"""A removed part's way: every hop leads on, data is kept as long as it may be needed, and lateness is derived."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.parts.rules import HOLD, TO_THE_CAGE, Standing, due_at, hold_against, is_overdue
from app.parts.states import Custody, Hop, PartKind, ends, hops_from, ways_of

AT = datetime(2026, 11, 30, 9, tzinfo=UTC)
DRIVE = Standing("drive", Custody.IN_CAGE, AT, AT, False, None, "Europe/Amsterdam")


@pytest.mark.parametrize("kind", PartKind)
def test_whatever_way_is_taken_there_is_always_a_next_hop_until_the_end(kind: PartKind) -> None:
    reached, open_ = set(), {Custody.REMOVED}
    while open_:
        state = open_.pop()
        reached.add(state)
        hops = hops_from(kind, state)
        assert hops or state in ends(kind), state
        open_ |= {ways_of(kind)[hop].target for hop in hops} - reached
    assert ends(kind) & reached


def test_no_drive_leaves_the_house_or_the_bag_before_it_is_unreadable() -> None:
    ways = ways_of(PartKind.DRIVE)
    assert Custody.IN_CAGE not in ways[Hop.RETURN].sources
    assert ways[Hop.STORE].sources == {Custody.BAGGED}


@given(st.timedeltas(timedelta(0), timedelta(days=30)), st.booleans(), st.sampled_from([Hop.WIPE, Hop.DESTROY]))
def test_data_stays_readable_through_the_hold_and_until_the_order_is_closed(
    later: timedelta, waits: bool, hop: Hop
) -> None:
    refusal = hold_against(replace(DRIVE, waits_for_order=waits), hop, AT + later)
    assert (refusal is None) == (not waits and later >= HOLD)


def test_the_hold_names_its_end_in_the_sites_time() -> None:
    assert "Thu 03 Dec 2026 10:00 (site time)" in str(hold_against(DRIVE, Hop.WIPE, AT))


def test_a_power_supply_is_on_nobodys_hold() -> None:
    assert hold_against(replace(DRIVE, kind="psu", waits_for_order=True), Hop.DESTROY, AT) is None


def test_a_drive_belongs_into_the_cage_the_same_day() -> None:
    outside = replace(DRIVE, state=Custody.BAGGED, since=AT + timedelta(hours=1))
    assert not is_overdue(outside, AT + TO_THE_CAGE)
    assert is_overdue(outside, AT + TO_THE_CAGE + timedelta(seconds=1))


def test_nothing_is_due_while_the_order_may_still_need_the_data() -> None:
    assert due_at(replace(DRIVE, waits_for_order=True)) is None
    assert due_at(DRIVE) == AT + HOLD + timedelta(days=14)


def test_the_last_day_of_a_return_ends_at_five_in_the_afternoon_at_the_site() -> None:
    returning = replace(DRIVE, kind="psu", state=Custody.RETURNING, return_by=date(2026, 12, 10))
    assert due_at(returning) == datetime(2026, 12, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize("kind", PartKind)
def test_what_came_to_its_end_is_never_overdue(kind: PartKind) -> None:
    for state in ends(kind):
        assert due_at(replace(DRIVE, kind=kind, state=state, return_by=date(2020, 1, 1))) is None
