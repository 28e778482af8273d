"""How many requests a BMC is given at once: more while it bears them, one when it does not."""

from __future__ import annotations

import pytest

from app.hardware.protocols.ipmi_pace import LONGEST_WAIT_S, MOST, SHORTEST_WAIT_S, Pace

RTT_S = 0.02


def served(pace: Pace, answers: int, *, side_by_side: bool) -> list[int]:
    """The depths that a BMC was asked at, which serves so many requests side by side or one after the other."""
    depths = []
    for _ in range(answers):
        depths.append(pace.depth)
        pace.answered(RTT_S if side_by_side else RTT_S * pace.depth, pace.depth)
    return depths


def test_depth_begins_at_one_and_doubles_to_eight_while_the_round_trip_stays_flat() -> None:
    depths = served(Pace(), 40, side_by_side=True)
    assert list(dict.fromkeys(depths)) == [1, 2, 4, 8]
    assert depths[-1] == MOST


def test_bmc_that_serves_one_by_one_is_never_given_more_than_two() -> None:
    assert max(served(Pace(), 200, side_by_side=False)) == 2


def test_depth_that_was_remembered_falls_where_this_bmc_serves_one_by_one() -> None:
    pace = Pace(8)
    pace.answered(RTT_S, 1)  # what a request alone takes
    assert served(pace, 60, side_by_side=False)[-1] == 2


def test_busy_bmc_is_asked_one_at_a_time_and_never_again_as_much() -> None:
    pace = Pace()
    served(pace, 40, side_by_side=True)
    pace.busy()
    assert pace.depth == 1
    assert max(served(pace, 100, side_by_side=True)) == 4


def test_lost_answer_begins_at_one_and_grows_back() -> None:
    pace = Pace(8)
    served(pace, 20, side_by_side=True)
    pace.silent()
    assert pace.depth == 1
    assert served(pace, 40, side_by_side=True)[-1] == MOST


def test_answers_lost_again_and_again_make_it_fewer() -> None:
    pace = Pace(8)
    pace.silent()
    pace.silent()
    assert max(served(pace, 100, side_by_side=True)) == 4


def test_bmc_that_does_not_count_its_answers_is_asked_one_at_a_time_for_ever() -> None:
    pace = Pace(8)
    pace.stay_alone()
    assert served(pace, 50, side_by_side=True) == [1] * 50


def test_model_is_remembered_by_the_most_that_any_bore_unless_this_one_had_too_much() -> None:
    pace = Pace()
    served(pace, 40, side_by_side=True)
    assert pace.to_remember(1) == MOST
    slow_today = Pace()
    assert slow_today.to_remember(8) == 8
    pace.busy()
    assert pace.to_remember(8) == 4


def test_patience_follows_the_round_trip_and_stays_between_its_limits() -> None:
    assert Pace().patience_s == LONGEST_WAIT_S
    near, far = Pace(), Pace()
    for _ in range(20):
        near.answered(0.001, 1)
        far.answered(0.6, 1)
    assert near.patience_s == SHORTEST_WAIT_S
    assert far.patience_s == pytest.approx(0.6, abs=0.1)
