"""What an archive says of itself, and which names may stand in it. Pure.

manifest.json first, then database.dump (PostgreSQL's custom format), then keys, certificates and configuration.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from app.core.clock import utc_text
from app.core.errors import Invalid

FORMAT: Final = "rackside.backup/1"
MANIFEST: Final = "manifest.json"
DUMP: Final = "database.dump"
MOST_MANIFEST: Final = 4 * 1024 * 1024
MOST_FILES: Final = 10_000
LARGEST_FILE: Final = 1024 * 1024
"""Of a key, a certificate or a file of settings; the dump may be of any size that it states."""
_PART: Final = r"(?!\.)[A-Za-z0-9._-]{1,120}"
NAMES: Final = re.compile(
    rf"database\.dump|signing\.key|site-keys/[A-Z0-9-]{{2,16}}\.key|tls/{_PART}/{_PART}\.pem"
    rf"|configuration/(?:integrations|alerts)/{_PART}"
)
SHA256: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its name in the archive, its size in bytes and the SHA-256 of its content (hex)."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`schema` is the database's revision, `postgres` the version of the pg_dump that wrote it.

    `counts` are the rows of its dump by table; `taken_at` is aware UTC.
    """

    product: str
    schema: str
    postgres: int
    taken_at: datetime
    counts: Mapping[str, int]
    files: Sequence[Entry]

    def to_json(self) -> bytes:
        """As it stands in the archive."""
        files = [{"path": one.path, "size": one.size, "sha256": one.sha256} for one in self.files]
        told = {
            "format": FORMAT, "product": self.product, "schema": self.schema, "postgres": self.postgres,
            "taken_at": utc_text(self.taken_at), "counts": dict(self.counts), "files": files,
        }  # fmt: skip
        return json.dumps(told, indent=1).encode()


def parse(content: bytes) -> Manifest:
    """What stands in the archive; raises Invalid for anything that is not as we write it."""
    try:
        told: dict[str, Any] = json.loads(content)
        if told["format"] != FORMAT:
            raise _damaged(f"its form is {str(told['format'])[:40]!r}, not {FORMAT}")
        files = [Entry(str(one["path"]), int(one["size"]), str(one["sha256"])) for one in told["files"]]
        manifest = Manifest(
            str(told["product"]), str(told["schema"]), int(told["postgres"]),
            datetime.fromisoformat(told["taken_at"]).astimezone(UTC),
            {str(name): int(number) for name, number in told["counts"].items()}, files,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged("its manifest cannot be read") from error
    _check(files)
    return manifest


def _check(files: Sequence[Entry]) -> None:
    """Only names that we write, each once, of bounded size, and the dump among them."""
    names = [one.path for one in files]
    if len(names) > MOST_FILES or len(set(names)) != len(names) or DUMP not in names:
        raise _damaged("its list of files is not whole")
    for one in files:
        if not NAMES.fullmatch(one.path) or not SHA256.fullmatch(one.sha256):
            raise _damaged(f"{one.path[:80]!r} does not belong in it")
        if one.size < 0 or (one.size > LARGEST_FILE and one.path != DUMP):
            raise _damaged(f"{one.path} is too large")


def _damaged(why: str) -> Invalid:
    return Invalid("damaged", f"This is no sound backup: {why}. Nothing was changed.")
