"""Setting aside what stands in the database, so that a restore that fails can put it back.

Our own things are moved to another schema, one by one, in one transaction each way. The schema `public` itself stays,
and so do extensions: their parts may belong to a superuser.
"""

from __future__ import annotations

from typing import Any, Final

import psycopg

OLD: Final = "before_restore"
MOVE: Final = """
DO $$ DECLARE found record; BEGIN
  FOR found IN
    SELECT format('ALTER %s %s SET SCHEMA {to}', kind, name) AS statement FROM (
      SELECT 1 AS turn, 'pg_proc'::regclass AS catalog, oid, 'ROUTINE' AS kind, oid::regprocedure::text AS name
      FROM pg_proc WHERE pronamespace = '{from_}'::regnamespace
      UNION ALL SELECT 2, 'pg_type', oid, 'TYPE', oid::regtype::text
      FROM pg_type WHERE typnamespace = '{from_}'::regnamespace AND (typtype IN ('e', 'd', 'r')
        OR typrelid IN (SELECT oid FROM pg_class WHERE relkind = 'c'))
      UNION ALL SELECT 3, 'pg_class', oid, CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' ELSE 'TABLE' END,
        oid::regclass::text
      FROM pg_class WHERE relnamespace = '{from_}'::regnamespace AND relkind IN ('r', 'p', 'v', 'S')
        AND NOT (relkind = 'S' AND EXISTS (SELECT FROM pg_depend  -- goes with its column
          WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype IN ('a', 'i')))
    ) AS thing
    WHERE NOT EXISTS (SELECT FROM pg_depend WHERE classid = catalog AND objid = thing.oid AND deptype = 'e')
    ORDER BY turn, oid
  LOOP
    EXECUTE found.statement;
  END LOOP;
END $$
"""


def put_aside(line: psycopg.Connection[Any]) -> None:
    """Move all that is ours out of the way."""
    with line.transaction():
        line.execute("CREATE SCHEMA before_restore")
        _move(line, "public", OLD)
        line.execute(_renamed("sweep", "before_restore_sweep"))


def back(line: psycopg.Connection[Any]) -> None:
    """Drop what came meanwhile, and move back what was set aside."""
    with line.transaction():
        line.execute("CREATE SCHEMA after_restore")
        _move(line, "public", "after_restore")
        line.execute("DROP SCHEMA after_restore CASCADE")
        line.execute("DROP SCHEMA IF EXISTS sweep CASCADE")
        _move(line, OLD, "public")
        line.execute("DROP SCHEMA before_restore")
        line.execute(_renamed("before_restore_sweep", "sweep"))


def forget(line: psycopg.Connection[Any]) -> None:
    """Drop what was set aside."""
    with line.transaction():
        line.execute("DROP SCHEMA IF EXISTS before_restore_sweep CASCADE")
        line.execute("DROP SCHEMA IF EXISTS before_restore CASCADE")


def _move(line: psycopg.Connection[Any], from_: str, to: str) -> None:
    line.execute(MOVE.format(from_=from_, to=to).encode())


def _renamed(old: str, new: str) -> bytes:
    rename = f"ALTER SCHEMA {old} RENAME TO {new}"
    return f"DO $$ BEGIN IF to_regnamespace('{old}') IS NOT NULL THEN {rename}; END IF; END $$".encode()
