"""Two who do the same at once: one is first, the other is told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import select

from app.core.database import transaction
from app.shifts.models import Appointment
from tests.integration.conftest import Program
from tests.integration.jobs.conftest import Hall

PATIENCE_S = 30


def test_sixteen_concurrent_bookers_book_no_technician_and_no_machine_twice(hall: Hall) -> None:
    bodies = [
        hall.escalation(asset=f"SRV-{1 + n % 5}", job_kind="visual_check", answers={"look_for": "light"})
        for n in range(16)
    ]
    start, token = threading.Barrier(16), hall.programs["lena"].token

    def book(body: dict[str, object]) -> int:
        program = Program(hall.app.test_client(), token)
        start.wait(PATIENCE_S)
        return program.post("/api/v1/escalations", json=body).status_code

    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(book, bodies))
    assert statuses == [201] * 16
    with hall.app.app_context(), transaction() as session:
        booked = session.scalars(select(Appointment).where(Appointment.active)).unique().all()
    assert len(booked) == 16
    for one in booked:
        clashes = [
            other
            for other in booked
            if other is not one
            and other.starts_at < one.ends_at
            and one.starts_at < other.ends_at
            and (other.technician_id == one.technician_id or other.machine_id == one.machine_id)
        ]
        assert clashes == []


def test_two_technicians_claim_and_one_of_them_has_it(hall: Hall) -> None:
    number = hall.order()["number"]
    start, tokens = threading.Barrier(2), {who: hall.programs[who].token for who in ("tess", "tom")}

    def claim(who: str) -> int:
        program = Program(hall.app.test_client(), tokens[who])
        start.wait(PATIENCE_S)
        return program.post(f"/api/v1/work-orders/{number}/claim", json={}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(claim, tokens)) == [200, 409]


def test_a_stale_copy_is_refused(hall: Hall) -> None:
    order = hall.order()
    number, stale = order["number"], {"If-Match": f'"{order["version"]}"'}
    assert hall.post("tess", f"/work-orders/{number}/claim", **stale).status_code == 200
    refused = hall.post("lena", f"/work-orders/{number}/note", {"text": "late"}, **stale)
    assert refused.status_code == 412
    assert refused.json is not None
    assert refused.json["code"] == "version_conflict"


def test_an_act_of_a_tablet_that_comes_twice_counts_once(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    device = {"id": "tablet-1", "seq": 7, "at": "2026-11-30T08:05:00Z"}
    for _ in range(2):
        hall.act("tess", number, "step", id="esd", evidence={}, device=device)
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    assert [event["verb"] for event in events].count("step") == 1


def test_another_sites_order_is_not_there(hall: Hall) -> None:
    number = hall.order()["number"]
    for path in (f"/work-orders/{number}", f"/work-orders/{number}/events"):
        assert hall.programs["mia"].get(f"/api/v1{path}").status_code == 404
    assert hall.refusal("mia", number, "claim") == (404, "not_found")
    assert hall.get("mia", "/work-orders")["items"] == []


def test_an_idempotency_key_makes_one_order_of_two_posts(hall: Hall) -> None:
    body = hall.escalation()
    answers = [hall.post("bot", "/escalations", body, **{"Idempotency-Key": "k1"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json == answers[1].json
    other = hall.post("bot", "/escalations", hall.escalation(), **{"Idempotency-Key": "k1"})
    assert other.status_code == 409
    assert other.json is not None
    assert other.json["code"] == "idempotency_mismatch"


def test_numbers_follow_each_other_without_gaps(hall: Hall) -> None:
    numbers = [hall.order(asset=f"SRV-{n}")["number"] for n in range(1, 4)]
    assert numbers == [f"WO-2026-{n:06d}" for n in (1, 2, 3)]
