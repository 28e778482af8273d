"""From a request to one document: asked by the site's worker of real BMCs and agents, whatever dies on the way."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.queue import CENTRAL, site_queue
from app.hardware import queries, tasks
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Asset, DeviceAction, Diagnostics
from app.hardware.operations.cabling import set_power_cord
from app.hardware.operations.diagnose import FollowUp, begin, finish, freeze, request_diagnostics, show_parts
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.operations.led import end_unanswered, request_id_led
from app.hardware.operations.overdue import end_overdue
from app.hardware.readings import IpmiTarget
from app.sites.models import Site
from lab.bmc import BmcServer
from lab.machines import Bmc, psu_input_lost
from lab.processes import started
from lab.snmp_agents import SnmpAgent
from lab.snmp_devices import Outlet, Pdu
from lab.tools import missing
from tests.conftest import NEEDS_PACKAGE
from tests.integration.hardware.conftest import asset, site_with_key
from tests.unit.hardware.samples import server_with_lost_input

NEEDED = missing("ipmi_sim", "snmpd")
needs_lab = pytest.mark.skipif(bool(NEEDED), reason=f"{NEEDS_PACKAGE}: {', '.join(NEEDED)}")
SECRET = "kD93-never-told"
NOBODY = {"address": "127.0.0.1", "port": 9, "username": "admin", "password": SECRET}


@pytest.fixture
def site(session: Session, keys: Path) -> Site:
    return site_with_key(session, keys)


@pytest.fixture
def server(session: Session, site: Site) -> Asset:
    """A server whose BMC nobody answers for."""
    entered = asset(session, site)
    set_endpoint(session, entered, "ipmi", NOBODY, by="sam", now=true_now())
    session.commit()
    return entered


@pytest.fixture
def bmc(tmp_path: Path) -> Iterator[BmcServer]:
    described = Bmc("srv-0042", "CZ12345", "SRV-0042", faults=(psu_input_lost(2),))
    with started([BmcServer(described, tmp_path)]) as servers:
        yield servers[0]


@pytest.fixture
def pdu(tmp_path: Path) -> Iterator[SnmpAgent]:
    outlets = tuple(Outlet(number, f"Outlet {number}", on=number != 14, watts=180) for number in range(1, 17))
    with started([SnmpAgent(Pdu("PDU-A", "5A1234", outlets), tmp_path)]) as agents:
        yield agents[0]


def reached_by(target: IpmiTarget) -> dict[str, Any]:
    return {
        "address": target.address,
        "port": target.port,
        "username": target.username,
        "password": target.password,
        "cipher_suites": [3],
    }


def ask(session: Session, what: Asset, **more: Any) -> Diagnostics:
    asked = request_diagnostics(session, what, by="tess", reason="page", now=true_now(), **more)
    session.commit()
    return asked


def again(session: Session, asked: Diagnostics) -> Diagnostics:
    session.rollback()
    return session.get_one(Diagnostics, asked.id, populate_existing=True)


def jobs(session: Session, name: str) -> list[dict[str, Any]]:
    rows = session.execute(
        text("SELECT queue_name, lock, args FROM procrastinate_jobs WHERE task_name = :name ORDER BY id"),
        {"name": name},
    )
    return [dict(row) for row in rows.mappings()]


def document(run: Diagnostics) -> DiagnosticsDocument:
    assert run.document is not None
    return DiagnosticsDocument.from_dict(run.document)


def test_request_and_job_commit_together_on_the_sites_queue(session: Session, server: Asset) -> None:
    request_diagnostics(session, server, by="tess", reason="page", now=true_now())
    session.rollback()
    assert jobs(session, "hardware.diagnose") == []
    asked = ask(session, server)
    assert jobs(session, "hardware.diagnose") == [
        {"queue_name": site_queue("AMS1"), "lock": "bmc:SRV-0042", "args": {"diagnostics_id": str(asked.id)}}
    ]


def test_a_waiting_request_is_joined_and_takes_the_follow_up_along(session: Session, server: Asset) -> None:
    first = ask(session, server)
    joined = ask(session, server, follow_up=FollowUp("jobs.before_taken", {"number": "WO-1"}))
    other = ask(session, server, follow_up=FollowUp("jobs.before_taken", {"number": "WO-2"}))
    assert joined.id == first.id
    assert other.id != first.id
    assert len(jobs(session, "hardware.diagnose")) == 2


def test_a_run_that_has_begun_is_not_joined(session: Session, server: Asset) -> None:
    first = ask(session, server)
    begin(session, first.id, now=true_now())
    session.commit()
    assert ask(session, server).id != first.id


@needs_lab
def test_a_fault_is_found_with_its_cause_in_the_outlet_that_feeds_it(
    session: Session, site: Site, server: Asset, bmc: BmcServer, pdu: SnmpAgent
) -> None:
    now = true_now()
    feeder = asset(session, site, "PDU-A", "pdu")
    set_endpoint(session, server, "ipmi", reached_by(bmc.target()), by="sam", now=now)
    agent = {"address": "127.0.0.1", "port": pdu.port, "community": pdu.target().community}
    set_endpoint(session, feeder, "snmp", agent, by="sam", now=now)
    set_power_cord(session, server, psu="2", pdu=feeder, outlet="14", by="sam", now=now)
    asked = ask(session, server, follow_up=FollowUp("jobs.before_taken", {"number": "WO-1"}))

    tasks.take_diagnostics(diagnostics_id=str(asked.id))

    run = again(session, asked)
    found = document(run)
    assert (run.state, run.worst, found.complete) == ("done", "critical", True)
    assert (found.id, found.device, found.identity.serial) == (str(asked.id), "SRV-0042", "CZ12345")
    assert [(finding.kind, finding.number) for finding in found.findings] == [("psu", "2")]
    cause = found.findings[0].cause
    assert cause is not None
    assert (cause.device, cause.component, cause.state) == ("PDU-A", "14", "off")
    assert {part["name"]: part["state"] for part in run.parts} == {"ipmi": "ok", "snmp:PDU-A": "ok"}
    assert jobs(session, "jobs.before_taken") == [
        {"queue_name": CENTRAL, "lock": None, "args": {"number": "WO-1", "diagnostics_id": str(asked.id)}}
    ]
    newest = queries.latest(session, server)
    assert newest is not None
    assert newest.id == asked.id


@needs_lab
def test_a_frozen_bmc_is_a_stated_fact_within_the_deadline(session: Session, server: Asset, bmc: BmcServer) -> None:
    set_endpoint(session, server, "ipmi", reached_by(bmc.target()), by="sam", now=true_now())
    asked = ask(session, server, deadline_s=2)
    bmc.hang()
    begun = time.monotonic()
    try:
        tasks.take_diagnostics(diagnostics_id=str(asked.id))
    finally:
        bmc.resume()
    assert time.monotonic() - begun < 3
    run = again(session, asked)
    (source,) = document(run).sources
    assert (source.name, source.status) in {("ipmi", "timeout"), ("ipmi", "unreachable")}
    assert source.advice
    assert run.worst == "unknown"


def test_parts_are_shown_while_it_runs(session: Session, server: Asset, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[dict[str, Any]]] = []
    monkeypatch.setattr(tasks, "_show", lambda _run, _begun, parts: seen.append(parts))
    tasks.take_diagnostics(diagnostics_id=str(ask(session, server, deadline_s=1).id))
    assert seen[0] == [{"name": "ipmi", "state": "todo", "detail": "127.0.0.1:9"}]
    assert seen[-1][0]["state"] == "unknown"


def test_an_asset_that_nothing_is_known_of_ends_as_a_stated_fact(session: Session, site: Site) -> None:
    asked = ask(session, asset(session, site, "SRV-0001"))
    tasks.take_diagnostics(diagnostics_id=str(asked.id))
    (source,) = document(again(session, asked)).sources
    assert (source.status, source.detail) == (
        "unsupported",
        "No address of SRV-0001, or of what feeds it, is recorded.",
    )


def test_a_worker_without_the_sites_key_says_so(session: Session, server: Asset, keys: Path) -> None:
    (keys / "AMS1.key").unlink()
    asked = ask(session, server)
    tasks.take_diagnostics(diagnostics_id=str(asked.id))
    (source,) = document(again(session, asked)).sources
    assert source.name == "ipmi"
    assert "AMS1.key" in (source.detail or "")


def test_no_secret_is_left_in_rows_or_log(session: Session, server: Asset, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        tasks.take_diagnostics(diagnostics_id=str(ask(session, server, deadline_s=1).id))
    tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
    everything = "".join(str(session.execute(text(f'SELECT * FROM "{table}"')).all()) for table in tables)
    assert SECRET not in everything
    assert SECRET not in caplog.text


def test_a_run_whose_worker_was_killed_is_taken_over_and_gives_one_document(session: Session, server: Asset) -> None:
    asked = ask(session, server, deadline_s=1)
    dead = begin(session, asked.id, now=true_now() - timedelta(seconds=5))
    assert dead is not None
    session.commit()
    session.expunge(dead)

    tasks.take_diagnostics(diagnostics_id=str(asked.id))

    kept = again(session, asked).document
    late = server_with_lost_input()
    show_parts(session, asked.id, started_at=dead.started_at or true_now(), parts=[])
    assert not finish(session, dead, late)
    assert again(session, asked).document == kept


def test_the_sweep_ends_a_dead_run_once_and_sets_off_what_waits(session: Session, server: Asset) -> None:
    asked = ask(session, server, follow_up=FollowUp("jobs.after_taken", {"number": "WO-1"}))
    dead = begin(session, asked.id, now=true_now())
    assert dead is not None
    session.commit()
    session.expunge(dead)
    assert end_overdue(session, now=true_now() + timedelta(seconds=39)) == 0
    assert end_overdue(session, now=true_now() + timedelta(seconds=41)) == 1
    assert end_overdue(session, now=true_now() + timedelta(seconds=41)) == 0
    session.commit()

    run = again(session, asked)
    (source,) = document(run).sources
    assert (source.name, source.status) == ("ipmi", "unreachable")
    assert (source.detail or "").startswith("The site's worker did not answer")
    assert "has never been seen" in (source.advice or "")
    assert len(jobs(session, "jobs.after_taken")) == 1
    assert not finish(session, dead, server_with_lost_input())
    tasks.take_diagnostics(diagnostics_id=str(asked.id))
    assert again(session, asked).document == run.document


@pytest.mark.parametrize(
    ("worker_seen", "waited", "ends"),
    [
        (None, timedelta(seconds=39), False),
        (None, timedelta(seconds=41), True),
        (timedelta(seconds=61), timedelta(seconds=41), True),
        (timedelta(seconds=5), timedelta(seconds=41), False),
        (timedelta(seconds=5), timedelta(minutes=5, seconds=1), True),
    ],
)
def test_a_request_waits_longer_where_the_worker_lives(
    session: Session, server: Asset, worker_seen: timedelta | None, waited: timedelta, ends: bool
) -> None:
    now = true_now() + waited
    ask(session, server)
    server.site.worker_seen_at = None if worker_seen is None else now - worker_seen
    session.flush()
    assert end_overdue(session, now=now) == int(ends)


def test_frozen_diagnostics_stay_marked(session: Session, server: Asset) -> None:
    asked = ask(session, server)
    freeze(session, asked)
    session.commit()
    assert again(session, asked).frozen


def led(session: Session, server: Asset, *, on: bool = True, seconds: int = 60) -> DeviceAction:
    action = request_id_led(session, server, on=on, seconds=seconds, by="tess", now=true_now())
    session.commit()
    tasks.switch_id_led(action_id=str(action.id))
    session.rollback()
    return session.get_one(DeviceAction, action.id, populate_existing=True)


@needs_lab
def test_the_id_led_is_lit_and_put_out(session: Session, server: Asset, bmc: BmcServer) -> None:
    set_endpoint(session, server, "ipmi", reached_by(bmc.target()), by="sam", now=true_now())
    assert led(session, server, seconds=60).state == "done"
    assert led(session, server, on=False).state == "done"
    assert bmc.identify_log() == ["60 0", "0 0"]


@needs_lab
def test_a_light_longer_than_a_bmc_takes_is_lit_again_unless_it_was_put_out(
    session: Session, server: Asset, bmc: BmcServer
) -> None:
    set_endpoint(session, server, "ipmi", reached_by(bmc.target()), by="sam", now=true_now())
    action = led(session, server, seconds=600)
    again_at = session.scalar(text("SELECT max(scheduled_at) FROM procrastinate_jobs"))
    assert isinstance(again_at, datetime)
    assert timedelta(seconds=230) < again_at - true_now() <= timedelta(seconds=240)
    tasks.light_again(action_id=str(action.id))
    tasks.switch_id_led(action_id=str(action.id))
    led(session, server, on=False)
    tasks.light_again(action_id=str(action.id))
    tasks.switch_id_led(action_id=str(action.id))
    assert bmc.identify_log() == ["255 0", "255 0", "0 0"]


@needs_lab
def test_a_light_that_comes_again_later_holds_no_diagnostics_back(
    session: Session, server: Asset, bmc: BmcServer
) -> None:
    set_endpoint(session, server, "ipmi", reached_by(bmc.target()), by="sam", now=true_now())
    session.execute(text("DELETE FROM procrastinate_jobs"))
    led(session, server, seconds=600)
    waiting = text("SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at IS NOT NULL AND lock IS NOT NULL")
    assert session.scalar(waiting) == 0


def test_a_silent_bmc_is_a_failed_light_with_advice(session: Session, server: Asset) -> None:
    action = led(session, server)
    assert action.state == "failed"
    assert action.detail
    assert action.advice
    assert SECRET not in action.detail + action.advice


def test_a_light_that_nobody_switched_ends_as_a_stated_fact(session: Session, server: Asset) -> None:
    action = request_id_led(session, server, on=True, seconds=60, by="tess", now=true_now())
    assert end_unanswered(session, now=true_now() + timedelta(seconds=39)) == 0
    assert end_unanswered(session, now=true_now() + timedelta(seconds=41)) == 1
    session.commit()
    assert (action.state, action.advice) == ("failed", "The worker of AMS1 has never been seen.")
    tasks.switch_id_led(action_id=str(action.id))
    assert session.get_one(DeviceAction, action.id, populate_existing=True).state == "failed"


def test_the_sweep_task_runs(app: Flask, session: Session, server: Asset) -> None:
    run = ask(session, server)
    run.requested_at = true_now() - timedelta(minutes=6)
    session.commit()
    tasks.sweep()
    assert again(session, run).state == "done"
    assert UUID(document(again(session, run)).id) == run.id
