"""Instants as a customer reads them: weekday, date and wall time of a place, with its distance from UTC. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.core.language import Language, city_words


@dataclass(frozen=True, slots=True)
class _Shapes:
    """How a language says an instant and a range; `day` is a pattern of Babel (Unicode TR 35)."""

    day: str
    place: str
    moment: str
    between: str
    at: str
    ends: str


_SHAPES: Final[Mapping[Language, _Shapes]] = {
    Language.ENGLISH: _Shapes(
        day="EEEE d MMMM y",
        place="{city} time ({offset})",
        moment="{day}, {time} {place}",
        between="on {day} between {start} and {end} {place}",
        at="on {day} at {start} {place}",
        ends="between {first} and {last}",
    ),
    Language.GERMAN: _Shapes(
        day="EEEE, d. MMMM y",
        place="Uhr Ortszeit {city} ({offset})",
        moment="{day}, {time} {place}",
        between="am {day}, zwischen {start} und {end} {place}",
        at="am {day}, um {start} {place}",
        ends="zwischen {first} und {last}",
    ),
}


def moment_words(at: datetime | None, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Return "Monday 30 November 2026, 10:30 Amsterdam time (UTC+01:00)"; empty without an instant."""
    if at is None:
        return ""
    local, shapes = at.astimezone(zone), _SHAPES[language]
    return shapes.moment.format(day=_day(local, language), time=_clock(local), place=_place(local, zone, language))


def range_words(span: tuple[datetime, datetime] | None, zone: ZoneInfo, language: Language = Language.ENGLISH) -> str:
    """Return "on Monday 30 November 2026 between 08:00 and 10:00 Amsterdam time (UTC+01:00)"; empty without a range."""
    if span is None:
        return ""
    start, end = (at.astimezone(zone) for at in span)
    shapes = _SHAPES[language]
    if start.date() != end.date() or start.utcoffset() != end.utcoffset():
        return shapes.ends.format(first=moment_words(start, zone, language), last=moment_words(end, zone, language))
    shape = shapes.at if _clock(start) == _clock(end) else shapes.between
    return shape.format(
        day=_day(start, language), start=_clock(start), end=_clock(end), place=_place(start, zone, language)
    )


def _day(local: datetime, language: Language) -> str:
    return format_date(local.date(), _SHAPES[language].day, locale=language)


def _clock(local: datetime) -> str:
    return f"{local.hour:02}:{local.minute:02}"


def _place(local: datetime, zone: ZoneInfo, language: Language) -> str:
    digits = local.strftime("%z")
    return _SHAPES[language].place.format(city=city_words(zone.key, language), offset=f"UTC{digits[:3]}:{digits[3:5]}")
