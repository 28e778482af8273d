"""The schema: up, down and up again, equal to the models, and never at the price of everybody standing still."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import OperationalError

from app.core import migrations
from app.core.cli import is_behind, upgrade
from app.core.errors import Unavailable
from app.schema import metadata

LOCK_TIMEOUT_S = 5
CONSTRAINTS = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
"""
INDEXES = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
COLUMNS = """
    SELECT table_name, column_name, concat_ws(' ', data_type, is_nullable, column_default)
    FROM information_schema.columns WHERE table_schema = 'public'
"""
LEFT = """
    SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname <> 'alembic_version'
        AND relname NOT LIKE 'alembic_version_%'
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
"""


@contextmanager
def engine(url: str) -> Iterator[Engine]:
    """Connections that are closed at the end."""
    made = create_engine(url)
    try:
        yield made
    finally:
        made.dispose()


def facts(url: str, *queries: str) -> set[tuple[str, ...]]:
    """Rows of the catalogue that are about our own tables."""
    with engine(url) as made, made.connect() as connection:
        rows = [tuple(row) for query in queries for row in connection.execute(text(query))]
    return {row for row in rows if not row[0].startswith(("procrastinate", "alembic"))}


@pytest.fixture
def from_models(database: str) -> Iterator[str]:
    """A database that was made from the models, without any migration."""
    name = f"models_{uuid.uuid4().hex}"
    with engine(database) as made:
        administrator = made.execution_options(isolation_level="AUTOCOMMIT")
        with administrator.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        url = f"{database.rpartition('/')[0]}/{name}"
        with engine(url) as fresh, fresh.begin() as connection:
            connection.execute(text("CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm"))
            metadata.create_all(connection)
        yield url
        with administrator.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


def test_the_schema_goes_up_all_the_way_down_and_up_again(database: str) -> None:
    whole = facts(database, CONSTRAINTS, INDEXES, COLUMNS)
    assert len(whole) > 100
    migrations.downgrade(database, "base")
    assert facts(database, LEFT) == set()
    assert is_behind(database)
    migrations.upgrade(database)
    assert not is_behind(database)
    assert facts(database, CONSTRAINTS, INDEXES, COLUMNS) == whole


def test_the_migrations_make_what_the_models_say(database: str, from_models: str) -> None:
    with engine(database) as made, made.connect() as connection:
        options = {"include_object": migrations.is_ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
    for query in (CONSTRAINTS, INDEXES, COLUMNS):  # checks and exclusions too, of which Alembic does not ask
        assert facts(database, query) == facts(from_models, query)


def test_several_that_upgrade_at_once_upgrade_once(database: str) -> None:
    migrations.downgrade(database, "base")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(upgrade, [database] * 4))
    assert not is_behind(database)


def test_a_migration_that_cannot_get_its_lock_gives_up_and_changes_nothing(database: str) -> None:
    whole = facts(database, CONSTRAINTS, INDEXES, COLUMNS)
    with engine(database) as made, made.connect() as reader:
        reader.execute(text("SELECT FROM site"))  # a page that takes long
        began = time.monotonic()
        with pytest.raises(OperationalError, match="lock timeout"):
            migrations.downgrade(database, "base")
        assert time.monotonic() - began < LOCK_TIMEOUT_S * 2
    assert facts(database, CONSTRAINTS, INDEXES, COLUMNS) == whole
    assert not is_behind(database)


def test_an_upgrade_that_finds_the_schema_in_use_says_so(database: str) -> None:
    migrations.downgrade(database, "base")
    with engine(database) as made, made.connect() as other:
        other.execute(text("LOCK TABLE alembic_version IN SHARE MODE"))
        with pytest.raises(Unavailable, match="in use and was not changed"):
            upgrade(database)
    upgrade(database)
    assert not is_behind(database)
