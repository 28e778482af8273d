"""The demo's folder below the instance folder: one demo at a time, and what it remembers from run to run."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.core.errors import Conflict


@contextmanager
def alone(instance: Path, *, fresh: bool) -> Iterator[Path]:
    """The demo's folder, for us alone while the block runs; a second demo is refused before it touches anything.

    `fresh` empties it. `demo.json` beside it tells of a demo that runs, so none is there on entry and on exit.
    """
    instance.mkdir(parents=True, exist_ok=True)
    folder = instance / "demo"
    with (instance / "demo.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict("running", f"A demo runs already in {instance}: stop it first (Ctrl-C).") from error
        described = instance / "demo.json"
        described.unlink(missing_ok=True)
        if fresh and folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o711)  # nobody looks around, but PostgreSQL, run by another user than root, passes through
        try:
            yield folder
        finally:
            described.unlink(missing_ok=True)


def remembered(folder: Path) -> dict[str, Any]:
    """What an earlier run wrote down: passwords and tokens are stored nowhere else."""
    kept = folder / "facts.json"
    facts: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    return facts


def remember(folder: Path, facts: dict[str, Any]) -> None:
    """Keep them for the next run."""
    write_private(folder / "facts.json", facts)


def write_private(path: Path, content: object) -> None:
    """JSON that only this user can read, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as out:
        json.dump(content, out, indent=1)
    fresh.replace(path)
