"""An installation that the doctor looks at, and what it says of one thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.core.database import bare_app
from app.core.settings import Settings, from_environment
from app.doctor.examine import examine
from app.doctor.findings import Finding, State
from app.doctor.look import Look


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Over the test's database; pages that nobody serves."""
    return from_environment({"DATABASE_URL": database, "RACKSIDE_INSTANCE": str(tmp_path)})


@pytest.fixture
def look(settings: Settings) -> Look:
    """The whole installation."""
    assert settings.database_url
    return Look(settings, {}, settings.database_url, bare_app(settings.database_url))


def said(look: Look, name: str, **changes: Any) -> list[Finding]:
    """What one check finds, with some settings changed."""
    found, _ = examine(replace(look, settings=replace(look.settings, **changes)))
    return [one for one in found if one.name == name]


def ill(found: list[Finding]) -> str:
    """The one sentence among them that is not well."""
    (one,) = [one for one in found if one.state != State.OK]
    assert one.advice
    return f"{one.state} {one.sentence}"


@pytest.fixture
def integrations(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of ticket systems."""

    def write(**systems: object) -> Path:
        file = tmp_path / "integrations.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(systems))
        return file

    return write
