"""The doctor before real parts that are broken in the ways in which people break them."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app.archive.aside import put_aside
from app.core.clock import true_now
from app.core.database import transaction
from app.core.permissions import Role
from app.core.queue import defer
from app.doctor import cli
from app.doctor.examine import examine
from app.doctor.findings import State
from app.doctor.look import Look
from app.hardware.operations.assets import Entry, add_asset
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.sealing import new_site_key, write_key
from app.people.operations.accounts import add_person, grant
from app.shifts.operations import roster
from app.sites.models import Site
from app.tickets.operations import tell, ticket_of
from lab.fixtures import need
from lab.mail_servers import USER, imap_server, smtp_server
from tests.integration.conftest import LONG_AGO, PASSWORD
from tests.integration.doctor.conftest import ill, said

SECRET = f"whsec_{base64.b64encode(b'k' * 32).decode()}"


def test_a_database_that_is_down_is_the_first_line_and_nothing_in_it_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://rackside:hunter2@127.0.0.1:1/rackside")
    monkeypatch.setenv("RACKSIDE_INSTANCE", str(tmp_path))
    assert cli.main([]) == 1
    told = capsys.readouterr().out
    assert told.startswith("problem  database: The database does not answer: ")
    assert "workers:" not in told
    assert "disk:" in told
    assert "hunter2" not in told


def test_a_machine_without_any_database_is_told_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.setenv("RACKSIDE_INSTANCE", str(tmp_path))
    assert cli.main(["--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["problems"], told["findings"][0]["state"]) == (1, "problem")
    assert "./rackside migrate makes one" in told["findings"][0]["sentence"]
    assert list(tmp_path.iterdir()) == []


def test_a_setting_that_is_wrong_names_itself(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RACKSIDE_SWEEP_MINUTES", "often")
    assert cli.main([]) == 1
    assert "settings: RACKSIDE_SWEEP_MINUTES must be a whole number" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("DELETE FROM alembic_version", "problem The database has no schema of ours yet."),
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "problem The schema (9999) is newer than this program knows.",
        ),
    ],
)  # fmt: skip
def test_a_schema_of_another_version_is_told_and_not_read(look: Look, change: str, sentence: str) -> None:
    with look.app.app_context(), transaction() as session:
        session.execute(text(change))
    assert ill(said(look, "schema")) == sentence
    assert said(look, "workers") == []


def test_a_restore_that_was_killed_is_not_told_to_migrate(look: Look) -> None:
    with psycopg.connect(look.line) as line:
        put_aside(line)
    (schema,) = said(look, "schema")
    assert schema.sentence.startswith("A restore was interrupted")
    assert schema.advice is not None
    assert "./rackside restore" in schema.advice
    assert "migrate" not in schema.advice


def test_nobody_at_work_nobody_in_charge_and_nothing_set_up(look: Look) -> None:
    found = {one.name: one for one in examine(look)[0] if one.state != State.OK}
    assert found["workers"].sentence.startswith("No worker works for the center (never seen)")
    assert found["web server"].sentence.startswith("The pages do not answer at http://127.0.0.1:8080")
    assert found["calendars"].sentence == "There is no data center yet."
    assert found["alerts"].state == found["ticket systems"].state == State.WARNING
    assert all(one.advice for one in found.values())


def test_files_with_secrets_that_others_read_are_named_and_never_told(look: Look, tmp_path: Path) -> None:
    key = tmp_path / "signing.key"
    key.touch(0o644)
    key.write_text("5ec2e7")
    (tmp_path / "token").touch(0o644)
    listed = tmp_path / "integrations.json"
    listed.touch(0o640)  # of a group: that is usual
    listed.write_text(json.dumps({"rt": {"token_file": "token"}}))
    sentences = [one.sentence for one in said(look, "secrets", integrations_file=listed) if one.state != State.OK]
    assert sentences == [f"Others on this machine may read {path} (mode 0644)." for path in (key, tmp_path / "token")]
    key.chmod(0o600)
    (tmp_path / "token").chmod(0o600)
    (only,) = said(look, "secrets", integrations_file=listed)
    assert only.state == State.OK


def test_a_key_that_does_not_open_what_is_sealed_is_a_problem(look: Look, tmp_path: Path) -> None:
    (public, _), (_, another) = new_site_key(), new_site_key()
    with look.app.app_context(), transaction() as session:
        session.add(Site(code="AMS1", name="A", time_zone="Europe/Amsterdam", public_key=public))
    write_key(tmp_path / "site-keys", "AMS1", another)
    assert "does not open what is sealed for AMS1" in ill(said(look, "site keys"))


def test_a_ticket_system_that_refuses_our_password_is_a_problem(look: Look, integrations: Callable[..., Path]) -> None:
    need("dovecot")
    with imap_server() as imap, smtp_server() as (smtp, _):
        mail = {
            "system": "email",
            "address": USER,
            "imap": imap.url,
            "smtp": smtp,
            "user": USER,
            "token_secret": SECRET,
        }
        file = integrations(mail={**mail, "password": "not it"})
        sentences = [one.sentence for one in said(look, "ticket system mail", integrations_file=file)]
        assert sentences[0].startswith(f"mail: The mailbox of {USER} does not open:")
        assert "not it" not in " ".join(sentences)


def test_a_ticket_system_that_nobody_answers_for_and_one_that_hangs(
    look: Look, integrations: Callable[..., Path]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/hook"
        file = integrations(
            gone={"system": "webhook", "url": "http://127.0.0.1:1/hook", "secrets": [SECRET]},
            silent={"system": "webhook", "url": url, "secrets": [SECRET]},
        )
        changed = replace(look, settings=replace(look.settings, integrations_file=file))
        found, whole = examine(changed, within_s=1.5)
    told = {one.name: one.sentence for one in found}
    assert "nobody takes messages at http://127.0.0.1:1/hook: not reached" in told["ticket system gone"]
    assert told["ticket system silent"] == "This could not be found out in time."
    assert not whole


def test_queues_that_stand_jobs_that_failed_and_messages_given_up(look: Look) -> None:
    with look.app.app_context(), transaction() as session:
        for name in ("stands", "failed"):
            defer(session, name, queue="site-AMS1")
        ago = {"ago": timedelta(hours=1)}
        session.execute(text("UPDATE procrastinate_jobs SET status = 'failed' WHERE task_name = 'failed'"))
        session.execute(text("UPDATE procrastinate_events SET at = now() - :ago"), ago)
        ticket = ticket_of(
            session, "rt", "1", url=None, subject="S", channel="ticket", opened_at=LONG_AGO, now=LONG_AGO
        )
        for number in range(2):
            tell(
                session, ticket, kind="booked", subject="WO-1", key=f"k{number}", now=LONG_AGO, public="P", internal="I"
            )
        session.execute(text("UPDATE message SET state = 'dead' WHERE key = 'k0'"))
        session.execute(
            text("UPDATE message SET next_at = now() - :ago, attempts = 3, problem = 'HTTP 500' WHERE key = 'k1'"), ago
        )
    told = [one.sentence for one in said(look, "queue") + said(look, "messages")]
    assert told[0].startswith("1 job stands in the queue site-AMS1 since ")
    assert told[1] == "1 job failed failed in the last seven days."
    assert told[2].startswith("1 message to customers could not be delivered")
    assert told[3] == "1 message waits because the last attempt failed: HTTP 500"
    assert told[4] == "1 message should have been sent more than ten minutes ago."


def test_a_site_without_holidays_shifts_and_people_in_charge(look: Look) -> None:
    with look.app.app_context(), transaction() as session:
        site = Site(code="AMS1", name="A", time_zone="Europe/Amsterdam")
        session.add(site)
        session.flush()
        tess = add_person(session, name="tess", full_name="T", by="test", now=LONG_AGO, password=PASSWORD)
        grant(session, tess, Role.TECHNICIAN, site, by="test", now=LONG_AGO)
    assert ill(said(look, "calendars")).startswith("warning AMS1: no closed day within a year is known")
    nobody, idle = said(look, "shifts")
    assert nobody.sentence.startswith("Nobody is on shift at AMS1 in the next 14 days")
    assert idle.sentence == "Technicians without any shift: tess."
    assert [one.state for one in said(look, "people")] == [State.PROBLEM, State.WARNING, State.WARNING]
    with look.app.app_context(), transaction() as session:
        roster(session, tess, site, hours="Mon-Fri 08:00-17:00", valid_from=date(2026, 1, 1), by="test", now=LONG_AGO)
    assert [one.state for one in said(look, "shifts")] == [State.OK]


def test_devices_asked_in_the_clear_with_a_word_that_anybody_guesses_or_not_at_all(look: Look, tmp_path: Path) -> None:
    public, private = new_site_key()
    write_key(tmp_path / "site-keys", "AMS1", private)
    with look.app.app_context(), transaction() as session:
        site = Site(code="AMS1", name="A", time_zone="Europe/Amsterdam", public_key=public)
        session.add(site)
        session.flush()
        machines = {tag: add_asset(session, site, Entry(tag, role), by="test", now=LONG_AGO) for tag, role in
                    (("PDU-1", "pdu"), ("PDU-2", "pdu"), ("SRV-1", "server"), ("SRV-2", "server"))}  # fmt: skip
        for tag, protocol, given in (
            ("PDU-1", "snmp", {"address": "127.0.0.1", "version": "2c", "community": "public"}),
            ("PDU-2", "snmp", {"address": "127.0.0.1", "version": "2c", "community": "long and ours"}),
            (
                "SRV-1",
                "redfish",
                {"address": "https://127.0.0.1", "username": "u", "password": "p", "verify_tls": False},
            ),
            ("SRV-1", "ipmi", {"address": "127.0.0.1", "username": "u", "password": "p", "cipher_suites": [16]}),
        ):
            set_endpoint(session, machines[tag], protocol, given, by="test", now=true_now())
    assert [one.sentence for one in said(look, "device privacy")] == [
        "2 devices are asked over SNMP in the clear: PDU-1, PDU-2.",
        "1 device is asked over Redfish whatever their certificate: SRV-1.",
        "1 device is allowed IPMI cipher suites without encryption: SRV-1.",
    ]
    assert ill(said(look, "communities")).endswith("an SNMP community that anybody guesses: PDU-1.")
    assert ill(said(look, "credentials")) == "warning 1 server has no address to be asked at: SRV-2."
    assert ill(said(look, "sweep")).startswith("problem The last sweep of AMS1 began more than 15 minutes ago")
