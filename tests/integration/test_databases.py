"""The database that tests share is each time as if it were new."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.core.events import record
from tests.databases import MOST_TESTS, Kept, administer, plain, prepare, sibling

FURNISHED = """
INSERT INTO site (code, name, time_zone, hours) VALUES ('AMS1', 'Amsterdam', 'Europe/Amsterdam', 'Mon 08:00-17:00')
"""
GUARDS = "SELECT tgname FROM pg_trigger WHERE tgrelid = 'event'::regclass AND tgenabled = 'O' ORDER BY 1"


@pytest.fixture
def kept(postgres_url: str, template: str) -> Iterator[Kept]:
    """A kept copy of a template with one site."""
    name = f"template_of_{os.getpid()}"
    administer(postgres_url, f"CREATE DATABASE {name} TEMPLATE {template}")
    asked(sibling(postgres_url, name), FURNISHED)
    prepare(sibling(postgres_url, name))
    kept = Kept(postgres_url, name, f"kept_{os.getpid()}")
    kept.fresh()
    yield kept
    kept.drop()
    administer(postgres_url, f"DROP DATABASE {name}")


def asked(url: str, statement: str) -> list[tuple[object, ...]]:
    """Run one statement; the rows where it gives some."""
    with psycopg.connect(plain(url)) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_what_was_there_is_there_again_and_nothing_else(kept: Kept) -> None:
    before = asked(kept.url, "SELECT * FROM site")
    asked(kept.url, "UPDATE site SET name = 'elsewhere'")
    asked(kept.url, FURNISHED.replace("AMS1", "MIA1"))
    kept.fresh()
    assert asked(kept.url, "SELECT * FROM site") == before
    asked(kept.url, FURNISHED.replace("AMS1", "MIA1"))
    assert asked(kept.url, "SELECT id FROM site WHERE code = 'MIA1'") == [(2,)]


def test_the_record_goes_too_and_is_guarded_all_the_same(kept: Kept) -> None:
    guards = asked(kept.url, GUARDS)
    engine = create_engine(kept.url)
    with Session(engine) as session:
        record(session, "test", now=datetime(2026, 11, 30, tzinfo=UTC), by="test", verb="note")
        session.commit()
    engine.dispose()
    assert asked(kept.url, "SELECT count(*) FROM event") == [(1,)]
    kept.fresh()
    assert asked(kept.url, "SELECT count(*) FROM event") == [(0,)]
    assert asked(kept.url, GUARDS) == guards != []


def test_who_was_in_the_middle_of_something_is_put_out(kept: Kept) -> None:
    with psycopg.connect(plain(kept.url)) as left, psycopg.connect(plain(kept.url), autocommit=True) as idle:
        left.execute("UPDATE site SET name = 'held'")
        kept.fresh()
        with pytest.raises(psycopg.OperationalError):
            left.execute("SELECT 1")
        assert idle.execute("SELECT name FROM site").fetchall() == [("Amsterdam",)]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE site ADD COLUMN more text",
        "DROP TRIGGER event_append_only ON event",
        "CREATE TABLE other (id bigint)",
    ],
)
def test_changed_tables_make_a_new_one(kept: Kept, change: str) -> None:
    shape = kept.shape()
    asked(kept.url, change)
    assert kept.shape() != shape
    kept.fresh()
    assert kept.shape() == shape


def test_after_a_hundred_tests_it_is_made_anew(kept: Kept) -> None:
    number = "SELECT oid FROM pg_database WHERE datname = current_database()"
    first = asked(kept.url, number)
    for _ in range(MOST_TESTS - 1):
        kept.fresh()
    assert asked(kept.url, number) == first
    kept.fresh()
    assert asked(kept.url, number) != first
