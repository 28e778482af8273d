"""What the sweep knows of one machine: now, and over time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from app.core.clock import drill_offset
from app.hardware.history import Moment, Run
from app.hardware.models import Asset, AssetSweep, SiteSweep, SweepChange
from app.hardware.statement import folded, rows_of

FINE = timedelta(days=8)  # longer periods are told from whole statements: one a day, and where a finding came or went
HOLE = 3  # times the sweeps' usual distance: whoever asks less often than that knows nothing in between
SWEEPS = UUID("6a1f6a52-6b63-4d9c-9c52-5a0e1f0f2c11")  # names moments of sweeps, which are no diagnostics


def swept(session: Session, asset: Asset) -> AssetSweep | None:
    """What the sweep knows of it now; None when it was never swept."""
    return session.get(AssetSweep, asset.id, populate_existing=True)


def newest_sweeps(session: Session, site_ids: Sequence[int]) -> dict[int, SiteSweep]:
    """The sweep that began last at each of these sites, by site id (one query)."""
    newest = (
        select(SiteSweep)
        .where(SiteSweep.site_id.in_(site_ids))
        .ext(distinct_on(SiteSweep.site_id))
        .order_by(SiteSweep.site_id, SiteSweep.started_at.desc())
    )
    return {one.site_id: one for one in session.scalars(newest)}


def sweeps_between(session: Session, asset: Asset, since: datetime, until: datetime, *, most: int) -> list[Run]:
    """When the machine was swept in a period (true time), oldest first; the newest `most` of them.

    A sweep that found it as it was counts, though nothing was written for it. After the last sweep before a hole stands
    a run of which nothing is known. Three queries on indexes, without what was said.
    """
    known = swept(session, asset)
    if known is None:
        return []
    until = min(until, known.swept_at)
    changes = _worsts(session, asset, since, until)
    if until - since > FINE:
        times = [at for at, is_whole, _ in changes if at > since and is_whole]
    else:
        times = _times(session, asset, max(since, changes[0][0]) if changes else until, until, most)
        if since < known.swept_at == until:
            times.append(until)
    runs = _with_worst(asset, sorted(set(times)), changes)[-most:]
    return _with_holes(asset, runs) if until - since <= FINE else runs


def _worsts(session: Session, asset: Asset, since: datetime, until: datetime) -> list[tuple[datetime, bool, str]]:
    rows = session.execute(
        select(SweepChange.at, SweepChange.is_whole, SweepChange.worst)
        .where(
            SweepChange.asset_id == asset.id, SweepChange.at >= _base(session, asset, since), SweepChange.at <= until
        )
        .order_by(SweepChange.at)
    )
    return [(row.at, row.is_whole, row.worst) for row in rows]


def _base(session: Session, asset: Asset, since: datetime) -> datetime:
    """The last moment before `since` at which everything was kept; `since` itself where there is none."""
    before = select(SweepChange.at).where(
        SweepChange.asset_id == asset.id, SweepChange.at <= since, SweepChange.is_whole
    )
    return session.scalar(before.order_by(SweepChange.at.desc()).limit(1)) or since


def _times(session: Session, asset: Asset, since: datetime, until: datetime, most: int) -> list[datetime]:
    ended = SiteSweep.finished_at
    of_site = select(ended).where(SiteSweep.site_id == asset.site_id, ended >= since, ended <= until)
    # a sweep begins before it ends: so the index by its beginning bounds the search
    bounded = of_site.where(SiteSweep.started_at > since - timedelta(days=1), SiteSweep.started_at <= until)
    return [at for at in session.scalars(bounded.order_by(SiteSweep.started_at.desc()).limit(most)) if at]


def _with_worst(asset: Asset, times: Sequence[datetime], changes: Sequence[tuple[datetime, bool, str]]) -> list[Run]:
    runs, place, worst = [], 0, None
    for at in times:
        while place < len(changes) and changes[place][0] <= at:
            worst = changes[place][2]
            place += 1
        if worst is not None:
            runs.append(Run(_id(asset, at), at, worst, asked=False))
    return runs


def _with_holes(asset: Asset, runs: list[Run]) -> list[Run]:
    if len(runs) < HOLE:
        return runs
    usual = timedelta(seconds=median((b.at - a.at).total_seconds() for a, b in pairwise(runs)))
    whole = []
    for one, following in pairwise(runs):
        whole.append(one)
        if following.at - one.at > max(usual * HOLE, timedelta(minutes=1)):
            at = one.at + usual
            whole.append(Run(_id(asset, at), at, None, asked=False, is_hole=True))
    return [*whole, runs[-1]]


def moments_of_sweeps(session: Session, asset: Asset, runs: Sequence[Run], *parts: str) -> list[Moment]:
    """What the machine said at these sweeps, in their order, of the named parts; nothing where a hole begins.

    Values that did not change are those of the last change before: one query on an index, bounded by the period.
    """
    if not runs:
        return []
    first = _base(session, asset, runs[0].at)
    wanted = select(SweepChange.at, SweepChange.change).where(
        SweepChange.asset_id == asset.id, SweepChange.at >= first, SweepChange.at <= runs[-1].at
    )
    if runs[-1].at - runs[0].at > FINE:
        wanted = wanted.where(SweepChange.is_whole)
    changes = [(row.at, row.change) for row in session.execute(wanted.order_by(SweepChange.at))]
    told = folded(changes, [run.at for run in runs])
    found = []
    for run, said in zip(runs, told, strict=True):
        at = run.at + drill_offset()
        if run.is_hole or not said:
            found.append(Moment(run.id, at, complete=False, asked=False))
            continue
        shown: dict[str, Any] = {part: rows_of(said, part, at) for part in parts}
        found.append(Moment(run.id, at, complete=said["document"]["complete"], asked=False, **shown))
    return found


def _id(asset: Asset, at: datetime) -> UUID:
    return uuid5(SWEEPS, f"{asset.id} {at.isoformat()}")
