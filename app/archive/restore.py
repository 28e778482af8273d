"""Putting an archive back: all of it, or everything stays as it was."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import psycopg

from app.archive.aside import back, forget, put_aside
from app.archive.backup import NOTE, counted
from app.archive.contents import place
from app.archive.opened import Opened
from app.archive.programs import CONNECT_S, program, run
from app.core import migrations
from app.core.errors import Conflict, Unavailable
from app.core.settings import Settings

PUBLIC: Final = re.compile(r" SCHEMA - public ")
"""In the dump's own list: it is there already."""
OTHERS: Final = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
INTERRUPTED: Final = "SELECT to_regnamespace('before_restore') IS NOT NULL"
TABLES: Final = """
    SELECT count(*), count(*) FILTER (WHERE relname = 'alembic_version') FROM pg_class
    JOIN pg_namespace space ON space.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'before_restore',
        'before_restore_sweep')
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """What stands in the database and on disk now; `kept` are files that others stood for, under their new names."""

    counts: Mapping[str, int]
    schema: str | None
    files: list[Path]
    kept: list[Path]


def put_back(settings: Settings, url: str, archive: Opened, *, replace: bool) -> Restored:
    """Bring database, keys and files back to what the archive holds, and the schema to this version.

    The database is written in one transaction; what stood there is set aside and dropped only after the rows were
    counted. Raises Conflict when the database or a file is in the way and `replace` does not say so, while others are
    connected, and for a schema that is newer than this program; Unavailable. Then everything is as it was.
    """
    if not migrations.knows(archive.manifest.schema):
        raise Conflict(
            "newer",
            f"The backup's schema ({archive.manifest.schema}) is newer than this program: use version "
            f"{archive.manifest.product} or newer. Nothing was changed.",
        )
    plain = url.replace("+psycopg", "", 1)
    try:
        with (
            _staged(settings, archive.files, replace=replace) as staged,
            psycopg.connect(plain, autocommit=True, connect_timeout=CONNECT_S) as line,
        ):
            with _made_room(line, replace=replace):
                _fill(line, url, archive)
            counts = counted(line)
            files, kept = _in_place(staged)
            line.execute(NOTE, [archive.manifest.taken_at])
            line.execute("ANALYZE")
    except psycopg.Error as error:
        first = str(error).strip().partition("\n")[0]
        raise Unavailable("database_unavailable", f"The database does not take it: {first}") from error
    return Restored(counts, migrations.head(), files, kept)


@contextmanager
def _made_room(line: psycopg.Connection[Any], *, replace: bool) -> Iterator[None]:
    """What stands in the database set aside while the block runs; dropped after it, put back if it fails."""
    if others := _one(line, OTHERS)[0]:
        raise Conflict(
            "in_use",
            f"{others} others are connected to the database: stop web server and workers. Nothing was changed.",
        )
    if _one(line, INTERRUPTED)[0]:
        _mend(line)
    tables, ours = _one(line, TABLES)
    if tables and not ours:
        raise Conflict("strange", "The database holds tables that are not Rackside's. Nothing was changed.")
    if tables and not replace and _holds_anything(line):
        raise Conflict(
            "not_empty", "The database is not empty: --replace puts the backup in the place of all that it holds."
        )
    if not tables:
        yield
        return
    put_aside(line)
    done = False
    try:
        yield
        done = True
    finally:
        (forget if done else back)(line)


def _mend(line: psycopg.Connection[Any]) -> None:
    """Put back what a restore that was killed had set aside; raises Conflict where something else has begun since."""
    if _one(line, TABLES)[0] and _holds_anything(line):
        raise Conflict(
            "interrupted",
            "A restore was interrupted here: what stood before it is in the schemas before_restore and "
            "before_restore_sweep. Drop them (DROP SCHEMA ... CASCADE) when you may. Nothing was changed.",
        )
    back(line)


def _holds_anything(line: psycopg.Connection[Any]) -> bool:
    """Whether anybody ever did anything in it; a schema that was only made is empty."""
    return any(number for number in counted(line).values())


def _fill(line: psycopg.Connection[Any], url: str, archive: Opened) -> None:
    pg_restore, _ = program("pg_restore", max(line.info.server_version // 10000, archive.manifest.postgres))
    plain, chosen = url.replace("+psycopg", "", 1), archive.dump.with_suffix(".list")
    parts = run([pg_restore, "--list", archive.dump], line, plain).splitlines(keepends=True)
    chosen.write_text("".join(part for part in parts if not PUBLIC.search(part)), encoding="utf-8")
    command: list[str | Path] = [
        pg_restore, "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", "--no-comments",
        f"--use-list={chosen}", f"--dbname={line.info.dbname}", archive.dump,
    ]  # fmt: skip
    run(command, line, plain)
    found = counted(line)
    wrong = [name for name, number in archive.manifest.counts.items() if found.get(name) != number]
    if wrong:
        raise Unavailable("not_whole", f"The dump does not hold what its manifest says of {wrong[0]}.")
    migrations.upgrade(url)


@contextmanager
def _staged(settings: Settings, files: Mapping[str, bytes], *, replace: bool) -> Iterator[dict[Path, Path]]:
    """Files written beside their places, so that what can go wrong with that goes wrong before the database is touched.

    Gives place -> what waits beside it; those that stand there already, word for word, are left out.
    """
    staged: dict[Path, Path] = {}
    try:
        for name, data in files.items():
            target = place(settings, name)
            if target.exists() and target.read_bytes() == data:
                continue
            if target.exists() and not replace:
                raise Conflict(
                    "file_exists",
                    f"{target} stands there and is another one: --replace keeps it beside the restored one. "
                    "Nothing was changed.",
                )
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            waiting = target.with_name(f".{target.name}.restoring")
            waiting.unlink(missing_ok=True)
            staged[target] = waiting
            _write(waiting, data)
        yield staged
    except OSError as error:
        raise Unavailable("not_written", f"{error.filename} cannot be written: {error.strerror}.") from error
    finally:
        for waiting in staged.values():
            waiting.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())


def _in_place(staged: Mapping[Path, Path]) -> tuple[list[Path], list[Path]]:
    kept = []
    for target, waiting in staged.items():
        if target.exists():
            kept.append(target.with_name(f"{target.name}.before-restore"))
            target.rename(kept[-1])
        waiting.rename(target)
    return list(staged), kept


def _one(line: psycopg.Connection[Any], query: str) -> tuple[Any, ...]:
    row = line.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)
