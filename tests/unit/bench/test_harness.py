"""What the harness calls met: by medians, over enough rounds, on the right side of the bar."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from bench.figures import found
from bench.harness import Bar, Figure, Group, Measures, Outcome, Trial, Verdict, judge, run
from bench.report import Section, as_markdown, as_plain

FAST = Figure("fast", "one read", "s", Bar(0.5), "wall_s", "ours", "peer")


def rounds(ours: list[float], peer: list[float]) -> list[Mapping[str, Measures]]:
    return [{"ours": {"wall_s": mine}, "peer": {"wall_s": theirs}} for mine, theirs in zip(ours, peer, strict=True)]


def test_bar_at_most_is_kept_on_the_bar_and_broken_above_it() -> None:
    assert judge(FAST, rounds([1, 1, 1, 1, 1], [2, 2, 2, 2, 2])).verdict is Verdict.MET
    assert judge(FAST, rounds([1.1, 1.1, 1.1, 1.1, 1.1], [2, 2, 2, 2, 2])).verdict is Verdict.NOT_MET


def test_bar_at_least_is_kept_above_and_broken_below() -> None:
    many = Figure("many", "BMCs", "BMC/s", Bar(5, at_least=True), "wall_s", "ours", "peer")
    assert judge(many, rounds([50] * 5, [10] * 5)).verdict is Verdict.MET
    assert judge(many, rounds([49] * 5, [10] * 5)).verdict is Verdict.NOT_MET


def test_one_slow_round_does_not_decide_and_is_told() -> None:
    outcome = judge(FAST, rounds([1, 1, 9, 1, 1], [2, 2, 2, 2, 2]))
    assert outcome.verdict is Verdict.MET
    assert (outcome.ours.median, outcome.ours.least, outcome.ours.most) == (1, 1, 9)
    assert (outcome.ratio.median, outcome.ratio.most) == (0.5, 4.5)


def test_ratio_is_taken_round_by_round_so_that_a_machine_that_slows_down_costs_both_the_same() -> None:
    assert judge(FAST, rounds([1, 2, 3, 4, 5], [2, 4, 6, 8, 10])).ratio.most == 0.5


def test_bar_on_the_value_itself_leaves_the_peer_out() -> None:
    all_of_them = Figure("all", "complete", "of 50", Bar(50, at_least=True, of_ratio=False), "wall_s", "ours", "peer")
    assert judge(all_of_them, rounds([50] * 5, [50] * 5)).verdict is Verdict.MET
    assert judge(all_of_them, rounds([50, 49, 49, 49, 50], [10] * 5)).verdict is Verdict.NOT_MET


def test_peer_may_be_measured_by_another_measure() -> None:
    first = Figure("first", "first facts", "s", Bar(0.1), "first_s", "ours", "peer", "wall_s")
    measured = [{"ours": {"first_s": 0.1, "wall_s": 1.0}, "peer": {"wall_s": 2.0}}] * 5
    assert judge(first, measured).ratio.median == 0.05


def test_fewer_than_five_rounds_are_no_verdict() -> None:
    assert judge(FAST, rounds([1] * 4, [9] * 4)).verdict is Verdict.TOO_FEW_ROUNDS


def test_peer_that_measured_nothing_keeps_no_bar() -> None:
    assert judge(FAST, rounds([0] * 5, [0] * 5)).verdict is Verdict.NOT_MET


def group(order: list[str]) -> Group:
    def trial(name: str) -> Trial:
        def once() -> Measures:
            order.append(name)
            return {"wall_s": 1.0 if name == "ours" else 4.0}

        return once

    @contextlib.contextmanager
    def prepare() -> Iterator[Mapping[str, Trial]]:
        order.append("prepared")
        yield {"ours": trial("ours"), "peer": trial("peer")}

    return Group("group", "What it is about.", {"ours": "we", "peer": "they"}, (FAST,), prepare)


def test_sides_take_turns_and_the_first_round_does_not_count() -> None:
    order: list[str] = []
    (outcome,) = run(group(order))
    assert order == ["prepared", *("peer", "ours", "ours", "peer") * 3]
    assert outcome.rounds == 5


@pytest.fixture
def outcomes() -> list[Outcome]:
    return run(group([]))


def test_report_names_figure_bar_and_verdict(outcomes: list[Outcome]) -> None:
    section = Section(group([]), outcomes)
    text = as_markdown({"cores": "2"}, [section])
    assert "| one read | ours 1 s (1 to 1) | peer 4 s (4 to 4) | 0.25 (0.25 to 0.25) | <= 0.5 | **met** |" in text
    assert section.good
    plain: dict[str, Any] = as_plain({"cores": "2"}, [section])
    assert plain["groups"][0]["figures"][0]["verdict"] == "met"


def test_group_that_was_not_run_is_not_good_and_says_what_is_missing() -> None:
    section = Section(group([]), missing=["a tool"])
    assert not section.good
    assert "Not run: this machine lacks a tool." in as_markdown({}, [section])


def test_every_file_of_figures_has_a_group_and_every_figure_a_name_of_its_own() -> None:
    names = [figure.name for one in found().values() for figure in one.figures]
    assert names
    assert len(names) == len(set(names))
