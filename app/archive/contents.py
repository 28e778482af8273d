"""What belongs into an archive besides the database, and where it goes back to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, Final

from app.core.errors import Invalid
from app.core.lists import objects_by_name
from app.core.settings import Settings

CONFIGURED: Final = {"integrations": "RACKSIDE_INTEGRATIONS", "alerts": "RACKSIDE_ALERTS"}


def gathered(settings: Settings) -> dict[str, bytes]:
    """Name in the archive -> content: keys, our own certificates, and the files of ticket systems and alerts.

    Raises Invalid naming a file that cannot be read: half of the keys is no backup.
    """
    found = {f"site-keys/{path.name}": _content(path) for path in sorted(settings.site_keys.glob("*.key"))}
    if (key := settings.instance / "signing.key").exists():
        found[key.name] = _content(key)
    for path in sorted((settings.instance / "tls").glob("*/*.pem")):
        found[f"tls/{path.parent.name}/{path.name}"] = _content(path)
    for kind, listed in (("integrations", settings.integrations_file), ("alerts", settings.alerts_file)):
        if listed is not None:
            found |= {f"configuration/{kind}/{name}": content for name, content in _configured(listed, kind)}
    return found


def _configured(path: Path, kind: str) -> Iterator[tuple[str, bytes]]:
    """The list itself, and beside it every file that it names, under a name of ours."""
    content = objects_by_name(path, CONFIGURED[kind], "entry")
    for number, given in enumerate(content.values(), 1):
        for setting in [one for one in given if one.endswith("_file") and isinstance(given[one], str)]:
            name = f"{number}-{setting}"
            yield name, _content(path.parent / given[setting])
            given[setting] = name
    yield f"{kind}.json", json.dumps(content, indent=1).encode()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Invalid(
            "invalid", f"{path} cannot be read: {error.strerror}. Without it a backup is not whole."
        ) from error


def place(settings: Settings, name: str) -> Path:
    """Where a file of the archive goes: keys to the folder that is set, the rest below the instance folder."""
    folder, _, rest = name.partition("/")
    return (
        settings.site_keys / rest if folder == "site-keys" else settings.instance.joinpath(*PurePosixPath(name).parts)
    )


def to_be_set(settings: Settings, names: Mapping[str, Any]) -> list[str]:
    """Settings that must point to what was restored, as lines for an environment file."""
    return [
        f"{variable}={place(settings, name)}"
        for kind, variable in CONFIGURED.items()
        if (name := f"configuration/{kind}/{kind}.json") in names
    ]
