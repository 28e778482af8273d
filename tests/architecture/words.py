"""Every text that a template may show: its own words, and what its expressions hand to others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import chain

from jinja2 import Environment, nodes

from app.core.language import Language
from app.core.language.catalogue import catalogue
from app.web.marking import Told, say, typed
from tests.architecture.tree import ROOT, name

TEMPLATES = sorted(ROOT.glob("app/**/templates/**/*.html"))
GAP = re.compile(r"\{(\w+)\}")
# Words of the code, not of a reader: classes, names of icons and fields, verbs in addresses.
KEYS = {
    "act", "addition", "after", "ask", "auto", "before", "button", "by", "camera", "characters", "check", "clock",
    "code", "complete", "completion", "contrast", "danger", "danger main", "day", "decimal", "diagnosis",
    "discrepancy", "endpoint", "entry", "evidence", "false", "get", "glove", "hand", "handover", "help", "hold",
    "id", "inbox", "is-narrow", "is-wide", "kind", "light", "machine", "main", "moon", "name", "none", "note",
    "now", "numeric", "open", "order", "password", "plain", "post", "preview", "procedure", "rack", "secondary",
    "shipped", "site", "step", "sun", "text", "theme", "thumb", "ticket", "todo", "true", "url", "username", "WO-",
}  # fmt: skip
SILENT = {"url_for", "live", "queued", "icon", "asset"}
NO_WORDS = {"kind", "class", "id"}  # arguments of macros
WORD = re.compile(r"[A-Za-z]{2,}")
CODE = re.compile(r"[<>=_#]|^/|^-\w+$|/\w+/|^\w+:\w*$|^[a-z]+-[a-z-]*$|^M[\d.]+[ \d]")


def is_words(text: str) -> bool:
    """True for what a person may read; a key, a class, a drawing or an address is no such text."""
    text = GAP.sub("", text).strip()
    return bool(WORD.search(text)) and not CODE.search(text) and text not in KEYS


@cache
def environment() -> Environment:
    made = Environment(extensions=[Told], trim_blocks=True, lstrip_blocks=True, autoescape=True)
    made.filters.update(say=say, typed=typed)
    return made


def of_templates() -> dict[str, str]:
    """Text -> the first template that shows it."""
    found: dict[str, str] = {}
    for path in TEMPLATES:
        tree = environment().parse(path.read_text(encoding="utf-8"), path.name)
        for text in _of_tree(tree):
            found.setdefault(text, name(path))
    return found


def _of_tree(tree: nodes.Template) -> Iterator[str]:
    shown: list[nodes.Node] = []
    for call in tree.find_all(nodes.Call):
        called = call.node.name if isinstance(call.node, nodes.Name) else ""
        if called == "in_words":
            yield from filter(is_words, [str(call.args[0].as_const())])
            shown += [keyword.value for keyword in call.kwargs]
        elif called not in SILENT:
            shown += [*call.args, *(keyword.value for keyword in call.kwargs if keyword.key not in NO_WORDS)]
    shown += [one.node for one in tree.find_all(nodes.Filter) if one.name == "say" and one.node is not None]
    shown += [one.node for one in tree.find_all(nodes.Assign)]
    shown += [default for macro in tree.find_all(nodes.Macro) for default in macro.defaults]
    for node in shown:
        yield from filter(is_words, _texts(node))


def _texts(node: nodes.Node) -> Iterator[str]:
    """The texts that an expression may give."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, nodes.Concat):
        yield _joined(node.nodes)
    for part in _parts(node):
        yield from _texts(part)


def _parts(node: nodes.Node) -> Iterable[nodes.Node]:
    """The parts of an expression of which it may be one."""
    match node:
        case nodes.CondExpr():
            parts: Iterable[nodes.Node | None] = (node.expr1, node.expr2)
        case nodes.Or() | nodes.And() | nodes.Add():
            parts = (node.left, node.right)
        case nodes.Concat():
            parts = (part for part in node.nodes if not isinstance(part, nodes.Const))
        case nodes.List() | nodes.Tuple():
            parts = node.items
        case nodes.Dict():
            parts = (pair.value for pair in node.items)
        case nodes.Call() if isinstance(node.node, nodes.Getattr) and node.node.attr == "get":
            parts = chain((node.node.node,), node.args[1:])
        case nodes.Getitem():
            parts = (node.node,)
        case nodes.Filter() if node.name in {"join", "default", "list", "select"}:
            parts = (node.node,)
        case _:
            parts = ()
    return filter(None, parts)


def _joined(parts: Iterable[nodes.Node]) -> str:
    text, taken = "", set[str]()
    for part in parts:
        if isinstance(part, nodes.Const):
            text += str(part.value)
            continue
        leaf = part.node if isinstance(part, nodes.Filter | nodes.Getitem) else part
        label = leaf.attr if isinstance(leaf, nodes.Getattr) else leaf.name if isinstance(leaf, nodes.Name) else "value"
        text += f"{{{named(label, taken)}}}"
    return text.strip()


def named(label: str, taken: set[str]) -> str:
    """The name of a gap; of two alike the second gets a number."""
    one = next(one for one in (label, *(f"{label}{number}" for number in range(2, 99))) if one not in taken)
    taken.add(one)
    return one


def untold(texts: Iterable[str]) -> list[str]:
    """Those that the German catalogue lacks."""
    known = catalogue(Language.GERMAN).texts
    return [text for text in texts if text.strip() and text.strip() not in known]
