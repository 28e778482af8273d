"""The ticket systems of this installation: the file named by RACKSIDE_INTEGRATIONS, read once at start.

{"rt-demo": {"system": "webhook", "url": "https://...", "secrets_file": "/run/secrets/rt"},
 "console": {"system": "console", "path": "messages.jsonl"}}
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from flask import Flask, current_app

from app.core.errors import Invalid
from app.core.language import Language, known
from app.core.lists import objects_by_name, text_in, wrong
from app.tickets.models import Ticket
from app.tickets.system import TicketSystem
from app.tickets.systems import SYSTEMS

Integrations = Mapping[str, TicketSystem]

SETTING = "RACKSIDE_INTEGRATIONS"
_KEY = "rackside_integrations"
_LANGUAGES = "rackside_integration_languages"


def load(path: Path | None) -> Integrations:
    """The integrations in the file by name, none without a file; raises Invalid naming the integration and setting."""
    content, folder = objects_by_name(path, SETTING, "integration"), path.parent if path else Path()
    return {name: _integration(name, settings, folder) for name, settings in content.items()}


def languages(path: Path | None) -> Mapping[str, Language]:
    """The language of each integration's customers, where a ticket does not say its own: its setting `language`."""
    content = objects_by_name(path, SETTING, "integration")
    told = {name: settings.get("language", Language.ENGLISH) for name, settings in content.items()}
    for name, tag in told.items():
        if tag not in list(Language):
            raise _wrong(name, f"language must be one of {', '.join(Language)}")
    return {name: Language(tag) for name, tag in told.items()}


def install(app: Flask, integrations: Integrations, languages: Mapping[str, Language] | None = None) -> None:
    """Give `app` its integrations, and the language of each one's customers (English where none is named)."""
    app.extensions[_KEY] = integrations
    app.extensions[_LANGUAGES] = languages or {}


def installed() -> Integrations:
    """The integrations of the current app; none when nobody installed any."""
    found: Integrations = current_app.extensions.get(_KEY, {})
    return found


def language_of(ticket: Ticket) -> Language:
    """The language that a ticket's customer is written to in: their own, else their integration's, else English."""
    usual: Mapping[str, Language] = current_app.extensions.get(_LANGUAGES, {})
    return known(ticket.language) or usual.get(ticket.system, Language.ENGLISH)


def _integration(name: str, settings: dict[str, Any], folder: Path) -> TicketSystem:
    given = {setting: value for setting, value in settings.items() if setting != "language"}
    system = SYSTEMS.get(str(given.pop("system", None)))
    if system is None:
        raise _wrong(name, f"system must be one of {', '.join(SYSTEMS)}")
    hints = get_type_hints(system)
    declared: tuple[Field[Any], ...] = fields(system)  # type: ignore[arg-type]  # the scan saw that it is a dataclass
    values = {}
    for one in (setting for setting in declared if setting.init):
        raw = given.pop(one.name, None)
        file = given.pop(f"{one.name}_file", None) if one.metadata.get("secret") else None
        if file is not None:
            lines = _lines(name, f"{one.name}_file", folder / str(file))
            raw = "".join(lines) if hints[one.name] is str else lines
        if raw is not None:
            values[one.name] = _value(name, one.name, hints[one.name], raw, folder)
        elif one.default is MISSING:
            raise _wrong(name, f"{one.name} is missing")
    if given:
        raise _wrong(name, f"unknown setting {', '.join(sorted(given))}")
    try:
        return system(**values)
    except Invalid as error:
        raise _wrong(name, error.detail) from error


def _value(name: str, setting: str, kind: Any, raw: object, folder: Path) -> Any:
    """`raw` as the type that the field declares."""
    if get_origin(kind) in (Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    if kind is bool and isinstance(raw, bool):
        return raw
    if kind is Path and isinstance(raw, str):
        return folder / raw
    if kind is str and isinstance(raw, str):
        return raw
    if get_origin(kind) is tuple and isinstance(raw, list) and raw and all(isinstance(one, str) for one in raw):
        return tuple(raw)
    expected = {bool: "true or false", str: "a text", Path: "a path"}.get(kind, "a list of texts")
    raise _wrong(name, f"{setting} must be {expected}")


def _lines(name: str, setting: str, path: Path) -> list[str]:
    try:
        return text_in(path).split()
    except Invalid as error:
        raise _wrong(name, f"{setting}: {error.detail}") from error


def _wrong(name: str, detail: str) -> Invalid:
    return wrong(SETTING, "integration", name, detail)
