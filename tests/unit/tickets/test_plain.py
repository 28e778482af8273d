"""HTML as a person reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.tickets.rules.plain import of_html, tidy


@pytest.mark.parametrize(
    ("html", "read"),
    [
        ("<p>It beeps.</p><p>Please   come.</p>", "It beeps.\n\nPlease come."),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<ul><li>a</li><li>b</li></ul>", "a\n\nb"),
        ("x &lt;y&gt; &amp; &#10003;", "x <y> & \u2713"),
        ("<head><title>no</title></head><style>p{}</style><script>no()</script>yes", "yes"),
        ("<p>never closed <b>bold", "never closed bold"),
        ("</style></p>still read", "still read"),
    ],
)
def test_html_is_read_without_its_tags(html: str, read: str) -> None:
    assert of_html(html) == read


@given(st.text())
def test_anything_at_all_is_read_without_an_error(html: str) -> None:
    assert "\n\n\n" not in of_html(html)
    assert of_html(html) == of_html(html).strip()


def test_blanks_at_ends_and_empty_lines_around_are_gone() -> None:
    assert tidy("\n a  \n\nb \n\n") == "a\n\nb"
