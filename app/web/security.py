"""What every request passes before its route, and every answer on its way out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from flask import Flask, Response, g, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.exceptions import NotFound as NoSuchAddress
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from app.core import browser
from app.core.access import Principal
from app.core.clock import true_now
from app.core.database import asking, transaction
from app.core.errors import FieldError, Invalid, NotAllowed, Unauthenticated
from app.core.language import Language, best_of, known, speak
from app.people import queries
from app.people.operations import sessions

BODY_LIMIT: Final = 1_000_000
PHOTO_LIMIT: Final = 15_000_000
ENVELOPE: Final = 20_000  # what a multipart form adds around a photo
DEEPEST: Final = 40
LARGEST: Final = 2**53 - 1  # beyond it JSON's readers disagree (RFC 8259, section 6)
SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
RAW: Final = ("/api/", "/hooks/")  # whose bodies are signed or compared
NOBODY_ASKED: Final = {"static", "health.live", "health.ready", "health.metrics", "tablet.worker", "tablet.manifest"}

POLICY: Final = {
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; "
    "img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), payment=(), usb=()",
}


class StrictJSON(DefaultJSONProvider):
    """JSON as RFC 8259 has it: no NaN, no Infinity, nothing nested beyond reason."""

    sort_keys = False

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Raises ValueError, which Flask answers with 400."""
        try:
            return json.loads(s, parse_constant=_no_constant, **kwargs)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def install(app: Flask) -> None:
    """Put the checks in their order."""
    app.json = StrictJSON(app)
    app.config.update(MAX_CONTENT_LENGTH=BODY_LIMIT, MAX_FORM_MEMORY_SIZE=BODY_LIMIT, MAX_FORM_PARTS=1000)
    app.before_request(listen)
    app.before_request(check_size)
    app.before_request(recognise)
    app.before_request(listen)  # again: now it may be known whose language it is
    app.before_request(check_text)
    app.before_request(check_origin)
    app.after_request(browser.send_cookie)
    app.after_request(add_headers)
    app.jinja_env.globals["csrf_token"] = browser.csrf_token


def listen() -> None:
    """Speak this person's language, else the one that the browser asks for; to programs always English."""
    principal: Principal | None = g.get("principal")
    chosen = known(principal.language) if principal else None
    if request.path.startswith(("/api/", "/hooks/", "/health/", "/metrics")):
        speak(Language.ENGLISH)
    else:
        speak(chosen or best_of(request.accept_languages.values()))


def check_size() -> None:
    """Refuse a body by its stated size before a byte of it is read; one without a stated size while it is read."""
    limit = PHOTO_LIMIT + ENVELOPE if request.path.endswith("/photos") else BODY_LIMIT
    request.max_content_length = limit
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge


def recognise() -> None:
    """Find out who asks: a bearer token, else the browser's session. Hooks prove themselves in their own way."""
    g.principal, g.by_token = None, False
    if request.endpoint in NOBODY_ASKED or request.path.startswith("/hooks/"):
        return
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "bearer":
        g.by_token = True
        with asking() as asker:
            g.principal = queries.principal_of_token(asker, token.strip(), true_now())
        if g.principal is None:
            raise Unauthenticated("invalid_token", "This token is unknown, expired or revoked.")
    elif secret := browser.secret():
        now = true_now()
        with asking() as asker:
            found = queries.principal_of_session(asker, secret, now)
        if found:
            g.principal, seen_at = found
            if sessions.falls_idle(seen_at, now):
                with transaction() as session:
                    sessions.touch(session, secret, now)


def check_origin() -> None:
    """Refuse what another site's page made this browser send: the token is its proof of ours."""
    if request.method in SAFE_METHODS or g.by_token or request.path.startswith("/hooks/"):
        return
    if g.principal is None and request.path.startswith("/api/"):
        return  # nobody's rights are at stake: the route asks who it is
    foreign = request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}
    if foreign or not browser.csrf_holds():
        raise NotAllowed("csrf", "This page is too old, or the request came from another site. Load it again.")


def check_text() -> None:
    """Refuse control characters, half characters and numbers that JSON's readers disagree on, naming the field."""
    if any(_is_bad(c) for c in request.path):
        raise NoSuchAddress
    if request.path.startswith("/hooks/"):
        return  # read only once its signature holds
    found = list(_bad_fields("", request.args.to_dict(flat=False)))
    if request.method not in SAFE_METHODS:
        if request.is_json or request.path.startswith(RAW):
            body = request.get_data(cache=True)  # word for word, before a form is read out of it
            if request.is_json and body:
                found += _bad_fields("", request.get_json())
            elif body and request.path.startswith("/api/"):
                _check_media_type(request.mimetype)
        found += _bad_fields("", request.form.to_dict(flat=False))
    if found:
        raise Invalid("invalid", "Some fields hold what cannot be kept.", found)


def add_headers(response: Response) -> Response:
    """The same policy on every answer; what is not a file with a hashed name is never kept by a cache."""
    for name, value in POLICY.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _check_media_type(mimetype: str) -> None:
    if not mimetype.startswith(("image/", "multipart/form-data")):
        raise UnsupportedMediaType


def _bad_fields(path: str, given: Any) -> Iterable[FieldError]:
    """Walks without recursion: depth is the sender's choice."""
    waiting = [(path, given, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > DEEPEST:
            yield FieldError(path, "too_deep", f"Nested more than {DEEPEST} levels deep.")
        elif isinstance(value, dict):
            for key, inner in value.items():
                if _is_bad_text(key):
                    yield FieldError(path, "control_character", "A field's name holds a control character.")
                else:
                    waiting.append((f"{path}.{key}".lstrip("."), inner, depth + 1))
        elif isinstance(value, list):
            waiting += [(path if len(value) == 1 else f"{path}.{n}", v, depth + 1) for n, v in enumerate(value)]
        elif isinstance(value, str) and _is_bad_text(value):
            yield FieldError(path, "control_character", "Holds a control character, which nobody can see or type.")
        elif isinstance(value, int) and abs(value) > LARGEST:
            yield FieldError(path, "out_of_range", "A number this large is not exact in JSON.")


def _is_bad_text(text: str) -> bool:
    return any(_is_bad(c) for c in text)


def _is_bad(c: str) -> bool:
    return (c < " " and c not in "\n\t\r") or "\x7f" <= c <= "\x9f" or "\ud800" <= c <= "\udfff"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
