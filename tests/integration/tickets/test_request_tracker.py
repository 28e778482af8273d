"""A real Request Tracker: what it is told, exactly once; what is read from it, whatever its traps."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from app.core.database import transaction
from app.tickets import intake, queries
from app.tickets.system import Entry, EntryKind, Outbound, Outcome, Postponed, Rejected, Sent, Status
from app.tickets.systems import _rt_rest
from app.tickets.systems.request_tracker import RequestTracker as System
from app.tickets.tasks import poll
from lab.fixtures import need
from lab.processes import free_tcp_ports
from lab.request_tracker import BOT, KEY_FIELD, QUEUE, RequestTracker, request_tracker
from tests.integration.tickets.between import Asked, Fault, Proxy, between


@pytest.fixture(scope="module")
def tracker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RequestTracker]:
    need("rt-setup-database-5")
    with request_tracker(tmp_path_factory.mktemp("rt")) as running:
        yield running


@pytest.fixture
def proxy(tracker: RequestTracker) -> Iterator[Proxy]:
    with between(tracker.url) as running:
        yield running


def system_of(tracker: RequestTracker, url: str | None = None, **settings: Any) -> System:
    return System(url=url or tracker.url, queue=QUEUE, user=BOT, token=tracker.token, **settings)


def message(ticket: str, public: str | None = "Your server is booked.", internal: str | None = None) -> Outbound:
    return Outbound(
        id=uuid4(), seq=1, kind="booked", subject="WO-2026-000001", integration="rt", ticket=ticket, ticket_url=None,
        channel="ticket", public=public, internal=internal, created_at=datetime(2026, 11, 27, 15, 40, tzinfo=UTC),
    )  # fmt: skip


def send(system: System, told: Outbound) -> Outcome:
    return system.send(told, datetime.now(UTC))


def said(tracker: RequestTracker, ticket: str) -> list[tuple[str, str]]:
    """What stands in the ticket after its opening: kind and text, as somebody else reads it over another way."""
    query = {"query": f"TicketId = {ticket}", "fields": "Type", "orderby": "id", "order": "ASC", "per_page": 100}
    path = "transactions?" + "&".join(f"{name}={value}" for name, value in query.items())
    spoken = {one["id"]: one["Type"] for one in tracker.call("GET", path)["items"]}
    texts = tracker.call("GET", f"ticket/{ticket}/attachments?fields=Content,TransactionId&per_page=100")
    return [
        (kind, one["Content"])
        for one in texts["items"]
        if (kind := spoken.get(one["TransactionId"])) in {"Correspond", "Comment"} and one["Content"]
    ]


def test_the_customer_reads_the_public_text_and_only_colleagues_the_internal_one(tracker: RequestTracker) -> None:
    ticket = tracker.open_ticket("Disk", "A disk is broken.")
    text = "Žluťoučký kůň ✓\nSecond line"
    assert isinstance(send(system_of(tracker), message(ticket, text, "Rack 7, U21")), Sent)
    assert said(tracker, ticket) == [("Correspond", text), ("Comment", "Rack 7, U21")]
    mails = [file.read_text(errors="replace") for file in (tracker.folder / "mail").iterdir()]
    assert any("carla@client.test" in mail for mail in mails)
    assert not any("Rack 7" in mail for mail in mails)


@pytest.mark.parametrize("fault", [Fault.MUTE, pytest.param(Fault.CUT, marks=pytest.mark.proof)])
def test_a_message_whose_answer_was_lost_is_looked_for_at_once_and_not_repeated(
    tracker: RequestTracker, proxy: Proxy, fault: Fault
) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker, proxy.url)
    proxy.choose = lambda asked: fault if asked.method == "POST" else Fault.NONE
    assert isinstance(send(system, message(ticket, internal="Rack 7")), Sent)
    assert said(tracker, ticket) == [("Correspond", "Your server is booked."), ("Comment", "Rack 7")]


def test_a_message_whose_answer_was_lost_and_that_cannot_be_looked_for_waits_before_it_may_be_repeated(
    tracker: RequestTracker, proxy: Proxy
) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker, proxy.url)
    proxy.choose = lambda _: Fault.MUTE
    told = message(ticket)
    lost = send(system, told)
    assert isinstance(lost, Postponed)
    assert lost.retry_after == timedelta(seconds=20)
    proxy.choose = lambda _: Fault.NONE
    assert isinstance(send(system, replace(told, repeated=True)), Sent)
    assert said(tracker, ticket) == [("Correspond", "Your server is booked.")]


def test_a_reading_whose_connection_breaks_is_tried_again_at_once(tracker: RequestTracker, proxy: Proxy) -> None:
    system = system_of(tracker, proxy.url)
    ticket = tracker.open_ticket("Disk", "Broken.")
    proxy.choose = lambda asked: (Fault.DROP, Fault.MUTE, Fault.CUT, Fault.NONE)[asked.number % 4]
    assert [one.text for one in news(system, ticket)] == ["Broken."]


@pytest.mark.proof
def test_a_message_that_never_arrived_is_sent_again(tracker: RequestTracker, proxy: Proxy) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker, proxy.url)
    proxy.choose = lambda asked: Fault.DROP if asked.method == "POST" else Fault.NONE
    told = message(ticket)
    assert isinstance(send(system, told), Postponed)
    proxy.choose = lambda _: Fault.NONE
    assert isinstance(send(system, replace(told, repeated=True)), Sent)
    assert said(tracker, ticket) == [("Correspond", "Your server is booked.")]


@pytest.mark.proof
def test_a_message_that_rt_wrote_and_then_died_before_its_key_is_not_repeated(tracker: RequestTracker) -> None:
    ticket = tracker.open_ticket("Disk", "Broken.")
    form = {"Content": "Your server is booked.", "ContentType": "text/plain"}
    tracker.call("POST", f"ticket/{ticket}/correspond", form, as_user="bot")
    assert isinstance(send(system_of(tracker), replace(message(ticket), repeated=True)), Sent)
    assert said(tracker, ticket) == [("Correspond", "Your server is booked.")]


@pytest.mark.proof
def test_the_same_words_in_another_message_are_another_message(tracker: RequestTracker) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker)
    assert isinstance(send(system, message(ticket)), Sent)
    assert isinstance(send(system, replace(message(ticket), repeated=True)), Sent)
    assert len(said(tracker, ticket)) == 2


@pytest.mark.proof
def test_a_ticket_is_resolved_and_opened_again_with_a_message(tracker: RequestTracker) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker)
    assert isinstance(send(system, replace(message(ticket), status=Status.RESOLVED)), Sent)
    assert tracker.call("GET", f"ticket/{ticket}")["Status"] == "resolved"
    assert isinstance(send(system, replace(message(ticket), status=Status.OPEN)), Sent)
    assert tracker.call("GET", f"ticket/{ticket}")["Status"] == "open"


def test_what_rt_refuses_with_status_200_is_seen_and_told(tracker: RequestTracker) -> None:
    ticket = tracker.open_ticket("Disk", "Broken.")
    outcome = send(system_of(tracker, resolved_status="bogus"), replace(message(ticket), status=Status.RESOLVED))
    assert isinstance(outcome, Rejected)
    assert "isn't a valid status" in outcome.problem


def test_a_ticket_that_somebody_changes_meanwhile_is_read_again(tracker: RequestTracker, proxy: Proxy) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker, proxy.url)

    def change_first(asked: Asked) -> Fault:
        if asked.method == "PUT" and not any(one[0] == "PUT" for one in proxy.answered):
            tracker.write(ticket, "Wait, there is more!")
        return Fault.NONE

    proxy.choose = change_first
    assert isinstance(send(system, replace(message(ticket), status=Status.RESOLVED)), Sent)
    assert [status for method, _, status in proxy.answered if method == "PUT"] == [412, 200]
    assert tracker.call("GET", f"ticket/{ticket}")["Status"] == "resolved"


@pytest.mark.proof
def test_a_missing_key_field_is_told_and_does_not_double_the_message(tracker: RequestTracker) -> None:
    ticket, system = tracker.open_ticket("Disk", "Broken."), system_of(tracker, key_field="Nobody made it")
    outcome = send(system, message(ticket))
    assert isinstance(outcome, Sent)
    assert "without its key" in outcome.receipt
    assert said(tracker, ticket) == [("Correspond", "Your server is booked.")]
    assert any("Nobody made it" in fault for fault in system.faults())


@pytest.mark.proof
@pytest.mark.parametrize("ticket", ["999999", "not a number", "1 OR 1=1"])
def test_a_ticket_that_is_not_there_is_refused_for_good(tracker: RequestTracker, ticket: str) -> None:
    assert isinstance(send(system_of(tracker), message(ticket)), Rejected)


@pytest.mark.proof
def test_a_wrong_token_is_refused_and_never_shown(tracker: RequestTracker) -> None:
    system = replace(system_of(tracker), token="1-2-wrong")
    outcome = send(system, message("1"))
    assert isinstance(outcome, Rejected)
    assert "401" in outcome.problem
    assert "1-2-wrong" not in f"{outcome} {system!r}"


@pytest.mark.proof
def test_a_busy_rt_is_asked_again_when_it_says(tracker: RequestTracker, proxy: Proxy) -> None:
    proxy.choose = lambda _: Fault.BUSY
    outcome = send(system_of(tracker, proxy.url), message(tracker.open_ticket("Disk", "Broken.")))
    assert outcome == Postponed("Request Tracker: HTTP 503: ", timedelta(seconds=1))


def news(system: System, ticket: str) -> list[Entry]:
    seen = system.read(ticket, ())
    assert seen is not None
    return list(seen.entries)


@pytest.mark.proof
def test_everybodys_words_are_read_as_whose_they_are_and_ours_not_at_all(tracker: RequestTracker) -> None:
    ticket, system = tracker.open_ticket("Disk", "A disk is broken."), system_of(tracker)
    send(system, message(ticket, internal="Rack 7"))
    tracker.write(ticket, "Any news?")
    tracker.write(ticket, "Soon.", as_user="lena")
    tracker.write(ticket, "He is cross.", as_user="lena", note=True)
    assert [(one.kind, one.by, one.text) for one in news(system, ticket) if one.kind != EntryKind.STATUS] == [
        (EntryKind.OPENED, "lena", "A disk is broken."),
        (EntryKind.CUSTOMER, "carla", "Any news?"),
        (EntryKind.STAFF, "lena", "Soon."),
        (EntryKind.NOTE, "lena", "He is cross."),
    ]


def test_news_is_found_whatever_the_time_zone_of_our_account(tracker: RequestTracker) -> None:
    system = system_of(tracker)
    cursor = system.poll(None).cursor
    tracker.call("PUT", f"user/{BOT}", {"Timezone": "Pacific/Honolulu"})
    try:
        ticket = tracker.open_ticket("Disk", "Broken.")
        assert ticket in {poke.ticket for poke in system.poll(cursor).pokes}
        [opened] = news(system, ticket)
        assert abs(opened.at - datetime.now(UTC)) < timedelta(minutes=1)
        assert any("must be UTC" in fault for fault in system.faults())
    finally:
        tracker.call("PUT", f"user/{BOT}", {"Timezone": "UTC"})
    assert system.faults() == []


def test_what_happened_to_a_user_or_a_queue_with_the_tickets_number_is_not_its_news(tracker: RequestTracker) -> None:
    system, ticket = system_of(tracker), "0"
    while int(ticket) < 8:  # RT makes an attribute with the number 8 when it is installed
        ticket = tracker.open_ticket("Disk", "Broken.")
        assert [entry.kind for entry in news(system, ticket)] == [EntryKind.OPENED], ticket


def test_all_pages_are_read_though_rt_tells_no_total_and_takes_out_of_them_what_we_may_not_see(
    tracker: RequestTracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = system_of(tracker)
    cursor = system.poll(None).cursor
    ticket = tracker.open_ticket("Disk", "Broken.")
    for number in range(4):
        tracker.write(ticket, f"Number {number}", as_user="lena", note=True)
    query = f"transactions?query=TicketId = {ticket}&per_page=500"
    assert tracker.call("GET", query)["per_page"] == 100
    seen = tracker.call("GET", query, as_user="lena")
    assert (seen["total"], seen["pages"], "next_page" in seen) == (None, None, False)
    assert seen["count"] < tracker.call("GET", query)["count"]
    monkeypatch.setattr(_rt_rest, "PAGE", 2)
    assert ticket in {poke.ticket for poke in system.poll(cursor).pokes}
    assert [one.text for one in news(system, ticket)] == ["Broken.", *(f"Number {n}" for n in range(4))]


def test_more_than_a_hundred_rows_are_read_to_the_last(tracker: RequestTracker) -> None:
    [long_story] = tracker.call("GET", "tickets?query=Subject = 'A long story'")["items"]
    read = [one.text for one in news(system_of(tracker), long_story["id"]) if one.kind != EntryKind.STATUS]
    assert read == ["Begin", *(f"Number {n}" for n in range(1, 105))]
    assert len(system_of(tracker).poll(json.dumps({"floor": 0})).pokes) > 105


def test_what_is_written_in_rts_own_editor_is_read_without_its_tags_and_without_its_files(
    tracker: RequestTracker,
) -> None:
    ticket = tracker.open_ticket("Disk", "Broken.")
    log = {"FileName": "a.log", "FileType": "text/plain", "FileContent": base64.b64encode(b"x" * 300_000).decode()}
    form = {"Content": "<p>It &lt;beeps&gt;<br>now.</p><style>p{}</style>", "ContentType": "text/html"}
    tracker.call("POST", f"ticket/{ticket}/correspond", {**form, "Attachments": [log]}, as_user="lena")
    assert [one.text for one in news(system_of(tracker), ticket) if one.kind == EntryKind.STAFF] == ["It <beeps>\nnow."]


@pytest.mark.proof
def test_a_poll_reads_again_what_lies_a_while_back(tracker: RequestTracker) -> None:
    system = system_of(tracker)
    ticket = tracker.open_ticket("Disk", "Broken.")
    first = system.poll(system.poll(None).cursor)
    assert ticket in {poke.ticket for poke in first.pokes}
    assert ticket in {poke.ticket for poke in system.poll(first.cursor).pokes}


def be_reconciled(integration: str) -> None:
    """As if all that is active had been read tonight: only news is."""
    with transaction() as session:
        intake.reconciling(session, integration, (), (), datetime.now(UTC))


def test_tickets_come_in_once_with_what_is_said_later_and_while_a_hook_is_down(
    app: Flask, use: Callable[..., None], tracker: RequestTracker
) -> None:
    tracker.poke(f"http://127.0.0.1:{free_tcp_ports(1)[0]}/nobody", "whsec_" + "a" * 44)
    use(rt=system_of(tracker))
    be_reconciled("rt")
    before = time.monotonic()
    ticket = tracker.open_ticket("Disk failed", "The second disk beeps.")
    assert time.monotonic() - before < 5
    for _ in range(2):
        poll(integration="rt")
    tracker.write(ticket, "Any news?")
    poll(integration="rt")
    tracker.poke(None)
    with transaction() as session:
        kept = queries.find_ticket(session, "rt", ticket)
        assert kept is not None
        entries = [(one.kind, one.text) for one in queries.entries(session, kept.id) if one.kind != "status"]
        assert entries == [("opened", "The second disk beeps."), ("customer", "Any news?")]
        assert kept.waiting_since is not None
        assert kept.subject == "Disk failed"


@pytest.mark.proof
def test_a_tracker_that_does_not_answer_is_noted_and_read_later(
    app: Flask, use: Callable[..., None], tracker: RequestTracker, proxy: Proxy
) -> None:
    use(rt=system_of(tracker, proxy.url))
    be_reconciled("rt")
    proxy.choose = lambda _: Fault.DROP
    poll(integration="rt")
    with transaction() as session:
        feed = queries.feeds(session)[0]
        assert feed.problem is not None
        assert feed.failing_since is not None
        assert feed.cursor is None
    ticket = tracker.open_ticket("Disk", "Broken.")
    proxy.choose = lambda _: Fault.NONE
    poll(integration="rt")
    with transaction() as session:
        assert queries.find_ticket(session, "rt", ticket) is not None
        feed = queries.feeds(session)[0]
        assert (feed.problem, feed.failing_since) == (None, None)


@pytest.mark.proof
def test_the_transaction_field_carries_our_key(tracker: RequestTracker) -> None:
    ticket, told = tracker.open_ticket("Disk", "Broken."), None
    told = message(ticket)
    send(system_of(tracker), told)
    query = f"TicketId = {ticket} AND 'CF.{{{KEY_FIELD}}}' = '{told.id}:public'"
    assert len(tracker.call("GET", f"transactions?query={query}")["items"]) == 1
