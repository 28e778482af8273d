"""Pages in every language: no text of a template or a refusal is left without German, and none loses what it tells."""

from __future__ import annotations

import re

from app.core.language import Language
from app.core.language.catalogue import catalogue, entries
from tests.architecture.sentences import of_code
from tests.architecture.tree import ROOT, name
from tests.architecture.words import GAP, of_templates, untold

SCRIPTS = sorted((ROOT / "app/web/assets/js").glob("*.js"))
SAID = r"\b{name}\('((?:[^'\\]|\\.)+)'"
IMPORTED = re.compile(r"import \{[^}]*\bsay(?: as (\w+))?[^}]*\} from './words.js'")
SHOWN = re.compile(
    r"""(?:textContent|innerHTML|title|alt|placeholder)\s*[:=]\s*(?:['`](?=[^'`]*\b[A-Za-z]{2,}\b)(?![^'`<]*\$\{say)[^'`<]*['`])"""
)


def said_by_scripts() -> set[str]:
    found: set[str] = set()
    for source in (path.read_text(encoding="utf-8") for path in SCRIPTS):
        if imported := IMPORTED.search(source):
            found.update(re.findall(SAID.replace("{name}", imported.group(1) or "say"), source))
    return found


GERMAN = [message for message in entries(Language.GERMAN) if isinstance(message.id, str)]


def test_every_text_of_every_template_has_german() -> None:
    assert {text: where for text, where in of_templates().items() if text in untold([text])} == {}


def test_every_refusal_notice_and_label_has_german() -> None:
    assert {text: where for text, where in of_code().items() if text in untold([text])} == {}


def test_every_word_of_the_browsers_modules_has_german() -> None:
    assert said_by_scripts() - set(catalogue(Language.GERMAN).scripts) == set()


def test_the_browsers_modules_say_nothing_unmarked() -> None:
    """A text that is set, shown in an attribute, or joined from literals goes through say(...)."""
    unmarked = [
        f"{name(path)}:{number}: {line.strip()}"
        for path in SCRIPTS
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SHOWN.search(line)
    ]
    assert unmarked == []


def test_german_tells_what_english_tells() -> None:
    gaps = {str(one.id): (set(GAP.findall(str(one.id))), set(GAP.findall(str(one.string)))) for one in GERMAN}
    assert {english: both for english, both in gaps.items() if both[0] != both[1]} == {}


def test_german_stands_in_attributes_too() -> None:
    assert [one.string for one in GERMAN if set(str(one.string)) & set('<>"')] == []
