"""Asking a machine how it is: requested anywhere, taken by the worker inside the machine's site, told back as a row.

A request ends as exactly one document, whatever dies on the way: `hardware.sweep` ends what nobody answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.queue import CENTRAL, defer, site_queue
from app.hardware.diagnostics import DiagnosticsDocument
from app.hardware.models import Asset, Diagnostics
from app.hardware.readings import State

SYSTEM: Final = "system"
"""Who asks where nobody does: a trap, the watch after a repair."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What to run in the center when the document is there: a task's name and its arguments.

    The task also gets `diagnostics_id`.
    """

    task: str
    arguments: dict[str, Any]


def request_diagnostics(
    session: Session,
    asset: Asset,
    *,
    by: str,
    reason: str,
    now: datetime,
    deadline_s: int = 10,
    follow_up: FollowUp | None = None,
) -> Diagnostics:
    """Ask the site's worker to take diagnostics; they are there within the deadline and a little more.

    Joins a request that still waits in the queue, unless both want a different follow-up. `reason`: level1, page,
    before, after, api. `now` is true time. Three queries.
    """
    # one at a time per asset, so that two who ask at once share one asking
    session.execute(select(Asset.id).where(Asset.id == asset.id).with_for_update(key_share=True))
    wanted = _continuation(follow_up)
    waiting = _waiting(session, asset)
    if waiting is not None and (wanted is None or waiting.follow_up in (None, wanted)):
        waiting.follow_up = waiting.follow_up or wanted
        return waiting
    asked = Diagnostics(
        id=uuid4(),
        asset=asset,
        reason=reason,
        requested_by=by,
        requested_at=now,
        deadline_s=deadline_s,
        follow_up=wanted,
    )
    session.add(asked)
    session.flush()
    defer(
        session,
        "hardware.diagnose",
        queue=site_queue(asset.site.code),
        lock=bmc_lock(asset),
        diagnostics_id=str(asked.id),
    )
    notify(session, f"asset:{asset.tag}")
    return asked


def bmc_lock(asset: Asset) -> str:
    """The queue's lock that keeps us to one session with a BMC: many have only a handful."""
    return f"bmc:{asset.tag}"


def begin(session: Session, diagnostics_id: UUID, *, now: datetime) -> Diagnostics | None:
    """Mark as running from now; None when it is done already, or gone.

    Also takes over from a worker that died: only the run that began last can still write (`started_at`).
    """
    begun = session.scalar(
        update(Diagnostics)
        .where(Diagnostics.id == diagnostics_id, Diagnostics.state != "done")
        .values(state="running", started_at=now, parts=[])
        .returning(Diagnostics.id)
    )
    if begun is None:
        return None
    notify(session, f"diagnostics:{diagnostics_id}")
    return session.get(Diagnostics, diagnostics_id, populate_existing=True)


def show_parts(session: Session, diagnostics_id: UUID, *, started_at: datetime, parts: list[Any]) -> None:
    """Show how far each source is. Does nothing when this run is no longer the one that counts."""
    session.execute(update(Diagnostics).where(_is_run(diagnostics_id, started_at)).values(parts=parts))
    notify(session, f"diagnostics:{diagnostics_id}")


def finish(session: Session, diagnostics: Diagnostics, document: DiagnosticsDocument) -> bool:
    """Keep the document and set off what waits for it. False when another run, or the sweep, was first."""
    stored = session.scalar(
        update(Diagnostics)
        .where(
            Diagnostics.id == diagnostics.id,
            Diagnostics.state == diagnostics.state,
            Diagnostics.started_at.is_not_distinct_from(diagnostics.started_at),
        )
        .values(state="done", document=document.to_dict(), taken_at=document.taken_at, worst=worst(document))
        .returning(Diagnostics.id)
    )
    if stored is None:
        return False
    done = session.get_one(Diagnostics, diagnostics.id, populate_existing=True)
    if done.follow_up is not None:
        arguments = {**done.follow_up["arguments"], "diagnostics_id": str(done.id)}
        defer(session, done.follow_up["task"], queue=CENTRAL, **arguments)
    notify(session, f"diagnostics:{done.id}")
    notify(session, f"asset:{done.asset.tag}")
    return True


def freeze(session: Session, diagnostics: Diagnostics) -> None:
    """Keep these diagnostics for ever: they are some order's BEFORE or AFTER."""
    diagnostics.frozen = True
    session.flush()


def worst(document: DiagnosticsDocument) -> State:
    """The worst that was found; without findings ok only when every source answered, else unknown."""
    found = {finding.state for finding in document.findings}
    quiet = State.OK if document.complete else State.UNKNOWN
    return next((state for state in State if state in found), quiet)


def _waiting(session: Session, asset: Asset) -> Diagnostics | None:
    """The newest request that nobody has begun; locked, so that it is not begun while we join it."""
    queued = select(Diagnostics).where(Diagnostics.asset_id == asset.id, Diagnostics.state == "queued")
    newest = queued.order_by(Diagnostics.requested_at.desc()).limit(1)
    return session.scalars(newest.with_for_update(of=Diagnostics)).first()


def _continuation(follow_up: FollowUp | None) -> dict[str, Any] | None:
    return None if follow_up is None else {"task": follow_up.task, "arguments": follow_up.arguments}


def _is_run(diagnostics_id: UUID, started_at: datetime) -> ColumnElement[bool]:
    return and_(Diagnostics.id == diagnostics_id, Diagnostics.state == "running", Diagnostics.started_at == started_at)
