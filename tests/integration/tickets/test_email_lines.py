"""The lines to real mail servers: encrypted and checked, told once when not right, never longer than a turn."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.core.database import transaction
from app.core.errors import Invalid, Unavailable
from app.jobs.alerts.targets import Target
from app.jobs.models import Alert
from app.jobs.operations import alerting
from app.tickets import intake, queries
from app.tickets.operations import LEASE
from app.tickets.system import Faulty, Postponed, Sent
from app.tickets.systems import email as system_of_email
from app.tickets.systems.email import Email
from app.tickets.tasks import deliver, poll
from lab.certificates import Authority, Certificate
from lab.fixtures import need
from lab.mail_servers import PASSWORD, USER, Imap, Smtp, imap_server, smtp_server
from tests.integration.tickets.between import Fault
from tests.integration.tickets.conftest import NOW, Conversation
from tests.integration.tickets.lines import Bad, Stop, lines_to
from tests.integration.tickets.test_email import email, mail, message, send, ticket_of
from tests.integration.tickets.workers import SECRET

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@contextmanager
def servers(imap_by: Certificate, smtp_by: Certificate, *, at_once: bool = False) -> Iterator[tuple[Imap, str, Smtp]]:
    """Both mail servers under these certificates, and the address of the one for outgoing mail."""
    need("dovecot")
    with imap_server(imap_by) as imap, smtp_server(smtp_by, at_once=at_once) as (url, smtp):
        yield imap, url.replace("smtp://", "smtps://" if at_once else "smtp+starttls://"), smtp


def sealed(imap: Imap, smtp: str, ca_file: Path | None, *, host: str = "127.0.0.1") -> Email:
    at_once = smtp.startswith("smtps")
    url = f"imaps://{host}:{imap.tls_port}" if at_once else f"imap+starttls://{host}:{imap.port}"
    return Email(
        address=USER, imap=url, smtp=smtp.replace("127.0.0.1", host), user=USER, password=PASSWORD,
        token_secret=SECRET, ca_file=ca_file,
    )  # fmt: skip


@pytest.mark.parametrize("at_once", [True, False], ids=["tls", "starttls"])
def test_mail_comes_in_and_goes_out_under_tls(authority: Authority, at_once: bool) -> None:
    good = authority.certificate()
    with servers(good, good, at_once=at_once) as (imap, url, smtp):
        system = sealed(imap, url, authority.file)
        imap.deliver(mail("It beeps."))
        own = ticket_of(system)
        assert isinstance(send(system, message(own)), Sent)
        assert system.faults() == []
        assert len(smtp.taken) == 1
        unknown = sealed(imap, url, None)  # the machine's own authorities do not know it
        with pytest.raises(Faulty, match="name the file of the authority that signed it in ca_file"):
            unknown.poll(None)
        assert "ca_file" in " ".join(unknown.faults())


@pytest.mark.parametrize("at_once", [True, False], ids=["tls", "starttls"])
def test_a_certificate_of_another_name_or_of_yesterday_is_refused_in_a_sentence_and_no_password_is_sent(
    authority: Authority, at_once: bool
) -> None:
    other, old = authority.certificate("mail.example.com"), authority.certificate(ends_at=YESTERDAY)
    with servers(other, old, at_once=at_once) as (imap, url, _):
        system, logins = sealed(imap, url, authority.file), logins_at(imap)
        with pytest.raises(Faulty, match="use the name that stands in it, or have one made out for this name"):
            system.poll(None)
        [name, date] = system.faults()
        assert f"127.0.0.1:{imap.tls_port if at_once else imap.port} is not accepted" in name
        assert "has expired): have it renewed" in date
        assert isinstance(send(system, message("x")), Postponed)
        assert logins_at(imap) == logins


def logins_at(imap: Imap) -> int:
    return (imap.folder / "log").read_text(encoding="utf-8").count(" Login: ")


def test_a_server_without_tls_is_not_given_the_password(imap: Imap, smtp: tuple[str, Smtp]) -> None:
    system = Email(
        address=USER, imap=imap.url.replace("imap", "imap+starttls"), smtp=smtp[0].replace("smtp", "smtp+starttls"),
        user=USER, password=PASSWORD, token_secret=SECRET,
    )  # fmt: skip
    with pytest.raises(Faulty, match="offers no TLS"):
        system.active()
    assert [fault for fault in system.faults() if "offers no TLS" not in fault] == []


def test_plain_lines_to_another_machine_need_a_word_of_permission() -> None:
    good: dict[str, Any] = {
        "address": USER, "imap": "imaps://mail.example.com", "smtp": "smtp://mail.example.com", "user": USER,
        "password": PASSWORD, "token_secret": SECRET,
    }  # fmt: skip
    for name in ("imap", "smtp"):
        plain = good | {name: f"{name}+plain://mail.example.com"}
        with pytest.raises(Invalid, match="in the clear to mail"):
            Email(**plain)
        Email(**plain, allow_plain=True)
    for bad in ("imap://", "imap://host:port", "imap://host/x"):
        with pytest.raises(Invalid, match="imap"):
            Email(**{**good, "imap": bad})


def alerts_written() -> list[tuple[str, str]]:
    """What the center would tell now, ten seconds and again ten minutes later."""
    target = Target("managers", "json://127.0.0.1")
    for passed in (timedelta(0), timedelta(seconds=10), timedelta(minutes=11)):
        with transaction() as session:
            news = list(alerting.news_of_integrations(session, true=datetime.now(UTC) + passed))
            alerting.tell_managers(session, news, [target], NOW)
    with transaction() as session:
        return [(one.title, one.body) for one in session.query(Alert).order_by(Alert.id)]


def test_a_certificate_that_is_not_right_is_told_once_and_no_more_once_it_is(
    app: Flask, use: Callable[..., None], authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    good, old = authority.certificate(), authority.certificate(ends_at=YESTERDAY)
    with servers(old, good) as (imap, url, _):
        use(email=sealed(imap, url, authority.file))
        for _ in range(3):
            poll(integration="email")
        assert [one.levelno for one in caplog.records if "set up wrong" in one.message] == [logging.ERROR]
        [(title, body)] = alerts_written()
        assert title == "email is set up wrong"
        assert "has expired" in body
        imap.stop_only()
        imap.certificate = good
        imap.configure()
        imap.start_again()
        poll(integration="email")
        with transaction() as session:
            assert queries.troubled_feeds(session) == []
    assert len(alerts_written()) == 1


def test_outgoing_mail_that_a_certificate_stops_waits_and_whoever_runs_it_is_told_once(
    app: Flask, use: Callable[..., None], authority: Authority, open_ticket: Callable[..., Conversation],
    let_pass: Callable[[timedelta], None],
) -> None:  # fmt: skip
    good, old = authority.certificate(), authority.certificate(ends_at=YESTERDAY)
    with servers(good, old) as (imap, url, smtp):
        system = sealed(imap, url, authority.file)
        use(email=system)
        poll(integration="email")
        imap.deliver(mail("It beeps."))
        poll(integration="email")
        conversation = open_ticket("email", ticket_of(system), channel="email")
        conversation.tell()
        for _ in range(2):
            deliver(ticket_id=conversation.ticket.id)
            let_pass(timedelta(hours=1))
        [told] = conversation.told()
        assert (told.state, told.attempts, smtp.taken) == ("pending", 2, [])
        assert "has expired" in str(told.problem)
        [(title, _)] = alerts_written()
        assert title == "email is set up wrong"


def test_a_mailbox_that_is_away_is_told_after_ten_minutes_only(app: Flask) -> None:
    with transaction() as session:
        assert intake.read_badly(session, "email", "not reached", now=datetime.now(UTC))
        assert not intake.read_badly(session, "email", "not reached", now=datetime.now(UTC))
    with transaction() as session:
        assert list(alerting.news_of_integrations(session, true=datetime.now(UTC))) == []
    assert [title for title, _ in alerts_written()] == ["Tickets of email cannot be read"]


@pytest.fixture
def short_turns(monkeypatch: pytest.MonkeyPatch) -> float:
    """Turns of a second and a half, for tests that wait until they are over."""
    for name in ("SEND_S", "READ_S", "LINE_S"):
        monkeypatch.setattr(system_of_email, name, 1.5)
    return 1.5


def dripping(number: int) -> Bad:
    return Bad(Fault.DRIP)


def test_no_dealing_with_a_mail_server_outlives_half_a_lease() -> None:
    assert timedelta(seconds=system_of_email.SEND_S) * 2 <= LEASE


def test_a_mailbox_that_drips_is_given_up_when_its_turn_is_over(
    imap: Imap, smtp: tuple[str, Smtp], short_turns: float
) -> None:
    with lines_to(imap.url) as lines:
        lines.choose = dripping
        system = replace(email(imap, smtp[0]), imap=lines.url)
        for deal in (lambda: system.poll(None), lambda: send(system, message("x")), lambda: system.wait(0.1)):
            began = time.monotonic()
            with suppress(Unavailable):
                assert not (told := deal()) or isinstance(told, Postponed)
            assert short_turns - 0.2 < time.monotonic() - began < short_turns + 1


@pytest.mark.parametrize("after", [None, b"\r\n.\r\n"], ids=["from the greeting on", "after the mail itself"])
def test_a_delivery_that_drips_ends_with_its_turn_and_goes_again_under_the_same_id(
    imap: Imap, smtp: tuple[str, Smtp], short_turns: float, after: bytes | None
) -> None:
    with lines_to(smtp[0]) as lines:
        lines.choose = lambda number: Bad(Fault.DRIP if number == 0 else Fault.NONE, after=after)
        system = email(imap, lines.url)
        imap.deliver(mail("It beeps."))
        told, began = message(ticket_of(system)), time.monotonic()
        assert isinstance(send(system, told), Postponed)
        assert time.monotonic() - began < short_turns + 1
        assert isinstance(send(system, replace(told, repeated=True)), Sent)
    assert len({one["Message-ID"] for one in smtp[1].taken}) == 1
    assert len(smtp[1].taken) == (2 if after else 1)


@pytest.mark.parametrize("word", [b"QUIT", b"LOGOUT"])
def test_a_mail_that_was_taken_is_sent_whatever_becomes_of_the_leave_taking(
    imap: Imap, smtp: tuple[str, Smtp], word: bytes, short_turns: float
) -> None:
    with lines_to(smtp[0]) as out, lines_to(imap.url) as into:
        system = replace(email(imap, out.url), imap=into.url)
        imap.deliver(mail("It beeps."))
        own = ticket_of(system)
        out.stop = into.stop = Stop(word, answered=False)
        assert isinstance(send(system, message(own)), Sent)
    assert len(smtp[1].taken) == 1


def test_a_mail_with_a_large_file_brings_its_words_and_not_the_file(imap: Imap, smtp: tuple[str, Smtp]) -> None:
    with lines_to(imap.url) as lines:
        system = replace(email(imap, smtp[0]), imap=lines.url)
        imap.deliver(mail("The photo is attached.", attached=8_000_000))
        [own] = system.active()
        seen = system.read(own, ())
        assert seen is not None
        assert [one.text for one in seen.entries] == ["The photo is attached."]
        assert lines.from_server < 1_500_000


def test_the_password_is_not_said_in_a_problem(imap: Imap, smtp: tuple[str, Smtp]) -> None:
    system = replace(email(imap, smtp[0]), password="another-password")
    with pytest.raises(Unavailable) as refused:
        system.poll(None)
    assert "another-password" not in str(refused.value)
