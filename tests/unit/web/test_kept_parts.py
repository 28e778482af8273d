"""Parts of pages that are kept: drawn once for all who look, and anew as soon as a word in them would be another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from jinja2 import Environment

from app.core.language import Language, speak
from app.web.components import keep, relative, wall
from app.web.drawn import Drawn

TAKEN = datetime(2026, 11, 23, 14, 0, tzinfo=UTC)
ZONE = "Europe/Amsterdam"
PART = "{% macro part(at, level) %}{{ level }} {{ at|relative }}, {{ at|wall }}{{ drawn() }}{% endmacro %}"


class Page:
    """A page with one kept part, looked at by a clock that is set, which counts how often it is drawn."""

    def __init__(self, most: int = 10) -> None:
        self.now, self.times = TAKEN, 0
        environment = Environment(autoescape=True)
        environment.filters.update(relative=lambda at: relative(at, self.now), wall=lambda at: wall(at, ZONE, self.now))
        environment.globals.update(drawn=self._count)
        self._keep = partial(keep, Drawn(most), lambda: self.now)
        self._macro = environment.from_string(PART).module.part  # type: ignore[attr-defined] # a macro of the template

    def _count(self) -> str:
        self.times += 1
        return ""

    def seen(self, after: timedelta, version: str = "one", level: int = 2) -> str:
        self.now = TAKEN + after
        return self._keep(self._macro, version, [TAKEN.isoformat()], 300.0, ZONE, TAKEN, level)


@pytest.fixture
def page() -> Page:
    return Page()


def test_a_part_is_drawn_once_as_long_as_it_reads_the_same(page: Page) -> None:
    first = page.seen(timedelta(minutes=7, seconds=1))
    assert page.seen(timedelta(minutes=7, seconds=59)) == first == "2 7 min ago, 15:00"
    assert page.times == 1


def test_a_part_is_drawn_anew_when_an_age_reads_otherwise(page: Page) -> None:
    page.seen(timedelta(minutes=7, seconds=59))
    assert page.seen(timedelta(minutes=8)) == "2 8 min ago, 15:00"


def test_a_part_is_drawn_anew_when_what_it_tells_grows_stale(page: Page) -> None:
    page.seen(timedelta(minutes=5))
    page.seen(timedelta(minutes=5, seconds=1))
    assert page.times == 2


def test_a_part_is_drawn_anew_after_midnight_of_its_place(page: Page) -> None:
    page.seen(timedelta(hours=8, minutes=59, seconds=59))
    assert page.seen(timedelta(hours=9)) == "2 9 h ago, yesterday 15:00"


def test_each_language_has_its_own_part(page: Page) -> None:
    page.seen(timedelta(hours=2))
    speak(Language.GERMAN)
    try:
        assert page.seen(timedelta(hours=2)) == "2 vor 2 h, 15:00"
    finally:
        speak(Language.ENGLISH)


@pytest.mark.parametrize("other", [{"version": "two"}, {"level": 3}])
def test_another_content_or_another_place_on_the_page_is_another_part(page: Page, other: dict[str, object]) -> None:
    look: Callable[..., str] = page.seen
    look(timedelta(minutes=7))
    look(timedelta(minutes=7), **other)
    assert page.times == 2


def test_no_more_parts_are_kept_than_there_is_room_for() -> None:
    page = Page(most=2)
    for version in ("one", "two", "one", "three", "one", "two"):
        page.seen(timedelta(minutes=1), version)
    assert page.times == 4  # two was looked at longest ago when three came
