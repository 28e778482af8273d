"""Secrets in files: there, ours alone, and the right ones. Their contents are never told."""

from __future__ import annotations

import json
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from nacl.exceptions import CryptoError
from sqlalchemy import select

from app.core.errors import Unavailable
from app.core.settings import Settings
from app.doctor.findings import Said, ok, problem, some, warning
from app.doctor.look import Look
from app.hardware.models import Asset
from app.hardware.sealing import public_half, read_key
from app.sites.models import Site

NOT_MINE: Final = stat.S_IRWXG | stat.S_IRWXO
OTHERS: Final = stat.S_IRWXO


def secrets(look: Look) -> Iterator[Said]:
    """Keys are for their owner alone; files with passwords may belong to a group."""
    seen = 0
    for path, forbidden in _secret_files(look.settings, look.environment):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            with path.open("rb"):
                seen += 1
        except OSError as error:
            yield problem(
                f"{path} cannot be read: {error.strerror}.", "Give it to the user that Rackside runs as, mode 0600."
            )
            continue
        if mode & forbidden:
            yield problem(
                f"Others on this machine may read {path} (mode {mode:04o}).",
                f"Run chmod 600 {path}; if others may have read it, exchange the secret as well.",
            )
    yield ok(f"Looked at the modes of {seen} files with secrets.")


def _secret_files(settings: Settings, environment: Mapping[str, str]) -> Iterator[tuple[Path, int]]:
    for folder, pattern in ((settings.site_keys, "*.key"), (settings.instance, "signing.key")):
        yield from ((path, NOT_MINE) for path in sorted(folder.glob(pattern)))
    password = settings.instance / "postgres" / "password"
    if settings.database_url is None and password.exists():
        yield password, NOT_MINE
    for name, value in sorted(environment.items()):
        if name.startswith(("RACKSIDE_", "DATABASE_URL")) and name.endswith("_FILE") and value:
            yield Path(value), OTHERS
    for listed in (settings.integrations_file, settings.alerts_file):
        if listed is not None:
            yield listed, OTHERS
            yield from ((path, OTHERS) for path in named_in(listed))


def named_in(path: Path) -> list[Path]:
    """The files of secrets that a file of integrations or alerts names; none in one that cannot be read."""
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []  # the check of what it is for tells that
    given = [one for one in content.values() if isinstance(one, dict)] if isinstance(content, dict) else []
    return [
        path.parent / value
        for one in given
        for name, value in sorted(one.items())
        if name.endswith("_file") and name != "ca_file" and isinstance(value, str)
    ]


def site_keys(look: Look) -> Iterator[Said]:
    """Whether each site has a key, and those kept here open what was sealed to them."""
    with look.session() as session:
        sites = {row.code: row.public_key for row in session.execute(select(Site.code, Site.public_key))}
        with_machines = set(session.scalars(select(Site.code).join(Asset, Asset.site_id == Site.id).distinct()))
    folder, wrong = look.settings.site_keys, False
    for path in sorted(folder.glob("*.key")):
        code = path.stem
        try:
            mine = public_half(read_key(folder, code))
        except (Unavailable, ValueError, CryptoError, TypeError):
            wrong = True
            yield problem(f"{path} holds no key that can be read.", "Bring it back from your copy of it.")
            continue
        if code not in sites:
            yield warning(f"{path} is the key of a site that there is not.", "Move it away.")
        elif sites[code] != mine:
            wrong = True
            yield problem(
                f"{path} does not open what is sealed for {code}: the site has another key.",
                f"Copy the right one here, or run ./rackside asset key {code} --lost and enter all credentials again.",
            )
    if without := sorted(code for code in with_machines if sites.get(code) is None):
        yield warning(
            f"There are machines but no key at {some(without)}: no credentials can be entered there.",
            f"Run ./rackside asset key {without[0]} on the machine of its worker.",
        )
    elif not wrong:
        yield ok("The sites have their keys.")
