"""Every text of every template is told in the reader's language, without a mark in any template.

When a template is loaded its HTML is read: a run of text between two tags, with what is printed inside it, becomes one
sentence with gaps (`Step {index} of {total}`), and whatever else is printed as text is told as it comes. Attributes
that people read (`aria-label`, `placeholder` ...) are treated alike, all others are left alone. Markup is never told
again, nor is what passed the filter `typed`: a person's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from string import Formatter
from typing import Any, Final

from flask import Flask
from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.core.language import Language, gettext, script_words, spoken, told
from app.web.drawing import printed

READ: Final = frozenset(
    {"alt", "aria-label", "aria-description", "data-echo", "data-label", "data-what", "label", "placeholder", "title"}
)
"""Attributes that people read or hear."""
UNTOLD: Final = frozenset({"script", "style", "code", "pre", "textarea"})
_LETTERS: Final = re.compile(r"[A-Za-z]{2}|\b[AI]\b")
_PATH: Final = re.compile(r"[\s(]*([A-Za-z_][\w.]*)")
_RESERVED: Final = frozenset({"and", "else", "if", "in", "is", "not", "or", "none", "true", "false", "self", "loop"})
_DRAWN: Final = re.compile(r"\s*(?:icon|mark|caller)\(")
_PLURAL: Final = re.compile(r"\s*'(s|es)' if (.+) (?:!= 1|> 1)\s*$")
_ATTRIBUTE: Final = re.compile(r"([\w-]+)\s*=\s*$")
_ENTITY: Final = re.compile(r"&#?\w+;")
_BREAK: Final = re.compile(r"(\s*·\s*)")


def install(app: Flask) -> None:
    """Have all templates of `app` told in the language spoken."""
    app.jinja_env.add_extension(Told)
    app.jinja_env.filters.update(say=say, typed=typed)
    app.jinja_env.globals.update(in_words=said, page_language=spoken, script_words=script_words)


@pass_context  # of no use here, but Jinja would tell a constant once for all languages
def say(_context: Context, value: Any) -> Any:
    """What a template prints as text: words are told, markup and everything else is as it is."""
    kind = type(value)
    if kind is Markup or (kind is str and spoken() is Language.ENGLISH):
        return value
    return shown(value)


def shown(value: Any) -> Any:
    """Words told in the language spoken; markup and everything else as it is."""
    return told(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def typed(value: Any) -> Markup:
    """A person's own words, never told in others."""
    return escape("" if value is None else value)


def said(sentence: str, **gaps: Any) -> Markup:
    """A template's own sentence in the language spoken, with what stands in its gaps."""
    words = gettext(sentence)
    if not gaps:
        return Markup(words)  # noqa: S704 -- a template's own text, or its catalogue's
    told_parts = [part if is_text else printed(shown(gaps[part])) for part, is_text in _parts(words)]
    return Markup("".join(told_parts))  # noqa: S704 -- the same, and what was escaped just now


@lru_cache(maxsize=4096)  # as many as templates say, in all languages
def _parts(words: str) -> tuple[tuple[str, bool], ...]:
    """The sentence cut at its gaps: texts (True) and names of gaps (False)."""
    parts: list[tuple[str, bool]] = []
    for text, gap, form, conversion in Formatter().parse(words):
        if form or conversion:
            raise ValueError(f"a gap takes a value as it is: {words}")
        parts += [(text, True)] if text else []
        parts += [(gap, False)] if gap is not None else []
    return tuple(parts)


class Told(Extension):
    """Rewrites a template's source before it is compiled."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The same template, its texts as calls of `in_words`, what it prints as text through `say`."""
        if name is not None and not name.endswith(".html"):
            return source
        return "".join(_Reader().read(pieces(self.environment, source, name, filename)))


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template: `kind` is data, print, or other (statements and comments), `text` its source."""

    kind: str
    text: str
    inner: str = ""  # of a print: the expression


def pieces(environment: Environment, source: str, name: str | None, filename: str | None) -> Iterator[Piece]:
    """The template cut at Jinja's own marks."""
    held: list[str] = []
    for _, mark, value in environment.lexer.tokeniter(source, name, filename):
        if mark == "data":
            yield Piece("data", value)
            continue
        held.append(value)
        if mark in {"variable_end", "block_end", "comment_end", "raw_end", "linecomment_end"}:
            kind = "print" if mark == "variable_end" else "other"
            yield Piece(kind, "".join(held), "".join(held[1:-1]))
            held = []


@dataclass(slots=True)
class _Reader:
    """Follows the HTML through the pieces: in text, in a tag, or in an attribute's value."""

    out: list[str] = field(default_factory=list)
    run: list[Piece] = field(default_factory=list)
    tag: str | None = None  # what was read of the tag that we are in
    attribute: str = ""  # the one whose value we are in
    quote: str = ""
    inside: str = ""  # the element whose text is not told

    def read(self, found: Iterator[Piece]) -> list[str]:
        for piece in found:
            if piece.kind == "data":
                self._data(piece.text)
            elif piece.kind == "print" and self._is_read():
                if drawn := _DRAWN.match(piece.inner):
                    self._flush()
                self.run.append(piece)
                if drawn:
                    self._flush()
            else:
                self._flush()
                self.out.append(piece.text)
        self._flush()
        return self.out

    def _is_read(self) -> bool:
        if self.tag is None:
            return not self.inside
        return bool(self.quote) and self.attribute in READ

    def _data(self, text: str) -> None:
        start = 0
        for place, char in enumerate(text):
            if self.tag is None:
                if char == "<" and re.match(r"[a-zA-Z/!]", text[place + 1 : place + 2]):
                    self._keep(text[start:place])
                    self._flush()
                    self.tag, start = "", place
                continue
            if self.quote:
                if char == self.quote:
                    self._keep(text[start:place])
                    self._flush()
                    self.quote, start = "", place
            elif char in "\"'":
                told_of = _ATTRIBUTE.search(self.tag + text[start:place])
                self.attribute, self.quote = (told_of.group(1).lower() if told_of else ""), char
                self.tag = ""
                self.out.append(text[start : place + 1])
                start = place + 1
            elif char == ">":
                self._close(self.tag + text[start : place + 1])
                self.out.append(text[start : place + 1])
                self.tag, start = None, place + 1
        rest = text[start:]
        if self.tag is not None and not self.quote:
            self.tag += rest
            self.out.append(rest)
        else:
            self._keep(rest)

    def _close(self, tag: str) -> None:
        opened = re.match(r"<(/?)([a-zA-Z]+)", tag)
        if opened and opened.group(2).lower() in UNTOLD:
            self.inside = "" if opened.group(1) else opened.group(2).lower()

    def _keep(self, text: str) -> None:
        if not text:
            return
        if self._is_read():
            self.run.append(Piece("data", text))
        else:
            self._flush()
            self.out.append(text)

    def _flush(self) -> None:
        if self.run:
            self.out.append("".join(_sentence(part) for part in _parted(self.run)))
            self.run = []


def _parted(run: list[Piece]) -> Iterator[list[Piece]]:
    """The run cut at its middle dots: what stands between them are sentences of their own."""
    part: list[Piece] = []
    for piece in run:
        if piece.kind != "data":
            part.append(piece)
            continue
        for place, text in enumerate(_BREAK.split(piece.text)):
            if place % 2:
                yield part
                yield [Piece("data", text)]
                part = []
            elif text:
                part.append(Piece("data", text))
    yield part


def _sentence(part: list[Piece]) -> str:
    """The source that tells this part: one sentence with gaps, or each print by itself where there are no words."""
    words = "".join(piece.text for piece in part if piece.kind == "data")
    if '="' in words:  # a macro that gives attributes, not text
        return "".join(piece.text for piece in part)
    if not _LETTERS.search(_ENTITY.sub("", words)) or "{" in words or "}" in words:
        return "".join(_printed(piece) for piece in part)
    plural = next((found for piece in part if piece.kind == "print" and (found := _PLURAL.match(piece.inner))), None)
    if plural is None:
        return _told(part)
    one = [piece for piece in part if piece.inner != plural.string]
    many = [Piece("data", plural.group(1)) if piece.inner == plural.string else piece for piece in part]
    return f"{{% if ({plural.group(2)}) == 1 %}}{_told(one)}{{% else %}}{_told(many)}{{% endif %}}"


def _told(part: list[Piece]) -> str:
    """One sentence with gaps."""
    text, gaps = "", dict[str, str]()
    for piece in part:
        if piece.kind == "data":
            text += piece.text
        else:
            name = _name(piece.inner, gaps)
            gaps[name] = piece.inner.strip()
            text += f"{{{name}}}"
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    sentence = re.sub(r"\s+", " ", text.strip()).replace("\\", "\\\\").replace("'", "\\'")
    arguments = "".join(f", {name}=({inner})" for name, inner in gaps.items())
    return f"{before}{{{{ in_words('{sentence}'{arguments}) }}}}{after}"


def _printed(piece: Piece) -> str:
    if piece.kind == "data":
        return piece.text
    if _DRAWN.match(piece.inner):
        return piece.text
    opening, closing = (
        ("{{-" if piece.text.startswith("{{-") else "{{"),
        ("-}}" if piece.text.endswith("-}}") else "}}"),
    )
    return f"{opening} ({piece.inner.strip()})|say {closing}"


def _name(inner: str, taken: dict[str, str]) -> str:
    found = _PATH.match(inner)
    name = found.group(1).rstrip(".").rpartition(".")[2].lower() if found else "value"
    name = "value" if name in _RESERVED or not name.isidentifier() else name
    return next(one for one in (name, *(f"{name}{n}" for n in range(2, 99))) if one not in taken)
