"""Taking a backup: everything in one file, which is there whole or not at all."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import sql

from app import __version__
from app.archive.contents import gathered
from app.archive.manifest import DUMP, MANIFEST, Entry, Manifest
from app.archive.programs import CONNECT_S, program, run
from app.core import migrations
from app.core.errors import Conflict, Unavailable
from app.core.settings import Settings

TABLES: Final = (
    "site", "person", "asset", "endpoint", "ticket", "message", "escalation", "work_order", "referral", "photo",
    "event", "diagnostics",
)  # fmt: skip
"""Counted in the dump's own snapshot, and again after a restore."""
OURS: Final = ("--schema=public", "--schema=sweep", "--extension=btree_gist", "--extension=pg_trgm")
NOTE: Final = """
    INSERT INTO sign_of_life (name, at) VALUES ('backup', %s)
    ON CONFLICT (name) DO UPDATE SET at = greatest(sign_of_life.at, excluded.at)
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """A backup that is on disk."""

    file: Path
    size: int
    manifest: Manifest


def take(settings: Settings, url: str, target: Path, now: datetime) -> Taken:
    """Write the archive to the file `target`, or into the folder `target` under a name with the time.

    `url` is SQLAlchemy's. The dump is one snapshot: what is written meanwhile is in it whole or not at all. Needs room
    for the dump twice. Raises Conflict when the file exists, Unavailable, Invalid; then nothing is left behind.
    """
    file = (target / f"rackside-{now:%Y%m%dT%H%M%SZ}.tar" if target.is_dir() else target).absolute()
    if file.exists():
        raise Conflict("exists", f"{file} exists: a backup never replaces another.")
    try:
        with tempfile.TemporaryDirectory(prefix=".rackside-backup-", dir=file.parent) as folder:
            manifest = _collect(settings, url, Path(folder), now)
            _put_in_place(Path(folder) / "archive.tar", file)
    except OSError as error:
        raise Unavailable("not_written", f"{file} cannot be written: {error.strerror}.") from error
    _note(url, now)
    return Taken(file, file.stat().st_size, manifest)


def _collect(settings: Settings, url: str, folder: Path, now: datetime) -> Manifest:
    line_url = url.replace("+psycopg", "", 1)
    dump = folder / DUMP
    dump.touch(mode=0o600)
    try:
        with psycopg.connect(line_url, connect_timeout=CONNECT_S) as line:
            line.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            schema, counts = _schema(line), counted(line)
            row = line.execute("SELECT pg_export_snapshot()").fetchone()
            assert row is not None
            pg_dump, version = program("pg_dump", line.info.server_version // 10000)
            command: list[str | Path] = [
                pg_dump, "--format=custom", "--no-owner", "--no-privileges", "--lock-wait-timeout=60s", *OURS,
                f"--snapshot={row[0]}", f"--file={dump}",
            ]  # fmt: skip
            run(command, line, line_url)
    except psycopg.OperationalError as error:
        first = str(error).strip().partition("\n")[0]
        raise Unavailable("database_unavailable", f"The database does not answer: {first}") from error
    others = gathered(settings)  # after the snapshot: every key that it speaks of is on disk
    entries = [Entry(DUMP, dump.stat().st_size, digest(dump))]
    entries += [Entry(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in others.items()]
    manifest = Manifest(__version__, schema, version, now, counts, entries)
    _write(folder / "archive.tar", manifest, dump, others)
    return manifest


def _schema(line: psycopg.Connection[Any]) -> str:
    row = line.execute("SELECT to_regclass('alembic_version') IS NOT NULL").fetchone()
    found = line.execute("SELECT version_num FROM alembic_version").fetchone() if row and row[0] else None
    if found is None:
        raise Conflict("empty", "The database holds no schema of ours: there is nothing to back up.")
    if not migrations.knows(str(found[0])):
        raise Conflict(
            "newer", f"The schema ({found[0]}) is newer than this program: take the backup with the newer one."
        )
    return str(found[0])


def counted(line: psycopg.Connection[Any]) -> dict[str, int]:
    """Rows of the tables that people ask for, of those that there are."""
    counts = {}
    for table in TABLES:
        there = line.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{table}"]).fetchone()
        if there and there[0]:
            row = line.execute(sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))).fetchone()
            counts[table] = int(row[0]) if row else 0
    return counts


def digest(path: Path) -> str:
    """SHA-256 of a file (hex)."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, manifest: Manifest, dump: Path, others: Mapping[str, bytes]) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
            _add(tar, MANIFEST, manifest.to_json(), manifest.taken_at)
            with dump.open("rb") as content:
                tar.addfile(_member(DUMP, dump.stat().st_size, manifest.taken_at), content)
            for name, data in others.items():
                _add(tar, name, data, manifest.taken_at)
        out.flush()
        os.fsync(out.fileno())


def _add(tar: tarfile.TarFile, name: str, data: bytes, at: datetime) -> None:
    tar.addfile(_member(name, len(data), at), io.BytesIO(data))


def _member(name: str, size: int, at: datetime) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(at.timestamp())
    return member


def _put_in_place(archive: Path, file: Path) -> None:
    """Under its name only when it is whole and on disk; the name too."""
    archive.rename(file)
    folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _note(url: str, at: datetime) -> None:
    """So that the doctor knows when the last one was taken; a schema that is behind has no place for it."""
    with (
        suppress(psycopg.Error),
        psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=CONNECT_S) as line,
    ):
        line.execute(NOTE, [at])
