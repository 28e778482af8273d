"""What follows diagnostics happens once: also when its job runs twice, and when its job was lost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.database import transaction
from app.hardware.models import Diagnostics
from app.hardware.operations.diagnose import begin, finish
from app.jobs import tasks
from app.jobs.operations import forgotten
from tests.integration.jobs.conftest import Hall
from tests.unit.hardware.samples import healthy_server

MINUTES_LATER = timedelta(minutes=3)


def finish_all(session: Session) -> list[Diagnostics]:
    """The site's worker answers what it was asked; nobody looks at the answer yet."""
    asked = list(session.scalars(select(Diagnostics).where(Diagnostics.state != "done")).unique())
    for one in asked:
        running = begin(session, one.id, now=true_now())
        assert running is not None
        assert finish(session, running, healthy_server(one.asset.tag))
    return asked


def lose_jobs(session: Session) -> list[Any]:
    lost = "DELETE FROM procrastinate_jobs WHERE task_name LIKE 'jobs.%' RETURNING task_name, args"
    return list(session.execute(text(lost)))


def whys(hall: Hall, number: str) -> list[str]:
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    return [event["why"] for event in events if str(event["why"]).endswith("diagnostics")]


def test_a_continuation_that_runs_twice_counts_once(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    with hall.app.app_context():
        with transaction() as session:
            finish_all(session)
            ((_, arguments),) = lose_jobs(session)
        tasks.before_taken(**arguments)
        tasks.before_taken(**arguments)  # the worker died after the commit, and the job came back
    assert whys(hall, number) == ["BEFORE diagnostics"]

    hall.act("tess", number, "match", rack="B17", tag="SRV-1", light="seen", face="front")
    hall.act("tess", number, "start")
    hall.act("tess", number, "completion", outcome="not_repaired")
    with hall.app.app_context():
        with transaction() as session:
            finish_all(session)
            ((_, arguments),) = lose_jobs(session)
        tasks.after_taken(**arguments)
        tasks.after_taken(**arguments)
    assert whys(hall, number) == ["BEFORE diagnostics", "AFTER diagnostics"]


def test_a_continuation_whose_job_was_lost_is_found_again_once(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    with hall.app.app_context():
        with transaction() as session:
            finish_all(session)
            lose_jobs(session)
        with transaction() as session:
            assert forgotten.ring_again(session, now=true_now()) == 0  # its own job may be on its way
            assert forgotten.ring_again(session, now=true_now() + MINUTES_LATER) == 1
            assert forgotten.ring_again(session, now=true_now() + MINUTES_LATER) == 0  # one waits already
            ((name, arguments),) = lose_jobs(session)
        assert name == "jobs.before_taken"
        tasks.before_taken(**arguments)
        with transaction() as session:
            assert forgotten.ring_again(session, now=true_now() + MINUTES_LATER) == 0
    assert whys(hall, number) == ["BEFORE diagnostics"]


def test_a_before_that_came_too_late_is_left_alone(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    with hall.app.app_context(), transaction() as session:
        finish_all(session)
        lose_jobs(session)
    hall.act("tess", number, "completion", outcome="no_fault_found")
    with hall.app.app_context(), transaction() as session:
        assert forgotten.ring_again(session, now=true_now() + MINUTES_LATER) == 0
