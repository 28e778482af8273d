"""Templates are told in the reader's language as they are loaded; what is no text is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from markupsafe import Markup

from app.core.language import Language, speak
from app.web import marking
from app.web.components import keep
from app.web.drawn import Drawn


@pytest.fixture
def app() -> Iterator[Flask]:
    made = Flask(__name__)
    marking.install(made)
    with made.app_context():
        yield made
    speak(Language.ENGLISH)


def shown(app: Flask, language: Language, source: str, **values: object) -> str:
    speak(language)
    return app.jinja_env.from_string(source).render(**values)


@pytest.mark.parametrize(
    ("source", "german"),
    [
        ("<p>Step {{ n }} of {{ all }}</p>", "<p>Step 2 of 8</p>"),  # other names are another sentence
        ("<p>Step {{ index }} of {{ total }}</p>", "<p>Schritt 2 von 8</p>"),
        ("{{ record }} event{{ 's' if record != 1 }}", "8 Ereignisse"),
        ("{{ ringing }} call{{ 's' if ringing > 1 }} from the rack", "1 Ruf vom Rack"),
        ("<p>  My day  </p>", "<p>  Mein Tag  </p>"),
        ("<i>Order</i> · {{ word }}", "<i>Auftrag</i> · Mein Tag"),
        ('<a aria-label="Where" class="Where">Where</a>', '<a aria-label="Wo" class="Where">Wo</a>'),
        ('<input value="{{ word }}" placeholder="{{ word }}">', '<input value="My day" placeholder="Mein Tag">'),
        ("<b{% if index %} hidden{% endif %}>{{ 'closed' if index }}</b>", "<b hidden>geschlossen</b>"),
        ("<script>var x = 'Order'</script>Order", "<script>var x = 'Order'</script>Auftrag"),
        ("{{ word|typed }} {{ mark }}", "My day <b>Order</b>"),
        ("{% set _ = 1 %}{{- word -}} ", "Mein Tag"),
        ("a < b: {{ unsafe }}", "a < b: &lt;Order&gt;"),
    ],
)
def test_what_people_read_is_told_and_nothing_else(app: Flask, source: str, german: str) -> None:
    values = {
        "index": 2,
        "record": 8,
        "ringing": 1,
        "total": 8,
        "n": 2,
        "all": 8,
        "word": "My day",
        "mark": Markup("<b>Order</b>"),
        "unsafe": "<Order>",
    }
    assert shown(app, Language.GERMAN, source, **values) == german


def test_a_constant_is_told_anew_for_each_reader(app: Flask) -> None:
    template = app.jinja_env.from_string("{{ 'My day' }}")
    told = []
    for language in (Language.GERMAN, Language.ENGLISH, Language.GERMAN):
        speak(language)
        told.append(template.render())
    assert told == ["Mein Tag", "My day", "Mein Tag"]


def test_a_part_that_is_kept_for_all_is_kept_for_each_language(app: Flask) -> None:
    now = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
    macro = app.jinja_env.from_string("{% macro part() %}<p>My day</p>{% endmacro %}").module.part  # type: ignore[attr-defined] # a macro is an attribute of its module
    kept, told = Drawn(8), []
    for language in (Language.ENGLISH, Language.GERMAN):
        speak(language)
        told.append(str(keep(kept, lambda: now, macro, "v1", [], 300, "UTC")))
    assert told == ["<p>My day</p>", "<p>Mein Tag</p>"]
