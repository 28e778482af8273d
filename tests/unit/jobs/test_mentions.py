"""Words of a ticket that may name a machine."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.jobs.mentions import MOST_WORDS, addresses_among, words_that_may_name


def test_tags_serials_names_and_addresses_are_found_without_their_punctuation() -> None:
    text = "Hello, SRV-0042 (s/n CZ12345) alias web01.client.example: 10.12.0.17, 2001:db8::1. Please help!"
    words = words_that_may_name(text)
    assert words == ("SRV-0042", "CZ12345", "web01.client.example", "10.12.0.17", "2001:db8::1")
    assert addresses_among(words) == ("10.12.0.17", "2001:db8::1")


@given(st.text(max_size=500))
def test_any_text_gives_few_words_each_once(text: str) -> None:
    words = words_that_may_name(text)
    assert len(words) <= MOST_WORDS
    assert len(set(words)) == len(words)
    assert all(word in text for word in words)
