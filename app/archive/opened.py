"""An archive opened for reading: every name, size and hash is checked before anything of it is used.

Nothing is extracted by its name: only names that we write are known, each goes to a place of ours.
"""

from __future__ import annotations

import hashlib
import os
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from app.archive.manifest import DUMP, LARGEST_FILE, MANIFEST, MOST_MANIFEST, Entry, Manifest, parse
from app.core.errors import Invalid

CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Opened:
    """A sound archive: `dump` is a copy of what was checked, `files` the content of all else by name."""

    manifest: Manifest
    dump: Path
    files: dict[str, bytes] = field(repr=False)


def opened(file: Path, folder: Path) -> Opened:
    """Check the archive whole and copy its dump into `folder` (ours alone). Raises Invalid; then nothing was used.

    Memory is bounded by the small files, the disk by the archive's own size.
    """
    try:
        with tarfile.open(file, "r:") as tar:
            manifest = _manifest(tar)
            wanted = {one.path: one for one in manifest.files}
            files: dict[str, bytes] = {}
            while (member := tar.next()) is not None:
                entry = wanted.pop(member.name, None)
                if entry is None:
                    raise _damaged(f"{member.name[:80]!r} does not belong in it, or stands in it twice")
                content = _plain(tar, member)
                if entry.path == DUMP:
                    _copy(content, folder / DUMP, entry)
                else:
                    files[entry.path] = _read(content, entry)
    except tarfile.TarError as error:
        raise _damaged(f"it is cut off, or no tar file at all ({error})") from error
    except OSError as error:
        raise Invalid("unreadable", f"{file} cannot be read: {error.strerror}. Nothing was changed.") from error
    if wanted:
        raise _damaged(f"{min(wanted)} is missing")
    return Opened(manifest, folder / DUMP, files)


def _manifest(tar: tarfile.TarFile) -> Manifest:
    first = tar.next()
    if first is None or first.name != MANIFEST or first.size > MOST_MANIFEST:
        raise _damaged("it does not begin with its manifest")
    return parse(_plain(tar, first).read(MOST_MANIFEST))


def _plain(tar: tarfile.TarFile, member: tarfile.TarInfo) -> IO[bytes]:
    """The content of an ordinary file; no link, device, folder, nor one with holes."""
    content = tar.extractfile(member) if member.type == tarfile.REGTYPE and member.sparse is None else None
    if content is None:
        raise _damaged(f"{member.name[:80]!r} is no ordinary file")
    return content


def _read(content: IO[bytes], entry: Entry) -> bytes:
    data = content.read(LARGEST_FILE + 1)
    if len(data) != entry.size or hashlib.sha256(data).hexdigest() != entry.sha256:
        raise _changed(entry)
    return data


def _copy(content: IO[bytes], to: Path, entry: Entry) -> None:
    hashed, size = hashlib.sha256(), 0
    with os.fdopen(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        while chunk := content.read(CHUNK):
            hashed.update(chunk)
            size += out.write(chunk)
    if size != entry.size or hashed.hexdigest() != entry.sha256:
        raise _changed(entry)


def _changed(entry: Entry) -> Invalid:
    return _damaged(f"{entry.path} is not what was put into it")


def _damaged(why: str) -> Invalid:
    return Invalid("damaged", f"This is no sound backup: {why}. Nothing was changed.")
