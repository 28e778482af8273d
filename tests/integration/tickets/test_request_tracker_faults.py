"""A real Request Tracker behind a bad network, workers killed in the midst, a slow commit: each message there once."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app.core.database import transaction
from app.tickets import intake, operations, queries
from app.tickets.system import Outbound, Postponed, Sent, Status
from app.tickets.systems.request_tracker import RequestTracker as System
from app.tickets.tasks import poll
from lab.fixtures import need
from lab.request_tracker import BOT, QUEUE, Postgres, RequestTracker, request_tracker
from tests.integration.tickets.between import Asked, Fault, Proxy, between
from tests.integration.tickets.conftest import NOW
from tests.integration.tickets.receiver import Answer, receiving
from tests.integration.tickets.workers import SECRET, central_worker, unsent
from tests.waiting import wait_until

log = logging.getLogger(__name__)

SOURCE = Path(__file__).resolve().parents[3]
FAULTS = (Fault.DROP, Fault.MUTE, Fault.CUT, Fault.DOUBLE, Fault.LATE, Fault.BUSY)
SHARE = 0.3


def tell_all(tickets: list[str]) -> dict[str, list[tuple[str, str]]]:
    """Two messages into each ticket; what must stand there in the end."""
    expected = {}
    for number in tickets:
        with transaction() as session:
            ticket = operations.ticket_of(
                session, "rt", number, url=None, subject="Disk", channel="ticket", opened_at=NOW, now=NOW
            )
            for seq, internal in ((1, "For colleagues."), (2, None)):
                operations.tell(
                    session, ticket, kind="booked", subject="WO-2026-000001", key=f"{number}:{seq}", now=NOW,
                    public=f"Number {seq}.", internal=internal,
                )  # fmt: skip
        expected[number] = [("Correspond", "Number 1."), ("Comment", "For colleagues."), ("Correspond", "Number 2.")]
    return expected


def spoken(tracker: RequestTracker, ticket: str) -> list[tuple[str, str]]:
    path = f"transactions?query=TicketId = {ticket}&fields=Type&orderby=id&order=ASC&per_page=100"
    kinds = {one["id"]: one["Type"] for one in tracker.call("GET", path)["items"]}
    parts = tracker.call("GET", f"ticket/{ticket}/attachments?fields=Content,TransactionId&per_page=100")["items"]
    told = [(kinds.get(one["TransactionId"]), one["Content"]) for one in parts if one["Content"]]
    return [(kind, words) for kind, words in told if kind in {"Correspond", "Comment"}]


def settings_of(tracker: RequestTracker, proxy: Proxy) -> dict[str, dict[str, str]]:
    """What the workers of this test are told."""
    return {"rt": {"system": "request_tracker", "url": proxy.url, "queue": QUEUE, "user": BOT, "token": tracker.token}}


def read_once() -> list[tuple[str, int]]:
    """How often the opening of each ticket came in; nothing before all is read that is owed."""
    with transaction() as session:
        if session.execute(text("SELECT owed <> '[]' OR reconciled_at IS NULL FROM feed")).scalar_one():
            return []
        opened = """SELECT ticket.external_id, count(*) FROM ticket_entry JOIN ticket ON ticket.id = ticket_id
            WHERE kind = 'opened' GROUP BY 1"""
        return [(row[0], row[1]) for row in session.execute(text(opened))]


@pytest.mark.proof
@pytest.mark.parametrize("count", [6, 200])
def test_each_message_stands_there_once_and_in_order_whatever_the_network_and_whoever_is_killed(
    app: Flask, database: str, tmp_path: Path, count: int
) -> None:
    need("rt-setup-database-5")
    dice, lock, kills = random.Random(42), threading.Lock(), 6 + count // 10

    def choose(_: Asked) -> Fault:
        with lock:
            return dice.choice(FAULTS) if dice.random() < SHARE else Fault.NONE

    with request_tracker(tmp_path / "rt") as tracker, between(tracker.url) as proxy:
        form = {"Queue": QUEUE, "Subject": "Disk", "Content": "Broken.", "ContentType": "text/plain"}
        tickets = [tracker.call("POST", "ticket", form, as_user="lena")["id"] for _ in range(count)]
        settings = settings_of(tracker, proxy)
        expected, began = tell_all([str(one) for one in tickets]), time.monotonic()
        proxy.choose = choose
        for _ in range(kills):
            enough = len(proxy.asked) + dice.randint(3, 25)
            with central_worker(database, tmp_path, settings):
                wait_until(partial(has_asked, proxy, enough), within_s=240)
        with central_worker(database, tmp_path, settings):
            wait_until(lambda: unsent(unknown_s=20) == 0, within_s=120 + 30 * count, every_s=2)
            log.info("%d: told in %.0f s, %d calls, %d kills", count, time.monotonic() - began, len(proxy.asked), kills)
            came_in = wait_until(read_once, within_s=60 + 10 * count, every_s=2)
        log.info("all read after %.0f s and %d calls", time.monotonic() - began, len(proxy.asked))
        found = {ticket: spoken(tracker, ticket) for ticket in expected}
    assert found == expected
    assert {ticket: times for ticket, times in came_in if ticket in expected} == dict.fromkeys(expected, 1)


STEPS = ("POST correspond", "POST comment", "GET transactions", "GET ticket", "PUT ticket", "GET ticket again")


@pytest.mark.proof
@pytest.mark.parametrize("fault", [Fault.DROP, Fault.HOLD])
def test_a_worker_killed_at_each_step_of_a_message_is_followed_by_one_that_says_no_word_twice(
    app: Flask, database: str, tmp_path: Path, fault: Fault
) -> None:
    need("rt-setup-database-5")
    with request_tracker(tmp_path / "rt") as tracker, between(tracker.url) as proxy:
        number = tracker.open_ticket("Disk", "Broken.")
        settings = settings_of(tracker, proxy)
        expected = []
        for step in range(len(STEPS)):
            tell_one(number, step)
            expected += [("Correspond", f"Number {step}."), ("Comment", f"For colleagues {step}.")]
            reached = proxy.holding if fault == Fault.HOLD else threading.Event()
            reached.clear()
            proxy.choose = partial(fault_at, step, fault, iter(range(100)), reached)
            with central_worker(database, tmp_path, settings):
                assert reached.wait(60), STEPS[step]
            proxy.choose = nothing
            with transaction() as session:  # as if the dead worker's lease were over
                session.execute(text("UPDATE message SET lease_until = clock_timestamp()"))
            with central_worker(database, tmp_path, settings):
                wait_until(lambda: unsent(unknown_s=20) == 0, within_s=90, every_s=1)
            assert spoken(tracker, number) == expected, STEPS[step]
            assert tracker.call("GET", f"ticket/{number}")["Status"] == ("open" if step % 2 else "resolved")


def nothing(_: Asked) -> Fault:
    return Fault.NONE


def fault_at(step: int, fault: Fault, counted: Iterator[int], reached: threading.Event, asked: Asked) -> Fault:
    """A fault at the message's own call of that number; what is read of the queue meanwhile passes."""
    if "TicketQueue" in asked.path or "/user/" in asked.path or "/queue/" in asked.path or "/tickets?" in asked.path:
        return Fault.NONE
    if "TicketId" in asked.path and "Creator" not in asked.path:
        return Fault.NONE
    if next(counted) != step:
        return Fault.NONE
    if fault == Fault.DROP:
        reached.set()
    return fault


def tell_one(number: str, step: int) -> None:
    with transaction() as session:
        ticket = operations.ticket_of(
            session, "rt", number, url=None, subject="Disk", channel="ticket", opened_at=NOW, now=NOW
        )
        operations.tell(
            session, ticket, kind="booked", subject="WO-2026-000001", key=f"{number}:{step}", now=NOW,
            public=f"Number {step}.", internal=f"For colleagues {step}.",
            status=Status.OPEN if step % 2 else Status.RESOLVED,
        )  # fmt: skip


@pytest.fixture(scope="module")
def over_postgres(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    """An RT over PostgreSQL, where commits need not come in the order of their numbers."""
    need("rt-setup-database-5")
    where = make_url(postgres_url)
    assert where.host is not None
    made = Postgres(where.host, where.port or 5432, "rt_slow", where.username or "", where.password or "")
    with request_tracker(tmp_path_factory.mktemp("rt"), made) as tracker:
        yield tracker


@pytest.mark.proof
def test_a_ticket_whose_commit_is_slow_comes_in_though_later_ones_were_read_before_it(
    app: Flask, use: Callable[..., None], over_postgres: RequestTracker
) -> None:
    tracker = over_postgres
    use(rt=System(url=tracker.url, queue=QUEUE, user=BOT, token=tracker.token))
    with transaction() as session:  # news only
        intake.reconciling(session, "rt", (), (), datetime.now(UTC))
    poll(integration="rt")
    slow: list[str] = []
    with tracker.holding_slow_tickets() as reached:
        writing = threading.Thread(target=lambda: slow.append(tracker.open_ticket("slow", "I take my time.")))
        writing.start()
        wait_until(reached.exists, within_s=20)
        quick = [tracker.open_ticket(f"quick {n}", "Here.") for n in range(2)]
        wait_until(partial(polled, quick), within_s=15)  # it stays uncommitted for 20 s
    writing.join(30)
    assert not known(slow)
    assert int(slow[0]) < int(quick[0])
    wait_until(partial(polled, slow), within_s=90)


@pytest.mark.proof
def test_a_hook_that_comes_before_the_commit_finds_nothing_and_the_next_poll_finds_the_ticket(
    app: Flask, use: Callable[..., None], over_postgres: RequestTracker
) -> None:
    tracker = over_postgres
    use(rt=System(url=tracker.url, queue=QUEUE, user=BOT, token=tracker.token))
    with transaction() as session:  # news only
        intake.reconciling(session, "rt", (), (), datetime.now(UTC))
    poll(integration="rt")
    with receiving() as receiver:
        receiver.answers = [Answer(hold=True)]
        tracker.poke(receiver.url, SECRET, early=True)
        opened: list[str] = []
        writing = threading.Thread(target=lambda: opened.append(tracker.open_ticket("Disk", "Broken.")))
        writing.start()
        try:
            wait_until(receiver.ids, within_s=20)
            told = json.loads(receiver.received[0].body)["data"]["ticket"]
            early = System(url=tracker.url, queue=QUEUE, user=BOT, token=tracker.token).read(told, ())
            assert not opened, "the hook was answered, or given up: this was not before the commit"
        finally:
            receiver.resume.set()
            tracker.poke(None, early=True)
            writing.join(30)
    assert early is None
    assert opened == [told]
    wait_until(partial(polled, opened), within_s=90)


@pytest.mark.proof
def test_a_message_behind_an_open_transaction_of_sqlite_waits_and_is_there_once(app: Flask, tmp_path: Path) -> None:
    need("rt-setup-database-5")
    with request_tracker(tmp_path / "rt", workers=3) as tracker:
        ticket = tracker.open_ticket("Disk", "Broken.")
        system = System(url=tracker.url, queue=QUEUE, user=BOT, token=tracker.token)
        told = Outbound(
            id=uuid4(), seq=1, kind="booked", subject="WO-2026-000001", integration="rt", ticket=ticket,
            ticket_url=None, channel="ticket", public="It is booked.", internal=None, created_at=NOW,
        )  # fmt: skip
        with tracker.holding_slow_tickets() as reached:
            writing = threading.Thread(target=tracker.open_ticket, args=("slow", "I take my time."))
            writing.start()
            wait_until(reached.exists, within_s=20)
            held = system.send(told, datetime.now(UTC))
        writing.join(30)
        assert isinstance(held, Postponed)
        wait_until(lambda: isinstance(system.send(replace(told, repeated=True), datetime.now(UTC)), Sent), within_s=60)
        assert spoken(tracker, ticket) == [("Correspond", "It is booked.")]


def has_asked(proxy: Proxy, times: int) -> bool:
    return len(proxy.asked) >= times


def polled(tickets: list[str]) -> bool:
    """Read for a while, as a worker does again and again; whether these tickets are known then."""
    poll(integration="rt")
    return known(tickets)


def known(tickets: list[str]) -> bool:
    with transaction() as session:
        return all(queries.find_ticket(session, "rt", one) is not None for one in tickets)
