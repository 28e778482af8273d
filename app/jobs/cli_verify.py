"""`rackside verify FILE`: tell whether the record in a file holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from app.core.cli import Parser
from app.core.errors import Invalid
from app.jobs.completion import record_in
from app.jobs.export import problems

LARGEST = 64 * 1024 * 1024


def main(argv: Sequence[str]) -> int:
    """Check the hash chain and, where there is one, the signature. Exit 0 when they hold, 1 when not, 64 unreadable."""
    parser = Parser(
        "rackside verify", description="Check the hash chain and the signature of an export or a completion report."
    )
    parser.add_argument("file", type=Path)
    parser.add_argument("--key", help="the installation's public key (hex), to prove the origin too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    arguments = parser.parse_args(argv)
    try:
        found = problems(_read(arguments.file), arguments.key)
    except Invalid as error:
        parser.error(error.detail)
    if arguments.json:
        print(json.dumps({"holds": not found, "problems": found}))
    else:
        print("\n".join(found) if found else f"{arguments.file.name}: the record holds.")
    return 1 if found else 0


def _read(path: Path) -> object:
    try:
        if path.stat().st_size > LARGEST:
            raise Invalid("invalid", f"{path} is larger than 64 MiB.")
        content = path.read_bytes()
        return record_in(content) if content.startswith(b"%PDF-") else json.loads(content)
    except OSError as error:
        raise Invalid("invalid", f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Invalid("invalid", f"{path} is not JSON.") from error
