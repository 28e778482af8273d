"""The catalogues of a language: `<language>/*.po` beside this file, read once a process, when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

PAGES, SCRIPTS = "pages", "scripts"
FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What English texts are in another language.

    `phrases` are those with gaps that code composes; a template's own sentences (`pages.po`) are asked for by name.
    `scripts` are what the browser's modules say.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    scripts: Mapping[str, str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; an empty one for English."""
    read = {path.stem: _entries(path) for path in sorted((FOLDER / language).glob("*.po"))}
    texts = {
        str(one.id): str(one.string) for name, found in read.items() if name != SCRIPTS for one in found if one.string
    }
    scripts = {str(one.id): str(one.string) for one in read.get(SCRIPTS, ())}
    composed = (str(one.id) for name, found in read.items() if name not in {PAGES, SCRIPTS} for one in found)
    return Catalogue(
        texts, scripts, {english: texts[english] for english in composed if "{" in english and english in texts}
    )


def entries(language: str) -> list[Message]:
    """Every entry of a language's files, in their order."""
    return [one for path in sorted((FOLDER / language).glob("*.po")) for one in _entries(path)]


def _entries(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [one for one in read_po(file, locale=path.parent.name, abort_invalid=True) if one.id]
