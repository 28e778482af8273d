"""What an archive may say of itself, and which programs are fit to read and write it."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app import __version__
from app.archive import programs
from app.archive.manifest import Entry, Manifest, parse
from app.core.errors import Invalid, Unavailable

AT = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
DUMP = Entry("database.dump", 7, "ab" * 32)


def told(*files: Entry, **changes: object) -> bytes:
    whole = json.loads(Manifest("0.1.0", "0001", 18, AT, {"site": 1}, files).to_json())
    return json.dumps({**whole, **changes}).encode()


def test_a_manifest_comes_back_as_it_was_written() -> None:
    manifest = Manifest("0.1.0", "0001", 18, AT, {"site": 1}, [DUMP, Entry("site-keys/AMS1.key", 45, "cd" * 32)])
    assert parse(manifest.to_json()) == manifest


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../signing.key", "tls/../../x.pem", "tls/..", "site-keys/a.key", "configuration/alerts/.hidden",
     "configuration/other/x", "site-keys/AMS1.key/x", "signing.key\n", "postgres/data/x", ""],
)  # fmt: skip
def test_names_that_no_backup_has_are_refused(name: str) -> None:
    with pytest.raises(Invalid, match="does not belong in it"):
        parse(told(DUMP, Entry(name, 1, "ab" * 32)))


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b"[" * 100_000, told(), told(DUMP, DUMP), told(DUMP, format="rackside.backup/2"),
        told(DUMP, taken_at="yesterday"), told(DUMP, counts=3), told(DUMP, Entry("signing.key", 2**40, "ab" * 32)),
        told(DUMP, Entry("signing.key", -1, "ab" * 32)), told(DUMP, Entry("signing.key", 1, "AB")),
    ],
)  # fmt: skip
def test_whatever_else_a_manifest_says_is_told_as_damage(content: bytes) -> None:
    with pytest.raises(Invalid, match="Nothing was changed"):
        parse(content)


def test_a_program_older_than_the_server_is_refused_and_the_oldest_that_fits_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for major in (15, 17, 18):
        path = tmp_path / str(major) / "pg_dump"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {major}.2 (Debian)'\n")
        path.chmod(0o755)
    folders = [tmp_path / "18", tmp_path / "15", tmp_path / "17", tmp_path / "gone"]
    monkeypatch.setattr(programs, "binary_folders", lambda: folders)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert programs.program("pg_dump", 16) == (tmp_path / "17" / "pg_dump", 17)
    assert programs.program("pg_dump", 15) == (tmp_path / "15" / "pg_dump", 15)
    with pytest.raises(Unavailable, match="the newest pg_dump here is 18: install postgresql-client-19"):
        programs.program("pg_dump", 19)


def test_programs_are_told_by_the_environment_and_speak_no_more_openly_than_we_do() -> None:
    url = "postgresql://u:hunter2@db.example:5433/rackside?sslrootcert=/ca.pem"
    told = programs.environment(url, encrypted=True)
    assert (told["PGHOST"], told["PGPORT"], told["PGDATABASE"]) == ("db.example", "5433", "rackside")
    assert (told["PGUSER"], told["PGPASSWORD"], told["PGSSLROOTCERT"]) == ("u", "hunter2", "/ca.pem")
    assert told["PGSSLMODE"] == "require"
    assert "PGSSLMODE" not in programs.environment(url, encrypted=False)
    assert programs.environment(f"{url}&sslmode=verify-full", encrypted=True)["PGSSLMODE"] == "verify-full"


def test_the_version_that_a_backup_tells_is_the_product_s() -> None:
    project = tomllib.loads((Path(__file__).resolve().parents[3] / "pyproject.toml").read_text())
    assert project["project"]["version"] == __version__
