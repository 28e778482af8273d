"""What stands in the checkout beside code: locks without addresses, documents whose links lead somewhere."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.cli import COMMANDS
from tests.architecture.tree import ROOT, files, name, python_files, text_of

SETTING = re.compile(r"\b(?:RACKSIDE_[A-Z][A-Z_]*[A-Z]|DATABASE_URL)\b")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
DOCUMENTS = [path for path in files() if path.suffix == ".md"]
# Hosts of package registries, by the shape that each has, and paths that only one machine has.
NOT_HERE = [
    re.compile(r"\b(?:registry|files|deb|security)\.[a-z]+\.(?:org|com)\b|\bpy[p]i\.org\b", re.IGNORECASE),
    re.compile(r"(?<![\w.])/(?:root|home/\w+|w[o]rk)/[\w.]"),
]


@pytest.mark.parametrize("path", [path for path in files() if path.suffix == ".lock"], ids=name)
def test_lock_files_hold_hashes_and_no_addresses(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    pins = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert pins
    assert all("==" in pin and pin.endswith("\\") for pin in pins)


def test_page_assets_are_locked_without_addresses() -> None:
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text
    assert '"integrity"' in text


def test_what_tests_run_with_is_what_runs() -> None:
    def pins(lock: str) -> set[str]:
        return set(re.findall(r"^[a-z0-9][^ ;]*==[^ ;]+", (ROOT / lock).read_text(encoding="utf-8"), re.MULTILINE))

    assert pins("requirements.lock") <= pins("requirements-dev.lock")


def test_the_tree_speaks_of_the_product_alone() -> None:
    found = [
        f"{name(path)}: {word.pattern}"
        for path in files()
        if (text := text_of(path)) is not None
        for word in NOT_HERE
        if word.search(text)
    ]
    assert found == []


def test_every_link_in_a_document_leads_somewhere() -> None:
    links = [(path, target) for path in DOCUMENTS for target in LINK.findall(path.read_text(encoding="utf-8"))]
    assert [f"{name(path)}: {target}" for path, target in links if not _leads_somewhere(path, target)] == []


def _leads_somewhere(document: Path, target: str) -> bool:
    if "://" in target or target.startswith("mailto:"):
        return True  # what is not ours is not asked by a test
    place, _, anchor = unquote(target).partition("#")
    there = (document.parent / place).resolve() if place else document
    return there.exists() and (not anchor or there.suffix != ".md" or anchor in _anchors(there))


def _anchors(document: Path) -> set[str]:
    titles = re.findall(r"^#+ +(.+?) *$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_setting_is_documented() -> None:
    used = {word for path in python_files("app") for word in SETTING.findall(path.read_text(encoding="utf-8"))}
    documented = set(SETTING.findall((ROOT / "docs" / "settings.md").read_text(encoding="utf-8")))
    assert {word.removesuffix("_FILE") for word in used} <= documented


def test_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [command.name for command in COMMANDS if f"./rackside {command.name}" not in readme] == []


@pytest.mark.parametrize("script", ["rackside", "scripts/lock", ".ci/run"])
def test_scripts_parse(script: str) -> None:
    shell = (ROOT / script).read_text(encoding="utf-8").splitlines()[0].rpartition("/")[2].split()[-1]
    subprocess.run([shell, "-n", str(ROOT / script)], check=True)
