"""Which drive may be pulled, when, and what must never come out or go in."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.hardware.diagnostics import Component, DiagnosticsDocument
from app.hardware.readings import State
from app.jobs.disks import Disks, is_old, read_disks, too_old, unsafe_to_pull, wrong_installed, wrong_removed
from app.jobs.stops import Guard
from tests.unit.hardware.samples import TAKEN_AT
from tests.unit.jobs.disk_samples import drive, server_with_drives, volume


def disks(document: DiagnosticsDocument | None = None, bay: str | None = "3") -> Disks:
    found = read_disks([(document or server_with_drives()).to_dict()], bay, TAKEN_AT)
    assert found is not None
    return found


def test_the_failing_drive_and_the_healthy_serials_are_told() -> None:
    found = disks()
    assert found.failing is not None
    assert (found.failing.bay, found.failing.serial, found.failing.role) == ("3", "ZC0003", "failed")
    assert [one.serial for one in found.healthy] == ["ZC0000", "ZC0001", "ZC0002"]
    assert unsafe_to_pull(found) is None


@pytest.mark.parametrize("written", ["3", "03", "bay 3", "Drive 3", "disk 3 "])
def test_a_bay_is_known_however_it_is_written(written: str) -> None:
    failing = disks(bay=written).failing
    assert failing is not None
    assert failing.serial == "ZC0003"


@pytest.mark.parametrize(
    ("changed", "array", "word"),
    [
        ((drive("1", State.WARNING, "rebuilding"),), volume(), "rebuild"),
        ((), volume(State.OK, "all drives at work, resyncing (3 %)"), "rebuild"),
        ((drive("1", State.CRITICAL, "failed"),), volume(), "Redundancy is gone"),
        ((), volume(State.CRITICAL, "offline"), "Redundancy is gone"),
        ((drive("3"),), volume(State.OK, None), "works"),
        ((drive("3", State.WARNING, "failure predicted"),), volume(), "no redundancy left"),
    ],
)
def test_nothing_is_pulled_while_it_could_lose_data(
    changed: tuple[Component, ...], array: Component, word: str
) -> None:
    stop = unsafe_to_pull(disks(server_with_drives(*changed, array=array)))
    assert stop is not None
    assert stop.guard == Guard.ARRAY
    assert word in stop.why[0]


def test_a_drive_that_predicts_its_failure_may_leave_a_whole_array() -> None:
    ailing = server_with_drives(drive("3", State.WARNING, "failure predicted"), array=volume(State.OK, None))
    assert unsafe_to_pull(disks(ailing)) is None


def test_what_is_known_of_the_array_counts_for_five_minutes() -> None:
    found = disks()
    assert not is_old(found, TAKEN_AT + timedelta(minutes=5))
    assert is_old(found, TAKEN_AT + timedelta(minutes=5, seconds=1))
    assert too_old(found, TAKEN_AT + timedelta(minutes=7)).found == "7 minutes old"


def test_only_the_diagnosed_drive_may_come_out() -> None:
    assert wrong_removed(disks(), "zc0003 ") is None
    healthy = wrong_removed(disks(), "ZC0001")
    assert healthy is not None
    assert "healthy drive of bay 1" in healthy.why[0]
    assert "Put it back" in healthy.advice
    assert wrong_removed(disks(), "XX-9") is not None


def test_a_drive_that_the_machine_no_longer_shows_may_be_any_but_the_healthy_ones() -> None:
    found = disks(bay="9")
    assert found.failing is None
    assert wrong_removed(found, "XX-9") is None
    assert wrong_removed(found, "ZC0003") is None
    assert wrong_removed(found, "ZC0002") is not None


def test_what_was_in_the_machine_does_not_go_in_as_new() -> None:
    document = server_with_drives().to_dict()
    assert wrong_installed([document], "NEW-1") is None
    for serial in ("ZC0001", "ZC0003"):
        assert wrong_installed([None, document], serial) is not None


def test_a_machine_that_tells_of_no_drives_is_known_as_such() -> None:
    document = server_with_drives().to_dict()
    document["components"] = [part for part in document["components"] if part["kind"] != "drive"]
    assert read_disks([document, None], "3", TAKEN_AT) is None
