"""What holds for every address there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from werkzeug.routing import Rule

from app.core.access import declared
from app.core.idempotency import ATTRIBUTE
from app.core.permissions import Permission
from app.core.settings import from_environment
from app.web.app import ELSEWHERE, HOMES, create_app
from app.web.shell import PAGES

PUBLIC = {
    "/sign-in", "/sign-out", "/health/live", "/health/ready", "/metrics", "/api/v1/openapi.json",
    "/sw.js", "/manifest.webmanifest", "/offline", "/tablet",
}  # fmt: skip
WAITING = {"hardware_api.take", "hardware_api.id_led"}  # idempotent in their first half: the second waits for a worker


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> APIFlask:
    """The application over a database that is never asked."""
    instance = str(tmp_path_factory.mktemp("instance"))
    return create_app(from_environment({"DATABASE_URL": "postgresql://127.0.0.1:1/x", "RACKSIDE_INSTANCE": instance}))


def routes(app: APIFlask) -> Iterator[tuple[Rule, Callable[..., Any]]]:
    return ((rule, app.view_functions[rule.endpoint]) for rule in app.url_map.iter_rules() if rule.endpoint != "static")


def test_every_route_declares_the_permission_it_needs(app: APIFlask) -> None:
    assert [rule.rule for rule, view in routes(app) if declared(view) is None] == []


def test_what_is_public_is_public_on_purpose(app: APIFlask) -> None:
    public = {rule.rule for rule, view in routes(app) if declared(view) == Permission.PUBLIC}
    assert {path for path in public if not path.startswith("/hooks/")} <= PUBLIC


def test_every_post_of_the_api_takes_an_idempotency_key(app: APIFlask) -> None:
    forgetful = [
        rule.rule
        for rule, view in routes(app)
        if rule.rule.startswith("/api/") and "POST" in (rule.methods or ()) and not getattr(view, ATTRIBUTE, False)
        if rule.endpoint not in WAITING
    ]
    assert forgetful == []


def test_every_page_of_the_menu_and_every_home_exists(app: APIFlask) -> None:
    there = {rule.rule for rule, _ in routes(app) if "GET" in (rule.methods or ())}
    assert {url for _, url, _ in PAGES} <= there
    assert {*HOMES.values(), ELSEWHERE} <= there


def test_every_page_s_template_folder_exists(app: APIFlask) -> None:
    folders = [Path(b.root_path) / b.template_folder for b in app.blueprints.values() if b.template_folder]
    assert [str(folder) for folder in folders if not folder.is_dir()] == []
