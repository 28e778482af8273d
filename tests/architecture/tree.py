"""The checkout as the tests about the code see it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("app", "bench", "lab", "migrations", "tests")
NOT_OURS = {
    ".git", ".venv", "node_modules", "instance", "dist", "build", "__pycache__", ".home", ".hypothesis",
    ".mypy_cache", ".ruff_cache", ".pytest_cache", ".import_linter_cache", ".rackside.lock", ".coverage",
}  # fmt: skip


@cache
def files() -> tuple[Path, ...]:
    """Every file of ours: what a commit of everything would hold."""
    return tuple(sorted(_below(ROOT)))


def _below(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in NOT_OURS or path.name.endswith(".egg-info"):
            continue
        if path.is_dir():
            yield from _below(path)
        else:
            yield path


def python_files(*folders: str) -> list[Path]:
    """Our Python files below the named top folders."""
    return [path for path in files() if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in folders]


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def text_of(path: Path) -> str | None:
    """Its text, or None for what is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
