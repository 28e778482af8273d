"""A database for one test after the other: made once, and put back in order between them.

A new one for each test costs 30 ms of processor time; emptying what a test has written, a few.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from app.core.postgres import running
from app.core.postgres_server import cluster
from app.core.postgres_server.binaries import find_programs

MOST_TESTS = 100  # then a new one: what was deleted still takes room

PREPARE = """
DROP SCHEMA IF EXISTS between_tests CASCADE;
CREATE SCHEMA between_tests;

DO $$ DECLARE found record; BEGIN  -- what stands in the tables now will stand there again
  FOR found IN SELECT relname AS name FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('CREATE TABLE between_tests.%1$I AS SELECT * FROM ONLY public.%1$I', found.name);
  END LOOP;
END $$;

CREATE TABLE between_tests."numbers drawn" AS
  SELECT sequencename AS name, coalesce(last_value, start_value) AS number, last_value IS NOT NULL AS drawn
  FROM pg_sequences WHERE schemaname = 'public';

CREATE FUNCTION between_tests.put_back() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE found record;
BEGIN
  PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
  WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle';  -- idle ones may serve again
  FOR found IN SELECT oid::regclass AS name FROM pg_class
    WHERE relkind = 'r' AND oid >= 16384 AND relnamespace <> 'between_tests'::regnamespace AND pg_relation_size(oid) > 0
  LOOP
    EXECUTE format('DELETE FROM ONLY %s', found.name);
  END LOOP;
  FOR found IN SELECT table_name AS name, string_agg(quote_ident(column_name), ', ') AS columns
    FROM information_schema.columns kept
    WHERE table_schema = 'between_tests' AND table_name <> 'numbers drawn' AND EXISTS (
      SELECT FROM information_schema.columns entered WHERE entered.table_schema = 'public'
        AND (entered.table_name, entered.column_name) = (kept.table_name, kept.column_name)
        AND entered.is_generated = 'NEVER')
    GROUP BY table_name
  LOOP
    EXECUTE format('INSERT INTO public.%1$I (%2$s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM between_tests.%1$I',
                   found.name, found.columns);
  END LOOP;
  PERFORM setval(format('public.%I', name)::regclass, number, drawn)
  FROM between_tests."numbers drawn" JOIN pg_sequences ON sequencename = name AND schemaname = 'public'
  WHERE last_value IS DISTINCT FROM CASE WHEN drawn THEN number END;
END $$;
"""

SHAPE = """
SELECT md5(string_agg(concat_ws(' ', tableoid, oid, xmin), ';' ORDER BY tableoid, oid, xmin::text)) FROM (
  SELECT tableoid, oid, xmin FROM pg_class
  UNION ALL SELECT tableoid, oid, xmin FROM pg_constraint
  UNION ALL SELECT tableoid, oid, xmin FROM pg_proc
  UNION ALL SELECT tableoid, oid, xmin FROM pg_trigger
  UNION ALL SELECT tableoid, attrelid, xmin FROM pg_attribute WHERE attnum > 0
  UNION ALL SELECT tableoid, setdatabase, xmin FROM pg_db_role_setting
) AS everything WHERE oid >= 16384  -- not the server's own
"""


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The embedded server without care for crashes; its role may leave out triggers, those of the record too."""
    folder = folder.resolve()
    programs = find_programs(folder)
    data = cluster.prepare(folder, programs, durable=False)
    subprocess.run(
        programs.command("postgres", "--single", "-D", str(data), "postgres"),
        input=f"GRANT SET ON PARAMETER session_replication_role TO {cluster.ROLE}\n".encode(),
        stdout=subprocess.DEVNULL, cwd="/", user=programs.user, group=programs.group, extra_groups=programs.groups,
        check=True,
    )  # fmt: skip
    with running(folder, durable=False) as url:
        yield url


def prepare(url: str) -> None:
    """Let copies of this database be put back to how it is now."""
    with psycopg.connect(plain(url)) as connection:
        connection.execute(PREPARE)


def administer(url: str, statement: str) -> None:
    """Run one statement outside of any transaction, as CREATE DATABASE wants it."""
    with psycopg.connect(plain(url), autocommit=True) as connection:
        connection.execute(statement.encode())


def plain(url: str) -> str:
    """SQLAlchemy's URL as the driver takes it."""
    return url.replace("+psycopg", "", 1)


def sibling(url: str, name: str) -> str:
    """The URL of another database of the same server."""
    return f"{url.rpartition('/')[0]}/{name}"


@dataclass
class Kept:
    """A copy of a template that serves one test after the other."""

    server: str
    template: str
    name: str
    url: str = field(init=False)
    _tests: int = field(init=False, default=0)
    _line: psycopg.Connection | None = field(init=False, default=None)
    _shape: str = field(init=False, default="")

    def __post_init__(self) -> None:
        self.url = sibling(self.server, self.name)

    def fresh(self) -> None:
        """Put it back, or make it anew where that cannot be: its tables were changed, or it is gone."""
        if self._line is None or self._tests >= MOST_TESTS or not self._put_back(self._line):
            self._make()
        self._tests += 1

    def drop(self) -> None:
        """Let it go."""
        if self._line is not None:
            self._line.close()
            self._line = None
        administer(self.server, f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def _put_back(self, line: psycopg.Connection) -> bool:
        try:
            if self.shape() != self._shape:
                return False
            line.execute("SELECT between_tests.put_back()")
        except psycopg.Error:
            return False
        return True

    def _make(self) -> None:
        self.drop()
        administer(self.server, f"CREATE DATABASE {self.name} TEMPLATE {self.template} STRATEGY file_copy")
        self._line = psycopg.connect(plain(self.url), autocommit=True)
        self._shape, self._tests = self.shape(), 0

    def shape(self) -> str:
        """What tables, columns, rules and functions there are now."""
        assert self._line is not None
        row = self._line.execute(SHAPE).fetchone()
        assert row is not None
        return str(row[0])
