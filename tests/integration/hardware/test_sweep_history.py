"""A machine's history from sweeps that wrote nothing for what stayed; months that go, evidence that stays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.clock import true_now
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.history import Run, series_of
from app.hardware.models import Asset, AssetSweep, Diagnostics, SiteSweep, SweepChange
from app.hardware.operations import sweep
from app.hardware.operations.diagnose import begin, finish, freeze, request_diagnostics, worst
from app.hardware.operations.sweep_months import drop_months, make_months
from app.hardware.queries_sweep import moments_of_sweeps, sweeps_between
from app.hardware.statement import statement_of
from tests.integration.hardware.conftest import asset, site_with_key
from tests.unit.hardware.samples import healthy_server, server_with_lost_input

FIVE = timedelta(minutes=5)
Sweeps = Callable[[DiagnosticsDocument, datetime], None]


@pytest.fixture
def machine(session: Session, keys: Path) -> Asset:
    return asset(session, site_with_key(session, keys))


@pytest.fixture
def sweeps(session: Session, machine: Asset) -> Sweeps:
    """Have the machine's site swept at an instant, at which the machine says this."""

    def at(document: DiagnosticsDocument, now: datetime) -> None:
        run = sweep.begin(session, machine.site, every=timedelta(0), now=now - timedelta(seconds=10))
        assert run is not None
        known = sweep.known_of(session, [machine.id]).get(machine.id)
        statement = statement_of(replace(document, taken_at=now).to_dict())
        change, is_whole = sweep.judged(known, statement, worst(document), now)
        found = sweep.Found(
            machine.id, machine.tag, now, worst(document), False, document.complete, statement, change, is_whole
        )  # fmt: skip
        sweep.keep(session, run, [found])
        sweep.end(session, run, now=now)
        session.commit()

    return at


def inlet(value: float) -> DiagnosticsDocument:
    """A healthy server with this temperature at its inlet."""
    told = healthy_server()
    return replace(told, readings=tuple(replace(r, value=value) if r.name == "Inlet" else r for r in told.readings))


def curve(session: Session, machine: Asset, runs: list[Run]) -> list[float | None]:
    moments = moments_of_sweeps(session, machine, runs, "readings")
    (series,) = [one for one in series_of(moments) if one.name == "Inlet"]
    return [point.value for point in series.points]


def test_a_value_that_stays_is_drawn_at_every_sweep_though_it_was_written_once(
    session: Session, machine: Asset, sweeps: Sweeps
) -> None:
    begun = true_now() - timedelta(hours=2)
    values = [24.0, 24.0, 24.0, 25.0, 25.0, 24.0]
    for number, value in enumerate(values):
        sweeps(inlet(value), begun + number * FIVE)
    assert session.scalar(select(func.count()).select_from(SweepChange)) == 3
    runs = sweeps_between(session, machine, begun - FIVE, true_now(), most=100)
    assert curve(session, machine, runs) == values
    later = sweeps_between(session, machine, begun + 1.5 * FIVE, begun + 4.5 * FIVE, most=100)
    assert curve(session, machine, later) == values[2:5]


def test_where_nobody_swept_nothing_is_known(session: Session, machine: Asset, sweeps: Sweeps) -> None:
    begun = true_now() - timedelta(hours=5)
    for minutes in (0, 5, 10, 15, 180, 185):
        sweeps(inlet(24.0), begun + timedelta(minutes=minutes))
    runs = sweeps_between(session, machine, begun - FIVE, true_now(), most=100)
    assert [run.is_hole for run in runs] == [False] * 4 + [True] + [False] * 2
    assert curve(session, machine, runs) == [24.0] * 4 + [None] + [24.0] * 2


def test_a_long_period_is_told_from_whole_statements(session: Session, machine: Asset, sweeps: Sweeps) -> None:
    begun = true_now() - timedelta(days=20)
    fault = begun + timedelta(days=10, hours=1)
    said = [(begun + timedelta(hours=hours), inlet(20.0 + hours / 12 % 7)) for hours in range(0, 20 * 24, 12)]
    said += [(fault, server_with_lost_input()), (fault + FIVE, inlet(30.0))]
    for at, document in sorted(said, key=lambda one: one[0]):
        sweeps(document, at)
    runs = sweeps_between(session, machine, begun - FIVE, true_now(), most=1000)
    assert [run.worst for run in runs if run.at in (fault, fault + FIVE)] == ["critical", "ok"]
    told = {run.at: value for run, value in zip(runs, curve(session, machine, runs), strict=True)}
    assert len(told) >= 20
    for at, value in told.items():
        hours = round((at - begun) / timedelta(hours=1))
        assert value == {fault: 24.0, fault + FIVE: 30.0}.get(at, 20.0 + hours / 12 % 7)


def test_old_months_go_and_every_orders_evidence_stays(session: Session, machine: Asset, sweeps: Sweeps) -> None:
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    make_months(session, now=datetime(2026, 7, 5, tzinfo=UTC))
    for month in (7, 8, 9, 10, 11):
        sweeps(inlet(20.0 + month), datetime(2026, month, 15, 8, 0, tzinfo=UTC))
    frozen = evidence(session, machine, datetime(2026, 7, 15, 8, 0, tzinfo=UTC))
    assert make_months(session, now=now) == ["change_2026_11", "change_2026_12", "change_2027_01"]
    assert drop_months(session, now=now, keep=2) == ["change_2026_07", "change_2026_08"]
    session.commit()

    left = session.scalars(select(SweepChange.at).order_by(SweepChange.at)).all()
    assert [at.month for at in left] == [9, 10, 11]
    assert [at.month for at in session.scalars(select(SiteSweep.started_at).order_by(SiteSweep.id))] == [9, 10, 11]
    assert session.get_one(AssetSweep, machine.id).statement
    kept = session.get_one(Diagnostics, frozen, populate_existing=True)
    assert kept.frozen
    assert kept.document is not None
    runs = sweeps_between(session, machine, datetime(2026, 7, 1, tzinfo=UTC), now, most=100)
    assert curve(session, machine, runs) == [29.0, 30.0, 31.0]


def test_what_was_written_before_its_month_was_made_moves_into_it(
    session: Session, machine: Asset, sweeps: Sweeps
) -> None:
    now = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    sweeps(inlet(24.0), now)
    assert session.scalar(text("SELECT count(*) FROM sweep.other")) == 1
    assert make_months(session, now=now) == ["change_2026_11", "change_2026_12", "change_2027_01"]
    assert make_months(session, now=now) == []
    assert session.scalar(text("SELECT count(*) FROM sweep.other")) == 0
    assert session.scalar(text("SELECT count(*) FROM sweep.change_2026_11")) == 1


def evidence(session: Session, machine: Asset, at: datetime) -> UUID:
    """Diagnostics that are some order's BEFORE."""
    run = request_diagnostics(session, machine, by="tess", reason="before", now=at)
    begun = begin(session, run.id, now=at)
    assert begun is not None
    assert finish(session, begun, replace(healthy_server(), taken_at=at))
    freeze(session, begun)
    session.commit()
    return run.id
