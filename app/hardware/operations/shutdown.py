"""A machine's own shutdown: asked for anywhere, sent once by the site's worker, told back with its power around it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.errors import Conflict
from app.core.events import record
from app.core.queue import defer, site_queue
from app.hardware.models import Asset, DeviceAction
from app.hardware.operations.assets import held, stream
from app.hardware.operations.diagnose import bmc_lock
from app.hardware.operations.led import SOMEBODY_WAITS, Failure
from app.hardware.readings import ShutdownTold

SHUTDOWN: Final = "shutdown"
LOST_AFTER: Final = timedelta(seconds=60)  # running: longer than its deadline by far
UNKNOWN: Final = Failure(
    "The site's worker ended while it was sending: nobody knows whether the machine got it.",
    "Its power is read before it is asked again.",
)


def request_shutdown(session: Session, asset: Asset, *, by: str, now: datetime) -> DeviceAction:
    """Ask the site's worker to have the machine's operating system shut down; `now` is true time.

    How it went stands in the row: done (with what the machine said), failed (not sent), unknown. Raises Conflict where
    no BMC is recorded.
    """
    if not any(endpoint.protocol in {"ipmi", "redfish"} for endpoint in asset.endpoints):
        raise Conflict("no_bmc", f"No BMC is recorded for {asset.tag}: ask the customer to shut it down.")
    held(session, asset)
    asked = DeviceAction(
        id=uuid4(), asset_id=asset.id, action=SHUTDOWN, arguments={}, requested_by=by, requested_at=now
    )
    session.add(asked)
    record(session, stream(asset), now=now, by=by, verb=SHUTDOWN, to_state="asked")
    session.flush()
    defer(
        session, "hardware.shut_down", queue=site_queue(asset.site.code), lock=bmc_lock(asset),
        priority=SOMEBODY_WAITS, action_id=str(asked.id),
    )  # fmt: skip
    return asked


def begin(session: Session, action_id: UUID, *, now: datetime) -> DeviceAction | None:
    """Mark as being sent, before it is. None when somebody was first: it is not sent again, whatever became of it.

    A run that finds it being sent comes after a worker that died with it: then nobody knows.
    """
    begun = session.scalar(
        update(DeviceAction)
        .where(DeviceAction.id == action_id, DeviceAction.state == "queued")
        .values(state="running")
        .returning(DeviceAction.id)
    )
    if begun is None:
        _end(session, action_id, now=now, state="unknown", failed=UNKNOWN)
        return None
    return session.get(DeviceAction, action_id, populate_existing=True)


def end(session: Session, action: DeviceAction, told: ShutdownTold | Failure, *, now: datetime) -> bool:
    """Keep what the machine said, or why it was not sent. False when the sweep was first."""
    if isinstance(told, Failure):
        return _end(session, action.id, now=now, state="failed", failed=told)
    state = "unknown" if told.sent is None else "done"
    failed = Failure(told.doubt, UNKNOWN.advice) if told.doubt else None
    return _end(session, action.id, now=now, state=state, failed=failed, result=asdict(told))


def end_lost(session: Session, *, now: datetime) -> int:
    """End, as unknown, what a worker was sending when it died."""
    lost = select(DeviceAction.id).where(
        DeviceAction.state == "running", DeviceAction.requested_at < now - LOST_AFTER, DeviceAction.action == SHUTDOWN
    )
    return sum(
        _end(session, one, now=now, state="unknown", failed=UNKNOWN)
        for one in session.scalars(lost.with_for_update(of=DeviceAction, skip_locked=True)).all()
    )


def _end(
    session: Session, action_id: UUID, *, now: datetime, state: str, failed: Failure | None,
    result: dict[str, Any] | None = None,
) -> bool:  # fmt: skip
    why = asdict(failed) if failed else {}
    ended = session.scalar(
        update(DeviceAction)
        .where(DeviceAction.id == action_id, DeviceAction.state == "running")
        .values(state=state, finished_at=now, result=result, **why)
        .returning(DeviceAction.asset_id)
    )
    if ended is not None:
        notify(session, f"asset:{session.get_one(Asset, ended).tag}")
    return ended is not None
