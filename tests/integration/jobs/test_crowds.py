"""Many at once: nobody is told no without a reason, nothing waits for itself, the record stays one chain."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core.chain import first_break
from app.core.database import db
from app.hardware.models import Diagnostics
from app.jobs.operations.act import Act
from app.jobs.operations.proof import before_taken
from tests.integration.conftest import Program
from tests.integration.jobs.conftest import MONDAY, Hall
from tests.waiting import wait_until

Deed = Callable[[], TestResponse]


def at_once(deeds: Sequence[Deed]) -> list[int]:
    start = threading.Barrier(len(deeds))

    def wait_and_do(deed: Deed) -> int:
        start.wait()
        return deed().status_code

    with ThreadPoolExecutor(len(deeds)) as pool:
        return list(pool.map(wait_and_do, deeds))


def deed(hall: Hall, who: str, path: str, body: object) -> Deed:
    program = Program(hall.app.test_client(), hall.programs[who].token)
    return lambda: program.post(f"/api/v1{path}", json=body)


def test_eight_people_write_notes_at_once_and_none_is_lost(hall: Hall) -> None:
    number = hall.order()["number"]
    notes = [
        deed(hall, who, f"/work-orders/{number}/note", {"text": f"note {turn}", "public": turn % 2 == 0})
        for turn, who in enumerate(["tess", "tom", "lena", "sam", "max", "bot", "tess", "lena"])
    ]
    assert at_once(notes) == [200] * 8
    events = hall.get("tess", f"/work-orders/{number}/events")["items"]
    assert {f"note {turn}" for turn in range(8)} <= {event["why"] for event in events}
    assert first_break(events) is None


def test_escalations_moves_and_additions_in_one_ticket_do_not_wait_for_each_other_in_a_ring(hall: Hall) -> None:
    def one_ticket(**changes: object) -> dict[str, Any]:
        body = hall.escalation(**changes)
        body["ticket"]["id"] = "T-one"
        return body

    numbers = []
    for machine in (1, 2, 3, 4):
        answer = hall.post("lena", "/escalations", one_ticket(asset=f"SRV-{machine}"))
        assert answer.json is not None
        numbers.append(answer.json["work_order"]["number"])
    hall.to_matched(numbers[0])
    later = (MONDAY + timedelta(days=1)).isoformat()
    for turn in range(3):
        look = {"job_kind": "visual_check", "answers": {"look_for": "lights"}}
        deeds = [deed(hall, "lena", "/escalations", one_ticket(asset=f"SRV-{n}", **look)) for n in (2, 3, 4, 5)]
        deeds += [
            deed(hall, "lena", f"/work-orders/{n}/appointment", {"not_before": later, "why": f"turn {turn}"})
            for n in numbers[1:]
        ]
        kind = ("psu_swap", "cable_reseat", "outlet_check")[turn]
        body = {"job_kind": kind, "why": "seen with the chassis open", "answers": {}}
        deeds.append(deed(hall, "tess", f"/work-orders/{numbers[0]}/addition", body))
        refer = one_ticket(asset=None, job_kind=None, team="system_administrators", summary="slow")
        deeds.append(deed(hall, "lena", "/escalations", refer))
        assert set(at_once(deeds)) <= {200, 201}


def test_bookers_at_two_sites_do_not_hinder_each_other(hall: Hall) -> None:
    bodies = [
        hall.escalation(asset=f"{'SRV' if n % 2 else 'MIA1'}-{1 + n % 5}", job_kind="visual_check",
                        answers={"look_for": "light"})
        for n in range(16)
    ]  # fmt: skip
    assert at_once([deed(hall, "lena", "/escalations", body) for body in bodies]) == [201] * 16
    numbers = sorted(order["number"] for order in hall.get("lena", "/work-orders")["items"])
    assert numbers == [f"WO-2026-{n:06d}" for n in range(1, 17)]


TAKE = text("""
    INSERT INTO appointment (site_id, technician_id, machine_id, order_number, during, starts_local, ends_local,
                             time_zone, active)
    SELECT site.id, person.id, 1000000 + person.id, 'WO-2025-000001', tstzrange(:begins, :ends), '', '',
           site.time_zone, true
    FROM site, person WHERE site.code = 'AMS1' AND person.name IN ('tess', 'tom')
""")
WAITING = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")


@pytest.mark.parametrize("stays", [True, False], ids=["taken", "given-back"])
def test_a_time_that_somebody_takes_meanwhile_is_waited_for_and_never_booked_twice(hall: Hall, stays: bool) -> None:
    with hall.app.app_context():
        engine = db.engine
    with engine.connect() as other, engine.connect() as watching, ThreadPoolExecutor(1) as pool:
        other.execute(TAKE, {"begins": MONDAY - timedelta(hours=1), "ends": MONDAY + timedelta(hours=1)})
        booking = pool.submit(deed(hall, "lena", "/escalations", hall.escalation()))
        watching.execution_options(isolation_level="AUTOCOMMIT")
        wait_until(lambda: watching.scalar(WAITING) == 1 or None)  # the booker, to see whether they stay
        if stays:
            other.commit()
        else:
            other.rollback()
        answer = booking.result(timeout=5)
    assert answer.status_code == 201
    assert answer.json is not None
    starts = answer.json["work_order"]["appointment"]["starts_local"]
    assert starts == ("2026-11-30T10:00:00+01:00" if stays else "2026-11-30T09:00:00+01:00")


def test_diagnostics_that_end_while_somebody_writes_a_note_become_the_before(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    writing = ThreadPoolExecutor(1)

    def interrupted(act: Act, taken: Diagnostics) -> None:
        note = deed(hall, "lena", f"/work-orders/{number}/note", {"text": "the customer calls"})
        told.append(writing.submit(note))
        with pytest.raises(TimeoutError):
            told[0].result(timeout=0.3)  # it waits its turn
        before_taken(act, taken)

    told: list[Future[TestResponse]] = []
    monkeypatch.setattr("app.jobs.operations.proof.before_taken", interrupted)
    hall.answer()
    assert told[0].result(timeout=5).status_code == 200
    assert hall.get("tess", f"/work-orders/{number}")["diagnostics"]["before"] is not None
