"""The tools' verdict, and the sizes that keep a function on one screen."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from tests.architecture.tree import CODE, ROOT, name, parsed, python_files

LONGEST_FUNCTION = 60
LONGEST_FILE = 350
SUPPRESSION = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z-]+\])(.*)")


def run(*command: str) -> None:
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_line_is_formatted() -> None:
    run("ruff", "format", "--check", "--quiet", *CODE)


def test_linter_finds_nothing() -> None:
    run("ruff", "check", "--quiet", "--output-format=concise", *CODE)


def test_every_type_fits() -> None:
    run("mypy", "--no-error-summary", *CODE)


def test_functions_fit_a_screen() -> None:
    long = [
        f"{name(path)}: {node.name} has {_length(node)} lines"
        for path in python_files("app", "bench", "lab")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _length(node) > LONGEST_FUNCTION
    ]
    assert long == []


def test_files_fit_a_sitting() -> None:
    lines = {name(path): path.read_text(encoding="utf-8").count("\n") for path in python_files("app", "bench", "lab")}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def _length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def test_every_silenced_warning_says_why() -> None:
    silent = [
        f"{name(path)}:{number}"
        for path in python_files(*CODE)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (found := SUPPRESSION.search(line)) and not re.search(r"\w", found.group(1))
    ]
    assert silent == []
