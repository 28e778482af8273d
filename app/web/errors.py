"""Every refusal and every failure, rendered once: a page for people, RFC 9457 problem+json for programs."""

from __future__ import annotations

import json
import logging
import uuid
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from apiflask import APIFlask, HTTPError
from flask import Response, g, redirect, render_template, request
from jinja2 import Template
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from app.core.errors import AppError, Conflict, FieldError, HardwareError, Unauthenticated, Unavailable
from app.core.tablet import is_queued

log = logging.getLogger(__name__)

PROGRAMS: Final = ("/api/", "/hooks/", "/health/", "/metrics", "/stream", "/session")
CODES: Final = {
    400: ("malformed", "The request cannot be read. JSON must be valid and in UTF-8."),
    404: ("not_found", "There is nothing here, or nothing that you may see."),
    405: ("method_not_allowed", "This address does not take that method."),
    413: ("too_large", "That is more than this address takes: 1 MB, photos 15 MB."),
    415: ("unsupported_media_type", "Send application/json."),
}
SAME_PAGE: Final = {412: "409", 415: "400", 422: "400"}
TAKEN: Final = {"23505", "23P01"}  # unique and exclusion violations: somebody else was first


def install(app: APIFlask) -> None:
    """Give the app one renderer for everything that can go wrong."""
    app.register_error_handler(AppError, _refused)
    app.register_error_handler(HardwareError, _device_failed)
    app.register_error_handler(HTTPError, _not_valid)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(NoConnectionFree, _no_database)
    app.register_error_handler(Exception, _unexpected)


def problem(error: AppError, *, title: str | None = None, **more: Any) -> dict[str, Any]:
    """The RFC 9457 form of a refusal."""
    return {
        "type": f"urn:rackside:problem:{error.code}",
        "title": title or HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "errors": [{"field": e.field, "code": e.code, "detail": e.detail} for e in error.errors],
        **more,
    }


def is_program() -> bool:
    """True when a program or a tablet's queue asks: it gets problem+json, never a page and never a redirect to one."""
    return request.path.startswith(PROGRAMS) or is_queued()


def _refused(error: AppError) -> AnyResponse:
    if isinstance(error, Unauthenticated) and not is_program():
        return _to_sign_in()
    return _rendered(error)


def _rendered(error: AppError, **more: Any) -> Response:
    if is_program():
        body = json.dumps(problem(error, **more))
        response = Response(body, error.status, mimetype="application/problem+json")
    else:
        response = Response(_page(error, **more), error.status, mimetype="text/html")
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="rackside"'
    return response


def _page(error: AppError, *, incident: str | None = None, **_more: Any) -> str:
    """The page for a status; one that tells of a broken part asks nothing of the database."""
    g.plain_shell = error.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    name = "400" if error.code == "csrf" else SAME_PAGE.get(error.status, str(error.status))
    templates: list[str | Template] = [f"errors/{name}.html", "errors/500.html" if g.plain_shell else "errors/400.html"]
    return render_template(templates, detail=error.detail, reference=incident)


def _to_sign_in() -> AnyResponse:
    """Sign in first, then back here. A part of a page sends the whole page there."""
    here = request.full_path.rstrip("?") if request.method == "GET" else "/"
    target = f"/sign-in?next={quote(here, safe='/')}"
    if request.headers.get("HX-Request"):
        return Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": "/sign-in"})
    return redirect(target, HTTPStatus.SEE_OTHER)


def _device_failed(error: HardwareError) -> Response:
    refusal = Unavailable(f"device_{error.status}", f"{error.reason}. {error.advice}")
    return _rendered(refusal, retryable=error.retryable)


def _not_valid(error: HTTPError) -> Response:
    """APIFlask's findings ({place: {field: [sentence]}}) in the contract's form."""
    found = AppError("invalid", "Some fields are not right.", _field_errors(error.detail))
    found.status = error.status_code
    return _rendered(found)


def _field_errors(detail: Any) -> list[FieldError]:
    places = detail.values() if isinstance(detail, dict) else [detail]
    return [error for place in places for error in _flat("", place)]


def _flat(path: str, found: Any) -> list[FieldError]:
    if isinstance(found, dict):
        inner = ((path if key == "_schema" else f"{path}.{key}".lstrip("."), value) for key, value in found.items())
        return [error for deeper, value in inner for error in _flat(deeper, value)]
    sentences = found if isinstance(found, list) else [found]
    return [FieldError(path, _code_of(str(sentence)), str(sentence)) for sentence in sentences]


def _code_of(sentence: str) -> str:
    """The code for marshmallow's sentences, which carry none."""
    known = {"Missing data": "required", "Field may not be null": "required", "Unknown field": "unknown_field"}
    return next((code for start, code in known.items() if sentence.startswith(start)), "invalid")


def _http(error: HTTPException) -> AnyResponse:
    status = error.code or 500
    if status < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    code, detail = CODES.get(status, (HTTPStatus(status).name.lower(), error.description or error.name))
    refusal = AppError(code, detail if is_program() else "")  # the page of a status says it better
    refusal.status = status
    response = _rendered(refusal)
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _database(error: DBAPIError) -> Response:
    state = getattr(error.orig, "sqlstate", None)
    if state in TAKEN:
        log.warning("conflict in the database: %s", type(error.orig).__name__)
        return _rendered(Conflict("conflict", "Somebody else was first. Load it again and look."))
    if error.connection_invalidated or state is None or state[:2] in {"08", "40", "53", "55", "57"}:
        log.error("database: %s (sqlstate %s)", type(error.orig).__name__, state)
        return _no_database(error)
    return _unexpected(error)


def _no_database(_error: Exception) -> Response:
    sentence = "The database does not answer now. Try again."
    return _rendered(Unavailable("database_unavailable", sentence, retry_after_s=2))


def _unexpected(error: Exception) -> Response:
    incident = uuid.uuid4().hex[:12]
    log.error("incident %s: %s %s", incident, request.method, request.path, exc_info=error)
    failure = AppError("internal", f"Something broke on our side. It is recorded as incident {incident}.")
    return _rendered(failure, incident=incident)
