"""The file of integrations: read once, and a wrong value stops the start and names itself."""

from __future__ import annotations

import base64
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from app.core.errors import Invalid
from app.tickets.integrations import load
from app.tickets.systems import SYSTEMS
from app.tickets.systems.console import Console
from app.tickets.systems.webhook import Webhook

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"
URL = "https://tickets.example/hook"


def write(folder: Path, content: Any) -> Path:
    path = folder / "integrations.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_integrations_are_read_with_paths_beside_the_file_and_secrets_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secrets").write_text(f"{SECRET}\n{SECRET}\n", encoding="utf-8")
    found = load(
        write(
            tmp_path,
            {
                "rt": {"system": "webhook", "url": URL, "secrets_file": "secrets"},
                "demo": {"system": "console", "path": "messages.jsonl"},
                "log": {"system": "console"},
            },
        )
    )
    assert found == {
        "rt": Webhook(URL, (SECRET, SECRET)),
        "demo": Console(tmp_path / "messages.jsonl"),
        "log": Console(),
    }


def test_without_a_file_there_are_no_integrations() -> None:
    assert load(None) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ([], "must hold an object"),
        ({"rt": 1}, "integration rt: must be an object"),
        ({"rt": {"system": "telepathy"}}, "system must be one of console, email, request_tracker, webhook"),
        ({"rt": {"system": "webhook", "url": URL}}, "integration rt: secrets is missing"),
        ({"rt": {"system": "webhook", "url": 7, "secrets": [SECRET]}}, "integration rt: url must be a text"),
        ({"rt": {"system": "webhook", "url": URL, "secrets": []}}, "secrets must be a list of texts"),
        ({"rt": {"system": "webhook", "url": URL, "secrets": ["whsec_short"]}}, "24 to 64 bytes"),
        ({"rt": {"system": "webhook", "url": URL, "secrets_file": "none"}}, "secrets_file: .* cannot be read"),
        ({"rt": {"system": "webhook", "url": URL, "secrets": [SECRET], "colour": 1}}, "unknown setting colour"),
        ({"rt": {"system": "webhook", "url": "ftp://x/", "secrets": [SECRET]}}, "url must be https"),
        ({"rt": {"system": "webhook", "url": "http://tickets.example/", "secrets": [SECRET]}}, "allow_plain_http"),
        ({"rt": {"system": "webhook", "url": "https://a:b@x/", "secrets": [SECRET]}}, "without a name or password"),
        ({"rt": {"system": "webhook", "url": "http://x:y/", "secrets": [SECRET]}}, "url is not an address"),
        ({"demo": {"system": "console", "path": 3}}, "path must be a path"),
    ],
)
def test_a_wrong_integration_stops_the_start_and_names_itself(tmp_path: Path, content: Any, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        load(write(tmp_path, content))
    assert refused.value.detail.startswith("RACKSIDE_INTEGRATIONS: ")
    assert SECRET not in refused.value.detail


def test_a_missing_file_names_itself(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"RACKSIDE_INTEGRATIONS: .* cannot be read"):
        load(tmp_path / "none.json")


@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_and_its_settings_are_documented(name: str) -> None:
    page = (Path(__file__).parents[3] / "docs" / "ticket-systems.md").read_text(encoding="utf-8")
    assert f"## {name}" in page
    settings = [one.name for one in fields(SYSTEMS[name]) if one.init]  # type: ignore[arg-type]  # a dataclass, as scanned
    assert [setting for setting in settings if f"`{setting}`" not in page] == []
