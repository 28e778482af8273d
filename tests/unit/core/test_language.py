"""Languages: which one a tag means, and sentences of English told again in another."""

from __future__ import annotations

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.language import Language, best_of, gettext, known, told
from app.core.language.catalogue import entries

GERMAN = Language.GERMAN


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("de", GERMAN),
        ("de-AT", GERMAN),
        ("DE_ch", GERMAN),
        ("en-GB", Language.ENGLISH),
        ("fr", None),
        ("", None),
        (None, None),
    ],
)
def test_a_tag_means_its_language(tag: str | None, language: Language | None) -> None:
    assert known(tag) is language


@pytest.mark.parametrize(
    ("tags", "language"),
    [
        (["fr", "de-AT", "en"], GERMAN),
        (["en-US", "de"], Language.ENGLISH),
        (["fr"], Language.ENGLISH),
        ([], Language.ENGLISH),
    ],
)
def test_the_best_language_is_the_first_that_we_speak(tags: list[str], language: Language) -> None:
    assert best_of(tags) is language


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("Sat and Sun closed", "Sa und So geschlossen"),
        ("sw-01.ams1 switch port ge-0/0/4: no link", "sw-01.ams1 Switch-Port ge-0/0/4: keine Verbindung"),
        (
            "tor-1 switch port Ethernet1/12: switched off by its administrator",
            "tor-1 Switch-Port Ethernet1/12: durch die Verwaltung abgeschaltet",
        ),
        ("PDU-A outlet 14: off", "PDU-A Steckdose 14: aus"),
        (
            "waited 63 h: Fri 17:00 -> Mon 08:00 Amsterdam (Technicians, outside hours; booked)",
            "wartete 63 Std.: Fr 17:00 -> Mo 08:00 Amsterdam (Techniker, außerhalb der Zeiten; gebucht)",
        ),
        (
            "The mailbox of support@example.com: not done within 15 s in all",
            "Das Postfach von support@example.com: nicht fertig innerhalb von insgesamt 15 s",
        ),
        (
            "Mon 21 Dec 08:00 Berlin: closed, 25 Dec is a closed day",
            "Mo 21. Dez. 08:00 Berlin: geschlossen, 25. Dez. ist ein Schließtag",
        ),
        ("The work goes on: 3 of 8 steps are done.", "Die Arbeit läuft: 3 von 8 Schritten sind erledigt."),
        (
            "The work takes longer than planned. We have not had your answer yet.",
            "Die Arbeit dauert länger als geplant. Ihre Antwort haben wir noch nicht erhalten.",
        ),
        (
            "A manager must say yes first, expected by Tue 09:00",
            "Die Leitung muss zuerst zustimmen, erwartet bis Di 09:00",
        ),
    ],
)
def test_a_composed_sentence_is_told_with_what_stood_in_its_gaps(english: str, german: str) -> None:
    assert told(english, GERMAN) == german
    assert told(english, Language.ENGLISH) == english


@settings(deadline=None)  # the first German word reads the catalogues
@given(st.text(alphabet=string.printable, max_size=300))
def test_what_nobody_translated_stays_and_nothing_breaks(text: str) -> None:
    assert told(text, Language.ENGLISH) == text
    assert isinstance(told(text, GERMAN), str)


def test_every_entry_has_its_german() -> None:
    missing = [message.id for message in entries(GERMAN) if not message.string or not all(message.string)]
    assert missing == []


def test_no_text_is_translated_in_two_ways() -> None:
    found: dict[str, str] = {}
    for message in entries(GERMAN):
        if isinstance(message.id, str):
            assert found.setdefault(message.id, str(message.string)) == message.string


def test_a_template_text_without_german_is_shown_in_english() -> None:
    assert gettext("Nobody has translated this", GERMAN) == "Nobody has translated this"
