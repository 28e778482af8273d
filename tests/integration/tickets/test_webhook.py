"""The webhook system against a real receiver: signed, bounded, and each answer taken for what it means."""

from __future__ import annotations

import base64
import json
import socket
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import standardwebhooks

from app.core.database import transaction
from app.tickets import queries
from app.tickets.system import Outbound, Outcome, Postponed, Rejected, Sent
from app.tickets.systems import webhook
from app.tickets.systems.webhook import Webhook
from app.tickets.tasks import deliver
from tests.integration.tickets.conftest import Conversation
from tests.integration.tickets.receiver import Answer, Receiver, receiving

OLD, NEW = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
MESSAGE = Outbound(
    id=UUID("7b9f5d3c-2f0e-4a53-9a86-4a3c1b2d3e4f"), seq=3, kind="booked", subject="WO-2026-000001",
    integration="rt-demo", ticket="4711", ticket_url=None, channel="ticket", public="Žluťoučký kůň ✓",
    internal="For colleagues.", created_at=datetime(2026, 11, 27, 15, 40, tzinfo=UTC),
)  # fmt: skip


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def send(url: str, message: Outbound = MESSAGE) -> Outcome:
    return Webhook(url, (OLD,)).send(message, datetime.now(UTC))


def test_a_message_arrives_signed_so_that_the_standards_own_library_accepts_it(receiver: Receiver) -> None:
    assert Webhook(receiver.url, (OLD, NEW)).send(MESSAGE, datetime.now(UTC)) == Sent("HTTP 200")
    [got] = receiver.received
    for secret in (OLD, NEW):
        payload = standardwebhooks.Webhook(secret).verify(got.body, got.headers)
        assert payload == MESSAGE.form()
    assert got.id == str(MESSAGE.id)
    assert got.headers["content-type"] == "application/json"
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(NEW).verify(got.body, {**got.headers, "webhook-id": "other"})


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_sent(receiver: Receiver, status: int) -> None:
    receiver.answers = [Answer(status)]
    assert send(receiver.url) == Sent(f"HTTP {status}")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 422])
def test_a_refusal_is_final(receiver: Receiver, status: int) -> None:
    receiver.answers = [Answer(status)]
    assert isinstance(send(receiver.url), Rejected)


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 502, 503, 504])
def test_a_passing_trouble_is_postponed_for_as_long_as_asked(receiver: Receiver, status: int) -> None:
    receiver.answers = [Answer(status, {"retry-after": "77"}), Answer(status, {"retry-after": "soon"})]
    first, second = send(receiver.url), send(receiver.url)
    assert isinstance(first, Postponed)
    assert first.retry_after == timedelta(seconds=77)
    assert isinstance(second, Postponed)
    assert second.retry_after is None


@pytest.mark.parametrize("location", ["/elsewhere", "http://169.254.169.254/latest", "::not an address::"])
def test_a_redirect_is_not_followed(receiver: Receiver, location: str) -> None:
    receiver.answers = [Answer(307, {"location": location})]
    assert isinstance(send(receiver.url), Postponed)
    assert [request.path for request in receiver.received] == ["/hook"]


def test_a_cut_connection_is_postponed(receiver: Receiver) -> None:
    receiver.answers = [Answer(cut=True)]
    assert isinstance(send(receiver.url), Postponed)


def test_nobody_listening_is_postponed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert isinstance(send(f"http://127.0.0.1:{port}/"), Postponed)


@pytest.mark.parametrize("answer", [Answer(hold=True), Answer(dribble=True)])
def test_a_receiver_that_never_finishes_its_answer_is_left_in_time(
    receiver: Receiver, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TOTAL_S", 0.5)
    receiver.answers = [answer]
    started = time.monotonic()
    outcome = send(receiver.url)
    assert isinstance(outcome, Postponed)
    assert "may have arrived" in outcome.problem
    assert time.monotonic() - started < 3


def test_an_environment_proxy_is_not_used(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert send(receiver.url) == Sent("HTTP 200")


def test_a_body_beyond_20_kb_is_refused_before_it_leaves(receiver: Receiver) -> None:
    huge = Outbound(**{**{name: getattr(MESSAGE, name) for name in MESSAGE.__slots__}, "public": '"' * 10_000})
    assert isinstance(send(receiver.url, huge), Rejected)
    assert receiver.received == []


def test_a_sick_receiver_gets_every_message_in_order_and_each_retry_under_the_same_id(
    receiver: Receiver, open_ticket: Callable[..., Conversation], use: Callable[..., None],
    let_pass: Callable[[timedelta], None],
) -> None:  # fmt: skip
    use(**{"rt-demo": Webhook(receiver.url, (OLD,))})
    conversation = open_ticket("rt-demo")
    told = [str(conversation.tell(f"k{n}").id) for n in range(3)]
    receiver.answers = [Answer(503), Answer(cut=True), Answer(), Answer(429, {"retry-after": "60"})]
    for span in (timedelta(seconds=6), timedelta(seconds=36), timedelta(seconds=30), timedelta(seconds=30)):
        deliver(conversation.ticket.id)
        let_pass(span)
    assert receiver.ids() == [told[0]] * 3 + [told[1]], "60 s were asked for: at 30 s nobody calls again"
    deliver(conversation.ticket.id)
    assert receiver.ids() == [told[0]] * 3 + [told[1]] * 2 + [told[2]]
    assert {message.state for message in conversation.told()} == {"sent"}
    bodies = {request.body for request in receiver.received if request.id == told[0]}
    assert len(bodies) == 1, "every attempt carries the same bytes"


def test_a_receiver_that_is_gone_leaves_a_dead_letter_that_says_so(
    receiver: Receiver, open_ticket: Callable[..., Conversation], use: Callable[..., None]
) -> None:
    use(**{"rt-demo": Webhook(receiver.url, (OLD,))})
    conversation = open_ticket("rt-demo")
    conversation.tell()
    receiver.answers = [Answer(410)]
    deliver(conversation.ticket.id)
    with transaction() as session:
        [dead] = queries.dead(session)
        assert dead.problem == "HTTP 410: the receiver wants no more messages at this address"


def test_secrets_never_show() -> None:
    assert OLD not in repr(Webhook("https://tickets.example/hook", (OLD,)))
    assert json.dumps(MESSAGE.form())
