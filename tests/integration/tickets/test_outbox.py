"""The outbox: what is told is numbered, never doubled, and delivered in order or visibly stuck."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text

from app.core.database import db, transaction
from app.core.errors import Conflict, Invalid
from app.tickets import operations, queries
from app.tickets.system import Postponed, Rejected, Sent
from app.tickets.tasks import deliver, sweep
from tests.integration.tickets.conftest import NOW, ConsoleFile, Conversation

Open = Callable[..., Conversation]
LetPass = Callable[[timedelta], None]


def jobs(where: str = "true") -> int:
    with transaction() as session:
        return int(session.scalars(text(f"SELECT count(*) FROM procrastinate_jobs WHERE {where}")).one())


def forget_jobs() -> None:
    with transaction() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))


def test_told_messages_reach_the_ticket_in_order_each_once(open_ticket: Open, console: ConsoleFile) -> None:
    conversation = open_ticket()
    told = [conversation.tell(f"key {n}", public=f"Message {n}.") for n in range(5)]
    deliver(conversation.ticket.id)
    deliver(conversation.ticket.id)
    assert [line["data"]["id"] for line in console.lines()] == [str(message.id) for message in told]
    assert [line["data"]["seq"] for line in console.lines()] == [1, 2, 3, 4, 5]
    assert {message.state for message in conversation.told()} == {"sent"}


def test_the_same_key_again_gives_the_first_message_and_doubles_nothing(open_ticket: Open) -> None:
    conversation = open_ticket()
    first, again = conversation.tell("k", public="One."), conversation.tell("k", public="Two.")
    assert again.id == first.id
    assert [message.public_text for message in conversation.told()] == ["One."]


def test_a_rolled_back_change_leaves_neither_message_nor_job_nor_gap(open_ticket: Open) -> None:
    conversation = open_ticket()

    def change_and_fail() -> None:
        with transaction() as session:
            operations.tell(session, conversation.ticket, kind="late", subject="x", key="lost", now=NOW, public="Lost.")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        change_and_fail()
    assert conversation.told() == []
    assert jobs() == 0
    assert conversation.tell().seq == 1


def test_two_callers_at_once_open_one_ticket_and_number_without_gaps(open_ticket: Open, app: Flask) -> None:
    def talk(caller: int) -> None:
        with app.app_context():
            mine = open_ticket(external_id="same")
            for n in range(5):
                mine.tell(f"{caller}:{n}")

    threads = [threading.Thread(target=talk, args=(caller,)) for caller in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert [message.seq for message in open_ticket(external_id="same").told()] == list(range(1, 21))
    assert jobs("status = 'todo'") == 1


def test_a_known_ticket_takes_a_new_subject_and_keeps_when_it_was_opened(open_ticket: Open) -> None:
    first = open_ticket().ticket
    with transaction() as session:
        later = operations.ticket_of(
            session, "console", "1", url="https://t/1", subject="Two disks failed", channel="chat",
            opened_at=NOW + timedelta(hours=1), now=NOW,
        )  # fmt: skip
    assert (later.id, later.subject, later.url) == (first.id, "Two disks failed", "https://t/1")
    assert (later.channel, later.opened_at) == ("ticket", NOW)


@pytest.mark.parametrize("public", ["The BMC at 10.12.0.17 is silent.", "Serial CZ12345 was swapped.", "Rack R12."])
def test_internals_are_refused_in_a_text_for_the_customer(open_ticket: Open, public: str) -> None:
    conversation = open_ticket()
    with pytest.raises(Invalid, match=r"\[internal\]") as refused:
        conversation.tell(public=public)
    assert not {"10.12.0.17", "CZ12345", "R12"} & set(refused.value.detail.replace(".", " ").split())
    assert conversation.told() == []


def test_a_message_without_an_integration_waits_says_so_and_goes_once_there_is_one(
    open_ticket: Open, request: pytest.FixtureRequest, let_pass: LetPass
) -> None:
    conversation = open_ticket()
    conversation.tell()
    deliver(conversation.ticket.id)
    [waiting] = conversation.told()
    assert (waiting.state, waiting.attempts) == ("pending", 0)
    assert waiting.problem == "no integration named console is configured"
    with transaction() as session:
        assert [message.id for message in queries.troubled(session)] == [waiting.id]
    console: ConsoleFile = request.getfixturevalue("console")
    let_pass(timedelta(minutes=1))
    deliver(conversation.ticket.id)
    assert len(console.lines()) == 1
    assert conversation.told()[0].problem is None


def test_a_leased_message_is_in_one_hand_until_its_lease_ends(open_ticket: Open, let_pass: LetPass) -> None:
    conversation = open_ticket()
    conversation.tell()
    with transaction() as session:
        first = operations.lease_next(session, conversation.ticket.id)
    with transaction() as session:
        assert operations.lease_next(session, conversation.ticket.id) is None
    let_pass(operations.LEASE)
    with transaction() as session:
        second = operations.lease_next(session, conversation.ticket.id)
    assert first is not None
    assert second is not None
    assert replace(first.message, repeated=True) == second.message
    with transaction() as session:
        operations.settle(session, first, Postponed("slow"), now=NOW, jitter=0.5)
    assert conversation.told()[0].problem is None, "the failure of a lost lease counts for nothing"
    with transaction() as session:
        operations.settle(session, first, Sent("late but there"), now=NOW, jitter=0.5)
    assert conversation.told()[0].state == "sent", "a success counts whoever reports it"


def test_a_failing_message_holds_the_later_ones_of_its_ticket_only(
    open_ticket: Open, console: ConsoleFile, let_pass: LetPass
) -> None:
    failing, other = open_ticket(), open_ticket(external_id="2")
    failing.tell("a")
    failing.tell("b")
    other.tell("c")
    with transaction() as session:
        lease = operations.lease_next(session, failing.ticket.id)
        assert lease is not None
        operations.settle(session, lease, Postponed("HTTP 503"), now=NOW, jitter=0.5)
    deliver(failing.ticket.id)
    deliver(other.ticket.id)
    assert [line["data"]["ticket"]["id"] for line in console.lines()] == ["2"]
    let_pass(timedelta(seconds=5))
    deliver(failing.ticket.id)
    assert [line["data"]["ticket"]["id"] for line in console.lines()] == ["2", "1", "1"]


def test_a_refused_message_is_dead_visible_lets_the_next_go_and_can_be_sent_again(
    open_ticket: Open, console: ConsoleFile
) -> None:
    conversation = open_ticket()
    refused, _ = conversation.tell("a"), conversation.tell("b")
    with transaction() as session:
        lease = operations.lease_next(session, conversation.ticket.id)
        assert lease is not None
        assert operations.settle(session, lease, Rejected("HTTP 410"), now=NOW, jitter=0.5)
    deliver(conversation.ticket.id)
    assert [message.state for message in conversation.told()] == ["dead", "sent"]
    with transaction() as session:
        assert [(dead.id, dead.problem) for dead in queries.dead(session)] == [(refused.id, "HTTP 410")]
        operations.resend(session, refused.id)
    deliver(conversation.ticket.id)
    assert [line["data"]["seq"] for line in console.lines()] == [2, 1]
    with pytest.raises(Conflict), transaction() as session:
        operations.resend(session, refused.id)


def test_the_sweep_rings_for_due_messages_whose_job_was_lost_and_for_no_others(
    open_ticket: Open, console: ConsoleFile, let_pass: LetPass
) -> None:
    lost, in_hand, waiting = (open_ticket(external_id=str(n)) for n in range(3))
    for conversation in (lost, in_hand, waiting):
        conversation.tell(f"{conversation.ticket.external_id}:1")
        conversation.tell(f"{conversation.ticket.external_id}:2")
    with transaction() as session:
        assert operations.lease_next(session, in_hand.ticket.id)
        lease = operations.lease_next(session, waiting.ticket.id)
        assert lease is not None
        operations.settle(session, lease, Postponed("HTTP 503"), now=NOW, jitter=0.5)
    forget_jobs()
    with transaction() as session:
        assert operations.sweep(session) == 1
    with transaction() as session:
        assert operations.sweep(session) == 0  # a job waits: hundreds of bells at once would hold up who rings
    assert jobs() == 1
    assert jobs(f"(args->>'ticket_id')::int = {lost.ticket.id}") == 1
    let_pass(operations.LEASE)
    sweep()
    assert jobs() == 3


def test_a_message_whose_workers_always_die_is_given_up_in_the_end(open_ticket: Open, console: ConsoleFile) -> None:
    conversation = open_ticket()
    conversation.tell("poison")
    conversation.tell("next")
    with transaction() as session:
        session.execute(text("UPDATE message SET attempts = 18 WHERE key = 'poison'"))
    deliver(conversation.ticket.id)
    assert [message.state for message in conversation.told()] == ["dead", "sent"]


def test_the_first_response_is_the_first_delivered_public_message_that_no_clock_sent(
    open_ticket: Open, console: ConsoleFile
) -> None:
    conversation = open_ticket()
    conversation.tell("a", kind="acknowledged", automatic=True)
    deliver(conversation.ticket.id)
    db.session.refresh(conversation.ticket)
    assert conversation.ticket.first_response_at is None
    conversation.tell("b", kind="booked")
    deliver(conversation.ticket.id)
    db.session.refresh(conversation.ticket)
    assert conversation.ticket.first_response_at is not None
