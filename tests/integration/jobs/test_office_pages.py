"""The office's pages: the inbox, a new order with its offer, an order's verbs, the queue, the board."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from werkzeug.test import TestResponse

from app.core.database import transaction
from app.tickets.models import Message
from tests.integration.conftest import Program
from tests.integration.jobs.conftest import FRIDAY_16_40, SATURDAY, Hall
from tests.unit.hardware.samples import server_with_lost_input

Clock = Callable[[datetime], None]


def page(hall: Hall, who: str, path: str, status: int = 200) -> str:
    """A page as somebody sees it."""
    answer = hall.programs[who].get(path)
    assert answer.status_code == status, (path, answer.status_code, answer.text[:600])
    return " ".join(answer.text.split())


def send(hall: Hall, who: str, path: str, **fields: str) -> TestResponse:
    """Send a form as somebody."""
    program: Program = hall.programs[who]
    return program.client.post(path, data=fields, headers={"Authorization": f"Bearer {program.token}"})


def led_to(answer: TestResponse) -> str:
    """Where a well sent form leads."""
    assert answer.status_code == 303, " ".join(answer.text.split())[:3000]
    return answer.headers["Location"]


def filled(**changes: str) -> dict[str, str]:
    """Level 1's form for a failed disk."""
    return {
        "ticket_system": "console", "ticket_id": "48213", "ticket_subject": "Array degraded", "channel": "ticket",
        "opened_at": "2026-11-30T07:50", "asset": "SRV-1", "team": "data_center", "job_kind": "disk_swap",
        "answer-bay": "3", "priority": "high", "reason": "server_issue", "summary": "Disk in bay 3 has failed.",
        "tried": "Read the controller's log.", **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/inbox", "lena"), ("/orders/new", "lena"), ("/orders", "lena"), ("/orders", "tess"), ("/orders", "sam"),
        ("/orders", "max"), ("/queue", "sam"), ("/queue", "max"), ("/queue", "lena"), ("/board", "max"),
    ],
)  # fmt: skip
def test_everybody_sees_the_pages_of_their_role(hall: Hall, path: str, who: str) -> None:
    assert "<h1>" in page(hall, who, path)


@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/inbox", "tess"),
        ("/inbox", "max"),
        ("/orders/new", "sam"),
        ("/queue", "tess"),
        ("/orders", "ada"),
        ("/board", "lena"),
    ],
)
def test_pages_of_other_roles_are_refused(hall: Hall, path: str, who: str) -> None:
    assert hall.programs[who].get(path).status_code == 403


def test_a_disk_is_escalated_from_one_page_and_the_customer_hears_the_promise(hall: Hall) -> None:
    blank = page(hall, "lena", "/orders/new")
    assert "Give the machine and the kind of job: then the time appears here." in blank
    where = led_to(send(hall, "lena", "/orders/new", **filled()))
    assert where == "/orders/WO-2026-000001/manage"
    managed = page(hall, "lena", where)
    assert "What the ticket was told" in managed
    assert "a technician starts on Monday 30 November 2026 between 09:00 and 11:00 Amsterdam time" in managed
    assert hall.get("lena", "/work-orders/WO-2026-000001")["state"] == "released"


def test_the_offer_on_friday_afternoon_is_monday_morning_with_its_arithmetic(hall: Hall, at: Clock) -> None:
    at(FRIDAY_16_40)
    offered = page(hall, "lena", "/orders/new/offer?asset=SRV-1&team=data_center&job_kind=disk_swap&answer-bay=3")
    assert "Mon 7 Dec 08:00\N{EN DASH}10:00 Amsterdam" in offered
    assert "How this was worked out" in offered
    assert "Still missing" not in offered


def test_the_offer_names_missing_answers_and_who_must_still_say_yes(hall: Hall) -> None:
    offered = page(hall, "lena", "/orders/new/offer?asset=srv-1&team=data_center&job_kind=power_cycle")
    assert "Still missing" in offered
    assert "Why can it not be done remotely?" in offered
    assert "The customer: consent" in offered


def test_an_offer_starts_no_earlier_than_was_asked_in_the_data_centers_time(hall: Hall) -> None:
    asked = "/orders/new/offer?asset=MIA1-1&team=data_center&job_kind=visual_check&not_before=2026-12-02T13:00"
    assert "Wed 2 Dec 13:00\N{EN DASH}15:00 New York" in page(hall, "lena", asked)


def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong(hall: Hall) -> None:
    answer = send(hall, "lena", "/orders/new", **filled(asset="SRV-99", summary="Smoke from the rear", ticket_id=""))
    assert answer.status_code == 422
    assert "Smoke from the rear" in answer.text
    assert "Say which ticket." in answer.text
    unknown = send(hall, "lena", "/orders/new", **filled(asset="SRV-99"))
    assert unknown.status_code == 422
    assert "There is no asset SRV-99" in unknown.text
    without = send(hall, "lena", "/orders/new", **filled(asset="", job_kind=""))
    assert "Say which machine, by its tag." in without.text
    assert "Say which kind of job." in without.text
    assert hall.get("lena", "/work-orders")["items"] == []


def test_the_same_escalation_twice_leads_to_the_same_order(hall: Hall) -> None:
    first = led_to(send(hall, "lena", "/orders/new", **filled()))
    assert led_to(send(hall, "lena", "/orders/new", **filled())) == first


@pytest.mark.parametrize("need", ["explain", ""])
def test_a_billing_question_stays_with_level_1_at_any_hour(hall: Hall, at: Clock, need: str) -> None:
    at(SATURDAY)
    asked = f"/orders/new/offer?team=billing&need={need}&summary=Why+was+I+charged+twice"
    assert "Stays with Level 1" in page(hall, "lena", asked)
    billing = filled(team="billing", need=need, asset="", summary="Why was I charged twice?")
    assert led_to(send(hall, "lena", "/orders/new", **billing)) == "/inbox"
    with hall.app.app_context(), transaction() as session:
        assert session.query(Message).count() == 0


def test_a_refund_goes_to_billing_with_its_hours(hall: Hall, at: Clock) -> None:
    at(SATURDAY)
    offered = page(hall, "lena", "/orders/new/offer?team=billing&need=refund")
    assert "Opens Mon 09:00 Berlin" in offered
    where = led_to(send(hall, "lena", "/orders/new", **filled(team="billing", need="refund", asset="")))
    assert where == "/referrals/REF-2026-000001"
    assert "What the customer was told" in page(hall, "lena", where)


def test_a_machine_is_found_by_part_of_its_tag_and_shows_what_is_open_on_it(hall: Hall) -> None:
    alike = page(hall, "lena", "/orders/new/machine?asset=SRV-")
    assert 'data-pick="SRV-1"' in alike
    hall.order()
    known = page(hall, "lena", "/orders/new/machine?asset=SRV-1")
    assert "Already open on this machine" in known
    assert "rack B17" in known
    assert "CZ12345" in known
    assert "There is no machine like" in page(hall, "lena", "/orders/new/machine?asset=nothing")


def test_findings_are_offered_to_be_filled_in_and_go_with_the_order(hall: Hall) -> None:
    run = send(hall, "lena", "/orders/new/diagnostics", asset="SRV-1")
    assert 'data-live-topic="diagnostics:' in run.text
    hall.answer(server_with_lost_input("SRV-1"))
    known = page(hall, "lena", "/orders/new/machine?asset=SRV-1")
    assert 'data-job-kind="outlet_check"' in known
    assert "Fill in: Outlet check, PDU-A outlet 14" in known
    seen = re.search(r'name="diagnostics" value="([0-9a-f-]+)"', known)
    assert seen
    referred = filled(team="system_administrators", diagnostics=seen[1])
    where = led_to(send(hall, "lena", "/orders/new", **referred))
    assert f"/diagnostics/{seen[1]}" in page(hall, "sam", where)


def number_of(answer: TestResponse) -> str:
    return led_to(answer).split("/")[2]


def test_missing_answers_top_the_inbox_and_book_the_order_once_given(hall: Hall) -> None:
    number = number_of(send(hall, "lena", "/orders/new", **filled(**{"answer-bay": ""})))
    inbox = page(hall, "lena", "/inbox")
    assert inbox.index(number, inbox.index("Needs Level 1 first")) < inbox.index("Open orders")
    refused = send(hall, "lena", f"/orders/{number}/answers", answer_bay="", answer_data_loss="none")
    assert refused.status_code == 422
    assert "Answer this." in refused.text
    led_to(send(hall, "lena", f"/orders/{number}/answers", answer_bay="3"))
    assert hall.get("lena", f"/work-orders/{number}")["state"] == "released"


def test_an_appointment_is_moved_in_the_data_centers_own_time(hall: Hall) -> None:
    number = hall.order()["number"]
    form = page(hall, "lena", f"/orders/{number}/appointment")
    assert "Not before (Amsterdam time)" in form
    assert "Tom Surname" in form
    moved = {"not_before": "2026-12-01T10:00", "technician": "tom", "why": "The customer asked for it."}
    led_to(send(hall, "lena", f"/orders/{number}/appointment", **moved))
    appointment = hall.get("lena", f"/work-orders/{number}")["appointment"]
    assert (appointment["starts_local"], appointment["technician"]) == ("2026-12-01T10:00:00+01:00", "tom")


def test_a_change_since_the_page_was_opened_is_told_and_nothing_typed_is_lost(hall: Hall) -> None:
    order = hall.order()
    number, version = order["number"], str(order["version"])
    hall.act("lena", number, "note", text="The customer called.", public=False)
    answer = send(hall, "lena", f"/orders/{number}/cancellation", version=version, why="It is mended.")
    assert answer.status_code == 422
    assert "Somebody changed this order" in answer.text
    assert "It is mended." in answer.text
    fresh = re.search(r'name="version"[^>]*value="(\d+)"', answer.text)
    assert fresh
    led_to(send(hall, "lena", f"/orders/{number}/cancellation", version=fresh[1], why="It is mended."))
    assert hall.get("lena", f"/work-orders/{number}")["state"] == "cancelled"


def test_consent_is_recorded_and_a_no_needs_its_reason(hall: Hall) -> None:
    number = hall.order(job_kind="power_cycle", answers={"why_by_hand": "The BMC is silent."})["number"]
    assert "Say why not" in send(hall, "lena", f"/orders/{number}/consent", decision="refused").text
    led_to(send(hall, "lena", f"/orders/{number}/consent", decision="granted", message_url="https://t.example/9"))
    assert hall.get("lena", f"/work-orders/{number}")["state"] == "released"
    assert 'href="https://t.example/9"' in page(hall, "tess", f"/orders/{number}")


def test_consent_without_its_own_link_leads_to_the_ticket_and_no_other_sort_of_link_is_taken(hall: Hall) -> None:
    number = hall.order(job_kind="power_cycle", answers={"why_by_hand": "The BMC is silent."})["number"]
    for link in ("javascript:alert(1)", "just a word"):
        refused = send(hall, "lena", f"/orders/{number}/consent", decision="granted", message_url=link)
        assert refused.status_code == 422
    led_to(send(hall, "lena", f"/orders/{number}/consent", decision="granted"))
    shown = page(hall, "tess", f"/orders/{number}")
    assert re.search(r'The customer agreed</dt><dd><a href="https://tickets.example/1"', shown)


def test_the_office_offers_only_what_the_caller_may_do_now(hall: Hall) -> None:
    number = hall.order()["number"]
    lena, sam = page(hall, "lena", f"/orders/{number}/manage"), page(hall, "sam", f"/orders/{number}/manage")
    assert "Cancel the order" in lena
    assert "Cancel the order" not in sam
    page(hall, "sam", f"/orders/{number}/cancellation", status=404)
    answer = send(hall, "sam", f"/orders/{number}/cancellation", why="Because.")
    assert answer.status_code == 403
    page(hall, "mia", f"/orders/{number}/manage", status=404)


def test_a_call_from_the_rack_rings_first_is_taken_once_and_answered(hall: Hall) -> None:
    led_to(send(hall, "lena", "/orders/new", **filled(team="system_administrators", summary="Slow VPS", asset="")))
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "escalation", team="system_administrators", why="Two disks blink, which one?")
    queue = page(hall, "sam", "/queue")
    assert queue.index("tess calls from the rack") < queue.index("Slow VPS")
    assert "is-ringing" in queue
    led_to(send(hall, "sam", "/referrals/REF-2026-000002/holder"))
    assert "is-ringing" not in page(hall, "sam", "/queue")
    assert led_to(send(hall, "sam", "/referrals/REF-2026-000002/answer", answer="Bay 3, the amber one.")) == "/queue"
    assert "Bay 3, the amber one." in page(hall, "sam", "/referrals/REF-2026-000002")
    assert "answered by somebody else" in send(hall, "sam", "/referrals/REF-2026-000002/answer", answer="Again").text


def test_a_referral_is_answered_by_its_own_team_into_the_ticket(hall: Hall) -> None:
    led_to(send(hall, "lena", "/orders/new", **filled(team="management", reason="approval", summary="A credit")))
    path = "/referrals/REF-2026-000001"
    assert "Your answer" not in page(hall, "sam", path)
    assert send(hall, "sam", f"{path}/answer", answer="Yes").status_code == 422
    assert "Your answer" in page(hall, "max", path)
    led_to(send(hall, "max", f"{path}/answer", answer="The credit is granted."))
    assert [message.kind for message in hall.messages("REF-2026-000001")] == ["referred", "answered"]


def test_a_message_that_never_got_through_tops_the_inbox_and_is_sent_again(hall: Hall) -> None:
    number = hall.order()["number"]
    message = hall.messages(number)[0]
    with hall.app.app_context(), transaction() as session:
        lost = session.get_one(Message, message.id)
        lost.state, lost.problem = "dead", "answered 410: the ticket is gone"
    assert "answered 410: the ticket is gone" in page(hall, "lena", "/inbox")
    assert led_to(send(hall, "lena", f"/messages/{message.id}/delivery")) == "/inbox"
    assert hall.messages(number)[0].state == "pending"
    assert hall.programs["tess"].post(f"/messages/{message.id}/delivery").status_code == 403


def test_the_board_shows_missed_promises_wrong_scans_and_who_is_there(hall: Hall, at: Clock) -> None:
    number = hall.order()["number"]
    hall.act("tess", number, "claim")
    hall.answer()
    hall.post("tess", f"/work-orders/{number}/match", {"rack": "B17", "tag": "SRV-2", "light": "seen", "face": "front"})
    waits = hall.order(job_kind="power_cycle", asset="SRV-3", answers={"why_by_hand": "Silent."})["number"]
    at(datetime.fromisoformat("2026-11-30T11:30:00+01:00"))
    board = page(hall, "max", "/board")
    assert "missed: start by" in board
    assert "Tag &#39;SRV-2&#39; was scanned" in board
    assert "Tess Surname, Tom Surname" in board
    assert waits in board
    assert "30 min" in board
    assert "worker silent" in board
    assert "never seen" in board


def test_orders_are_filtered_and_paged(hall: Hall) -> None:
    mine, other = hall.order()["number"], hall.order(asset="MIA1-2")["number"]
    everything = page(hall, "lena", "/orders")
    assert mine in everything
    assert other in everything
    assert other not in page(hall, "lena", "/orders?site=AMS1")
    assert mine not in page(hall, "lena", "/orders?asset=MIA1-2")
    assert other in page(hall, "lena", "/orders?technician=mia")
    assert other not in page(hall, "tess", "/orders")
    assert "No order like that" in page(hall, "lena", "/orders?ticket=none")


def test_the_board_shows_what_was_flagged_for_a_person(hall: Hall) -> None:
    number = hall.order()["number"]
    hall.to_matched(number)
    hall.act("tess", number, "start")
    assert "No order is flagged" in page(hall, "max", "/board")
    hall.act("tess", number, "completion", outcome="repaired")
    assert "Completed without evidence for" in page(hall, "max", "/board")
