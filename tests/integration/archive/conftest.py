"""Installations that are backed up, and empty ones that get a backup: each a database and a folder of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from app.archive import cli
from app.core.errors import AppError
from tests.databases import administer, plain, sibling
from tests.integration.jobs.conftest import at, hall, template

__all__ = ["at", "hall", "template"]


@dataclass(frozen=True, slots=True)
class Installation:
    """What its commands are told, and short words for what tests do with it."""

    url: str
    folder: Path
    use: Callable[[Installation], None]
    told: Callable[[], str]

    def backup(self, target: Path) -> dict[str, Any]:
        self.use(self)
        assert cli.backup([str(target), "--json"]) == 0
        said: dict[str, Any] = json.loads(self.told())
        return said

    def restore(self, file: Path | str, *options: str) -> dict[str, Any]:
        self.use(self)
        assert cli.restore([str(file), "--json", *options]) == 0
        said: dict[str, Any] = json.loads(self.told())
        return said

    def refusal(self, file: Path, *options: str) -> str:
        """Why it is not restored."""
        self.use(self)
        with pytest.raises((AppError, SystemExit)) as refused:
            cli.restore([str(file), *options])
        return refused.value.detail if isinstance(refused.value, AppError) else self.told()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(plain(self.url)) as line:
            return line.execute(query.encode()).fetchall()

    def do(self, statement: str) -> None:
        administer(self.url, statement)

    def state(self) -> list[tuple[Any, ...]]:
        """Everything that a refused restore must leave: tables rules, and files."""
        tables = self.rows(
            "SELECT nspname, relname FROM pg_class JOIN pg_namespace space ON space.oid = relnamespace"
            " WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' ORDER BY 1, 2"
        )  # fmt: skip
        rules = self.rows("SELECT conname::text FROM pg_constraint UNION ALL SELECT proname FROM pg_proc ORDER BY 1")
        files = [(str(path.relative_to(self.folder)), path.is_file() and path.read_bytes())
                 for path in sorted(self.folder.rglob("*"))]  # fmt: skip
        return [*tables, *rules, *files]


@pytest.fixture
def of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[str, Path], Installation]:
    """The installation over a database and a folder."""

    def use(one: Installation) -> None:
        monkeypatch.setenv("DATABASE_URL", one.url)
        monkeypatch.setenv("RACKSIDE_INSTANCE", str(one.folder))

    def told() -> str:
        said = capsys.readouterr()
        return said.out or said.err

    return lambda url, folder: Installation(url, folder, use, told)


@pytest.fixture
def source(database: str, tmp_path: Path, of: Callable[[str, Path], Installation]) -> Installation:
    """The installation of the hall."""
    return of(database, tmp_path)


@pytest.fixture
def empty(postgres_url: str, tmp_path: Path, of: Callable[[str, Path], Installation]) -> Iterator[Installation]:
    """Another one: a database without a table, and an empty folder."""
    name = f"empty_{uuid.uuid4().hex}"
    administer(postgres_url, f"CREATE DATABASE {name}")
    (folder := tmp_path / "another machine").mkdir()
    yield of(sibling(postgres_url, name), folder)
    administer(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")
