"""Tickets that come in by themselves: what Level 1 sees of them, and who hears of a follow-up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update

from app.core.clock import business_now
from app.core.database import transaction
from app.hardware.models import Diagnostics
from app.jobs import tasks
from app.people.models import Person
from app.tickets import intake
from app.tickets.models import Message, Ticket
from app.tickets.system import Entry, EntryKind, Snapshot
from tests.integration.jobs.conftest import Hall
from tests.integration.jobs.test_office_pages import led_to, page, send
from tests.unit.hardware.samples import healthy_server, server_with_lost_input


def comes_in(
    hall: Hall, said: str, *, ticket: str = "T-1", kind: EntryKind = EntryKind.OPENED, number: str = "1"
) -> int:
    """A ticket, or one more entry of it, as a hook or a poll brings it; the tasks that follow have run."""
    now = business_now()
    seen = Snapshot(
        ticket=ticket, subject="Array degraded", url="https://tickets.example/1", channel="ticket", opened_at=now,
        closed=False, entries=(Entry(f"{ticket}-{number}", kind, now, "carla", said),),
    )  # fmt: skip
    with hall.app.app_context():
        with transaction() as session:
            kept = intake.take_in(session, "console", seen, now=now).id
        with transaction() as session:
            rung = session.execute(
                text("DELETE FROM procrastinate_jobs WHERE task_name = 'jobs.ticket_heard' RETURNING args")
            ).scalars()
            waiting = list(rung)
        for arguments in waiting:
            tasks.ticket_heard(**arguments)
    return kept


def asked(hall: Hall) -> list[tuple[str, str]]:
    with hall.app.app_context(), transaction() as session:
        runs = session.scalars(select(Diagnostics).order_by(Diagnostics.requested_at)).all()
        return [(run.asset.tag, run.reason) for run in runs]


@pytest.mark.parametrize(
    ("words", "tag", "how"),
    [("the server srv-1 beeps", "SRV-1", "tag"), ("Dell with SN-AMS1-2", "SRV-2", "serial number")],
)
def test_a_ticket_shows_the_machine_that_it_names_and_by_what_and_asks_it_at_once(
    hall: Hall, words: str, tag: str, how: str
) -> None:
    ticket = comes_in(hall, f"Good morning, {words}!")
    assert asked(hall) == [(tag, "ticket")]
    shown = page(hall, "lena", f"/tickets/{ticket}")
    assert f"named by its {how}" in shown
    assert "The machine is being asked." in shown
    hall.answer(server_with_lost_input(tag))
    assert "Ask what" in page(hall, "lena", f"/tickets/{ticket}")


def test_a_ticket_that_names_nothing_of_ours_offers_no_machine_and_asks_none(hall: Hall) -> None:
    ticket = comes_in(hall, "It is SRV-99 or 10.1.2.3, I think.")
    assert asked(hall) == []
    assert "No machine is named" in page(hall, "lena", f"/tickets/{ticket}")


def test_the_missing_questions_are_a_reply_that_is_ready_and_once_sent_the_ticket_leaves_the_inbox(hall: Hall) -> None:
    ticket = comes_in(hall, "A disk of SRV-1 is broken.")
    assert "Array degraded" in page(hall, "lena", "/inbox")
    ready = page(hall, "lena", f"/tickets/{ticket}?ask=disk_swap&asset=SRV-1")
    assert "To book this for you on SRV-1" in ready
    led_to(send(hall, "lena", f"/tickets/{ticket}/replies", text="Which bay, please?"))
    assert "Array degraded" not in page(hall, "lena", "/inbox")
    with hall.app.app_context(), transaction() as session:
        told = session.scalars(select(Message)).one()
        assert (told.kind, told.public_text, told.internal_text) == ("reply", "Which bay, please?", None)
    comes_in(hall, "Bay 3.", kind=EntryKind.CUSTOMER, number="2")
    assert "Bay 3." in page(hall, "lena", "/inbox")


def test_a_reply_with_internals_is_refused_and_what_was_typed_stays(hall: Hall) -> None:
    ticket = comes_in(hall, "SRV-1 is down.")
    answer = send(hall, "lena", f"/tickets/{ticket}/replies", text="Its BMC is 10.12.0.17, rack B17.")
    assert answer.status_code == 422
    assert "must not show internals" in answer.text
    assert "Its BMC is 10.12.0.17" in answer.text


def test_a_follow_up_on_an_open_order_tops_the_inbox_and_reaches_who_works_on_it(hall: Hall) -> None:
    comes_in(hall, "Something else.", ticket="T-9")
    order = hall.order()
    hall.to_matched(order["number"])
    external = order["ticket"]["id"]
    comes_in(hall, "Stop, it is bay 4!", ticket=external, kind=EntryKind.CUSTOMER)
    inbox = page(hall, "lena", "/inbox")
    assert inbox.index("Stop, it is bay 4!") < inbox.index("Something else.")
    assert order["number"] in inbox
    assert "The customer wrote: Stop, it is bay 4!" in page(hall, "tess", f"/orders/{order['number']}")
    events = hall.get("lena", f"/work-orders/{order['number']}/events")["items"]
    assert events[-1]["verb"] == "customer_wrote"
    assert asked(hall)[-1][1] == "before"


def test_what_a_customer_wrote_is_not_told_in_other_words_to_the_technician(hall: Hall) -> None:
    order = hall.order()
    words = "You may take it down now, the backup is done."
    comes_in(hall, words, ticket=order["ticket"]["id"], kind=EntryKind.CUSTOMER)
    with hall.app.app_context(), transaction() as session:
        session.execute(update(Person).values(language="de"))
    shown = page(hall, "tess", f"/orders/{order['number']}")
    assert words in shown
    assert "Der Kunde schrieb" in shown


def test_an_order_takes_its_ticket_out_of_the_inbox_also_when_the_opening_is_read_later(hall: Hall) -> None:
    order = hall.order()
    comes_in(hall, "A disk is broken.", ticket=order["ticket"]["id"])
    with hall.app.app_context(), transaction() as session:
        assert session.scalars(select(Ticket.waiting_since)).one() is None


def test_two_tickets_of_one_order_hear_the_same_and_each_is_resolved_with_its_last_order(hall: Hall) -> None:
    first = hall.order(job_kind="visual_check", answers={"what": "Is a lamp red?"})
    ticket = comes_in(hall, "SRV-1 beeps, too.", ticket="T-77")
    shown = page(hall, "lena", f"/tickets/{ticket}")
    assert f"Serve it by {first['number']}" in shown
    led_to(send(hall, "lena", f"/tickets/{ticket}/order", number=first["number"]))
    hall.order(ticket={**first["ticket"], "id": "T-77", "subject": "x", "channel": "ticket",
                       "opened_at": "2026-11-30T07:00:00Z"})  # fmt: skip
    hall.act("max", first["number"], "cancellation", why="The customer looked himself.")
    told = [(one.ticket.external_id, one.kind) for one in hall.messages(first["number"])]
    assert (first["ticket"]["id"], "cancelled") in told
    assert ("T-77", "cancelled") in told
    assert len(set(told)) == len(told)


def test_the_ticket_is_resolved_once_the_customer_confirmed_and_opened_again_when_it_goes_on(hall: Hall) -> None:
    number = hall.order(job_kind="psu_swap", answers={"psu": "2"})["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    hall.do_steps(number)
    hall.act("tess", number, "completion", outcome="repaired", removed_serial="OLD-1", installed_serial="NEW-1")
    hall.answer(healthy_server("SRV-1"))
    if hall.get("lena", f"/work-orders/{number}")["state"] == "verifying":
        hall.act("sam", number, "closure", accept_unverified=True, why="Seen.")
    hall.act("lena", number, "confirmation", decision="confirmed", why="It works.")
    assert [(one.kind, one.status) for one in hall.messages(number)][-1] == ("closed", "resolved")
    hall.act("lena", number, "reopening", why="It beeps again.")
    assert ("reopened", "open") in [(one.kind, one.status) for one in hall.messages(number)]


def test_level_1_may_say_that_nothing_is_to_be_answered(hall: Hall) -> None:
    ticket = comes_in(hall, "Thank you!")
    led_to(send(hall, "lena", f"/tickets/{ticket}/done"))
    assert "Thank you!" not in page(hall, "lena", "/inbox")


def test_technicians_do_not_read_level_1s_tickets(hall: Hall) -> None:
    page(hall, "tess", f"/tickets/{comes_in(hall, 'Hello.')}", 403)
    page(hall, "lena", "/tickets/999999", 404)


def test_what_never_reached_a_ticket_without_an_order_is_shown_to_level_1(hall: Hall) -> None:
    ticket = comes_in(hall, "Hello.")
    led_to(send(hall, "lena", f"/tickets/{ticket}/replies", text="Good morning."))
    with hall.app.app_context(), transaction() as session:
        session.execute(text("UPDATE message SET state = 'dead', problem = 'HTTP 404', attempts = 1"))
    assert "was never told: reply" in page(hall, "lena", "/inbox")
    with hall.app.app_context(), transaction() as session:
        message = session.scalars(select(Message)).one()
        assert message.created_at < business_now() + timedelta(seconds=1)
    led_to(send(hall, "lena", f"/messages/{message.id}/delivery"))
    assert "was never told" not in page(hall, "lena", "/inbox")


def test_level_1_sees_that_tickets_cannot_be_read_or_that_something_is_set_up_wrong_over_there(hall: Hall) -> None:
    with hall.app.app_context(), transaction() as session:
        intake.read_badly(session, "rt", "Request Tracker: HTTP 502", now=business_now())
        intake.reconciling(session, "mail", (), ["The mailbox needs a folder Sent."], business_now())
    shown = page(hall, "lena", "/inbox")
    assert "Tickets of rt cannot be read" in shown
    assert "Request Tracker: HTTP 502" in shown
    assert "The mailbox needs a folder Sent." in shown
    assert "Nothing waits for you" not in shown
    with hall.app.app_context(), transaction() as session:
        intake.read_well(session, "rt", (), now=business_now())
        intake.reconciling(session, "mail", (), (), business_now())
    assert "cannot be read" not in page(hall, "lena", "/inbox")
