"""Clocks of real orders: from the record, the messages that arrived and the hours of whoever has the work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from app.core.clock import business_now
from app.core.database import transaction
from app.jobs import tasks
from app.jobs.clocks import Clock, Promise, Standing
from app.jobs.models import Referral, WorkOrder
from app.jobs.queries_clocks import clocks_of_order, clocks_of_referral, clocks_of_ticket
from app.tickets import integrations
from app.tickets.intake import take_in
from app.tickets.models import Message, Ticket
from app.tickets.operations import ticket_of
from app.tickets.system import Entry, EntryKind, Snapshot
from app.tickets.systems.console import Console
from app.tickets.tasks import deliver
from tests.integration.conftest import Browser
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, Hall

At = Callable[[datetime], None]


@pytest.fixture
def post(hall: Hall, tmp_path: Path) -> Callable[[], None]:
    """Deliver what waits in the outbox, as the worker would."""
    integrations.install(hall.app, {"console": Console(tmp_path / "told.jsonl")})

    def deliver_all() -> None:
        with hall.app.app_context():
            with transaction() as session:
                waiting = set(session.scalars(select(Message.ticket_id).where(Message.state == "pending")))
            for ticket_id in waiting:
                deliver(ticket_id)

    return deliver_all


def clocks(hall: Hall, number: str) -> dict[Promise, Clock]:
    with hall.app.app_context(), transaction() as session:
        order = session.scalars(select(WorkOrder).where(WorkOrder.number == number)).unique().one()
        return {clock.promise: clock for clock in clocks_of_order(session, order, business_now())}


def standing(hall: Hall, number: str) -> dict[str, str]:
    return {promise: str(clock.standing(business_now())) for promise, clock in clocks(hall, number).items()}


def ticket(opened: datetime) -> dict[str, object]:
    return {
        "system": "console", "id": "T-900", "url": None, "subject": "Disk", "channel": "ticket",
        "opened_at": opened.astimezone(UTC).isoformat(),
    }  # fmt: skip


def test_a_persons_message_counts_once_it_is_delivered_not_when_it_is_written(
    hall: Hall, at: At, post: Callable[[], None]
) -> None:
    at(MONDAY)
    number = str(hall.order(ticket=ticket(MONDAY - timedelta(minutes=1)))["number"])
    assert standing(hall, number)["first_response"] == "running"
    at(MONDAY + timedelta(minutes=12))
    assert standing(hall, number)["first_response"] == "missed"
    post()
    assert standing(hall, number)["first_response"] == "missed"
    assert clocks(hall, number)[Promise.FIRST_RESPONSE].met_at is not None


def test_what_a_program_escalated_is_acknowledged_but_no_person_has_answered(
    hall: Hall, at: At, post: Callable[[], None]
) -> None:
    at(MONDAY)
    number = str(hall.order("bot", ticket=ticket(MONDAY))["number"])
    post()
    told = standing(hall, number)
    assert (told["acknowledgment"], told["first_response"]) == ("kept", "running")
    hall.act("lena", number, "note", text="I have read it, a technician comes.", public=True)
    post()
    assert standing(hall, number)["first_response"] == "kept"


def test_a_disk_on_friday_waits_the_weekend_and_is_solved_in_time(hall: Hall, at: At, post: Callable[[], None]) -> None:
    at(FRIDAY_16_40)
    number = str(hall.order(ticket=ticket(FRIDAY_16_40))["number"])
    post()
    opens = FRIDAY_16_40.replace(day=7, hour=8, minute=0)
    at(opens)
    hall.tick()
    clock = clocks(hall, number)[Promise.RESOLUTION]
    assert [round(segment.length.total_seconds() / 3600, 1) for segment in clock.segments[:2]] == [0.3, 63.0]
    at(opens + timedelta(minutes=10))
    hall.to_matched(number)
    hall.act("tess", number, "start")
    at(opens + timedelta(minutes=30))
    told = standing(hall, number)
    assert (told["start"], told["finish"], told["resolution"]) == ("kept", "running", "running")


def test_a_start_that_comes_too_late_stays_missed_whatever_is_promised_afterwards(hall: Hall, at: At) -> None:
    number = str(hall.order()["number"])
    at(MONDAY + timedelta(hours=2, minutes=4))
    hall.tick()
    with hall.app.app_context(), transaction() as session:
        order = session.scalars(select(WorkOrder).where(WorkOrder.number == number)).unique().one()
        found = [c for c in clocks_of_order(session, order, business_now()) if c.promise == Promise.START]
    assert [clock.standing(business_now()) for clock in found] == [Standing.MISSED, Standing.RUNNING]


def test_a_referral_keeps_its_teams_hours(hall: Hall, at: At) -> None:
    at(FRIDAY_16_40.replace(hour=21, minute=30))
    body = hall.escalation(asset=None, job_kind=None, team="system_administrators", summary="My VPS is slow.")
    assert hall.post("lena", "/escalations", body).status_code == 201
    at(FRIDAY_16_40.replace(day=7, hour=9, minute=1))
    with hall.app.app_context(), transaction() as session:
        referral = session.scalars(select(Referral)).unique().one()
        clock = clocks_of_referral(session, referral, business_now())[-1]
    assert round(clock.spent.total_seconds() / 60) == 91  # half an hour on Friday, an hour and a minute on Monday
    assert clock.standing(business_now()) == Standing.SOON


def arrive(hall: Hall, name: str, *, acknowledged: bool = False) -> int:
    with hall.app.app_context(), transaction() as session:
        found = ticket_of(
            session, "console", name, url=None, subject="Help", channel="email", opened_at=business_now(),
            now=business_now(),
        )  # fmt: skip
        found.acknowledged_at = business_now() if acknowledged else None
        return found.id


def told_of(hall: Hall, ticket_id: int) -> list[Message]:
    with hall.app.app_context(), transaction() as session:
        found = select(Message).where(Message.ticket_id == ticket_id).order_by(Message.seq)
        return list(session.scalars(found).unique())


def test_a_ticket_that_arrives_is_acknowledged_once_and_that_is_no_persons_answer(
    hall: Hall, post: Callable[[], None]
) -> None:
    arrived = arrive(hall, "T-1")
    with hall.app.app_context():
        tasks.acknowledge()
        tasks.acknowledge()
    post()
    (message,) = told_of(hall, arrived)
    assert (message.kind, message.state, message.automatic) == ("acknowledged", "sent", True)
    assert "has reached us" in (message.public_text or "")
    with hall.app.app_context(), transaction() as session:
        assert session.get_one(Ticket, arrived).first_response_at is None


def test_the_ticket_systems_own_acknowledgment_is_the_only_one(hall: Hall) -> None:
    arrived = arrive(hall, "T-1", acknowledged=True)
    with hall.app.app_context():
        tasks.acknowledge()
    assert told_of(hall, arrived) == []


def test_what_level_1_escalates_at_once_needs_no_other_acknowledgment(hall: Hall) -> None:
    order = hall.order()
    with hall.app.app_context():
        tasks.acknowledge()
    assert [message.kind for message in hall.messages(order["number"])] == ["booked"]
    with hall.app.app_context(), transaction() as session:
        assert session.query(Message).count() == 1


def test_pages_show_each_clock_with_its_ledger(
    hall: Hall, at: At, post: Callable[[], None], browser_of: Callable[[str], Browser], person: Callable[..., int]
) -> None:
    at(FRIDAY_16_40)
    number = str(hall.order(ticket=ticket(FRIDAY_16_40))["number"])
    post()
    at(FRIDAY_16_40.replace(day=7, hour=8, minute=0))
    hall.tick()
    person("lou", "l1_engineer@all", "technician@AMS1")
    lou = browser_of("lou")
    for path in (f"/orders/{number}/manage", f"/orders/{number}"):
        page = lou.get(path).text
        assert "waited 63 h: Fri 17:00 -&gt; Mon 08:00 Amsterdam" in page
        assert "Technicians, outside hours" in page


def test_who_answers_in_the_ticket_system_itself_has_answered(hall: Hall) -> None:
    opened = business_now() - timedelta(minutes=20)
    said = Entry("17", EntryKind.STAFF, opened + timedelta(minutes=4), "Lena", "I look into it.")
    seen = Snapshot("T-1", "Help", None, "ticket", opened, closed=False, entries=(said,), acknowledged=True)
    with hall.app.app_context(), transaction() as session:
        arrived = take_in(session, "console", seen, now=business_now())
        told = {c.promise: c.standing(business_now()) for c in clocks_of_ticket(session, arrived, business_now())}
    assert told == {Promise.ACKNOWLEDGMENT: Standing.KEPT, Promise.FIRST_RESPONSE: Standing.KEPT}
