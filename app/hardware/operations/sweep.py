"""One pass over a site's machines, as the database sees it: when it is due, whose it is, what it found.

At most one sweep of a site is under way; its `started_at` is the token of the run that may write. A run that another
one took over finds that out with its next batch and stops.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.errors import Conflict
from app.core.queue import defer, site_queue
from app.hardware.models import Asset, AssetSweep, Diagnostics, Endpoint, SiteSweep
from app.hardware.statement import Statement, change_between, touches, whole
from app.sites.models import Site

WHOLE_EVERY = timedelta(days=1)
SWEEP = "hardware.sweep_site"


@dataclass(frozen=True, slots=True)
class Run:
    """The sweep that is under way: which, and the token that lets it write."""

    id: int
    site_id: int
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What the sweep knew of a machine before."""

    statement: Statement
    whole_at: datetime
    worst: str


@dataclass(frozen=True, slots=True)
class Found:
    """What one machine said now. `change` is None when it is as it was; `tag` is for those who watch its page."""

    asset_id: int
    tag: str
    at: datetime
    worst: str
    is_silent: bool
    is_complete: bool
    statement: Statement = field(repr=False)
    change: dict[str, Any] | None = field(repr=False)
    is_whole: bool = False


def ring(session: Session, sites: Sequence[str] | None, *, every: timedelta, now: datetime) -> list[str]:
    """Put a sweep on the queue of each of these sites (None: all) where one is due and none is under way.

    Returns the sites whose sweep takes longer than `every`, each once: nothing is put on top of those.
    """
    wanted = select(Site) if sites is None else select(Site).where(Site.code.in_(sites))
    late = []
    for site in session.scalars(wanted.order_by(Site.code)).all():
        last = newest(session, site.id)
        if last is not None and now - last.started_at < every:
            continue
        if last is not None and last.finished_at is None and not last.late_told:
            last.late_told = True
            late.append(site.code)
            notify(session, f"site:{site.code}")
        name = f"sweep:{site.code}"  # one at a time, and at most one that waits
        if last is None or last.finished_at is not None:
            defer(session, SWEEP, queue=site_queue(site.code), lock=name, once=name, site=site.code)
    return late


def newest(session: Session, site_id: int) -> SiteSweep | None:
    """The sweep of a site that began last."""
    of_site = select(SiteSweep).where(SiteSweep.site_id == site_id)
    return session.scalars(of_site.order_by(SiteSweep.started_at.desc()).limit(1)).first()


def begin(session: Session, site: Site, *, every: timedelta, now: datetime) -> Run | None:
    """Begin a sweep, or take over from a worker that died; None when the last one is still fresh."""
    last = session.scalars(
        select(SiteSweep)
        .where(SiteSweep.site_id == site.id)
        .order_by(SiteSweep.started_at.desc())
        .limit(1)
        .with_for_update()
    ).first()
    if last is not None and last.finished_at is None:
        last.started_at, last.assets, last.answered, last.changed = now, 0, 0, 0
    elif last is not None and now - last.started_at < every / 2:
        return None  # a bell that rang twice
    else:
        last = SiteSweep(site_id=site.id, started_at=now)
        session.add(last)
    session.flush()
    return Run(last.id, site.id, last.started_at)


def asked_in(session: Session, site: Site) -> list[int]:
    """The machines of the site that are asked or were, by rack; those that were silent last time come last."""
    silent = func.coalesce(AssetSweep.is_silent, False)
    rows = (
        select(Asset.id)
        .outerjoin(AssetSweep, AssetSweep.asset_id == Asset.id)
        .where(Asset.site_id == site.id)
        .where((AssetSweep.asset_id.is_not(None)) | select(Endpoint.id).where(Endpoint.asset_id == Asset.id).exists())
        .order_by(silent, Asset.rack_id, Asset.id)
    )
    return list(session.scalars(rows))


def known_of(session: Session, asset_ids: Sequence[int]) -> dict[int, Known]:
    """What the sweep knew of these machines."""
    rows = session.scalars(select(AssetSweep).where(AssetSweep.asset_id.in_(asset_ids)))
    return {row.asset_id: Known(row.statement, row.whole_at, row.worst) for row in rows}


def being_asked(session: Session, asset_ids: Sequence[int]) -> set[int]:
    """Those of these machines that somebody else asks just now: a BMC has few sessions to give."""
    still = select(Diagnostics.asset_id).where(Diagnostics.state != "done", Diagnostics.asset_id.in_(asset_ids))
    return set(session.scalars(still))


def keep(session: Session, run: Run, found: Sequence[Found]) -> None:
    """Keep what is different, in one COPY, and that the others were found as they were. Raises Conflict."""
    counted = session.execute(
        update(SiteSweep)
        .where(SiteSweep.id == run.id, SiteSweep.started_at == run.started_at, SiteSweep.finished_at.is_(None))
        .values(
            assets=SiteSweep.assets + len(found),
            answered=SiteSweep.answered + sum(one.is_complete for one in found),
            changed=SiteSweep.changed + sum(one.change is not None for one in found),
        )
        .returning(SiteSweep.id)
    ).one_or_none()
    if counted is None:
        raise Conflict("swept_by_another", "Another worker has taken this sweep over.")
    same = [one.asset_id for one in found if one.change is None]
    if same:
        at = max(one.at for one in found)
        session.execute(update(AssetSweep).where(AssetSweep.asset_id.in_(same)).values(swept_at=at))
    different = [one for one in found if one.change is not None]
    if different:
        _copy(session, different)
        _know(session, different)
    for one in different:
        notify(session, f"asset:{one.tag}")


def _copy(session: Session, different: Sequence[Found]) -> None:
    raw = session.connection().connection.driver_connection
    assert raw is not None
    columns = "asset_id, at, is_whole, worst, change"
    with raw.cursor() as cursor, cursor.copy(f"COPY sweep_change ({columns}) FROM STDIN") as copy:
        for one in different:
            copy.write_row((one.asset_id, one.at, one.is_whole, one.worst, json.dumps(one.change)))


def _know(session: Session, different: Sequence[Found]) -> None:
    rows = [
        {
            "asset_id": one.asset_id,
            "swept_at": one.at,
            "whole_at": one.at,
            "worst": one.worst,
            "is_silent": one.is_silent,
            "statement": one.statement,
        }
        for one in different
    ]
    for is_whole in (True, False):
        part = [row for row, one in zip(rows, different, strict=True) if one.is_whole is is_whole]
        if not part:
            continue
        added = insert(AssetSweep).values(part)
        named = ("swept_at", "worst", "is_silent", "statement", *(("whole_at",) if is_whole else ()))
        changed = {name: added.excluded[name] for name in named}
        session.execute(added.on_conflict_do_update(index_elements=["asset_id"], set_=changed))


def judged(known: Known | None, said: Statement, worst: str, at: datetime) -> tuple[dict[str, Any] | None, bool]:
    """What to keep, and whether that is the whole statement; None where the machine is as it was. Pure.

    The whole is kept the first time, once a day, in every month, and whenever a finding comes or goes: so that long
    periods can be told from whole statements alone.
    """
    change = change_between(known.statement if known else {}, said)
    if known is None or at - known.whole_at >= WHOLE_EVERY or at.month != known.whole_at.month:
        return whole(said), True
    if worst != known.worst or (change is not None and touches(change, known.statement, "findings")):
        return whole(said), True
    return change, False


def end(session: Session, run: Run, *, now: datetime) -> SiteSweep | None:
    """Mark as finished; None when another run took it over."""
    ended = session.scalars(
        update(SiteSweep)
        .where(SiteSweep.id == run.id, SiteSweep.started_at == run.started_at, SiteSweep.finished_at.is_(None))
        .values(finished_at=now)
        .returning(SiteSweep)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if ended is not None:
        site = session.get_one(Site, run.site_id)
        notify(session, f"site:{site.code}")
    return ended
