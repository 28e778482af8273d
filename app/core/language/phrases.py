"""Sentences composed in English, told in another language: found again by their fixed words, gaps carried over.

The record, the rules and the refusals compose English, the one language of what is kept. Whoever shows a sentence to a
reader of another language asks here: a phrase `{minutes} min do not fit before {time}` of the catalogue recognises it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from babel.dates import get_day_names, get_month_names

from app.core.language.catalogue import catalogue

ENGLISH: Final = "en"
GAP: Final = re.compile(r"\{(\w+)\}")
DEEPEST: Final = 3
"""How far gaps are looked into: a sentence that quotes a sentence that names a job."""
FEW: Final = 12
"""Letters: with no more fixed ones a phrase is no sentence, and nor is what stands in its gaps."""
BARE: Final = 5
_ONLY: Final = {
    **dict.fromkeys(("count", "done", "hours", "len", "low", "minutes", "most", "total", "version"), r"[\d.,]+"),
    **dict.fromkeys(("advice", "care", "detail", "join", "next_steps", "problem", "silent", "then", "why"), ".+?"),
    "span": r"\d[\w:, \u2013-]*?",  # hours, or how long
    **dict.fromkeys(("code", "newest", "number", "serial", "tag"), r"\S+"),
    **dict.fromkeys(("zone", "time_zone"), r"[A-Z][\w/+-]*(?: [A-Z][\w/+-]*)*"),  # "New York": no words of a sentence
}
LONGEST: Final = 2_000
"""Characters; what is longer was typed or read, not composed."""
_WORD: Final = re.compile(r"\w+")
_SENTENCES: Final = re.compile(r"(?<=[.?!])( )(?=[A-Z])")
_CLAUSES: Final = re.compile(r"(; | · |: )")
_LISTED: Final = re.compile(r"(, | → )")
_WITHIN: Final = r"(?:(?!(?<=[.?!]) [A-Z]).)+?"  # one sentence, or a part of it
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY: Final = re.compile(rf"\b({'|'.join(_DAYS)})(?=[ -]\d|-(?:{'|'.join(_DAYS)})\b| *$| closed|, | and )")
_MONTH: Final = re.compile(rf"(?<=\b\d) ({'|'.join(_MONTHS)})\b|(?<=\b\d\d) ({'|'.join(_MONTHS)})\b")


@dataclass(frozen=True, slots=True)
class _Phrase:
    shape: re.Pattern[str]
    longest: str  # its longest fixed words: a cheap look before the shape is tried
    other: str
    is_inner: bool  # so few words that it is one only inside another sentence


@lru_cache(maxsize=8192)
def in_other_words(language: str, text: str, depth: int = 0) -> str:
    """`text` in that language as far as its catalogue knows it, else as it is."""
    book = catalogue(language)
    if not book.texts or len(text) > LONGEST:
        return text
    exact = book.texts.get(text.strip())
    if exact is not None:
        return exact
    for phrase in _candidates(language, text):
        if (depth or not phrase.is_inner) and phrase.longest in text and (found := phrase.shape.fullmatch(text)):
            return _filled(phrase, found, language, depth)
    for between in (_SENTENCES, _CLAUSES):
        if len(parts := between.split(text)) > 1:
            return _each(language, parts, depth)
    if text.endswith(".") and (other := in_other_words(language, text[:-1], depth)) != text[:-1]:
        return f"{other}."
    if len(parts := _LISTED.split(text)) > 1 and in_other_words(language, parts[0], depth + 1) != parts[0]:
        return _each(language, parts, depth + 1)
    return dated(text, language) if depth else text  # what nobody composed here is a person's own


def _each(language: str, parts: list[str], depth: int) -> str:
    """Every second is what stands between two parts."""
    return "".join(part if place % 2 else in_other_words(language, part, depth) for place, part in enumerate(parts))


def _filled(phrase: _Phrase, found: re.Match[str], language: str, depth: int) -> str:
    def gap(name: re.Match[str]) -> str:
        value = found.group(name.group(1))
        return in_other_words(language, value, depth + 1) if depth < DEEPEST else value

    return GAP.sub(gap, phrase.other)


def dated(text: str, language: str) -> str:
    """`Mon 30 Nov 08:00` with the days and months of that language: `Mo 30. Nov. 08:00`."""
    if language == ENGLISH:
        return text
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


def _candidates(language: str, text: str) -> list[_Phrase]:
    """The phrases whose own word stands in the text, the special before the general."""
    index = _phrases(language)
    places = {place for word in {"", *_WORD.findall(text)} for place in index.by_word.get(word, ())}
    return [index.phrases[place] for place in sorted(places)]


@dataclass(frozen=True, slots=True)
class _Index:
    phrases: tuple[_Phrase, ...]  # those with the most fixed words first
    by_word: Mapping[str, list[int]]


@cache
def _phrases(language: str) -> _Index:
    found = [
        (english, other) for english, other in catalogue(language).phrases.items() if other and GAP.search(english)
    ]
    found.sort(key=lambda pair: -len(GAP.sub("", pair[0])))
    by_word: dict[str, list[int]] = {}
    for place, (english, _) in enumerate(found):
        by_word.setdefault(_own_word(english), []).append(place)
    phrases = (
        _Phrase(_shape(english), max(_fixed(english), key=len), other, _is_inner(english)) for english, other in found
    )
    return _Index(tuple(phrases), by_word)


def _own_word(english: str) -> str:
    """The longest word of a phrase that no gap touches; empty where there is none."""
    return max(_WORD.findall(re.sub(r"\w*\{\w+\}\w*", " ", english)), key=len, default="")


def _is_inner(english: str) -> bool:
    fixed = _fixed(english)
    return not fixed[0] and not fixed[-1] and sum(c.isalpha() for c in "".join(fixed)) <= BARE


def _fixed(english: str) -> list[str]:
    return GAP.split(english)[::2]


def _shape(english: str) -> re.Pattern[str]:
    """Gaps take what their names say: numbers, one word; little where the fixed words are few; else anything."""
    parts, named = GAP.split(english), set[str]()
    letters = sum(c.isalpha() for c in "".join(parts[::2]))
    usual = r"\S+?" if letters <= BARE and parts[0] else r"[^\n.;!?]{1,60}?" if letters <= FEW else _WITHIN
    shape = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            shape += re.escape(part)
        elif part in named:
            shape += f"(?P={part})"
        else:
            named.add(part)
            shape += f"(?P<{part}>{_ONLY.get(part, usual)})"
    return re.compile(shape, re.DOTALL)
