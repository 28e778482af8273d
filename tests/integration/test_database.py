"""Connections that the database ended while nobody used them: whoever comes next gets a new one, not an error."""

from __future__ import annotations

import psycopg
from apiflask import APIFlask
from sqlalchemy import func, select

from app.core.database import reading
from tests.waiting import wait_until

BACKEND = select(func.pg_backend_pid())
GONE = "SELECT 1 WHERE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = %s)"


def backend() -> int:
    with reading() as session:
        pid: int = session.scalars(BACKEND).one()
        return pid


def test_a_connection_that_the_server_ended_is_replaced(web_app: APIFlask, postgres_url: str) -> None:
    with web_app.app_context(), psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as other:
        first = backend()
        assert backend() == first
        other.execute("SELECT pg_terminate_backend(%s)", [first])
        wait_until(lambda: other.execute(GONE, [first]).fetchone())
        assert backend() != first
