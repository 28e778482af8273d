"""Procedures that may be published, and the clocks of their steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.core.errors import Invalid
from app.jobs.forms_procedure import moved
from app.jobs.kind import Evidence, StepTemplate
from app.jobs.kinds import KINDS
from app.jobs.procedure import check_steps, from_rows, last_no_return, seconds_late, to_rows

DISK = KINDS["disk_swap"]
FIVE = datetime(2026, 11, 30, 16, tzinfo=UTC)


def test_a_version_gives_back_the_steps_that_were_kept() -> None:
    for kind in KINDS.values():
        assert from_rows(to_rows(kind.steps)) == kind.steps


def test_what_ships_may_be_published() -> None:
    for kind in KINDS.values():
        check_steps(kind, kind.steps)


def refused(*steps: StepTemplate) -> list[str]:
    with pytest.raises(Invalid) as caught:
        check_steps(DISK, steps)
    return [error.detail for error in caught.value.errors]


def test_what_cannot_stand_is_named() -> None:
    assert refused() == [
        "1 to 40 steps.",
        "The step “Scan the serial of the new disk, still in its bag” must stay: the guards need its serial.",
        "The step “Scan the serial of the disk you took out” must stay: the guards need its serial.",
    ]
    twice = [*DISK.steps, replace(DISK.steps[0], title=" ")]
    assert refused(*twice) == ["Step 1 has the name of another one.", "Step 9 has no title.",
                               "Step 9 has the name of another one."]  # fmt: skip
    no_way_back = [replace(step, back_out=None) for step in DISK.steps]
    assert refused(*no_way_back) == ["Step 5 is a point of no return: say how one gets back."]
    ticked = [replace(step, evidence=Evidence.TICK) for step in DISK.steps]
    assert len(refused(*ticked)) == 2


def test_the_last_moment_leaves_time_for_the_proof_and_the_way_back() -> None:
    assert last_no_return(15, FIVE) == FIVE - timedelta(minutes=15)
    assert last_no_return(15, None) is None


def test_a_timer_runs_from_the_step_before() -> None:
    assert seconds_late(120, FIVE, FIVE + timedelta(seconds=120)) == 0
    assert seconds_late(120, FIVE, FIVE + timedelta(seconds=151)) == 31
    assert seconds_late(None, FIVE, FIVE + timedelta(hours=1)) == 0
    assert seconds_late(120, None, FIVE) == 0


def test_blocks_are_moved_added_and_removed() -> None:
    rows = [{"id": "a"}, {"id": "b"}, {"id": "c"}]
    assert [row["id"] for row in moved(rows, "up:2")] == ["a", "c", "b"]
    assert [row["id"] for row in moved(rows, "down:0")] == ["b", "a", "c"]
    assert [row["id"] for row in moved(rows, "remove:1")] == ["a", "c"]
    assert [row["id"] for row in moved(rows, "add:0")] == ["a", "step_1", "b", "c"]
    for nothing in ("up:0", "down:2", "up:9", "sing:1", "", "remove:x"):
        assert moved(rows, nothing) == rows


def test_a_cold_job_keeps_a_step_that_says_that_the_machine_is_off() -> None:
    memory = KINDS["memory_swap"]
    unguarded = [replace(step, must_be_off=False) for step in memory.steps]
    with pytest.raises(Invalid) as caught:
        check_steps(memory, unguarded)
    assert [error.detail for error in caught.value.errors] == [
        "One step must say that the machine is off: hands go into it."
    ]
    check_steps(DISK, DISK.steps)
