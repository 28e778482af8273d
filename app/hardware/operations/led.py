"""The chassis identify light: asked for anywhere, switched by the site's worker, told back as a fact."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.errors import Invalid
from app.core.events import record
from app.core.queue import defer, site_queue
from app.hardware.models import Asset, DeviceAction
from app.hardware.operations.assets import held, stream
from app.hardware.operations.diagnose import bmc_lock
from app.hardware.operations.overdue import GRACE, last_seen
from app.hardware.queries import ID_LED, newest_action

LONGEST_S = 3600
ONE_LIGHTING_S = 255  # IPMI 2.0, 28.5 Chassis Identify: the interval is one byte
RELIGHT_AFTER_S = 240
ANSWER_WITHIN = timedelta(seconds=10)
SOMEBODY_WAITS = 10  # at the rack: before diagnostics in the queue


@dataclass(frozen=True, slots=True)
class Failure:
    """Why it did not happen, and what a person should do."""

    detail: str
    advice: str


def request_id_led(session: Session, asset: Asset, *, on: bool, seconds: int, by: str, now: datetime) -> DeviceAction:
    """Ask the site's worker to switch the ID LED on for `seconds` (1 to 3600), or off.

    The result stands in the row: done, or failed with detail and advice. `now` is true time. Raises Invalid.
    """
    if not 1 <= seconds <= LONGEST_S:
        raise Invalid("invalid", f"The ID LED burns from 1 to {LONGEST_S} seconds.")
    held(session, asset)
    asked = DeviceAction(
        id=uuid4(), asset_id=asset.id, action=ID_LED, arguments={"on": on, "seconds": seconds},
        requested_by=by, requested_at=now,
    )  # fmt: skip
    session.add(asked)
    record(session, stream(asset), now=now, by=by, verb=ID_LED, to_state="on" if on else "off")
    session.flush()
    if any(endpoint.protocol in {"ipmi", "redfish"} for endpoint in asset.endpoints):
        _send(session, asset, asked)
    else:
        advice = "Enter the address of its BMC, or find it by rack, U and tag."
        end(session, asked, now=now, failed=Failure(f"No IPMI address is recorded for {asset.tag}.", advice))
    return asked


def end(session: Session, action: DeviceAction, *, now: datetime, failed: Failure | None = None) -> bool:
    """Keep how it went. False when somebody was first."""
    outcome = {"state": "done"} if failed is None else {"state": "failed", **asdict(failed)}
    ended = session.scalar(
        update(DeviceAction)
        .where(DeviceAction.id == action.id, DeviceAction.state == "queued")
        .values(finished_at=now, **outcome)
        .returning(DeviceAction.asset_id)
    )
    if ended is not None:
        session.refresh(action)
        notify(session, f"asset:{session.get_one(Asset, ended).tag}")
    return ended is not None


def lighting_s(action: DeviceAction, *, now: datetime) -> int:
    """For how many seconds to light it now, 0 to switch it off: a BMC takes at most 255 at once."""
    if not action.arguments["on"]:
        return 0
    burns_until = (action.finished_at or now) + timedelta(seconds=action.arguments["seconds"])
    return max(0, min(ONE_LIGHTING_S, round((burns_until - now).total_seconds())))


def keep_lit(session: Session, asset: Asset, action: DeviceAction, *, now: datetime) -> None:
    """Have it lit again before it goes dark too early, or switched off where it would not go dark by itself.

    The reminder waits without the BMC's lock: a waiting job of that lock would hold back diagnostics for minutes.
    """
    later = _again_at(action, now=now, goes_dark=_goes_dark(asset))
    if later is not None:
        queue = site_queue(asset.site.code)
        defer(session, "hardware.relight", queue=queue, priority=SOMEBODY_WAITS, at=later, action_id=str(action.id))


def _again_at(action: DeviceAction, *, now: datetime, goes_dark: bool) -> datetime | None:
    """When to come again: before a BMC's 255 seconds are over, or, by Redfish, to switch it off at the end."""
    burns_until = (action.finished_at or now) + timedelta(seconds=action.arguments["seconds"])
    left = burns_until - now
    if not action.arguments["on"] or left <= timedelta(0):
        return None
    if not goes_dark:
        return burns_until
    return now + timedelta(seconds=RELIGHT_AFTER_S) if left > timedelta(seconds=ONE_LIGHTING_S) else None


def _goes_dark(asset: Asset) -> bool:
    """Whether the light ends by itself: asked by IPMI it does, by Redfish it burns until it is switched off."""
    return any(endpoint.protocol == "ipmi" for endpoint in asset.endpoints)


def light_again(session: Session, action_id: UUID) -> None:
    """Send a light that was asked for a long time to the BMC once more, unless something else was asked since."""
    action = session.get(DeviceAction, action_id)
    if action is not None and action.state == "done" and not is_replaced(session, action):
        _send(session, session.get_one(Asset, action.asset_id), action)


def is_replaced(session: Session, action: DeviceAction) -> bool:
    """True when somebody asked for something else since."""
    newest = newest_action(session, action.asset_id, ID_LED)
    return newest is not None and newest.id != action.id


def end_unanswered(session: Session, *, now: datetime) -> int:
    """End, as a stated fact, what no worker took in time: a light that comes late misleads whoever looks for it."""
    waiting = (
        select(DeviceAction)
        .where(DeviceAction.state == "queued", DeviceAction.requested_at < now - ANSWER_WITHIN - GRACE)
        .with_for_update(of=DeviceAction, skip_locked=True)
    )
    ended = 0
    for action in session.scalars(waiting).all():
        site = session.get_one(Asset, action.asset_id).site
        ended += end(session, action, now=now, failed=Failure("The site's worker did not answer.", last_seen(site)))
    return ended


def _send(session: Session, asset: Asset, action: DeviceAction) -> None:
    defer(
        session, "hardware.act", queue=site_queue(asset.site.code), lock=bmc_lock(asset), priority=SOMEBODY_WAITS,
        action_id=str(action.id),
    )  # fmt: skip
