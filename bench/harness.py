"""How a figure is measured: ours and its peer's by turns in one run, at least five rounds, judged by a bar.

A group prepares what its figures need (machines, caches) and gives one trial per side. A trial does the work once and
returns what it measured. Rounds alternate who begins, so that a machine that grows slower costs both the same.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum

ENOUGH_ROUNDS = 5

Measures = Mapping[str, float]
Trial = Callable[[], Measures]
Round = Mapping[str, Measures]  # by side


class Verdict(StrEnum):
    """Whether a figure keeps its bar."""

    MET = "met"
    NOT_MET = "not met"
    TOO_FEW_ROUNDS = "too few rounds to tell"


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked for: a ratio to the peer, or (`of_ratio` False) a value of ours, at most or at least `limit`."""

    limit: float
    at_least: bool = False
    of_ratio: bool = True

    def kept_by(self, value: float) -> bool:
        """Whether `value` is on the right side; what is no number never is."""
        return value >= self.limit if self.at_least else value <= self.limit


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: `measure` of the side `ours` against the same (or `peer_measure`) of the side `peer`."""

    name: str
    title: str
    unit: str
    bar: Bar
    measure: str
    ours: str
    peer: str
    peer_measure: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that share a preparation. `prepare` yields a trial per side; `sides` says in words what each is.

    `needs` names, in words, what this machine lacks for it (empty: nothing). `about` says what is measured.
    """

    name: str
    about: str
    sides: Mapping[str, str]
    figures: tuple[Figure, ...]
    prepare: Callable[[], AbstractContextManager[Mapping[str, Trial]]]
    needs: Callable[[], Sequence[str]] = field(default=lambda: ())
    rounds: int = ENOUGH_ROUNDS


@dataclass(frozen=True, slots=True)
class Spread:
    """What the rounds of one side gave: the median, the least and the most."""

    median: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure as it was measured. `ratio` is ours to the peer's, the median of the rounds' own ratios."""

    figure: Figure
    rounds: int
    ours: Spread
    peer: Spread
    ratio: Spread
    verdict: Verdict


def run(group: Group, rounds: int | None = None, tell: Callable[[str], None] = lambda _: None) -> list[Outcome]:
    """Prepare, do one round that does not count, measure the rounds that do; `tell` hears of each round."""
    with group.prepare() as trials:
        measured: list[Round] = []
        for number, names in _turns(tuple(trials), 1 + (rounds or group.rounds)):
            done = {name: trials[name]() for name in names}
            if number:
                measured.append(done)
                tell(f"{group.name}: round {number} of {rounds or group.rounds}")
    return [judge(figure, measured) for figure in group.figures]


def judge(figure: Figure, rounds: Sequence[Round]) -> Outcome:
    """Compare the two sides of a figure over these rounds. Pure."""
    ours = [one[figure.ours][figure.measure] for one in rounds]
    peers = [one[figure.peer][figure.peer_measure or figure.measure] for one in rounds]
    ratio = _spread([mine / theirs if theirs else float("nan") for mine, theirs in zip(ours, peers, strict=True)])
    judged = ratio.median if figure.bar.of_ratio else _spread(ours).median
    verdict = Verdict.MET if figure.bar.kept_by(judged) else Verdict.NOT_MET
    if len(rounds) < ENOUGH_ROUNDS:
        verdict = Verdict.TOO_FEW_ROUNDS
    return Outcome(figure, len(rounds), _spread(ours), _spread(peers), ratio, verdict)


def _turns(names: tuple[str, ...], rounds: int) -> Iterator[tuple[int, tuple[str, ...]]]:
    for number in range(rounds):
        yield number, names if number % 2 else names[::-1]


def _spread(values: Sequence[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))
