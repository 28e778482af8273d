"""What a kind of job is: plain values that its file declares, and the rules that follow from them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal


class Evidence(StrEnum):
    """What proves that a step was done."""

    TICK = "tick"
    SCAN = "scan"
    PHOTO = "photo"
    READING = "reading"
    SERIAL = "serial"
    SECOND_PERSON = "second_person"


@dataclass(frozen=True, slots=True)
class Question:
    """What Level 1 is asked before the job may be booked."""

    id: str
    text: str
    required: bool = True


@dataclass(frozen=True, slots=True)
class StepTemplate:
    """One step of the procedure; `destructive` steps cannot be undone.

    `hint` says how, `expect` what is seen afterwards, `problem` what to do when it is not, `back_out` the way back.
    `within_s` is how soon after the step before it this one has to be done; before a step that `must_be_off` the
    machine is proved to be off.
    """

    id: str
    title: str
    evidence: Evidence = Evidence.TICK
    destructive: bool = False
    hint: str | None = None
    expect: str | None = None
    problem: str | None = None
    back_out: str | None = None
    within_s: int | None = None
    must_be_off: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job. `power` is the server's state while hands are in it; `finding_kinds` are what it mends."""

    name: str
    title: str
    minutes: int
    power: Literal["on", "off"]
    risk: str
    steps: tuple[StepTemplate, ...]
    questions: tuple[Question, ...] = ()
    approval: bool = False
    consent: bool = False
    asks_minutes: bool = False  # the length is stated by Level 1
    tools: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    finding_kinds: tuple[str, ...] = ()
    target_question: str | None = None  # the answer that names the part (bay, PSU, port)
    verify_minutes: int = 5  # of `minutes`: for the machine to prove it; what version 1 of the procedure says
    back_out_minutes: int = 5  # of `minutes`: to put all back as it was; the same

    def form(self) -> dict[str, Any]:
        """The contract's form of a kind of job."""
        return {
            "name": self.name,
            "title": self.title,
            "minutes": self.minutes,
            "power": self.power,
            "risk": self.risk,
            "questions": [{"id": q.id, "text": q.text, "required": q.required} for q in self.questions],
            "approval": self.approval,
            "consent": self.consent,
            "tools": list(self.tools),
            "parts": list(self.parts),
        }


MINUTES = range(5, 481)  # what Level 1 may state


def missing_questions(kind: Kind, answers: Mapping[str, Any]) -> list[Question]:
    """The required questions without an answer, in the kind's order."""
    return [q for q in kind.questions if q.required and not str(answers.get(q.id, "")).strip()]


def minutes_of(kind: Kind, answers: Mapping[str, Any]) -> int | None:
    """Length of the appointment as shipped; None when Level 1 has yet to state it or stated something impossible."""
    if not kind.asks_minutes:
        return kind.minutes
    text = str(answers.get("minutes", "")).strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and int(text) in MINUTES else None


def target_of(kind: Kind, answers: Mapping[str, Any]) -> str | None:
    """Number or bay of the part that the job is about, as Level 1 gave it."""
    text = str(answers.get(kind.target_question, "")).strip() if kind.target_question else ""
    return text or None
