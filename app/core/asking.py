"""Statements that pages ask all day: put into words once, planned once by each connection, answered without objects.

SQLAlchemy composes them and then stands aside: what it does for each execution costs a page more than the database.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

from psycopg import Error, RawCursor
from sqlalchemy import Connection, Select
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

_DIALECT: Final = PGDialect_psycopg(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call] # SQLAlchemy's own

Asker = Session | Connection


class Question:
    """A query whose statement never changes; what it is asked about are its bound parameters without a value."""

    def __init__(self, wanted: Select[*tuple[Any, ...]]) -> None:
        self._wanted = wanted

    def ask(self, asker: Asker, given: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """The rows, as the database's driver reads them (one query); sees what a session has changed.

        Where the session does not flush for its queries, not for this one either. `given` names every parameter
        (KeyError for one that is not). Raises DBAPIError.
        """
        if isinstance(asker, Session):
            if asker.autoflush:
                asker.flush()
            asker = asker.connection()
        statement, names, fixed = self._prepared
        values = [fixed[name] if name in fixed else given[name] for name in names]
        line = asker.connection.driver_connection
        with RawCursor(line) as cursor:  # type: ignore[arg-type] # SQLAlchemy does not know which driver it is
            try:
                return cursor.execute(statement, values, prepare=True).fetchall()
            except Error as error:
                raise DBAPIError.instance(statement, None, error, Error, dialect=_DIALECT) from error

    @cached_property
    def _prepared(self) -> tuple[str, tuple[str, ...], Mapping[str, Any]]:
        compiled = self._wanted.compile(dialect=_DIALECT)
        wanted = {name: None for name, parameter in compiled.binds.items() if parameter.required}
        state = compiled.construct_expanded_state(wanted)
        fixed = {name: value for name, value in state.parameters.items() if name not in wanted}
        return state.statement, tuple(state.positiontup or ()), fixed
