"""A throw-away database as a large provider's would be after two years: machines, people, and a million orders.

    python -m bench.crowd --folder FOLDER [--sites 200] [--orders 1000000]

Written by INSERT .. SELECT with indexes and constraints taken off and put back after: about two minutes for a million
orders on two cores. Every table's rules hold at the end, since the constraints are checked when they come back.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from app.core import migrations
from app.core.clock import true_now
from app.core.postgres import running
from bench import crowd_tables as tables
from bench.crowd_document import document

BY_TABLE: Final = {
    "ticket": tables.TICKETS, "escalation": tables.ESCALATIONS, "appointment": tables.APPOINTMENTS,
    "work_order": tables.ORDERS, "step": tables.STEPS, "event": tables.EVENTS, "message": tables.MESSAGES,
}  # fmt: skip
KEPT: Final = "RACKSIDE_BENCH_FOLDER"
SCHEMA: Final = Path(__file__).parents[1] / "migrations" / "versions"
LANES: Final = (("event", "ticket", "work_order"), ("message", "step", "escalation", "appointment"))
SETTINGS: Final = "-c work_mem=256MB -c maintenance_work_mem=1GB -c synchronous_commit=off -c timezone=UTC"
CONSTRAINTS: Final = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'u', 'f', 'x')
  AND (conrelid::regclass::text = ANY(%(names)s) OR confrelid <> 0 AND confrelid::regclass::text = ANY(%(names)s))
ORDER BY array_position(ARRAY['f', 'u', 'x', 'p'], contype::text)
"""
INDEXES: Final = """
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%(names)s)
"""
UNSAID: Final = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = 'public' AND is_nullable = 'NO' AND column_default IS NULL AND is_generated = 'NEVER'
  AND data_type = ANY(%(types)s) AND table_name NOT LIKE 'procrastinate%%' AND table_name <> 'bench_plan'
"""
NEUTRAL: Final = {
    "bigint": "1", "boolean": "false", "jsonb": "'[]'", "text": "''", "timestamp with time zone": "now()",
}  # fmt: skip
SEQUENCES: Final = """
SELECT table_name, pg_get_serial_sequence(table_name, 'id') FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'id' AND pg_get_serial_sequence(table_name, 'id') IS NOT NULL
  AND table_name NOT LIKE 'procrastinate%%'
"""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the provider is, at which moment (None: now); assets and orders are spread evenly over the sites."""

    sites: int = 200
    assets: int = 100_000
    orders: int = 1_000_000
    at: datetime | None = None

    @property
    def values(self) -> dict[str, object]:
        """What the statements name."""
        open_orders = max(1, round(self.orders * tables.OPEN_SHARE))
        return {
            "sites": self.sites, "assets": self.assets // self.sites, "orders": self.orders, "open": open_orders,
            "zones": list(tables.ZONES), "technicians": tables.TECHNICIANS, "devices": tables.DEVICES,
            "a_day": tables.A_DAY, "at": self.at or true_now(), "whole": document(whole=True),
            "short": document(whole=False),
        }  # fmt: skip


WHOLE: Final = Size()


@contextmanager
def at_hand(size: Size = WHOLE) -> Iterator[str]:
    """SQLAlchemy's URL of a database of that size while the block runs.

    Made anew in a folder that is gone afterwards; with RACKSIDE_BENCH_FOLDER kept there for the next run of the same
    schema.
    """
    kept = os.environ.get(KEPT)
    with contextlib.ExitStack() as stack:
        top = Path(kept) if kept else Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rackside-bench-")))
        top.mkdir(parents=True, exist_ok=True)
        top.chmod(0o755)  # PostgreSQL runs as somebody else where we are root
        folder = top / _fingerprint(size)
        filled = folder / "filled"
        if not filled.exists():
            shutil.rmtree(folder, ignore_errors=True)
        url = stack.enter_context(running(folder, durable=False))
        if not filled.exists():
            migrations.upgrade(url)
            fill(url, size)
            filled.touch()
        else:
            _count_anew(url)
        yield url


def _count_anew(url: str) -> None:
    """What runs before this one wrote stands in no statistics: a throw-away server has no autovacuum, real ones do."""
    with _connected(url) as connection:
        connection.execute("ANALYZE")


def _fingerprint(size: Size) -> str:
    """What a kept database must have been made from: this schema, these statements, this size."""
    made_from = [Path(tables.__file__), *sorted(SCHEMA.glob("*.py"))]
    told = hashlib.sha256(b"".join(path.read_bytes() for path in made_from)).hexdigest()[:12]
    return f"crowd-{size.sites}-{size.assets}-{size.orders}-{told}"


def fill(url: str, size: Size) -> None:
    """Fill the empty schema at `url` (SQLAlchemy's); raises psycopg.Error when a rule of the schema is broken."""
    with _connected(url) as connection, _unsaid_is_neutral(connection):
        _fill(url, connection, size)


@contextmanager
def _unsaid_is_neutral(connection: psycopg.Connection[tuple[str, ...]]) -> Iterator[None]:
    """Columns that the statements leave out are empty, no or one: the crowd need not know every column there is."""
    columns = connection.execute(UNSAID, {"types": list(NEUTRAL)}).fetchall()
    for table, column, kind in columns:
        connection.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET DEFAULT {NEUTRAL[kind]}".encode())
    yield
    for table, column, _ in columns:
        connection.execute(f"ALTER TABLE {table} ALTER COLUMN {column} DROP DEFAULT".encode())


def _fill(url: str, connection: psycopg.Connection[tuple[str, ...]], size: Size) -> None:
    for statement in (tables.SITES, tables.PEOPLE, tables.ASSETS):
        _run(connection, statement, size)
    connection.execute(tables.WORKDAY.encode())
    _run(connection, tables.PLAN, size)
    connection.execute("ANALYZE bench_plan")
    kept = _take_off(connection)
    with ThreadPoolExecutor(len(LANES)) as lanes:
        list(lanes.map(lambda names: _load(url, names, size), LANES))
        own = [[line for line in kept if line.foreign is False and line.table in names] for names in LANES]
        list(lanes.map(lambda lines: _put_back(url, lines), own))
    _put_back(url, [line for line in kept if line.foreign])
    _run(connection, tables.REFERRALS, size)
    _run(connection, tables.PARTS, size)
    _run(connection, tables.NUMBERS, size)
    connection.execute("DROP TABLE bench_plan")
    connection.execute("DROP FUNCTION workday")
    for table, sequence in connection.execute(SEQUENCES).fetchall():
        last = sql.SQL("SELECT setval({}, coalesce(max(id), 0) + 1, false) FROM {}")
        connection.execute(last.format(sql.Literal(sequence), sql.Identifier(table)))
    connection.execute("VACUUM ANALYZE")


@dataclass(frozen=True, slots=True)
class _Line:
    """One index or constraint, and how it comes back."""

    table: str
    statement: str
    foreign: bool


def _take_off(connection: psycopg.Connection[tuple[str, ...]]) -> list[_Line]:
    """Drop what makes loading slow; foreign keys first, since they stand on the keys."""
    names = {"names": list(BY_TABLE)}
    kept = []
    for table, name, definition in connection.execute(CONSTRAINTS, names).fetchall():
        connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
        statement = f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
        kept.append(_Line(table, statement, definition.startswith("FOREIGN")))
    for table, name, definition in connection.execute(INDEXES, names).fetchall():
        connection.execute(f"DROP INDEX {name}".encode())
        kept.append(_Line(table, definition, foreign=False))
    return kept


def _load(url: str, names: Sequence[str], size: Size) -> None:
    with _connected(url) as connection:
        for name in names:
            _run(connection, BY_TABLE[name], size)


def _put_back(url: str, lines: Iterable[_Line]) -> None:
    with _connected(url) as connection:
        for line in lines:
            connection.execute(line.statement.encode())


def _run(connection: psycopg.Connection[tuple[str, ...]], statements: str, size: Size) -> None:
    for statement in statements.split(";\n"):
        began = time.monotonic()
        psycopg.ClientCursor(connection).execute(statement.encode(), size.values)
        if (took := time.monotonic() - began) > 1:
            sys.stderr.write(f"{' '.join(statement.split()[:3])}: {took:.1f} s\n")


def _connected(url: str) -> psycopg.Connection[tuple[str, ...]]:
    return psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True, options=SETTINGS)


def main(argv: Sequence[str]) -> int:
    """Fill the embedded database of a folder, which must be empty."""
    parser = argparse.ArgumentParser("bench.crowd", description="Fill a throw-away database.")
    parser.add_argument("--folder", type=Path, required=True, help="of the embedded database: new, or empty")
    parser.add_argument("--sites", type=int, default=WHOLE.sites)
    parser.add_argument("--assets", type=int, default=WHOLE.assets)
    parser.add_argument("--orders", type=int, default=WHOLE.orders)
    given = parser.parse_args(argv)
    began = time.monotonic()
    with running(given.folder, durable=False) as url:
        migrations.upgrade(url)
        fill(url, Size(given.sites, given.assets, given.orders))
    sys.stdout.write(f"filled in {time.monotonic() - began:.0f} s\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
