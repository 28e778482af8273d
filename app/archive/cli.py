"""`rackside backup` and `rackside restore`: one file for the whole installation, there and back."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.archive.backup import take
from app.archive.contents import to_be_set
from app.archive.manifest import Manifest
from app.archive.opened import opened
from app.archive.restore import put_back
from app.core.cli import USAGE, Parser, as_it_is
from app.core.clock import true_now, utc_text
from app.core.errors import Invalid, Unavailable
from app.core.postgres import running
from app.core.settings import Settings, from_environment


def backup(argv: Sequence[str]) -> int:
    """`rackside backup`: exit 0 written, 1 refused (nothing is left behind), 64 bad arguments."""
    parser = Parser(
        "rackside backup",
        description="Write database, keys and files of settings into one file, while everything is at work. It opens "
        "every sealed credential: keep it as you keep passwords.",
    )
    parser.add_argument("target", type=Path, metavar="FILE|DIR", help="a file that does not exist, or a folder")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    settings = from_environment()
    with as_it_is(settings) as url:
        taken = take(settings, url, arguments.target, true_now())
    if arguments.json:
        print(json.dumps({"file": str(taken.file), "size": taken.size, **_form(taken.manifest)}, indent=2))
    else:
        print(f"{taken.file}: {taken.size / 1e6:.1f} MB, {_words(taken.manifest)}")
        print("It opens every sealed credential: keep it as you keep passwords, and not on this machine alone.")
    return 0


def restore(argv: Sequence[str]) -> int:
    """`rackside restore`: exit 0 restored, 1 refused (nothing was changed), 64 no sound backup or bad arguments."""
    parser = Parser(
        "rackside restore",
        description="Bring an installation back from a backup. Stop web server and workers first.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument("--replace", action="store_true", help="also where the database or a file is in the way")
    parser.add_argument("--check", action="store_true", help="only check the file, and say what is in it")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    settings = from_environment()
    try:
        told, lines = _restore(settings, arguments.file, check=arguments.check, replace=arguments.replace)
    except Invalid as error:
        parser.exit(USAGE, f"{parser.prog}: {error.detail}\n")
    print(json.dumps(told, indent=2) if arguments.json else "\n".join(lines))
    return 0


def _restore(settings: Settings, file: Path, *, check: bool, replace: bool) -> tuple[dict[str, Any], list[str]]:
    with _folder(settings, check=check) as folder:
        archive = opened(file, folder)
        told = {"file": str(file), **_form(archive.manifest)}
        if check:
            return told, [f"{file} is sound: {_words(archive.manifest)}"]
        with _database(settings) as url:
            done = put_back(settings, url, archive, replace=replace)
    wanted = to_be_set(settings, archive.files)
    told |= {
        "restored": dict(done.counts), "schema_now": done.schema, "written": [str(path) for path in done.files],
        "kept": [str(path) for path in done.kept], "set": wanted,
    }  # fmt: skip
    lines = [f"Restored as of {archive.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC, schema {done.schema}:"]
    lines += [f"  {number:>9}  {table}" for table, number in done.counts.items()]
    lines += [f"wrote {path}" for path in done.files]
    lines += [f"what stood there before is {path}" for path in done.kept]
    lines += ["Set in the environment:", *(f"  {line}" for line in wanted)] if wanted else []
    return told, [*lines, "Start web server and workers, then run ./rackside doctor."]


@contextmanager
def _folder(settings: Settings, *, check: bool) -> Iterator[Path]:
    """A folder for the dump while it is checked and read; where the installation is, unless nothing is to change."""
    try:
        if not check:
            settings.instance.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".rackside-restore-", dir=None if check else settings.instance) as name:
            yield Path(name)
    except OSError as error:
        raise Unavailable("not_written", f"{settings.instance} cannot be written: {error.strerror}.") from error


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """DATABASE_URL, or the embedded one, made where there is none."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with running(settings.instance / "postgres") as url:
        yield url


def _form(manifest: Manifest) -> dict[str, Any]:
    return {
        "taken_at": utc_text(manifest.taken_at), "product": manifest.product, "schema": manifest.schema,
        "counts": dict(manifest.counts), "files": [one.path for one in manifest.files],
    }  # fmt: skip


def _words(manifest: Manifest) -> str:
    counts = ", ".join(f"{number} {table}" for table, number in manifest.counts.items() if number)
    return (
        f"taken {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC by version {manifest.product}, schema {manifest.schema}; "
        f"{counts or 'no rows'}; {len(manifest.files) - 1} files"
    )
