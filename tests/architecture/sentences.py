"""Every sentence that code composes for a person: refusals, notices, labels of forms and what they complain of.

`python -m tests.architecture.sentences` lists what has no German yet, of templates and code.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.architecture.tree import name, parsed, python_files
from tests.architecture.words import GAP, WORD, is_words, named, of_templates, untold

REFUSALS = {
    "Conflict", "Invalid", "NotAllowed", "NotFound", "TooMany", "Unauthenticated", "Unavailable", "VersionConflict",
}  # fmt: skip
PLACE = {**dict.fromkeys(REFUSALS | {"flag"}, 1), "FieldError": 2, "flash": 0, "refuse": 0, "gettext": 0}
"""Which argument of a call is the sentence."""
VALIDATORS = {"DataRequired", "EqualTo", "InputRequired", "NumberRange", "Regexp", "StopValidation", "ValidationError"}
FOR_OPERATORS = (  # what only stands in a terminal, a log or a program's answer is English
    "app/archive/", "app/core/idempotency", "app/core/lists", "app/core/local_ca", "app/core/migrations",
    "app/core/postgres", "app/core/settings", "app/core/signing", "app/core/tablet", "app/demo/",
    "app/hardware/families/",
    "app/hardware/operations/keys", "app/hardware/protocols/", "app/hardware/schemas", "app/hardware/sealing",
    "app/hardware/vendors/", "app/jobs/alerts/", "app/jobs/forms.py", "app/jobs/kinds/__init__",
    "app/jobs/operations/late.py", "app/jobs/wording/", "app/tickets/calls", "app/tickets/integrations",
    "app/tickets/routes", "app/tickets/systems/", "app/web/app.py", "app/web/health", "app/web/security",
)  # fmt: skip


def of_code() -> dict[str, str]:
    """Sentence, its gaps in braces -> the first file that composes it."""
    found: dict[str, str] = {}
    for path in python_files("app"):
        if "cli" not in path.stem and not name(path).startswith(FOR_OPERATORS):
            calls = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.Call))
            for text in (text for call in calls for text in _of_call(call)):
                found.setdefault(text, name(path))
    return found


def _of_call(call: ast.Call) -> Iterator[str]:
    called = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if called in PLACE:
        sentence = call.args[PLACE[called] : PLACE[called] + 1]
        yield from (text for text in _texts(sentence) if WORD.search(GAP.sub("", text)))
    elif called in VALIDATORS:
        message = [keyword.value for keyword in call.keywords if keyword.arg == "message"]
        yield from (text for text in _texts([*message, *call.args[-1:]]) if " " in text and text[:1] not in "^(")
    elif called.endswith("Field") and called != "HiddenField":
        yield from filter(is_words, _of_field(call))


def _of_field(call: ast.Call) -> Iterator[str]:
    yield from _texts(call.args[:1])
    for keyword in call.keywords:
        if keyword.arg in {"description", "label"}:
            yield from _texts([keyword.value])
        elif keyword.arg == "choices":
            pairs = (one for one in ast.walk(keyword.value) if isinstance(one, ast.Tuple) and len(one.elts) == 2)
            yield from (text for pair in pairs for text in _texts(pair.elts[1:]))


def _texts(values: Iterable[ast.expr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value
        elif isinstance(value, ast.JoinedStr):
            yield _formed(value)
        elif isinstance(value, ast.IfExp):
            yield from _texts([value.body, value.orelse])


def _formed(text: ast.JoinedStr) -> str:
    told, taken = "", set[str]()
    for part in text.values:
        if isinstance(part, ast.FormattedValue):
            told += f"{{{named(_label(part.value), taken)}}}"
        elif isinstance(part, ast.Constant):
            told += str(part.value)
    return told


def _label(value: ast.expr) -> str:
    inner = value.func if isinstance(value, ast.Call) else value.value if isinstance(value, ast.Subscript) else value
    label = inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else "value"
    return label.lower().strip("_")


if __name__ == "__main__":
    print("\n".join(sorted({*untold(of_templates()), *untold(of_code())})))  # noqa: T201 -- a list for a terminal
