"""What was found of one asset over time, bounded: by a period, and by how many documents are opened."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, defer

from app.core.errors import NotFound
from app.hardware.history import Moment, Run
from app.hardware.models import Asset, Diagnostics


def newest_done(session: Session, asset: Asset, *, limit: int = 30) -> Sequence[Diagnostics]:
    """The newest diagnostics that are done, newest first, without their documents (one query on an index)."""
    done = select(Diagnostics).where(Diagnostics.asset_id == asset.id, Diagnostics.state == "done")
    newest = done.order_by(Diagnostics.requested_at.desc(), Diagnostics.id.desc()).limit(limit)
    return session.scalars(newest.options(defer(Diagnostics.document, raiseload=True))).all()


def done_of(session: Session, asset: Asset, diagnostics_id: UUID) -> Diagnostics:
    """One asking of this asset with its document. Raises NotFound when there is none, or it is not done."""
    wanted = select(Diagnostics).where(
        Diagnostics.id == diagnostics_id, Diagnostics.asset_id == asset.id, Diagnostics.state == "done"
    )
    found = session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()
    if found is None:
        raise NotFound("not_found", "There are no such diagnostics of this machine, or they are not done.")
    return found


def runs_between(session: Session, asset: Asset, since: datetime, until: datetime, *, most: int) -> Sequence[Run]:
    """What was asked and is done in a period (true time), oldest first; the newest `most` of them.

    Without documents: one query on the index by asset and time.
    """
    at = Diagnostics.requested_at
    rows = session.execute(
        select(Diagnostics.id, at, Diagnostics.worst)
        .where(Diagnostics.asset_id == asset.id, Diagnostics.state == "done", at > since, at <= until)
        .order_by(at.desc(), Diagnostics.id.desc())
        .limit(most)
    )
    return [Run(row.id, row.requested_at, row.worst) for row in rows][::-1]


def moments(session: Session, runs: Sequence[Run], *parts: str) -> list[Moment]:
    """What the documents of these runs say, in their order, of the named parts of the document only (one query).

    `at` is when it was taken, on the clock that the product shows.
    """
    wanted = [Diagnostics.document[name].label(name) for name in parts]
    complete = Diagnostics.document["complete"].label("complete")
    query = select(Diagnostics.id, Diagnostics.taken_at, complete, *wanted)
    rows = {row.id: row for row in session.execute(query.where(Diagnostics.id.in_([run.id for run in runs])))}
    return [
        Moment(run.id, rows[run.id].taken_at, complete=bool(rows[run.id].complete), **_told(rows[run.id], parts))
        for run in runs
        if run.id in rows and rows[run.id].taken_at is not None
    ]


def _told(row: Row[Any], parts: Sequence[str]) -> dict[str, Any]:
    return {name: getattr(row, name) or () for name in parts}


def log_of(session: Session, runs: Sequence[Run], since: datetime) -> list[dict[str, Any]]:
    """The entries that the event logs of these runs tell since an instant, newest first, each once.

    A log tells its whole past: open the newest run's, and the oldest's in case it was cleared in between.
    """
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    query = select(Diagnostics.document["events"]).where(Diagnostics.id.in_([run.id for run in runs]))
    for events in session.scalars(query):
        for one in events or ():
            if one["at"] is not None and datetime.fromisoformat(one["at"]) > since:
                found[one["source"], one["record"], one["at"], one["text"]] = one
    return sorted(found.values(), key=lambda one: str(one["at"]), reverse=True)
