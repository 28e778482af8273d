"""The application over a database of the test's own, people in it, and browsers and programs that use it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from apiflask import APIFlask
from flask import Flask
from flask.testing import FlaskClient
from flask_sqlalchemy import SQLAlchemy
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.core.clock import true_now
from app.core.database import transaction
from app.core.permissions import Permission, Role
from app.core.settings import Settings, from_environment
from app.people import queries
from app.people.operations import accounts, tokens
from app.sites.models import Site
from app.web.app import create_app

PASSWORD = "correct horse 42"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """Settings over the test's database."""
    return from_environment({"DATABASE_URL": database, "RACKSIDE_INSTANCE": str(tmp_path)})


@pytest.fixture(scope="session", autouse=True)
def engines() -> Iterator[dict[str, Engine]]:
    """One engine per database URL for all applications of the process.

    An engine keeps the statements it has compiled, and its connections what the database has learned of the tables.
    With one of its own, every test did both anew.
    """
    kept: dict[str, Engine] = {}
    make = SQLAlchemy._make_engine

    def made_once(self: SQLAlchemy, bind_key: str | None, options: dict[str, Any], app: Flask) -> Engine:
        url = str(options["url"])
        if url not in kept:
            kept[url] = make(self, bind_key, options, app)
        return kept[url]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SQLAlchemy, "_make_engine", made_once)
        yield kept
    for engine in kept.values():
        engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every template is compiled once for all applications of the process: it took a third of the pages' tests."""
    shared = tmp_path_factory.getbasetemp().parent / "templates"  # by the other processes of a run
    shared.mkdir(exist_ok=True)
    cache = FileSystemBytecodeCache(str(shared))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": cache})
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_addresses() -> Iterator[None]:
    """Every address is compiled once for all applications of the process: it took half of making one."""
    kept: dict[object, Any] = {}
    compile_one = Rule._compile_builder

    def compiled_once(self: Rule, append_unknown: bool = True) -> Any:
        key = self.rule, tuple(self._trace), repr(self.defaults), append_unknown  # all that the code depends on
        if key not in kept:
            kept[key] = compile_one(self, append_unknown)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compiled_once)
        yield


@pytest.fixture
def web_app(settings: Settings) -> APIFlask:
    """The whole application."""
    return create_app(settings)


@pytest.fixture
def site(web_app: APIFlask) -> Callable[..., int]:
    """Add a site once and give its id: site("AMS1", time_zone="Europe/Amsterdam")."""

    def add(code: str, time_zone: str = "Europe/Amsterdam") -> int:
        with web_app.app_context(), transaction() as session:
            found = session.scalar(select(Site).where(Site.code == code))
            if found is None:
                found = Site(code=code, name=f"Data center {code}", time_zone=time_zone)
                session.add(found)
                session.flush()
            return found.id

    return add


@pytest.fixture
def person(web_app: APIFlask, site: Callable[..., int]) -> Callable[..., int]:
    """Add a person with roles and give their id: person("tess", "technician@AMS1", "l1_engineer@all")."""

    def add(name: str, *roles: str) -> int:
        for role in roles:
            if (code := role.partition("@")[2]) != "all":
                site(code)
        with web_app.app_context(), transaction() as session:
            added = accounts.add_person(
                session, name=name, full_name=name.title(), by="test", now=LONG_AGO, password=PASSWORD
            )
            for role in roles:
                title, _, code = role.partition("@")
                place = session.scalar(select(Site).where(Site.code == code))
                accounts.grant(session, added, Role(title), place, by="test", now=LONG_AGO)
            return added.id

    return add


class Browser:
    """A browser: keeps cookies, reads the CSRF token of the page it is on, and sends it with what it posts."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def token(self, path: str = "/sign-in") -> str:
        found = re.search(r'name="csrf_token" value="(\w+)"', self.client.get(path, follow_redirects=True).text)
        assert found
        return found[1]

    def post(self, path: str, page: str = "/sign-in", **fields: str) -> TestResponse:
        return self.client.post(path, data={**fields, "csrf_token": self.token(page)})

    def sign_in(self, name: str, password: str = PASSWORD) -> TestResponse:
        return self.post("/sign-in", name=name, password=password)


class Program:
    """A program: sends a bearer token and JSON."""

    def __init__(self, client: FlaskClient, token: str) -> None:
        self.client, self.token = client, token

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}", **headers})

    def post(self, path: str, json: object = None, **headers: str) -> TestResponse:
        return self.client.post(path, json=json, headers={"Authorization": f"Bearer {self.token}", **headers})


@pytest.fixture
def browser(web_app: APIFlask) -> Browser:
    """A fresh browser."""
    return Browser(web_app.test_client())


@pytest.fixture
def browser_of(web_app: APIFlask) -> Callable[[str], Browser]:
    """A browser in which that person is signed in."""

    def open_browser(name: str) -> Browser:
        opened = Browser(web_app.test_client())
        assert opened.sign_in(name).status_code == 303
        return opened

    return open_browser


@pytest.fixture
def program_of(web_app: APIFlask) -> Callable[..., Program]:
    """A program with a token of that person: program_of("tess", Permission.SITES_READ)."""

    def give_token(name: str, *scopes: Permission) -> Program:
        with web_app.app_context(), transaction() as session:
            someone = queries.person_named(session, name)
            _, secret = tokens.create_token(
                session, someone, name="test", by="test", now=true_now(), scopes=scopes or None
            )
        return Program(web_app.test_client(), secret)

    return give_token
