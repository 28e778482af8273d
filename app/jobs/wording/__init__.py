"""The words of messages: one text file each and language, as shipped; a person may edit them on the messages page.

A text is what the customer reads, a line `---`, and what colleagues read. `$values` are filled in; a line with a value
that is empty this time is left out. app/jobs/messages.py says which values there are. Templates can name values and
nothing else: there is nothing in them to run.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from app.core.errors import Invalid
from app.core.language import Language
from app.tickets.rules.leaks import leaks

FOLDER: Final = Path(__file__).parent
_DIVIDER: Final = "\n---\n"
MOST_TYPED: Final = 4_000
"""Characters of one edited text."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The lines of one message, each a template."""

    public: tuple[Template, ...]
    internal: tuple[Template, ...]

    def texts(self) -> tuple[str, str]:
        """The templates as a person edits them: the customer's, the colleagues'."""
        return _typed(self.public), _typed(self.internal)


def read(name: str, language: Language, values: Collection[str], folder: Path = FOLDER) -> Wording:
    """The wording that is shipped; raises Invalid naming the file and what is wrong with it."""
    file = folder / language / f"{name}.txt"
    try:
        public, divider, internal = file.read_text(encoding="utf-8").partition(_DIVIDER)
    except OSError as error:
        raise Invalid("invalid", f"{file} cannot be read: {error.strerror}") from error
    if not divider:
        raise Invalid("invalid", f"{file}: needs the customer's text, a line ---, and a text for colleagues")
    try:
        return parse(public, internal, values)
    except Invalid as error:
        raise Invalid("invalid", f"{file}: {error.detail}") from error


def parse(public: str, internal: str, values: Collection[str]) -> Wording:
    """The wording in two texts; raises Invalid, in a sentence, for what could not be sent as it stands."""
    if not public.strip() or not internal.strip():
        raise Invalid("invalid", "A message needs a text for the customer and a text for colleagues.")
    wording = Wording(_templates(public, values), _templates(internal, values))
    shown = leaks(re.sub(r"\$\w+|\$\{\w+\}", " ", public))
    if shown:
        raise Invalid("internals", f"The customer's text must not show internals: {', '.join(shown)}.")
    return wording


def fill(lines: Collection[Template], values: Mapping[str, str]) -> str:
    """The text with its values, without the lines that lack one, paragraphs one blank line apart."""
    kept = [line.substitute(values) for line in lines if all(values[name] for name in line.get_identifiers())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _templates(text: str, values: Collection[str]) -> tuple[Template, ...]:
    if len(text) > MOST_TYPED:
        raise Invalid("too_long", f"A text takes {MOST_TYPED} characters at most.")
    lines = tuple(Template(line) for line in text.strip().splitlines())
    for line in lines:
        if not line.is_valid():
            raise Invalid("invalid", f"A $ that names no value (write $$ for a dollar): {line.template}")
        if unknown := set(line.get_identifiers()) - set(values):
            raise Invalid("invalid", f"There is no ${min(unknown)}. There are: ${', $'.join(sorted(values))}.")
    return lines


def _typed(lines: Collection[Template]) -> str:
    return "\n".join(line.template for line in lines)
