"""A site swept: every machine asked, only what is different kept, one sweep at a time, each site by itself."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.core.errors import Conflict
from app.hardware import tasks_sweep
from app.hardware.models import Asset, AssetSweep, SiteSweep, SweepChange
from app.hardware.operations import sweep
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.operations.endpoints import set_endpoint
from app.hardware.statement import rows_of
from app.hardware.sweeping import sweep_site
from app.sites.models import Site
from lab.fixtures import PDU, need
from lab.processes import started
from lab.snmp_agents import SnmpAgent
from lab.snmp_devices import RPDU2, integer
from tests.integration.hardware.conftest import asset, site_with_key

EVERY = timedelta(minutes=5)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[SnmpAgent]:
    need("snmpd")
    with started([SnmpAgent(PDU, tmp_path)]) as (running,):
        yield running


@pytest.fixture
def site(session: Session, keys: Path) -> Site:
    return site_with_key(session, keys)


@pytest.fixture
def pdu(session: Session, site: Site, agent: SnmpAgent) -> Asset:
    entered = asset(session, site, "PDU-A", "pdu")
    reached = {"address": "127.0.0.1", "port": agent.port, "version": "2c", "community": "public"}
    set_endpoint(session, entered, "snmp", reached, by="sam", now=true_now())
    session.commit()
    return entered


def swept(app: Flask, session: Session, keys: Path) -> SiteSweep:
    """Sweep AMS1 now, as if its last sweep were long ago."""
    session.execute(text("UPDATE site_sweep SET started_at = started_at - interval '1 hour'"))
    session.commit()
    ended = sweep_site(app, "AMS1", keys=keys, every=EVERY)
    session.rollback()
    assert ended is not None
    return ended


def changes(session: Session) -> list[SweepChange]:
    return list(session.scalars(select(SweepChange).order_by(SweepChange.at)))


def test_only_what_is_different_is_kept(app: Flask, session: Session, keys: Path, pdu: Asset, agent: SnmpAgent) -> None:
    first = swept(app, session, keys)
    assert (first.assets, first.answered, first.changed) == (1, 1, 1)
    known = session.get_one(AssetSweep, pdu.id)
    assert (known.worst, known.is_silent) == ("ok", False)
    before = known.swept_at

    assert swept(app, session, keys).changed == 0
    session.expire_all()
    assert session.get_one(AssetSweep, pdu.id).swept_at > before
    assert [one.is_whole for one in changes(session)] == [True]

    agent.set(f"{RPDU2}.9.4.3.1.7.14", integer(60))
    assert swept(app, session, keys).changed == 1
    whole, part = changes(session)
    assert (whole.is_whole, part.is_whole) == (True, False)
    assert [fields["value"] for fields in part.change["set"].values()] == [60.0]
    session.expire_all()
    readings = rows_of(session.get_one(AssetSweep, pdu.id).statement, "readings")
    watts = {row.get("component"): row["value"] for row in readings if row["kind"] == "power"}
    assert watts["Outlet 14"] == 60.0


def test_a_finding_that_comes_is_kept_with_all_that_was_said(
    app: Flask, session: Session, keys: Path, pdu: Asset, agent: SnmpAgent
) -> None:
    swept(app, session, keys)
    agent.update(PDU.outlet(14, on=False))
    swept(app, session, keys)
    _, found = changes(session)
    assert found.is_whole
    assert [row["number"] for row in rows_of(found.change["set"], "findings")] == ["14"]
    assert session.get_one(AssetSweep, pdu.id).worst != "ok"


def test_a_machine_that_falls_silent_is_told_once(
    app: Flask, session: Session, keys: Path, pdu: Asset, agent: SnmpAgent
) -> None:
    swept(app, session, keys)
    agent.stop()
    assert (gone := swept(app, session, keys)).changed == 1
    assert (gone.assets, gone.answered) == (1, 0)
    assert swept(app, session, keys).changed == 0
    known = session.get_one(AssetSweep, pdu.id)
    assert (known.is_silent, known.worst) == (True, "unknown")


def test_a_machine_that_somebody_asks_just_now_is_left_to_them(
    app: Flask, session: Session, keys: Path, pdu: Asset
) -> None:
    request_diagnostics(session, pdu, by="tess", reason="page", now=true_now())
    session.commit()
    assert swept(app, session, keys).assets == 0


def test_a_sites_bell_rings_for_its_own_site_only_and_once(
    app: Flask, session: Session, keys: Path, pdu: Asset
) -> None:
    site_with_key(session, keys, "NYC1", "America/New_York")
    now = true_now()
    for _ in range(3):
        assert sweep.ring(session, ["AMS1"], every=EVERY, now=now) == []
        session.commit()
    queued = session.execute(text("SELECT queue_name, task_name, args FROM procrastinate_jobs")).all()
    assert [tuple(row) for row in queued] == [("site-AMS1", "hardware.sweep_site", {"site": "AMS1"})]


def test_a_bell_does_not_ring_before_it_is_time(app: Flask, session: Session, keys: Path, pdu: Asset) -> None:
    swept(app, session, keys)
    began = session.scalars(select(SiteSweep)).one().started_at
    for at, jobs in ((began + EVERY - timedelta(seconds=1), 0), (began + EVERY, 1)):
        sweep.ring(session, None, every=EVERY, now=at)
        assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == jobs
    assert sweep_site(app, "AMS1", keys=keys, every=EVERY) is None  # a bell that rang twice


def test_a_sweep_that_takes_too_long_is_told_once_and_never_doubled(
    app: Flask, session: Session, site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    run = sweep.begin(session, site, every=EVERY, now=true_now() - EVERY - timedelta(seconds=1))
    session.commit()
    assert run is not None
    with caplog.at_level(logging.WARNING, logger="app.hardware.tasks_sweep"):
        for _ in range(3):
            tasks_sweep.ring(["AMS1"])
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "the sweep of AMS1 takes longer than 5 minutes"
    ]
    assert session.scalar(text("SELECT count(*) FROM procrastinate_jobs")) == 0
    session.expire_all()
    assert session.scalars(select(SiteSweep.late_told)).all() == [True]
    session.add(SiteSweep(site_id=site.id, started_at=true_now()))
    with pytest.raises(IntegrityError, match="uq_site_sweep_under_way"):
        session.flush()
    session.rollback()


def test_a_sweep_whose_worker_died_is_taken_over_and_the_dead_one_writes_no_more(
    app: Flask, session: Session, site: Site, pdu: Asset
) -> None:
    now = true_now()
    dead = sweep.begin(session, site, every=EVERY, now=now - timedelta(seconds=20))
    alive = sweep.begin(session, site, every=EVERY, now=now)
    assert dead is not None
    assert alive is not None
    assert (alive.id, alive.started_at) == (dead.id, now)
    with pytest.raises(Conflict):
        sweep.keep(session, dead, [said(pdu, now, {})])
    assert sweep.end(session, dead, now=now) is None
    sweep.keep(session, alive, [said(pdu, now, {})])
    assert session.scalar(select(func.count()).select_from(SweepChange)) == 1
    ended = sweep.end(session, alive, now=now)
    assert ended is not None
    assert ended.assets == 1


def said(machine: Asset, at: datetime, statement: dict[str, dict[str, Any]]) -> sweep.Found:
    """What a machine said, all of it new."""
    change = {"set": statement, "gone": []}
    return sweep.Found(machine.id, machine.tag, at, "ok", False, True, statement, change, is_whole=True)
