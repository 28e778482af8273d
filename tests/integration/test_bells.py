"""What a transaction rings: heard when it commits, in its order, with one statement; of what was undone, never."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from apiflask import APIFlask
from sqlalchemy import event, text

from app.core.database import db, notify, transaction
from app.sites.models import Site

LAST = "last of all"


class Ear:
    """Who listens on a connection of its own."""

    def __init__(self, line: psycopg.Connection[Any]) -> None:
        self._line = line
        line.execute("LISTEN rackside")

    def heard(self) -> list[str]:
        """What was rung so far: all before a bell of our own."""
        self._line.execute("SELECT pg_notify('rackside', %s)", [LAST])
        rung: list[str] = []
        for bell in self._line.notifies(timeout=5):
            if bell.payload == LAST:
                return rung
            rung.append(bell.payload)
        raise AssertionError("our own bell was not heard")


@pytest.fixture
def ear(web_app: APIFlask) -> Iterator[Ear]:
    url = web_app.config["SQLALCHEMY_DATABASE_URI"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as line, web_app.app_context():
        yield Ear(line)


def test_bells_are_heard_with_the_commit_in_their_order_and_cost_one_statement(ear: Ear) -> None:
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda _c, _u, said, *_: asked.append(said))
    with transaction() as session:
        session.execute(text("SELECT 1"))
        notify(session, "site:B1")
        with session.begin_nested():
            notify(session, "order:1", "read")
        notify(session, "site:A1")
        assert ear.heard() == []
    assert ear.heard() == ["site:B1", "order:1 read", "site:A1"]
    assert sum("pg_notify" in said for said in asked) == 1
    with transaction() as session:
        session.execute(text("SELECT 1"))
    assert ear.heard() == []


def test_what_is_undone_rings_neither_now_nor_with_the_next_commit(ear: Ear) -> None:
    def fail() -> None:
        with transaction() as session:
            session.add(Site(code="A1", name="A1", time_zone="UTC"))
            session.flush()
            notify(session, "site:A1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with transaction() as session:
        notify(session, "site:B1")
    assert ear.heard() == ["site:B1"]


def test_a_savepoint_that_is_taken_back_leaves_what_was_rung_before_it(ear: Ear) -> None:
    with transaction() as session:
        notify(session, "site:A1")
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            raise ZeroDivisionError
    assert ear.heard() == ["site:A1"]
