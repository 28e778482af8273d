"""The description of the API at /api/v1/openapi.json: what the routes declare, and the refusals they share."""

from __future__ import annotations

import json
import warnings
from typing import Any, Final

from apiflask import APIFlask
from flask import Response

from app.core.access import needs
from app.core.permissions import Permission

PROBLEM: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
    },
}
REFUSED: Final = {
    "description": "Refused (RFC 9457)",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
STATUSES: Final = ("400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503")
IDEMPOTENCY_KEY: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Same key and body, same answer; same key and another body is 409 idempotency_mismatch.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
}


def install(app: APIFlask) -> None:
    """Serve the description; it is built once, from the routes as they are when somebody first asks."""
    app.config.update(
        SECURITY_SCHEMES={"bearer": {"type": "http", "scheme": "bearer"}},
        AUTO_404_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
        AUTO_OPERATION_ID=True,
        AUTO_SERVERS=False,
    )
    app.spec_processor(completed)
    built: list[str] = []

    @app.get("/api/v1/openapi.json")
    @app.doc(hide=True)
    @needs(Permission.PUBLIC)
    def openapi() -> Response:
        if not built:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of a schema used alone and inside another: both resolve
                built.append(json.dumps(app.spec))
        return Response(built[0], mimetype="application/json")


def completed(spec: dict[str, Any] | str) -> dict[str, Any] | str:
    """The spec with what all operations share: bearer tokens, refusals, the idempotency key of every POST."""
    assert isinstance(spec, dict)  # text would be YAML, which is not served
    spec.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    for operations in spec.get("paths", {}).values():
        for method, operation in operations.items():
            operation["security"] = [{"bearer": []}]
            answers = operation.setdefault("responses", {})
            for status in STATUSES:
                answers[status] = REFUSED
            if method == "post":
                operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    return spec
