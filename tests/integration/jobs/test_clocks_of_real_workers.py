"""Real worker processes: acknowledgments under load, and a worker that is killed."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.clock import business_now
from app.core.database import bare_app, db, transaction
from app.jobs.models import SignOfLife
from app.tickets.models import Message, Ticket
from app.tickets.operations import ticket_of
from tests.integration.tickets.receiver import Receiver, receiving
from tests.integration.tickets.workers import WorkerProcess, webhook_worker
from tests.waiting import wait_until

log = logging.getLogger(__name__)


@pytest.fixture
def app(database: str) -> Iterator[Flask]:
    app = bare_app(database)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@contextmanager
def working(database: str, folder: Path, hook: str, *options: str) -> Iterator[WorkerProcess]:
    worker = webhook_worker(database, folder, hook, *options)
    try:
        worker.wait_until_ready()
        yield worker
    finally:
        worker.kill()


def arrive(number: int) -> None:
    now = business_now()
    with transaction() as session:
        ticket_of(session, "rt", f"T-{number}", url=None, subject="Help", channel="ticket", opened_at=now, now=now)


def waited(count: int) -> list[timedelta] | None:
    """How long each ticket waited for its delivered acknowledgment; None until all have it."""
    with transaction() as session:
        wanted = select(Message.sent_at, Ticket.opened_at).join(Ticket, Ticket.id == Message.ticket_id)
        rows = session.execute(wanted.where(Message.state == "sent", Message.kind == "acknowledged")).all()
    times = [sent_at - opened_at for sent_at, opened_at in rows if sent_at is not None]
    return times if len(times) == count else None


def check_acknowledgments(database: str, folder: Path, *, count: int, within_s: float) -> None:
    with receiving() as receiver, working(database, folder, receiver.url, "--central"):
        began = time.monotonic()
        for number in range(count):
            arrive(number)
            due = began + (number + 1) * within_s / count
            wait_until(lambda due=due: time.monotonic() >= due, within_s=60)  # type: ignore[misc]  # bound at once
        times = sorted(wait_until(lambda: waited(count), within_s=60, every_s=0.2))
        p99 = times[int(len(times) * 0.99) - 1]
        log.info("acknowledged %d in %g s: p50 %s, p99 %s, last %s", count, within_s, times[count // 2], p99, times[-1])
        assert p99 < timedelta(seconds=15)
        assert len({one.id for one in receiver.received}) == count  # each once, at the ticket system itself
        assert len({json.loads(one.body)["data"]["ticket"]["id"] for one in receiver.received}) == count


def test_tickets_are_acknowledged_at_the_webhook_within_fifteen_seconds(
    app: Flask, database: str, tmp_path: Path
) -> None:
    check_acknowledgments(database, tmp_path, count=30, within_s=3)


@pytest.mark.proof
def test_five_hundred_tickets_in_a_minute_are_acknowledged_within_fifteen_seconds(
    app: Flask, database: str, tmp_path: Path
) -> None:
    check_acknowledgments(database, tmp_path, count=500, within_s=60)


def titles(receiver: Receiver) -> list[str]:
    with receiver.guard:
        return [str(json.loads(one.body)["title"]) for one in receiver.received]


@pytest.mark.proof
def test_a_killed_center_is_told_by_the_worker_of_a_site(
    app: Flask, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as chat:
        file = tmp_path / "alerts.json"
        url = f"json://127.0.0.1:{chat.server_port}/hook"
        file.write_text(json.dumps({"on-call": {"url": url, "on_duty": True}}), encoding="utf-8")
        monkeypatch.setenv("RACKSIDE_ALERTS", str(file))
        monkeypatch.setenv("RACKSIDE_ALERT_SCHEMES", "json")
        with working(database, tmp_path, chat.url, "--site", "AMS1"):
            with working(database, tmp_path, chat.url, "--central") as center:
                wait_until(lambda: db.session.execute(select(SignOfLife.name)).first(), within_s=30, every_s=0.2)
                db.session.rollback()
                center.kill()
            wait_until(lambda: "The central worker is silent" in titles(chat), within_s=120, every_s=0.5)
            assert titles(chat).count("The central worker is silent") == 1
