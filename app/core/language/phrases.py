"""Sentences composed in English, told in another language: found again by their fixed words, gaps carried over.

The record, the rules and the refusals compose English, the one language of what is kept. Whoever shows a sentence to a
reader of another language asks here: a phrase `{minutes} min do not fit before {time}` of the catalogue recognises it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from babel.dates import get_day_names, get_month_names

from app.core.language.catalogue import catalogue

GAP: Final = re.compile(r"\{(\w+)\}")
DEEPEST: Final = 3
"""How far gaps are looked into: a sentence that quotes a sentence that names a job."""
LONGEST: Final = 2_000
"""Characters; what is longer was typed or read, not composed."""
_PARTS: Final = re.compile(r"(?<=[.?!])( )(?=[A-Z])|(; )")
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = re.compile(rf"\b({'|'.join(_DAYS)})(?=[ -]\d|-(?:{'|'.join(_DAYS)})\b| *$| closed|, | and )")
_MONTH: Final = re.compile(rf"(?<=\b\d) ({'|'.join(_MONTHS)})\b|(?<=\b\d\d) ({'|'.join(_MONTHS)})\b")


@dataclass(frozen=True, slots=True)
class _Phrase:
    shape: re.Pattern[str]
    longest: str  # its longest fixed words: a cheap look before the shape is tried
    other: str


@lru_cache(maxsize=8192)
def in_other_words(language: str, text: str, depth: int = 0) -> str:
    """`text` in that language as far as its catalogue knows it, else as it is."""
    book = catalogue(language)
    if not book.texts or len(text) > LONGEST:
        return text
    exact = book.texts.get(text.strip())
    if exact is not None:
        return exact
    for phrase in _phrases(language):
        if phrase.longest in text and (found := phrase.shape.fullmatch(text)):
            return _filled(phrase, found, language, depth)
    parts = [part for part in _PARTS.split(text) if part is not None]
    if len(parts) > 1:
        return "".join(in_other_words(language, part, depth) if part.strip(" ;") else part for part in parts)
    if text.endswith(".") and (other := in_other_words(language, text[:-1], depth)) != text[:-1]:
        return f"{other}."
    return dated(text, language) if depth else text  # what nobody composed here is a person's own


def _filled(phrase: _Phrase, found: re.Match[str], language: str, depth: int) -> str:
    def gap(name: re.Match[str]) -> str:
        value = found.group(name.group(1))
        return in_other_words(language, value, depth + 1) if depth < DEEPEST else value

    return GAP.sub(gap, phrase.other)


def dated(text: str, language: str) -> str:
    """`Mon 30 Nov 08:00` with the days and months of that language: `Mo 30. Nov. 08:00`."""
    days, months = _short_names(language)
    text = _DAY.sub(lambda one: days[one.group(1)], text)
    return _MONTH.sub(lambda one: f". {months[one.group(1) or one.group(2)]}", text)


@cache
def _short_names(language: str) -> tuple[dict[str, str], dict[str, str]]:
    days = get_day_names("abbreviated", locale=language)
    months = get_month_names("abbreviated", locale=language)
    return (
        {english: days[number].rstrip(".") for number, english in enumerate(_DAYS)},
        {english: months[number] for number, english in enumerate(_MONTHS, start=1)},
    )


@cache
def _phrases(language: str) -> tuple[_Phrase, ...]:
    """The phrases with gaps, those with the most fixed words first: the special before the general."""
    found = [
        (english, other) for english, other in catalogue(language).phrases.items() if other and GAP.search(english)
    ]
    found.sort(key=lambda pair: -len(GAP.sub("", pair[0])))
    return tuple(_Phrase(_shape(english), max(_fixed(english), key=len), other) for english, other in found)


def _fixed(english: str) -> list[str]:
    return GAP.split(english)[::2]


def _shape(english: str) -> re.Pattern[str]:
    parts, named = GAP.split(english), set[str]()
    shape = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            shape += re.escape(part)
        else:
            shape += f"(?P={part})" if part in named else f"(?P<{part}>.+?)"
            named.add(part)
    return re.compile(shape, re.DOTALL)
