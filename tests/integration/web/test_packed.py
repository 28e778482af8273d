"""Static files: packed by the build, handed out packed to who takes them so, and the same bytes to everybody."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.web.packed import Application

STYLE = b"body { color: black }\n" * 50


@pytest.fixture
def browser(tmp_path: Path) -> FlaskClient:
    (tmp_path / "main.css").write_bytes(STYLE)
    (tmp_path / "main.css.gz").write_bytes(gzip.compress(STYLE))
    (tmp_path / "icon.png").write_bytes(b"\x89PNG")
    (tmp_path.parent / "secret.gz").write_bytes(b"secret")
    app = Application("app.web", static_folder=str(tmp_path), static_url_path="/")
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 100
    return app.test_client()


def ask(browser: FlaskClient, path: str, **headers: str) -> TestResponse:
    """The whole answer; its file is closed."""
    response = browser.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response.get_data()
    response.close()
    return response


def test_a_browser_that_unpacks_gets_the_packed_file_under_its_own_type(browser: FlaskClient) -> None:
    response = ask(browser, "/main.css", Accept_Encoding="gzip, br")
    assert (response.headers["Content-Encoding"], response.mimetype) == ("gzip", "text/css")
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.cache_control.max_age == 100
    assert gzip.decompress(response.data) == STYLE


def test_anybody_else_gets_the_plain_file_and_caches_keep_both_apart(browser: FlaskClient) -> None:
    for plain in ask(browser, "/main.css"), ask(browser, "/main.css", Accept_Encoding="gzip;q=0"):
        assert ("Content-Encoding" in plain.headers, plain.data) == (False, STYLE)
        assert plain.headers["Vary"] == "Accept-Encoding"


def test_a_file_that_does_not_pack_is_sent_as_it_is(browser: FlaskClient) -> None:
    response = ask(browser, "/icon.png", Accept_Encoding="gzip")
    assert ("Content-Encoding" in response.headers, response.data) == (False, b"\x89PNG")


def test_a_known_file_is_not_sent_again(browser: FlaskClient) -> None:
    known = ask(browser, "/main.css", Accept_Encoding="gzip").headers["ETag"]
    assert ask(browser, "/main.css", Accept_Encoding="gzip", If_None_Match=known).status_code == 304
    assert ask(browser, "/main.css", Accept_Encoding="identity", If_None_Match=known).status_code == 200


@pytest.mark.parametrize("path", ["/../secret", "/%2e%2e/secret", "/nothing.css"])
def test_nothing_beside_the_folder_is_reached(browser: FlaskClient, path: str) -> None:
    assert ask(browser, path, Accept_Encoding="gzip").status_code == 404
