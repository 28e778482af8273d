"""What all commands share: how they reach the database, refuse bad arguments, and print. And `rackside migrate`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NoReturn

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from app.core import migrations
from app.core.clock import set_drill
from app.core.database import bare_app, db, transaction
from app.core.errors import AppError, Unavailable
from app.core.postgres import running
from app.core.settings import Settings, from_environment

USAGE: Final = 64
MIGRATING: Final = 0x7261636B  # the advisory lock under which one process at a time changes the schema
_PATIENCE: Final = "-c lock_timeout=300000"  # while another process changes the schema

Output = tuple[Any, Sequence[str]]


class Parser(argparse.ArgumentParser):
    """Arguments of a command; bad ones exit with 64 and name themselves."""

    def error(self, message: str) -> NoReturn:
        """Say how the command is used, and what was wrong."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


@contextmanager
def database(settings: Settings, *, migrate: bool = False) -> Iterator[str]:
    """The URL of the database while the block runs: DATABASE_URL, or this machine's embedded PostgreSQL.

    The embedded one is shared, brought to this version's schema, and stopped by whoever leaves last. Somebody else's
    is changed only when `migrate` says so; raises Unavailable when it does not answer or its schema is behind.
    """
    if settings.database_url is None:
        with running(settings.instance / "postgres") as url:
            upgrade(url)
            yield url
        return
    if migrate:
        upgrade(settings.database_url)
    elif is_behind(settings.database_url):
        raise Unavailable("schema_behind", "The database's schema is older than this version: run ./rackside migrate.")
    yield settings.database_url


@contextmanager
def as_it_is(settings: Settings) -> Iterator[str]:
    """The URL of the database while the block runs; its schema is left alone, and no embedded one is made.

    Raises Unavailable when there is none yet.
    """
    folder = settings.instance / "postgres"
    if settings.database_url is not None:
        yield settings.database_url
    elif (folder / "data").exists():
        with running(folder) as url:
            yield url
    else:
        raise Unavailable(
            "no_database", f"There is no database yet: DATABASE_URL is not set, and {settings.instance} holds none. "
            "./rackside migrate makes one there."
        )  # fmt: skip


@contextmanager
def opened() -> Iterator[Settings]:
    """An application context over the database of the environment's settings, for commands."""
    settings = from_environment()
    set_drill(settings.drill_offset)
    with database(settings) as url, bare_app(url).app_context():
        try:
            yield settings
        finally:
            db.session.remove()
            db.engine.dispose()


def is_behind(url: str) -> bool:
    """True when the schema lacks what this version knows; a newer schema than ours is not behind."""
    engine = create_engine(url, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            present = migrations.current(connection)
    except OperationalError as error:
        raise Unavailable("database_unavailable", f"The database does not answer: {_reason(error)}") from error
    finally:
        engine.dispose()
    return present != migrations.head() and (present is None or migrations.knows(present))


def upgrade(url: str) -> None:
    """Bring the schema to this version; several processes at once do it once.

    Raises Unavailable when the database does not answer, or when somebody's long transaction is in the way: then
    nothing was changed, and nobody was held up for more than five seconds.
    """
    try:
        with psycopg.connect(
            url.replace("+psycopg", "", 1), autocommit=True, connect_timeout=10, options=_PATIENCE
        ) as connection:
            connection.execute("SELECT pg_advisory_lock(%s)", [MIGRATING])
            if is_behind(url):
                migrations.upgrade(url)
    except (OperationalError, psycopg.errors.LockNotAvailable) as error:
        raise Unavailable("schema_busy", "The schema is in use and was not changed: try again in a moment.") from error
    except psycopg.OperationalError as error:
        raise Unavailable("database_unavailable", f"The database does not answer: {error}".strip()) from error


def administer(act: Callable[[argparse.Namespace], Output], arguments: argparse.Namespace) -> int:
    """Run one administrative act in one transaction and print what it gives: JSON with --json, else lines."""
    try:
        with opened(), transaction():
            result, lines = act(arguments)
    except AppError as error:
        print(f"rackside: {error.detail}", file=sys.stderr)
        return USAGE if error.status == 422 else 1
    print(json.dumps(result, indent=2) if arguments.json else "\n".join(lines))
    return 0


def migrate(argv: Sequence[str]) -> int:
    """`rackside migrate`: bring the database to this version's schema."""
    parser = Parser("rackside migrate", description="Bring the database to this version's schema.")
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the schema is behind")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    settings = from_environment()
    if arguments.check and settings.database_url is not None:
        behind = is_behind(settings.database_url)
    else:
        with database(settings, migrate=True):
            behind = False
    said = {"revision": migrations.head(), "behind": behind}
    print(json.dumps(said) if arguments.json else f"schema {said['revision']}: {'behind' if behind else 'up to date'}")
    return 1 if behind else 0


def _reason(error: OperationalError) -> str:
    """The first line only: what follows may repeat the address."""
    return str(error.orig).strip().splitlines()[0]
