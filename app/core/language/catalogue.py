"""The catalogues of a language: `<language>/*.po` beside this file, read once a process, when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Message
from babel.messages.pofile import read_po

FOLDER: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What English texts are in another language. `plurals`: by the English singular and whether it is one.

    `phrases` are those of `texts` with gaps in braces: sentences that code composes.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[tuple[str, bool], str] = field(default_factory=dict)
    phrases: Mapping[str, str] = field(default_factory=dict)


@cache
def catalogue(language: str) -> Catalogue:
    """The catalogue of a language; an empty one for English."""
    texts: dict[str, str] = {}
    plurals: dict[tuple[str, bool], str] = {}
    for message in entries(language):
        if isinstance(message.id, str):
            texts[message.id] = str(message.string)
        else:
            plurals |= {(message.id[0], place == 0): text for place, text in enumerate(message.string or ())}
    phrases = {english: other for english, other in texts.items() if "{" in english}
    return Catalogue({english: other for english, other in texts.items() if other}, plurals, phrases)


def entries(language: str) -> list[Message]:
    """Every entry of a language's files, in their order; whoever translates twice has the last word."""
    found = []
    for path in sorted((FOLDER / language).glob("*.po")):
        with path.open("rb") as file:
            found += [message for message in read_po(file, locale=language, abort_invalid=True) if message.id]
    return found
