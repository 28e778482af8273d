"""The language that people are spoken to in: English, which the code is written in, or what a catalogue makes of it.

A page has one language while it is rendered (`speak`); a message to a customer names its own. Two ways lead there:
`gettext` for what a template says, `told` for whole sentences that were composed in English elsewhere - a refusal,
an explanation, a line of the record. What no catalogue knows stays English: nothing is ever left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from enum import StrEnum
from typing import Final

from babel.core import negotiate_locale
from babel.dates import get_timezone_location
from babel.numbers import get_decimal_symbol

from app.core.language.catalogue import catalogue
from app.core.language.phrases import dated, in_other_words


class Language(StrEnum):
    """The languages that are shipped; the value is its tag (BCP 47)."""

    ENGLISH = "en"
    GERMAN = "de"

    @property
    def own_name(self) -> str:
        """The language as its speakers call it."""
        return _OWN_NAMES[self]


_OWN_NAMES: Final = {Language.ENGLISH: "English", Language.GERMAN: "Deutsch"}
_spoken: ContextVar[Language] = ContextVar("spoken", default=Language.ENGLISH)


def speak(language: Language) -> None:
    """Speak that language from now on in this request or task: whoever begins one says so."""
    _spoken.set(language)


def spoken() -> Language:
    """The language of the page that is being made; English where nobody said."""
    return _spoken.get()


def known(tag: str | None) -> Language | None:
    """The language of a tag as people and programs write it (`de`, `de-AT`, `EN_us`), None for one that we lack."""
    wanted = (tag or "").replace("_", "-").partition("-")[0].strip().lower()
    return next((one for one in Language if one == wanted), None)


def best_of(tags: Iterable[str]) -> Language:
    """The first of these tags, best first, that we speak; English when we speak none."""
    found = negotiate_locale([tag.replace("-", "_") for tag in tags], list(Language))
    return known(found) or Language.ENGLISH


def gettext(text: str, language: Language | None = None) -> str:
    """`text` of a template in the language spoken, or in that one; placeholders stay as they are."""
    return catalogue(language or spoken()).texts.get(text, text)


def script_words() -> Mapping[str, str]:
    """What the browser's modules say, in the language spoken, by their English; nothing for English."""
    return catalogue(spoken()).scripts


def calendar_words(text: str) -> str:
    """`Mon 30 Nov 08:00` with its day and month in the language spoken."""
    return dated(text, spoken())


def decimal_words(number: str) -> str:
    """`28.5` with the decimal sign of the language spoken."""
    return number if spoken() == Language.ENGLISH else number.replace(".", get_decimal_symbol(spoken()))


def city_words(zone: str, language: Language | None = None) -> str:
    """The city of an IANA zone: `Europe/Vienna` is Vienna, in German Wien."""
    language = language or spoken()
    if language == Language.ENGLISH or "/" not in zone:
        return zone.rpartition("/")[2].replace("_", " ")
    return get_timezone_location(zone, locale=language, return_city=True)


def told(sentence: str, language: Language | None = None) -> str:
    """A sentence that was composed in English, in the language spoken or in that one; unknown ones as they are.

    What stood in a known sentence's gaps (numbers, names, times of day) is carried over. Cheap: remembered.
    """
    language = language or spoken()
    return str(sentence) if language == Language.ENGLISH else in_other_words(language, str(sentence))
