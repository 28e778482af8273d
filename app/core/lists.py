"""Lists that whoever runs the product keeps in a file: objects by name, as JSON. What is wrong names its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.core.errors import Invalid


def objects_by_name(path: Path | None, setting: str, thing: str) -> dict[str, dict[str, Any]]:
    """The objects in the file that `setting` names, each a `thing` ("target"); none without a file.

    Raises Invalid naming what is wrong.
    """
    if path is None:
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Invalid("invalid", f"{setting}: {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise Invalid("invalid", f"{setting}: {path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise Invalid("invalid", f"{setting}: {path} must hold an object of {thing}s by name")
    for name, given in content.items():
        if not isinstance(given, dict):
            raise wrong(setting, thing, name, "must be an object")
    return content


def text_in(path: Path) -> str:
    """What stands in a file that such an object names, for a secret say; raises Invalid without its content."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Invalid("invalid", f"{path} cannot be read: {error.strerror}") from error


def wrong(setting: str, thing: str, name: str, detail: str) -> Invalid:
    """What is wrong with one object of the list."""
    return Invalid("invalid", f"{setting}: {thing} {name}: {detail}")
