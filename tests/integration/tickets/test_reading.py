"""Reading a ticket system: nothing is lost, nothing keeps anything else from being read, however bad a day it has."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from flask import Flask
from sqlalchemy import text

from app.core.database import transaction
from app.core.errors import Unavailable
from app.tickets import intake, queries, tasks, turns
from app.tickets.models import Feed
from app.tickets.system import (
    Capability,
    Entry,
    EntryKind,
    Outbound,
    Outcome,
    Poke,
    Polled,
    Sent,
    Snapshot,
)

NIGHT = datetime(2026, 11, 30, 2, 30, tzinfo=UTC)


@dataclass
class Shelf:
    """A ticket system in memory: `tickets` are there, `news` is what a poll tells, `broken` cannot be read today."""

    name: ClassVar[str] = "shelf"
    capabilities: ClassVar[frozenset[Capability]] = frozenset({Capability.POLL})

    tickets: list[str]
    news: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)
    read_: list[str] = field(default_factory=list)

    def send(self, message: Outbound, now: datetime) -> Outcome:
        del message, now
        return Sent("kept")

    def poll(self, cursor: str | None) -> Polled:
        return Polled(tuple(Poke(one, f"{one}-1") for one in self.news), str(int(cursor or 0) + 1))

    def read(self, ticket: str, known: Collection[str]) -> Snapshot | None:
        del known
        if ticket in self.broken:
            raise Unavailable("ticket_system", f"ticket {ticket} makes it stumble")
        self.read_.append(ticket)
        entry = Entry(f"{ticket}-1", EntryKind.OPENED, NIGHT, "carla", "It beeps.")
        return Snapshot(ticket, "Disk", None, "ticket", NIGHT, closed=False, entries=(entry,))

    def active(self) -> Sequence[str]:
        return self.tickets

    def faults(self) -> list[str]:
        return self.wrong


def feed() -> Feed:
    with transaction() as session:
        return queries.feeds(session)[0]


def waiting_polls() -> int:
    with transaction() as session:
        counted = text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'tickets.poll' AND status = 'todo'")
        return int(session.execute(counted).scalar_one())


def test_one_ticket_that_cannot_be_read_keeps_no_other_from_it_and_is_read_when_it_can_be(
    app: Flask, use: Callable[..., None]
) -> None:
    shelf = Shelf(["1", "2", "3"], broken={"2"})
    use(shelf=shelf)
    tasks.poll(integration="shelf")
    assert shelf.read_ == ["1", "3"]
    assert feed().owed == ["2"]
    assert waiting_polls() == 1
    assert "stumble" in (feed().problem or "")
    shelf.broken.clear()
    tasks.poll(integration="shelf")
    assert shelf.read_ == ["1", "3", "2"]
    assert (feed().owed, feed().problem, feed().cursor) == ([], None, "2")


def test_a_system_that_fails_three_times_in_a_row_is_given_a_rest_and_owes_the_others(
    app: Flask, use: Callable[..., None]
) -> None:
    shelf = Shelf([str(n) for n in range(9)], broken={"2", "3", "4"})
    use(shelf=shelf)
    tasks.poll(integration="shelf")
    assert shelf.read_ == ["0", "1"]
    assert feed().owed == ["2", "3", "4", "5", "6", "7", "8"]


def test_news_is_read_before_what_the_night_owes_and_the_night_goes_on_in_slices(
    app: Flask, use: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = Shelf([str(n) for n in range(5)])
    use(shelf=shelf)
    monkeypatch.setattr(tasks, "READING_S", 0.0)
    tasks.poll(integration="shelf")
    assert shelf.read_ == ["0"]
    assert waiting_polls() == 1  # it goes on at once, and not with the next quarter of a minute
    shelf.news = ["77"]
    tasks.poll(integration="shelf")
    assert shelf.read_ == ["0", "77"]
    assert feed().owed == ["1", "2", "3", "4"]


def test_what_is_set_up_wrong_is_kept_in_sight_and_keeps_nothing_from_being_read(
    app: Flask, use: Callable[..., None]
) -> None:
    shelf = Shelf(["1"], wrong=["The time zone must be UTC."])
    use(shelf=shelf)
    tasks.poll(integration="shelf")
    assert (feed().fault, feed().problem, shelf.read_) == ("The time zone must be UTC.", None, ["1"])


@pytest.mark.parametrize(
    ("since", "fault", "due"),
    [
        (None, None, True),
        (NIGHT - timedelta(minutes=1), None, True),
        (NIGHT + timedelta(minutes=1), None, False),
        (NIGHT + timedelta(minutes=1), "The time zone must be UTC.", True),
    ],
)
def test_everything_active_is_read_once_a_night_and_again_soon_while_something_is_set_up_wrong(
    since: datetime | None, fault: str | None, *, due: bool
) -> None:
    assert tasks.is_reconciliation_due(since, fault, NIGHT + timedelta(hours=5)) is due


def test_a_system_takes_no_more_messages_at_once_than_it_says_and_who_gets_no_turn_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "WAIT_S", 0.01)
    with (
        turns.turn("rt", 2) as one,
        turns.turn("rt", 2) as two,
        turns.turn("rt", 2) as three,
        turns.turn("x", 2) as other,
    ):
        assert (one, two, three, other) == (True, True, False, True)
    with turns.turn("rt", 2) as again:
        assert again


def test_nothing_owed_is_forgotten_when_the_worker_dies_between_the_cursor_and_the_reading(app: Flask) -> None:
    with transaction() as session:
        intake.owe(session, "shelf", ["5", "6"], cursor="9")
    with transaction() as session:
        assert intake.owe(session, "shelf", ["7", "6"], cursor="10") == ["7", "6", "5"]
