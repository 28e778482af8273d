"""The words of messages: one text file each, for a person to edit; a change counts from the next start.

A file is the customer's text, a line `---`, and the text for colleagues. `$values` are filled in; a line with a value
that is empty this time is left out. app/jobs/messages.py says which values there are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Final

from app.core.errors import Invalid

FOLDER: Final = Path(__file__).parent
_DIVIDER: Final = "\n---\n"


@dataclass(frozen=True, slots=True)
class Wording:
    """The lines of one message, each a template."""

    public: tuple[Template, ...]
    internal: tuple[Template, ...]


def read(name: str, values: Collection[str], folder: Path = FOLDER) -> Wording:
    """The wording of that name; raises Invalid naming the file and what is wrong with it."""
    file = folder / f"{name}.txt"
    try:
        public, divider, internal = file.read_text(encoding="utf-8").partition(_DIVIDER)
    except OSError as error:
        raise Invalid("invalid", f"{file} cannot be read: {error.strerror}") from error
    if not divider or not public.strip() or not internal.strip():
        raise Invalid("invalid", f"{file}: needs the customer's text, a line ---, and a text for colleagues")
    return Wording(_templates(file, public, values), _templates(file, internal, values))


def fill(lines: Collection[Template], values: Mapping[str, str]) -> str:
    """The text with its values, without the lines that lack one, paragraphs one blank line apart."""
    kept = [line.substitute(values) for line in lines if all(values[name] for name in line.get_identifiers())]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _templates(file: Path, text: str, values: Collection[str]) -> tuple[Template, ...]:
    lines = tuple(Template(line) for line in text.strip().splitlines())
    for line in lines:
        if not line.is_valid():
            raise Invalid("invalid", f"{file}: a $ that names no value (write $$ for a dollar): {line.template}")
        if unknown := set(line.get_identifiers()) - set(values):
            raise Invalid("invalid", f"{file}: there is no ${unknown.pop()}; there are ${', $'.join(sorted(values))}")
    return lines
