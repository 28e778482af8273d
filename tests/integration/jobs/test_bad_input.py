"""Bad input gets a clear error, and nothing is changed."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import event, func, select

from app.core.database import db, transaction
from app.jobs.models import Photo, WorkOrder
from tests.integration.jobs.conftest import Hall

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


def rows(hall: Hall, table: Any = WorkOrder) -> int:
    with hall.app.app_context(), transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"asset": "NO-SUCH"}, 404, "not_found"),
        ({"asset": None}, 422, "invalid"),
        ({"job_kind": "brain_surgery"}, 422, "unknown_job_kind"),
        ({"job_kind": None}, 422, "invalid"),
        ({"priority": "yesterday"}, 422, "invalid"),
        ({"summary": ""}, 422, "invalid"),
        ({"summary": "x" * 5000}, 422, "invalid"),
        ({"summary": "bell \x07"}, 422, "invalid"),
        ({"not_before": "next week"}, 422, "invalid"),
        ({"not_before": "2026-12-01T09:00:00"}, 422, "invalid"),
        ({"answers": ["a"]}, 422, "invalid"),
        ({"team": "cleaning"}, 422, "invalid"),
        ({"surprise": 1}, 422, "invalid"),
        ({"ticket": {"system": "console"}}, 422, "invalid"),
    ],
)
def test_a_wrong_escalation_names_what_is_wrong(hall: Hall, changes: dict[str, Any], status: int, code: str) -> None:
    response = hall.post("lena", "/escalations", hall.escalation(**changes))
    assert response.status_code == status, response.text
    assert response.json is not None
    assert response.json["code"] == code
    assert response.json["detail"]
    assert rows(hall) == 0


def test_wrong_fields_are_named_with_their_path(hall: Hall) -> None:
    body = hall.escalation(summary="")
    body["ticket"]["channel"] = "pigeon"
    response = hall.post("lena", "/escalations", body)
    assert response.json is not None
    assert {error["field"] for error in response.json["errors"]} == {"summary", "ticket.channel"}


def test_malformed_json_is_400(hall: Hall) -> None:
    program = hall.programs["lena"]
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/json"}
    response = program.client.post("/api/v1/escalations", data="{", headers=headers)
    assert response.status_code == 400


def test_ten_megabytes_are_too_much(hall: Hall) -> None:
    program = hall.programs["lena"]
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/json"}
    response = program.client.post("/api/v1/escalations", data=b'"' + b"x" * 10_000_000 + b'"', headers=headers)
    assert response.status_code == 413


def test_an_svg_is_no_photo(hall: Hall) -> None:
    number = hall.order()["number"]
    program = hall.programs["tess"]
    for data in (SVG, b"", b"\x89PNG\r\n\x1a\n broken", b"GIF89a" + b"\0" * 20):
        headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "image/png"}
        response = program.client.post(f"/api/v1/work-orders/{number}/photos", data=data, headers=headers)
        assert (response.status_code, response.json and response.json["code"]) == (422, "invalid_image")
    assert rows(hall, Photo) == 0


def test_an_unknown_verb_and_step_name_the_known_ones(hall: Hall) -> None:
    number = hall.order()["number"]
    assert hall.refusal("tess", number, "fix") == (422, "unknown_verb")
    hall.to_matched(number)
    hall.act("tess", number, "start")
    assert hall.refusal("tess", number, "step", id="dance", evidence={}) == (422, "unknown_step")
    assert hall.refusal("tess", number, "step", id="new_serial", evidence={}) == (422, "invalid")


def test_work_longer_than_a_day_does_not_fit(hall: Hall) -> None:
    answers = {"work": "rewire the rack", "minutes": "480", "timeline": "two days"}
    with hall.app.app_context():
        assert hall.order(job_kind="other_hands", answers=answers)["minutes"] == 480
    answers["minutes"] = "541"
    assert hall.order(job_kind="other_hands", answers=answers, asset="SRV-2")["state"] == "needs_info"


def test_a_site_cannot_be_guessed_from_outside(hall: Hall) -> None:
    response = hall.post("mia", "/assets/SRV-1/diagnostics")
    assert response.status_code == 404


@pytest.mark.parametrize(
    "changes",
    [
        {"not_before": "9999-12-31T23:00:00-05:00"},
        {"not_before": "9998-12-31T23:00:00Z"},
        {"answers": {"bay": {"nested": [1]}}},
        {"answers": {"bay": "x" * 5000}},
        {"summary": "   "},
        {"ticket": {"system": "console", "id": "T-old", "subject": "Old", "opened_at": "0001-01-01T00:00:00+14:00"}},
    ],
)
def test_what_no_calendar_and_no_record_can_hold_is_refused(hall: Hall, changes: dict[str, Any]) -> None:
    response = hall.post("lena", "/escalations", hall.escalation(**changes))
    assert response.status_code == 422, response.text
    assert rows(hall) == 0


def test_a_number_without_end_is_no_answer(hall: Hall) -> None:
    program, body = hall.programs["lena"], json.dumps(hall.escalation(answers={"bay": 7})).replace("7}", "1e999}")
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "application/json"}
    assert program.client.post("/api/v1/escalations", data=body, headers=headers).status_code == 422


def test_a_photo_of_no_step_is_refused(hall: Hall) -> None:
    number, program, picture = hall.order()["number"], hall.programs["tess"], io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "JPEG")
    headers = {"Authorization": f"Bearer {program.token}", "Content-Type": "image/jpeg"}
    path = f"/api/v1/work-orders/{number}/photos?step"
    refused = program.client.post(f"{path}=dance", data=picture.getvalue(), headers=headers)
    assert (refused.status_code, refused.json and refused.json["code"]) == (422, "unknown_step")
    kept = program.client.post(f"{path}=photo_before", data=picture.getvalue(), headers=headers)
    assert kept.status_code == 201


def test_a_list_costs_as_many_queries_for_forty_orders_as_for_four(hall: Hall) -> None:
    def queries() -> int:
        counted: list[str] = []
        with hall.app.app_context():
            engine = db.engine
        event.listen(engine, "before_cursor_execute", counter := lambda *given: counted.append(given[2]))
        hall.get("lena", "/work-orders")
        event.remove(engine, "before_cursor_execute", counter)
        return len(counted)

    looks: dict[str, Any] = {"job_kind": "visual_check", "answers": {"look_for": "lights"}}
    for machine in range(1, 5):
        hall.order(asset=f"SRV-{machine}")
    few = queries()
    for turn in range(36):
        hall.order(asset=f"{'SRV' if turn % 2 else 'MIA1'}-{1 + turn % 5}", **looks)
    assert queries() <= few + 1  # a second site's closed days
    assert few <= 12
