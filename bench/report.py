"""Outcomes for people (markdown, as docs/benchmarks.md keeps it) and for programs (JSON). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.harness import Bar, Figure, Group, Outcome, Spread, Verdict

HEADING = "| figure | ours | peer | ratio | bar | |\n|---|---|---|---|---|---|"


@dataclass(frozen=True, slots=True)
class Section:
    """One group after its run; `missing` says what this machine lacks, `failure` why it ended early."""

    group: Group
    outcomes: Sequence[Outcome] = ()
    missing: Sequence[str] = ()
    failure: str | None = None
    took_s: float = field(default=0.0)

    @property
    def good(self) -> bool:
        """Whether every figure was measured and keeps its bar."""
        return bool(self.outcomes) and all(one.verdict is Verdict.MET for one in self.outcomes)


def as_markdown(machine: Mapping[str, str], sections: Sequence[Section]) -> str:
    """The block that docs/benchmarks.md keeps."""
    stated = "; ".join(f"{name} {value}" for name, value in machine.items())
    return "\n\n".join([f"Machine: {stated}.", *(_section(one) for one in sections)])


def as_plain(machine: Mapping[str, str], sections: Sequence[Section]) -> dict[str, Any]:
    """The same, ready for JSON."""
    return {"machine": dict(machine), "groups": [_plain_section(one) for one in sections]}


def _section(section: Section) -> str:
    group = section.group
    sides = "; ".join(f"*{name}*: {words}" for name, words in group.sides.items())
    head = f"### {group.name}\n\n{group.about}\n{sides}."
    if section.missing:
        return f"{head}\n\nNot run: this machine lacks {', '.join(section.missing)}."
    if section.failure is not None:
        return f"{head}\n\nNot measured: {section.failure}"
    rounds = min(outcome.rounds for outcome in section.outcomes)
    lines = [_line(outcome) for outcome in section.outcomes]
    return "\n".join([head, "", f"{rounds} rounds, medians (least to most).", "", HEADING, *lines])


def _line(outcome: Outcome) -> str:
    figure = outcome.figure
    cells = [
        figure.title,
        f"{figure.ours} {_spread(outcome.ours, figure.unit)}",
        f"{figure.peer} {_spread(outcome.peer, figure.unit)}",
        _spread(outcome.ratio),
        _bar(figure),
        f"**{outcome.verdict}**",
    ]
    return f"| {' | '.join(cells)} |"


def _bar(figure: Figure) -> str:
    bar: Bar = figure.bar
    what = "" if bar.of_ratio else f" {figure.unit}"
    return f"{'>=' if bar.at_least else '<='} {bar.limit:g}{what}"


def _spread(spread: Spread, unit: str = "") -> str:
    median = f"{_number(spread.median)} {unit}".strip()
    return f"{median} ({_number(spread.least)} to {_number(spread.most)})"


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _plain_section(section: Section) -> dict[str, Any]:
    return {
        "name": section.group.name,
        "sides": dict(section.group.sides),
        "took_s": round(section.took_s, 1),
        "missing": list(section.missing),
        "failure": section.failure,
        "figures": [_plain_outcome(one) for one in section.outcomes],
    }


def _plain_outcome(outcome: Outcome) -> dict[str, Any]:
    figure, bar = outcome.figure, outcome.figure.bar
    return {
        "name": figure.name,
        "title": figure.title,
        "unit": figure.unit,
        "rounds": outcome.rounds,
        "ours": {"side": figure.ours, **_plain_spread(outcome.ours)},
        "peer": {"side": figure.peer, **_plain_spread(outcome.peer)},
        "ratio": _plain_spread(outcome.ratio),
        "bar": {"limit": bar.limit, "at_least": bar.at_least, "of": "ratio" if bar.of_ratio else "value"},
        "verdict": str(outcome.verdict),
    }


def _plain_spread(spread: Spread) -> dict[str, float]:
    return {"median": spread.median, "least": spread.least, "most": spread.most}
