"""Kinds of job: what every file must declare, and the lengths that the contract states."""

from __future__ import annotations

import pytest

from app.core.errors import Invalid
from app.jobs.kind import Kind, minutes_of, missing_questions, target_of
from app.jobs.kinds import KINDS, kind_named

MINUTES = {
    "disk_swap": 30, "psu_swap": 30, "cable_reseat": 20, "visual_check": 15, "power_cycle": 15, "outlet_check": 15,
    "memory_swap": 45,
}  # fmt: skip


def test_the_contracts_kinds_are_there_with_their_minutes() -> None:
    assert set(KINDS) == {*MINUTES, "other_hands"}
    assert {name: KINDS[name].minutes for name in MINUTES} == MINUTES


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_procedure_with_unique_steps_and_questions(kind: Kind) -> None:
    assert kind.steps
    assert len({step.id for step in kind.steps}) == len(kind.steps)
    assert len({question.id for question in kind.questions}) == len(kind.questions)
    assert kind.target_question is None or kind.target_question in {question.id for question in kind.questions}


@pytest.mark.parametrize("stated", ["", "soon", "4", "481", "-30", "3e1", "٣٠"])
def test_an_impossible_length_is_no_length(stated: str) -> None:
    assert minutes_of(KINDS["other_hands"], {"minutes": stated}) is None


def test_level_1_states_the_length_of_other_work() -> None:
    assert minutes_of(KINDS["other_hands"], {"minutes": "45"}) == 45
    assert minutes_of(KINDS["disk_swap"], {"minutes": "45"}) == 30


def test_blank_answers_are_no_answers() -> None:
    assert [q.id for q in missing_questions(KINDS["disk_swap"], {"bay": "  "})] == ["bay"]
    assert target_of(KINDS["disk_swap"], {"bay": " 3 "}) == "3"


def test_an_unknown_kind_names_the_known_ones() -> None:
    with pytest.raises(Invalid, match="disk_swap"):
        kind_named("brain_surgery")
