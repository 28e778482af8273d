"""Managers hear of it: missed and nearly missed clocks, and workers that stopped; by real mail and real HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any, cast

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, text

from app.core.clock import true_now
from app.core.database import transaction
from app.core.errors import Invalid
from app.core.settings import Settings, from_environment
from app.jobs import tasks_alerts
from app.jobs.alerts.targets import load
from app.jobs.models import Alert
from app.sites.models import Site
from lab.processes import free_tcp_ports
from tests.integration.jobs.conftest import FRIDAY_16_40, MONDAY, Hall
from tests.integration.jobs.test_office_pages import led_to, page, send
from tests.integration.tickets.receiver import Answer, Received, Receiver, receiving

At = Callable[[datetime], None]


class Mailbox:
    """Takes every mail."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd calls it so
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_tcp_ports(1)[0]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


@pytest.fixture
def chat() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def use(hall: Hall, tmp_path: Path) -> Callable[..., None]:
    """Configure targets: use(managers={"url": ...})."""

    def install(**targets: dict[str, Any]) -> None:
        file = tmp_path / "alerts.json"
        file.write_text(json.dumps(targets), encoding="utf-8")
        settings: Settings = from_environment(
            {"RACKSIDE_ALERTS": str(file), "RACKSIDE_ALERT_SCHEMES": "json mailto", "RACKSIDE_INSTANCE": str(tmp_path)}
        )
        tasks_alerts.install(hall.app, settings)

    return install


def json_url(receiver: Receiver) -> str:
    return f"json://127.0.0.1:{receiver.server_port}/hook"


def look(hall: Hall) -> None:
    """One turn of everything that watches and sends."""
    with hall.app.app_context():
        tasks_alerts.watch_promises()
        tasks_alerts.watch_workers()
        tasks_alerts.send_due()


def told(receiver: Receiver) -> list[str]:
    return [str(json.loads(one.body)["title"]) for one in receiver.received]


def alerts(hall: Hall) -> list[Alert]:
    with hall.app.app_context(), transaction() as session:
        return list(session.scalars(select(Alert).order_by(Alert.id)))


def forget_waiting(hall: Hall) -> None:
    """Let the pauses between attempts be over."""
    with hall.app.app_context(), transaction() as session:
        session.execute(text("UPDATE alert SET next_at = next_at - interval '1 day'"))


def test_a_missed_start_reaches_managers_once_with_its_cause_and_its_ledger(
    hall: Hall, at: At, use: Callable[..., None], chat: Receiver
) -> None:
    use(managers={"url": json_url(chat)})
    number = str(hall.order(ticket=fresh_ticket())["number"])
    at(MONDAY + timedelta(hours=1, minutes=40))
    look(hall)
    assert f"About to be missed: start, {number} at AMS1" in told(chat)
    at(MONDAY + timedelta(hours=2, minutes=5))
    look(hall)
    look(hall)
    missed = [one for one in chat.received if json.loads(one.body)["title"] == f"Missed: start, {number} at AMS1"]
    assert len(missed) == 1
    body = str(json.loads(missed[0].body)["message"])
    assert "Promised by 2026-11-30 11:00 (Europe/Amsterdam)." in body
    assert "Most of the time went with: Technicians, waits to be taken." in body
    assert f"/orders/{number}/manage" in body


def test_a_target_that_reads_german_gets_every_line_in_german(
    hall: Hall, at: At, use: Callable[..., None], chat: Receiver
) -> None:
    use(leitung={"url": json_url(chat), "language": "de"})
    number = str(hall.order(ticket=fresh_ticket())["number"])
    at(MONDAY + timedelta(hours=2, minutes=5))
    look(hall)
    alert = next(one for one in map(body_of, chat.received) if one["title"] == f"Verfehlt: Beginn, {number} in AMS1")
    lines = str(alert["message"]).splitlines()
    assert "Zugesagt bis 2026-11-30 11:00 (Europe/Amsterdam)." in lines
    assert "Die meiste Zeit verging mit: Techniker, wartet auf Übernahme." in lines
    english = ("waited", " and ", "Technicians", "outside", "spent", "Level 1,")
    assert [line for line in lines if any(word in line for word in english)] == []


def body_of(received: Received) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(received.body))


def fresh_ticket() -> dict[str, object]:
    return {
        "system": "console", "id": "T-77", "url": None, "subject": "Disk", "channel": "ticket",
        "opened_at": MONDAY.isoformat(),
    }  # fmt: skip


def test_mail_carries_it_as_plain_lines(hall: Hall, at: At, use: Callable[..., None]) -> None:
    with mail_server() as (mailbox, port):
        url = f"mailto://127.0.0.1:{port}?from=rackside@example.com&to=max@example.com&mode=insecure"
        use(managers={"url": url, "on_duty": True})
        hall.order(ticket=fresh_ticket())
        at(MONDAY + timedelta(minutes=11))
        look(hall)
        mails = {str(message_from_bytes(mail)["Subject"]): message_from_bytes(mail) for mail in mailbox.mails}
    mail = mails["Missed: first response, T-77"]
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert "10 min of 10 min are spent." in payload.decode() or "11 min of 10 min are spent." in payload.decode()


def test_at_night_only_who_is_on_duty_hears_and_the_others_in_their_morning(
    hall: Hall, at: At, use: Callable[..., None], chat: Receiver
) -> None:
    with receiving() as pager:
        use(managers={"url": json_url(chat)}, on_call={"url": json_url(pager), "on_duty": True})
        at(FRIDAY_16_40.replace(hour=23))
        body = {**fresh_ticket(), "opened_at": FRIDAY_16_40.replace(hour=22, minute=30).isoformat()}
        hall.order(ticket=body)
        look(hall)
        assert "Missed: first response, T-77" in told(pager)
        assert told(chat) == []
    (waiting,) = [one for one in alerts(hall) if one.target == "managers" and "Missed: first" in one.title]
    monday_nine = FRIDAY_16_40.replace(day=7, hour=9, minute=0)
    assert abs((waiting.next_at - true_now()) - (monday_nine - FRIDAY_16_40.replace(hour=23))) < timedelta(minutes=1)


def test_news_of_a_site_go_to_its_own_managers(hall: Hall, at: At, use: Callable[..., None], chat: Receiver) -> None:
    use(miami={"url": json_url(chat), "sites": ["MIA1"], "on_duty": True})
    hall.order(ticket={**fresh_ticket(), "opened_at": (MONDAY - timedelta(days=2)).isoformat()})
    at(MONDAY + timedelta(hours=2, minutes=5))
    look(hall)
    assert [one for one in told(chat) if "AMS1" in one] == []
    assert alerts(hall) == []


def test_a_target_that_is_down_gets_it_later_and_nobody_else_waits(
    hall: Hall, at: At, use: Callable[..., None], chat: Receiver
) -> None:
    with receiving() as sick:
        sick.answers = [Answer(status=503)]
        use(sick={"url": json_url(sick), "on_duty": True}, well={"url": json_url(chat), "on_duty": True})
        hall.order(ticket={**fresh_ticket(), "opened_at": (MONDAY - timedelta(minutes=15)).isoformat()})
        look(hall)
        count = len(told(chat))
        assert count >= 1
        failed = [one for one in alerts(hall) if one.problem]
        assert [(one.target, one.state) for one in failed] == [("sick", "pending")]
        forget_waiting(hall)
        look(hall)
        assert {one.state for one in alerts(hall)} == {"sent"}
        assert len(told(chat)) == count  # not again


def test_a_worker_that_stopped_is_an_alert_once(hall: Hall, use: Callable[..., None], chat: Receiver) -> None:
    use(on_call={"url": json_url(chat), "on_duty": True})
    with hall.app.app_context(), transaction() as session:
        site = session.scalars(select(Site).where(Site.code == "AMS1")).one()
        site.worker_seen_at = true_now()
    with hall.app.app_context():
        tasks_alerts.center_lives()
    look(hall)
    assert told(chat) == []
    with hall.app.app_context(), transaction() as session:
        session.execute(text("UPDATE site SET worker_seen_at = worker_seen_at - interval '61 seconds'"))
    look(hall)
    look(hall)
    assert told(chat) == ["The worker of AMS1 is silent"]


def test_a_center_that_stopped_is_one_alert_and_says_what_does_not_happen_now(
    hall: Hall, use: Callable[..., None], chat: Receiver
) -> None:
    use(on_call={"url": json_url(chat), "on_duty": True})
    with hall.app.app_context():
        tasks_alerts.center_lives()
        with transaction() as session:
            session.execute(text("UPDATE sign_of_life SET at = at - interval '61 seconds'"))
            session.execute(text("UPDATE site SET worker_seen_at = now() - interval '61 seconds'"))
    look(hall)
    assert told(chat) == ["The central worker is silent"]
    assert "No messages go out" in json.loads(chat.received[0].body)["message"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"url": "json://10.0.0.1/"}, "json:// is not allowed"),
        ({"url": "mailtos://x", "sites": []}, "sites must be"),
        ({"url": "mailtos://x", "on_duty": "yes"}, "on_duty must be"),
        ({"url": "mailtos://x", "language": "fr"}, "language must be one of en, de"),
        ({"url": "mailtos://x", "colour": 1}, "unknown setting colour"),
        ({}, "url is missing"),
        ({"url_file": "nowhere"}, "cannot be read"),
        ("slack://x", "must be an object"),
    ],
)
def test_a_target_that_is_wrong_stops_the_start_and_names_itself(tmp_path: Path, given: object, said: str) -> None:
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps({"boss": given}), encoding="utf-8")
    with pytest.raises(Invalid, match=f"target boss: .*{said}"):
        load(file)


def test_an_address_never_shows(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("slack://T0/B0/very-secret\n", encoding="utf-8")
    file = tmp_path / "alerts.json"
    file.write_text(json.dumps({"boss": {"url_file": "secret"}}), encoding="utf-8")
    target = load(file)["boss"]
    assert target.url == "slack://T0/B0/very-secret"
    assert "very-secret" not in repr(target)


def given_up(hall: Hall, *, site: str | None) -> int:
    """An alert that never got through; its number."""
    with hall.app.app_context(), transaction() as session:
        lost = Alert(
            key=f"k:{site}", target="managers", site=site, title="A promise is missed", body="x", created_at=MONDAY,
            state="dead", attempts=18, next_at=MONDAY, problem="the chat does not answer",
        )  # fmt: skip
        session.add(lost)
        session.flush()
        return lost.id


def test_an_alert_that_never_got_through_is_on_the_board_and_goes_again_in_one_tap(hall: Hall) -> None:
    number = given_up(hall, site="AMS1")
    shown = page(hall, "max", "/board")
    assert "managers never got this alert: A promise is missed" in shown
    assert "the chat does not answer" in shown
    led_to(send(hall, "max", f"/alerts/{number}/delivery"))
    assert "never got this alert" not in page(hall, "max", "/board")
    with hall.app.app_context(), transaction() as session:
        again = session.get_one(Alert, number)
        assert (again.state, again.attempts, again.problem) == ("pending", 0, None)


def test_a_lost_alert_of_another_site_is_no_business_of_this_sites_manager(hall: Hall) -> None:
    number = given_up(hall, site="MIA1")
    assert "never got this alert" not in page(hall, "max", "/board")
    assert send(hall, "max", f"/alerts/{number}/delivery").status_code == 404
