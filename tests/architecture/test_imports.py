"""Who may know whom: the contracts of pyproject.toml, and what they cannot say."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import grimp
import pytest

from app.cli import COMMANDS, Command
from tests.architecture.tree import ROOT, name, parsed, python_files

PACKAGES = ("sites", "people", "shifts", "hardware", "tickets", "jobs")
# A module's role is the first word of its name: routes_orders is an edge, cli_window too.
HEIGHT = {
    **dict.fromkeys(("routes", "api", "cli", "tasks"), 7),
    "forms": 6,
    "operations": 5,
    "queries": 4,
    "models": 3,
    "collect": 2,
    **dict.fromkeys(("protocols", "vendors", "kinds", "systems"), 1),
    **dict.fromkeys(("rules", "states", "window", "readings"), 0),
}


def test_import_contracts_are_kept() -> None:
    """In a process of its own: the linter sets up logging anew and silences every logger there is."""
    linter = (
        "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True, no_logo=True))"
    )
    told = subprocess.run(
        [sys.executable, "-c", linter], check=False, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert told.returncode == 0, told.stdout + told.stderr


def test_modules_of_a_package_stand_on_lower_ones_only() -> None:
    graph = grimp.build_graph("app", cache_dir=None)
    wrong = []
    for package in PACKAGES:
        for importer in graph.find_descendants(f"app.{package}"):
            for imported in graph.find_modules_directly_imported_by(importer):
                above, below = _height(importer, package), _height(imported, package)
                if above is not None and below is not None and above < below:
                    wrong.append(f"{importer} imports {imported}")
    assert wrong == []


def _height(module: str, package: str) -> int | None:
    parts = module.split(".")
    if parts[:2] != ["app", package] or len(parts) < 3:
        return None
    return HEIGHT.get(parts[2].split("_")[0])


def test_no_function_imports_our_own_modules() -> None:
    inside = {
        f"{name(path)}:{node.lineno}"
        for path in python_files("app", "bench", "lab", "tests")
        for function in ast.walk(parsed(path))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and _is_ours(node)
    }
    assert inside == set()


def _is_ours(node: ast.Import | ast.ImportFrom) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or (node.module or "").split(".")[0] in {"app", "bench", "lab", "tests"}
    return any(alias.name.split(".")[0] in {"app", "bench", "lab", "tests"} for alias in node.names)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_leads_to_a_function(command: Command) -> None:
    module, _, function = command.function.partition(":")
    assert callable(getattr(importlib.import_module(module), function))
