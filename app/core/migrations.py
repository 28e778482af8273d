"""Schema changes: Alembic's migrations, run under lock and statement timeouts so that they never stop the house."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
TIMEOUTS = "-c lock_timeout=5000 -c statement_timeout=300000 -c timezone=UTC"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema at `url` to `revision`. A lock not had within 5 s fails instead of queueing everybody."""
    _run(url, command.upgrade, revision)


def downgrade(url: str, revision: str) -> None:
    """Take the schema back to `revision`."""
    _run(url, command.downgrade, revision)


def _run(url: str, action: Any, revision: str) -> None:
    engine = create_engine(url, connect_args={"options": TIMEOUTS, "connect_timeout": 10})
    try:
        with engine.connect() as connection:
            action(_config(connection), revision)
    finally:
        engine.dispose()


def head() -> str | None:
    """The newest revision that this code knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(revision: str) -> bool:
    """True when this code has the revision: an older schema; False for one of a newer version."""
    return any(known.revision == revision for known in ScriptDirectory.from_config(_config()).walk_revisions())


def current(connection: Connection) -> str | None:
    """The revision that the database has."""
    return MigrationContext.configure(connection).get_current_revision()


def is_ours(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """True for what the models describe: the queue's own tables are its library's."""
    return not (kind == "table" and name is not None and name.startswith("procrastinate_"))
