"""The API keeps what its description says, whatever is thrown at it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from apiflask import APIFlask
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.integration.conftest import Program

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
ROLES = ("technician@all", "l1_engineer@all", "sysadmin@all", "manager@all")


@pytest.fixture
def described(web_app: APIFlask, person: Callable[..., int], program_of: Callable[..., Program]) -> Any:
    """The description, with somebody who may do everything."""
    person("tess", *ROLES)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", web_app)
    schema.config.headers = {"Authorization": f"Bearer {program_of('tess').token}"}
    return schema


loose = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)


@pytest.mark.proof
def test_every_operation_answers_as_described(described: Any) -> None:
    failures: list[str] = []
    for found in described.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @loose
        def answers(case: Any) -> None:
            case.call_and_validate(checks=CHECKS)

        try:
            answers()
        except FailureGroup as failure:
            failures += [f"{operation.label}: {one}" for one in failure.exceptions]
    assert failures == []


def test_the_description_is_whole_and_openapi_3_1(web_app: APIFlask) -> None:
    answer = web_app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    described = answer.get_json()
    assert described["openapi"].startswith("3.1")
    assert "/api/v1/sites" in described["paths"]
    schemas = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(re.findall(r'"(#/components/schemas/[^"]+)"', answer.text)) <= schemas


@pytest.mark.parametrize("path", ["escalations", "work-orders/{number}/{verb}", "referrals/{number}/answer"])
def test_the_description_tells_what_to_send(web_app: APIFlask, path: str) -> None:
    described = web_app.test_client().get("/api/v1/openapi.json").get_json()
    body = described["paths"][f"/api/v1/{path}"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    named = [one["$ref"].rpartition("/")[2] for one in body.get("anyOf", [body])]
    assert all(described["components"]["schemas"][name]["properties"] for name in named)
    assert {"outcome", "note"} <= described["components"]["schemas"]["Verb.completion"]["properties"].keys()
