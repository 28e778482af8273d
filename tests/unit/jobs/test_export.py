"""Exports and their verification."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest
from nacl.encoding import HexEncoder
from nacl.signing import SigningKey

from app.core.chain import chained_hash, event_fields
from app.jobs.export import problems, signed_export

KEY = SigningKey.generate()


def events(count: int = 3) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    previous = ""
    for n in range(count):
        fields = event_fields(
            at=datetime(2026, 11, 30, 9, n, tzinfo=UTC), device_at=None, by="tess", verb="note", from_state="working",
            to_state="working", why=f"remark {n}", detail={},
        )  # fmt: skip
        made.append({**fields, "hash": chained_hash(fields, previous), "previous_hash": previous})
        previous = made[-1]["hash"]
    return made


@pytest.fixture
def export() -> dict[str, Any]:
    return signed_export({"number": "WO-2026-000001", "state": "closed"}, events(), KEY)


def test_a_true_export_has_no_problems(export: dict[str, Any]) -> None:
    assert problems(export) == []
    assert problems(export, KEY.verify_key.encode(HexEncoder).decode()) == []
    assert problems({"items": events()}) == []


@pytest.mark.parametrize(
    "path", [("events", 0, "why"), ("events", 2, "at"), ("work_order", "state"), ("signature", "value")]
)
def test_any_change_is_found(export: dict[str, Any], path: tuple[Any, ...]) -> None:
    changed = copy.deepcopy(export)
    inside: Any = changed
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = "00"
    assert problems(changed)


def test_a_missing_event_in_the_middle_is_found(export: dict[str, Any]) -> None:
    shorter = {"items": [*events()[:1], *events()[2:]]}
    assert problems(shorter) == ["The hash chain breaks at event 2 of 2: it or one before it was changed."]


def test_another_installations_signature_is_not_ours(export: dict[str, Any]) -> None:
    other = SigningKey.generate().verify_key.encode(HexEncoder).decode()
    assert problems(export, other) == ["The file was signed with another key than the one expected."]


@pytest.mark.parametrize("content", [None, 1, "x", [], {}, {"events": []}, {"events": "x"}, {"items": [1]}, [[]]])
def test_what_holds_no_events_is_said_so(content: object) -> None:
    assert problems(content)[0].startswith("The file holds no events")
