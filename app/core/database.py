"""The database: typed base, one session per unit of work, and the only place that commits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from select import POLLIN, poll
from typing import Any

from flask import Flask, current_app
from flask_sqlalchemy import SQLAlchemy
from psycopg import Connection as Line
from sqlalchemy import BigInteger, Connection, DateTime, MetaData, Text, event, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, Session, registry


class Base(DeclarativeBase):
    """Base of all tables: aware time stamps, text without length, JSONB, 64-bit numbers, named constraints."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={
            int: BigInteger,
            str: Text,
            datetime: DateTime(timezone=True),
            dict[str, Any]: JSONB(none_as_null=True),  # None is NULL, never the JSON word
            list[Any]: JSONB(none_as_null=True),
        },
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})

OPEN = "rackside_transaction"
READING = "rackside_reading"
BELLS = "rackside_bells"
RING = text("SELECT pg_notify('rackside', message) FROM unnest(CAST(:messages AS text[])) AS message")

ENGINE_OPTIONS: dict[str, Any] = {
    "pool_size": 10,
    "pool_use_lifo": True,  # the connection used last: it has prepared what is asked most
    "max_overflow": 70,  # as many as web threads that may be inside a request
    "connect_args": {
        "connect_timeout": 5,
        "keepalives_idle": 20,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "options": "-c statement_timeout=15000 -c lock_timeout=5000 -c timezone=UTC",
    },
}


def bind(app: Flask, url: str) -> None:
    """Give `app` the database at `url`."""
    app.config.update(SQLALCHEMY_DATABASE_URI=url, SQLALCHEMY_ENGINE_OPTIONS=ENGINE_OPTIONS)
    db.init_app(app)
    with app.app_context():
        event.listen(db.engine, "checkout", leave_if_gone)
        app.extensions[READING] = db.engine.execution_options(isolation_level="AUTOCOMMIT")


def leave_if_gone(connection: Line[Any], _record: object, _proxy: object) -> None:
    """A restarted database costs one reconnect, not an error page; and a living one no round trip.

    A server that ends says so on the line, and of one that vanished the kernel does, by keepalives: whatever is heard
    unasked raises DisconnectionError, at which the pool connects anew.
    """
    line = poll()
    if not connection.closed:
        line.register(connection.fileno(), POLLIN)
    if connection.closed or line.poll(0):
        raise DisconnectionError("the server ended this connection")


def bare_app(url: str) -> Flask:
    """An application context for workers and commands: the database and nothing else."""
    app = Flask("app")
    bind(app, url)
    return app


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: committed when the block ends, undone when it raises. For edges only.

    Joins the one that an idempotent request has open already: the outermost commits.
    """
    session = db.session()
    if session.info.get(OPEN):
        yield session
        return
    session.info[OPEN] = True
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[OPEN]


@contextmanager
def reading() -> Iterator[Session]:
    """For what only reads: each statement by itself, without the round trips that open and close a transaction."""
    with Session(current_app.extensions[READING]) as session:
        yield session


@contextmanager
def asking() -> Iterator[Connection]:
    """For questions alone (`core.asking`): the same without a session, which costs as much as a question does."""
    with current_app.extensions[READING].connect() as connection:
        yield connection


def notify(session: Session, topic: str, payload: str = "") -> None:
    """Tell open pages, when this transaction commits, that `topic` changed (topics: docs/architecture.md).

    One statement for all that a transaction rings. What a savepoint took back may ring too: pages look, and see it as
    it was.
    """
    session.info.setdefault(BELLS, []).append(f"{topic} {payload}".strip())


@event.listens_for(Session, "before_commit")
def _ring(session: Session) -> None:
    if session.info.get(BELLS) and not session.in_nested_transaction():
        session.execute(RING, {"messages": session.info.pop(BELLS)})


@event.listens_for(Session, "after_rollback")
def _fall_silent(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(BELLS, None)
