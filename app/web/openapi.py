"""The description of the API at /api/v1/openapi.json: what the routes declare, and the refusals they share."""

from __future__ import annotations

import json
import warnings
from typing import Any, Final

from apiflask import APIFlask
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from flask import Response

from app.core.access import needs
from app.core.permissions import Permission
from app.jobs.forms import SCHEMAS, AnswerSchema, EscalationSchema

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


API: Final = "/api/v1"
ESCALATIONS: Final = f"{API}/escalations"
VERB: Final = f"{API}/work-orders/{{number}}/{{verb}}"
PHOTOS: Final = f"{API}/work-orders/{{number}}/photos"
ANSWER: Final = f"{API}/referrals/{{number}}/answer"
CREATED: Final = {ESCALATIONS: "A new work order or referral", PHOTOS: "Kept"}


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
    _describe_bodies(spec)
    return spec


def _describe_bodies(spec: dict[str, Any]) -> None:
    """Say what the routes read by themselves: escalations, the bodies of the verbs, images."""
    schemas = _schemas()
    spec["components"]["schemas"] |= schemas
    one_of_the_verbs = {"anyOf": [_named(name) for name in schemas if name.startswith("Verb.")]}
    bodies = {
        ESCALATIONS: {"application/json": {"schema": _named("Escalation")}},
        ANSWER: {"application/json": {"schema": _named("Answer")}},
        VERB: {"application/json": {"schema": one_of_the_verbs}},
        PHOTOS: {kind: {"schema": {}} for kind in ("image/jpeg", "image/png", "image/webp")},
    }
    for path, content in bodies.items():
        operation = spec.get("paths", {}).get(path, {}).get("post")
        if operation is not None:
            operation["requestBody"] = {"required": path != VERB, "content": content}
            if path in CREATED:
                operation["responses"]["201"] = {"description": CREATED[path]}


def _schemas() -> dict[str, Any]:
    """The escalation and each verb's body (`Verb.claim`) as JSON schemas."""
    described = APISpec("bodies", "1", "3.1.0", plugins=[MarshmallowPlugin()])
    described.components.schema("Escalation", schema=EscalationSchema)
    described.components.schema("Answer", schema=AnswerSchema)
    for verb, schema in SCHEMAS.items():
        described.components.schema(f"Verb.{verb}", schema=schema)
    schemas: dict[str, Any] = described.to_dict()["components"]["schemas"]
    return schemas


def _named(schema: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{schema}"}
