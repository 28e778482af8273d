"""Public holidays as a proposal: what a site may want to close on. Nothing closes before a person confirmed it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import holidays
from holidays.holiday_base import HolidayBase

from app.core.errors import Invalid

_LANGUAGES = ("en_US", "en_GB")
_LESS_BINDING = ("bank", "government", "half_day", "optional", "de_facto")


@dataclass(frozen=True, slots=True, order=True)
class ProposedDay:
    """A day somebody might close on; the date is its identity, names change between releases of the source.

    `estimated`: the date hangs on the moon and may still move. `observed`: the free day in place of a weekend's.
    `optional`: not a general public holiday; banks or offices close, or only half of the day.
    """

    date: date
    name: str
    estimated: bool
    observed: bool
    optional: bool


def propose(country: str, subdivision: str | None, year: int) -> list[ProposedDay]:
    """Return the holidays of a country (ISO 3166, "DE") and its part ("HE", None for the whole), by date.

    Names are English where the source has them. A swap of working days (Russia, China) is not proposed as an opening.
    Raises Invalid for a country, part or year that the source does not know. Source: the `holidays` package.
    """
    public = _calendar(country, subdivision, year, ("public",))
    offered = tuple(category for category in _LESS_BINDING if category in public.supported_categories)
    others = _calendar(country, subdivision, year, offered) if offered else {}
    proposed = [_day(day, name, optional=False) for day, name in public.items()]
    proposed += [_day(day, name, optional=True) for day, name in others.items() if day not in public]
    return sorted(proposed)


def _calendar(country: str, subdivision: str | None, year: int, categories: tuple[str, ...]) -> HolidayBase:
    where = f"{country}-{subdivision}" if subdivision else country
    if not (country.isascii() and country.isupper() and country.isalpha()):  # the source would import any name
        raise Invalid("invalid", f"{where[:20]!r} is no country code such as NL")
    try:
        known = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        raise Invalid("invalid", f"no holidays are known for {where[:20]!r}") from error
    if not known.start_year <= year <= known.end_year:
        raise Invalid("invalid", f"holidays are known from {known.start_year} to {known.end_year}")
    language = next((name for name in _LANGUAGES if name in known.supported_languages), None)
    # expand=False: looking up a date of another year must not add that year
    return holidays.country_holidays(
        country, subdiv=subdivision, years=year, expand=False, language=language, categories=categories
    )


def _day(day: date, name: str, *, optional: bool) -> ProposedDay:
    return ProposedDay(day, name, "estimated)" in name, "(observed" in name, optional)
