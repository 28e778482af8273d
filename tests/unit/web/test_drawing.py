"""Pages come out as Jinja itself would draw them."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.templating import Environment
from markupsafe import Markup

from app.web.drawing import PageEnvironment

SOURCE = """
{%- macro list_of(things, name='me') %}<ul data-of="{{ name }}">{% for one in things %}<li>{{ one }}{{ caller(one) }}</li>{% endfor %}</ul>{% endmacro -%}
{%- set place = 'here' -%}
{% call(one) list_of([text, markup, none, 3.5, hidden], name=quoted) %}{{ loop_of(one) }}{% endcall %}{{ lacking }}{{ lacking|default('none') }}
{{- markup ~ text }}{{ text|safe }}{{ text|upper }}{{ namespace(a=1).a }}{{ cycler('a', 'b').next() }}{{ range(3)|join(',') }}{{ place }}{{ part.name }}{{ part.items }}{{ part['items'] }}{{ part.lacking }}{{ part.get('name') }}
"""  # noqa: E501 -- a template as it would stand in a file


PART: dict[str, object] = {"name": "<PSU>", "items": 2}


class Hidden:
    """Something that draws itself."""

    def __html__(self) -> str:
        return "<i>drawn</i>"


def drawn(kind: type[Environment]) -> str:
    app = Flask(__name__)
    environment = kind(app, autoescape=True)
    environment.globals["loop_of"] = lambda one: f"<{type(one).__name__}>"
    values = {"text": "a < b & 'c'", "markup": Markup("<b>&amp;</b>"), "hidden": Hidden(), "part": PART, "quoted": '"<'}
    return environment.from_string(SOURCE).render(**values)


def test_every_kind_of_value_is_printed_as_jinja_prints_it() -> None:
    assert drawn(PageEnvironment) == drawn(Environment)
    assert "<li>a &lt; b" in drawn(PageEnvironment)


@pytest.mark.parametrize("bad", ["<", ">", "&", "'", '"'])
def test_no_character_that_means_something_to_a_browser_gets_through(bad: str) -> None:
    environment = PageEnvironment(Flask(__name__), autoescape=True)
    assert environment.from_string("{{ one }}").render(one=f"a{bad}b") == f"a{Markup.escape(bad)}b"


def test_an_imported_template_sees_the_globals_that_were_set_after_it_was_loaded() -> None:
    app = Flask(__name__)
    environment = PageEnvironment(app, autoescape=True)
    template = environment.from_string("{{ later() }}")
    environment.globals["later"] = lambda: "now"
    assert template.render() == "now"
