"""What a check says: a state, a sentence about what is, and advice where something is to be done. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

MOST_NAMED: Final = 5


class State(StrEnum):
    """How bad it is: a problem keeps something from working or being safe, a warning will or may."""

    PROBLEM = "problem"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a check found. `advice` is what to do, None where nothing is."""

    state: State
    sentence: str
    advice: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """The same with the name of its check."""

    name: str
    state: State
    sentence: str
    advice: str | None

    def form(self) -> dict[str, Any]:
        """The outward form."""
        return {"name": self.name, "state": self.state, "sentence": self.sentence, "advice": self.advice}

    def line(self) -> str:
        """For a terminal."""
        return f"{self.state:<7}  {self.name}: {self.sentence}{f' {self.advice}' if self.advice else ''}"


def ok(sentence: str) -> Said:
    """All is well."""
    return Said(State.OK, sentence)


def warning(sentence: str, advice: str) -> Said:
    """It works, and should not stay so."""
    return Said(State.WARNING, sentence, advice)


def problem(sentence: str, advice: str) -> Said:
    """Something does not work, or is open to others."""
    return Said(State.PROBLEM, sentence, advice)


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Problems first, then warnings; each as the table has them."""
    return sorted(findings, key=lambda one: list(State).index(one.state))


def some(names: Sequence[str], total: int | None = None) -> str:
    """The first few names, and how many more there are: "A, B and 3 more"."""
    shown, left = names[:MOST_NAMED], (len(names) if total is None else total) - min(len(names), MOST_NAMED)
    return ", ".join(shown) + (f" and {left} more" if left > 0 else "")


def count(number: int, one: str, many: str) -> str:
    """So many of them, in words that fit the number."""
    return f"{number} {one if number == 1 else many}"
