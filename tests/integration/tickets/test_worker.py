"""The real worker process: prompt, killed at every step, stopped, and with a database that dies."""

from __future__ import annotations

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.core import migrations
from app.core.chores import Chore, do
from app.core.database import bare_app, db, transaction
from app.core.postgres import running
from app.core.queue import CENTRAL, defer, site_queue
from app.core.upkeep import MOST_DEATHS, return_stalled
from app.sites.models import Site
from app.tickets import operations
from tests.integration.tickets.between import Asked, Fault, Proxy, between
from tests.integration.tickets.conftest import NOW, Conversation
from tests.integration.tickets.receiver import Answer, Receiver, receiving
from tests.integration.tickets.workers import (
    WorkerProcess,
    be_forgotten_for,
    jobs_in,
    waiting_for_locks,
    webhook_worker,
)
from tests.waiting import wait_until

Start = Callable[..., WorkerProcess]


@pytest.fixture
def start(database: str, tmp_path: Path) -> Iterator[Start]:
    """Start workers; whatever is left of them is ended with the test."""
    started: list[WorkerProcess] = []

    def worker(hook: str, *options: str, url: str = database) -> WorkerProcess:
        started.append(webhook_worker(url, tmp_path, hook, *options))
        started[-1].wait_until_ready()
        return started[-1]

    yield worker
    for one in started:
        one.kill()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def sent(conversation: Conversation) -> bool:
    return all(message.state == "sent" for message in conversation.told())


@contextmanager
def deaf_listener() -> Iterator[str]:
    """An address where connections come about and nobody ever reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"


def test_a_message_is_at_its_receiver_within_a_second_of_the_commit(
    start: Start, receiver: Receiver, open_ticket: Callable[..., Conversation]
) -> None:
    conversation = open_ticket("rt")
    worker = start(receiver.url)
    began = time.monotonic()
    conversation.tell()
    wait_until(receiver.ids)
    assert time.monotonic() - began < 1.5
    wait_until(lambda: sent(conversation))
    assert worker.stop() < 5


def test_a_worker_killed_while_sending_or_before_recording_is_followed_by_the_same_message(
    start: Start, receiver: Receiver, open_ticket: Callable[..., Conversation], database: str
) -> None:
    conversation = open_ticket("rt")
    first, second = (str(conversation.tell(key).id) for key in "ab")

    with deaf_listener() as nowhere:  # leased, and nobody has read a byte of it
        killed = start(nowhere, "--central")
        wait_until(lambda: conversation.told()[0].lease_until is not None)
        killed.kill()
    assert receiver.ids() == []
    be_forgotten_for(60)

    receiver.answers = [Answer(hold=True)]  # received, and never answered
    killed = start(receiver.url, "--central")
    wait_until(lambda: receiver.ids() == [first])
    killed.kill()
    assert conversation.told()[0].state == "pending"
    be_forgotten_for(60)

    receiver.answers = [Answer(hold=True)]
    killed = start(receiver.url, "--central")
    wait_until(lambda: receiver.ids() == [first, first])
    with psycopg.connect(database.replace("+psycopg", "")) as lock:
        lock.execute("SELECT FROM message FOR UPDATE")
        receiver.resume.set()  # answered with 200, and not yet recorded
        wait_until(lambda: waiting_for_locks() == 1)
        killed.kill()
    assert conversation.told()[0].state == "pending"
    be_forgotten_for(60)

    start(receiver.url, "--central")
    wait_until(lambda: sent(conversation), within_s=15)
    assert receiver.ids() == [first, first, first, second]
    wait_until(lambda: jobs_in("doing") == 0, within_s=15)
    assert jobs_in("failed") == 0


def seen_workers() -> dict[str, datetime | None]:
    """When each site's worker was last seen."""
    with transaction() as session:
        return {site.code: site.worker_seen_at for site in session.query(Site).populate_existing()}


def test_a_site_worker_takes_its_own_jobs_only_and_shows_that_it_lives(
    start: Start, receiver: Receiver, open_ticket: Callable[..., Conversation]
) -> None:
    conversation = open_ticket("rt")
    with transaction() as session:
        session.add_all(Site(code=code, name=code, time_zone="UTC") for code in ("AMS1", "NYC1"))
    conversation.tell()
    with transaction() as session:
        for code in ("AMS1", "NYC1"):
            defer(session, operations.DELIVER, queue=site_queue(code), ticket_id=0)
    start(receiver.url, "--site", "AMS1")
    wait_until(lambda: jobs_in("todo") == 2)
    seen_at = wait_until(lambda: seen_workers()["AMS1"])
    assert datetime.now(UTC) - seen_at < timedelta(seconds=30)
    assert seen_workers()["NYC1"] is None
    assert receiver.ids() == []


def test_an_unknown_site_is_named_and_ends_the_worker(database: str, tmp_path: Path) -> None:
    worker = webhook_worker(database, tmp_path, "http://127.0.0.1:1/", "--site", "XXX9")
    try:
        assert worker.process.wait(timeout=30) == 1
    finally:
        worker.kill()
    assert "no such site" in "".join(worker.said)


def test_a_database_that_is_killed_is_waited_for_and_nothing_is_lost(
    start: Start, receiver: Receiver, tmp_path: Path
) -> None:
    folder = tmp_path / "postgres"
    with running(folder, durable=False) as url:
        migrations.upgrade(url)
        app = bare_app(url)
        with app.app_context():
            start(receiver.url, url=url)
            os.kill(int((folder / "data" / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
            conversation = wait_until(lambda: tell_if_possible("rt"), within_s=15)
            wait_until(receiver.ids, within_s=20)
            assert receiver.ids() == [str(conversation.told()[0].id)]
            wait_until(lambda: sent(conversation))
            db.engine.dispose()


def tell_if_possible(system: str) -> Conversation | None:
    """A new ticket with one message, None while the database is away."""
    with suppress(DBAPIError), transaction() as session:
        ticket = operations.ticket_of(
            session, system, "1", url=None, subject="x", channel="ticket", opened_at=NOW, now=NOW
        )
        operations.tell(session, ticket, kind="booked", subject="x", key="k", now=NOW, public="Hello.")
        return Conversation(ticket)
    return None


@pytest.mark.proof
def test_a_worker_with_work_that_does_not_end_stops_within_ten_seconds_all_the_same(
    start: Start, receiver: Receiver, open_ticket: Callable[..., Conversation]
) -> None:
    receiver.answers = [Answer(hold=True)]
    open_ticket("rt").tell()
    worker = start(receiver.url)
    wait_until(receiver.ids)
    assert worker.stop(within_s=10) < 10


def doing(session: Session, name: str, *, attempts: int = 0, once: str | None = None) -> int:
    """A job in the hands of a worker that is gone; its id."""
    defer(session, name, queue=CENTRAL, once=once)
    taken = "UPDATE procrastinate_jobs SET status = 'doing', attempts = :n WHERE status = 'todo' RETURNING id"
    return int(session.scalars(text(taken), {"n": attempts}).one())


def test_jobs_of_a_dead_worker_come_back_once_and_poisonous_ones_end(app: Flask) -> None:
    with transaction() as session:
        poison = doing(session, "x", attempts=MOST_DEATHS)
        doubled = doing(session, "y", once="only one waits")
        lost = doing(session, "z")
        defer(session, "y", queue=CENTRAL, once="only one waits")
        defer(session, "w", queue=site_queue("AMS1"))
    with transaction() as session:
        assert return_stalled(session, [site_queue("AMS1")]) == 0
        assert return_stalled(session, None) == 3
        assert return_stalled(session, None) == 0
    with transaction() as session:
        rows = session.execute(text("SELECT id, status::text FROM procrastinate_jobs"))
        status: dict[int, str] = {row.id: row.status for row in rows}
    assert (status[poison], status[lost]) == ("failed", "todo")
    assert doubled not in status
    assert sorted(status.values()) == ["failed", "todo", "todo", "todo"]


def test_a_chore_that_runs_alone_is_never_in_two_hands(app: Flask) -> None:
    inside, done = threading.Barrier(2), []

    def slow() -> None:
        inside.wait(timeout=10)
        inside.wait(timeout=10)
        done.append("first")

    first = threading.Thread(target=do, args=(app, Chore("the chore", 10, slow, alone=True)))
    first.start()
    inside.wait(timeout=10)
    do(app, Chore("the chore", 10, lambda: done.append("second"), alone=True))
    do(app, Chore("another", 10, lambda: done.append("another"), alone=True))
    inside.wait(timeout=10)
    first.join(timeout=10)
    do(app, Chore("the chore", 10, lambda: done.append("third"), alone=True))
    assert done == ["another", "first", "third"]


def test_a_chore_that_fails_ends_nothing(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    do(app, Chore("the chore", 10, lambda: 1 / 0))  # type: ignore[arg-type]  # it has no value to give
    assert "the chore failed" in caplog.text


def has_asked(proxy: Proxy, times: int) -> bool:
    return len(proxy.asked) >= times


@pytest.mark.proof
def test_over_a_bad_network_and_through_kills_every_hook_arrives_in_order_under_one_id_and_with_the_same_words(
    app: Flask, start: Start, receiver: Receiver
) -> None:
    dice, lock, conversations = random.Random(7), threading.Lock(), []
    for number in range(40):
        with transaction() as session:
            ticket = operations.ticket_of(
                session, "rt", f"{number}", url=None, subject="x", channel="ticket", opened_at=NOW, now=NOW
            )
        conversations.append(Conversation(ticket))
        for key in "abc":
            conversations[-1].tell(f"{number}:{key}")

    def choose(_: Asked) -> Fault:
        with lock:
            return dice.choice([Fault.DROP, Fault.MUTE, Fault.CUT, Fault.BUSY]) if dice.random() < 0.3 else Fault.NONE

    def all_sent() -> bool:
        with transaction() as session:
            session.execute(text("UPDATE message SET next_at = clock_timestamp() WHERE state = 'pending'"))
            session.execute(text("UPDATE message SET attempts = least(attempts, 4)"))
            operations.sweep(session)
            return bool(session.scalars(text("SELECT count(*) = 0 FROM message WHERE state <> 'sent'")).one())

    with between(receiver.url) as proxy:
        proxy.choose = choose
        for _ in range(4):
            enough = len(proxy.asked) + dice.randint(5, 30)
            killed = start(f"{proxy.url}/hook", "--central")
            wait_until(partial(has_asked, proxy, enough), within_s=60)
            killed.kill()
            be_forgotten_for(60)
        start(f"{proxy.url}/hook", "--central")
        wait_until(all_sent, within_s=240, every_s=1)
    bodies: dict[str, set[bytes]] = {}
    for one in receiver.received:
        bodies.setdefault(one.id, set()).add(one.body)
    assert all(len(same) == 1 for same in bodies.values())
    first_seen = list(bodies)
    for conversation in conversations:
        ids = [str(one.id) for one in conversation.told()]
        assert [one for one in first_seen if one in ids] == ids
