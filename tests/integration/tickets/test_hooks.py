"""Hooks from outside: what is signed as agreed comes in once; of everything else nothing is kept but a count."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from apiflask import APIFlask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text

from app.core.database import transaction
from app.core.signing import key_of, signed_headers
from app.tickets import integrations
from app.tickets.models import HookAttempt, HookCount, Ticket, TicketEntry
from app.tickets.system import TicketSystem
from app.tickets.systems.console import Console
from app.tickets.systems.request_tracker import RequestTracker
from app.tickets.systems.webhook import Webhook

OLD, NEW, OTHER = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2, 3))
OPENED = {
    "type": "ticket.opened",
    "timestamp": "2026-11-27T15:40:00Z",
    "data": {
        "ticket": {"id": "4711", "subject": "Disk failed", "url": None, "channel": "chat"},
        "by": "Carla",
        "text": "The second disk of SRV-0042 beeps.",
    },
}


@pytest.fixture
def client(web_app: APIFlask) -> FlaskClient:
    here = "http://127.0.0.1:9/hook"
    rt = RequestTracker(url=here, queue="Data Center", user="bot", token="1-2-3", hook_secrets=(OLD,))
    systems: dict[str, TicketSystem] = {
        "desk": Webhook(here, (OTHER,), hook_secrets=(OLD, NEW)),
        "rt": rt,
        "console": Console(),
    }
    integrations.install(web_app, systems)
    return web_app.test_client()


def signed(body: bytes, secret: str = OLD, *, number: str = "msg_1", at: datetime | None = None) -> dict[str, str]:
    return signed_headers([key_of(secret)], number, at or datetime.now(UTC), body)


def post(client: FlaskClient, body: bytes, headers: dict[str, str], name: str = "desk") -> int:
    return client.post(f"/hooks/{name}", data=body, headers={"content-type": "application/json", **headers}).status_code


def raw(told: Any = OPENED) -> bytes:
    return json.dumps(told).encode()


def rows(client: FlaskClient) -> dict[str, int]:
    with client.application.app_context(), transaction() as session:
        tables = (Ticket, TicketEntry, HookAttempt)
        return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


NOTHING = {"ticket": 0, "ticket_entry": 0, "hook_attempt": 0}


def test_a_signed_ticket_comes_in_with_its_words(client: FlaskClient) -> None:
    assert post(client, raw(), signed(raw())) == 202
    with client.application.app_context(), transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert (ticket.system, ticket.external_id, ticket.subject, ticket.channel) == (
            "desk",
            "4711",
            "Disk failed",
            "chat",
        )
        entry = session.scalars(select(TicketEntry)).one()
        assert (entry.kind, entry.by, entry.text) == ("opened", "Carla", "The second disk of SRV-0042 beeps.")
        assert entry.at == datetime(2026, 11, 27, 15, 40, tzinfo=UTC)
        assert ticket.waiting_since == entry.received_at


def test_what_the_standards_own_library_signs_is_taken_with_the_old_and_the_new_secret(client: FlaskClient) -> None:
    for number, secret in enumerate((OLD, NEW)):
        now = datetime.now(UTC)
        signature = standardwebhooks.Webhook(secret).sign(f"msg_{number}", now, raw().decode())
        headers = {
            "webhook-id": f"msg_{number}", "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": f"v1a,AAAA {signature}",
        }  # fmt: skip
        assert post(client, raw(), headers) == 202


def test_a_repetition_under_the_same_id_changes_nothing_and_a_replay_is_refused(client: FlaskClient) -> None:
    now = datetime.now(UTC)
    first = signed(raw(), at=now - timedelta(seconds=20))
    assert post(client, raw(), first) == 202
    assert post(client, raw(), signed(raw(), at=now)) == 202
    assert post(client, raw(), first) == 401
    assert rows(client) == {"ticket": 1, "ticket_entry": 1, "hook_attempt": 2}


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-signature": "garbage"}, {"webhook-signature": "v1"}, {"webhook-signature": "v1,é"},
        {"webhook-signature": ""}, {"webhook-id": "a.b"}, {"webhook-id": ""}, {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "9" * 40}, {"webhook-timestamp": "-1"},
    ],
    ids=str,
)  # fmt: skip
def test_a_malformed_hook_is_401_and_leaves_a_count(client: FlaskClient, change: dict[str, str]) -> None:
    assert post(client, raw(), {**signed(raw()), **change}) == 401
    assert rows(client) == NOTHING
    with client.application.app_context(), transaction() as session:
        counted = session.scalars(select(HookCount)).one()
        assert (counted.integration, counted.taken, counted.refused) == ("desk", 0, 1)


@pytest.mark.parametrize("age_s", [301, -301])
def test_a_stale_hook_is_refused(client: FlaskClient, age_s: int) -> None:
    assert post(client, raw(), signed(raw(), at=datetime.now(UTC) - timedelta(seconds=age_s))) == 401
    assert rows(client) == NOTHING


def test_an_unsigned_one_and_one_signed_with_a_strangers_or_our_own_outward_secret_are_refused(
    client: FlaskClient,
) -> None:
    assert post(client, raw(), {}) == 401
    assert post(client, raw(), signed(raw(), OTHER)) == 401
    assert post(client, raw() + b" ", signed(raw())) == 401
    assert rows(client) == NOTHING


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{", b"[]", b"null", b"[" * 100_000, b'{"a": NaN'])
def test_what_is_signed_but_no_object_is_refused(client: FlaskClient, body: bytes) -> None:
    assert post(client, body, signed(body)) == 401
    assert post(client, body, {}) == 401
    assert rows(client) == NOTHING


@pytest.mark.parametrize(
    ("field", "value"),
    [("data", 7), ("timestamp", "soon"), ("timestamp", "2026-11-27T15:40:00"), ("data", {"ticket": {"id": 17}})],
)
def test_a_signed_one_with_a_wrong_field_is_told_which(client: FlaskClient, field: str, value: Any) -> None:
    body = raw({**OPENED, field: value})
    answer = client.post("/hooks/desk", data=body, headers=signed(body))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["field"] in {field, "id"}
    assert rows(client) == NOTHING


def test_types_that_are_new_to_us_are_taken_and_ignored(client: FlaskClient) -> None:
    body = raw({"type": "ticket.painted", "data": None})
    assert post(client, body, signed(body)) == 202
    assert rows(client)["ticket"] == 0


def test_letters_that_nobody_sees_are_left_out(client: FlaskClient) -> None:
    data = {**OPENED["data"], "text": "a\x00b\u200bc\ud800d"}  # type: ignore[dict-item]  # one nested dict
    body = raw({**OPENED, "data": data})
    assert post(client, body, signed(body)) == 202
    with client.application.app_context(), transaction() as session:
        assert session.scalars(select(TicketEntry.text)).one() == "abcd"


def test_a_hook_of_a_system_that_is_read_only_wakes_its_reader_and_is_not_believed(client: FlaskClient) -> None:
    for number in range(3):
        assert post(client, raw(), signed(raw(), number=f"rt-{number}"), "rt") == 202
    assert rows(client) == {"ticket": 0, "ticket_entry": 0, "hook_attempt": 3}
    with client.application.app_context(), transaction() as session:
        waiting = session.execute(text("SELECT task_name, args FROM procrastinate_jobs")).all()
        assert [tuple(one) for one in waiting] == [("tickets.poll", {"integration": "rt"})]


@pytest.mark.parametrize("name", ["console", "nobody", "%00"])
def test_there_is_no_hook_where_nobody_listens(client: FlaskClient, name: str) -> None:
    assert post(client, raw(), signed(raw()), name) == 404


def test_a_flood_of_bad_hooks_grows_one_row(client: FlaskClient) -> None:
    for _ in range(20):
        assert post(client, raw(), {}) == 401
    with client.application.app_context(), transaction() as session:
        assert session.scalars(select(HookCount.refused)).one() == 20


def test_a_word_of_the_customer_waits_until_somebody_answers(client: FlaskClient) -> None:
    def tell(kind: str, number: str, minute: int) -> datetime | None:
        body = raw({**OPENED, "type": f"ticket.{kind}", "timestamp": f"2026-11-27T15:{minute}:00Z"})
        assert post(client, body, signed(body, number=number)) == 202
        with client.application.app_context(), transaction() as session:
            return session.scalars(select(Ticket.waiting_since)).one()

    opened = tell("opened", "m1", 40)
    assert opened is not None
    assert tell("replied", "m2", 41) == opened
    assert tell("noted", "m3", 42) == opened
    assert tell("answered", "m4", 43) is None
    again = tell("replied", "m5", 44)
    assert again is not None
    assert again > opened
    assert tell("closed", "m6", 45) is None
