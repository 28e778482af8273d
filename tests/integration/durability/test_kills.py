"""The whole job while web, workers and PostgreSQL are killed at its every step: nothing is lost, nothing is doubled."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from app.core.chain import first_break
from lab.fixtures import need
from tests.integration.durability.house import FAULT, TAG, House, escalation, house, wait_for_order
from tests.waiting import wait_until

VICTIMS = ("web", "worker", "postgres")
MOMENTS_S = (0.0, 0.004, 0.012, 0.03)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
Kill = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[House]:
    need("ipmi_sim")
    with house(tmp_path) as at_work:
        yield at_work


def whole_job(at: House, kill: Kill) -> str:
    """Carry one job from the ticket to its end; `kill` goes off at each step. Gives the order's number."""
    with kill():
        order = at.post("lena", "/escalations", escalation())["work_order"]
    number: str = order["number"]
    with kill():
        at.act("tess", number, "claim")
    with kill():
        wait_for_order(at, number, "before")
    with kill():
        at.act("tess", number, "match", rack="B17", tag=TAG, light="seen", face="front")
    with kill():
        at.act("tess", number, "start")
    for step in order["steps"]:
        with kill():
            do(at, number, step)
        if step["destructive"]:
            at.bmc.clear_fault(FAULT)
    with kill():
        at.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    with kill():
        wait_for_order(at, number, "after")
    with kill():
        wait_for_order(at, number, "awaiting_confirmation")
    with kill():
        at.act("lena", number, "confirmation", decision="confirmed")
    return number


def do(at: House, number: str, step: dict[str, Any]) -> None:
    """One step with the evidence that it asks for."""
    evidence: dict[str, object] = {}
    if step["evidence"] == "photo":
        evidence = {"photo": at.post("tess", f"/work-orders/{number}/photos", image=PIXEL)["id"]}
    elif step["evidence"] == "serial":
        evidence = {"serial": "NEW-1" if step["id"] == "new_serial" else "OLD-1"}
    elif step["evidence"] == "second_person":
        evidence = {"confirm": True}
    at.act("tom" if step["evidence"] == "second_person" else "tess", number, "step", id=step["id"], evidence=evidence)


def assert_nothing_is_lost_or_doubled(at: House, number: str) -> None:
    order = at.get("lena", f"/work-orders/{number}")
    assert order["state"] == "closed"
    assert all(step["done_at"] for step in order["steps"])
    assert order["comparison"]["result"] == "repaired"

    events = at.get("lena", f"/work-orders/{number}/events")["items"]
    assert first_break(events) is None
    done = Counter((event["verb"], event["detail"].get("step")) for event in events)
    wanted = [("claim", None), ("match", None), ("start", None), ("completion", None), ("confirmation", None)]
    wanted += [("step", step["id"]) for step in order["steps"]]
    assert {verb: done[verb] for verb in wanted} == dict.fromkeys(wanted, 1)
    frozen = [event["why"] for event in events if event["why"] in {"BEFORE diagnostics", "AFTER diagnostics"}]
    assert frozen == ["BEFORE diagnostics", "AFTER diagnostics"]

    assert len(at.rows("SELECT FROM work_order")) == 1
    assert len(at.rows("SELECT FROM photo")) == sum(step["evidence"] == "photo" for step in order["steps"])
    assert_every_message_arrived_in_order(at, number)
    assert at.server_faults == []


def assert_every_message_arrived_in_order(at: House, number: str) -> None:
    wait_until(lambda: not at.rows("SELECT FROM message WHERE state <> 'sent'"), within_s=60, every_s=0.2)
    written = at.rows("SELECT id::text, kind, subject FROM message ORDER BY ticket_id, seq")
    first_arrivals = list(dict.fromkeys(at.receiver.ids()))
    assert first_arrivals == [message["id"] for message in written]
    for message_id in first_arrivals:  # the same words under the same id, however often it came
        assert len({one.body for one in at.receiver.received if one.id == message_id}) == 1
    kinds = Counter(message["kind"] for message in written if message["subject"] == number)
    assert {kind: kinds[kind] for kind in ("booked", "started", "finished", "closed_report", "closed")} == {
        "booked": 1, "started": 1, "finished": 1, "closed_report": 1, "closed": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    "turn", [pytest.param(0), pytest.param(1, marks=pytest.mark.proof), pytest.param(2, marks=pytest.mark.proof)]
)
def test_a_kill_at_every_step_of_the_job_loses_and_doubles_nothing(running: House, turn: int) -> None:
    """Over the three turns each of the three is killed at each step."""
    victims = itertools.islice(itertools.cycle(VICTIMS), turn, None)
    moments = itertools.islice(itertools.cycle(MOMENTS_S), turn, None)
    number = whole_job(running, lambda: running.killing(next(victims), next(moments)))
    assert_nothing_is_lost_or_doubled(running, number)
