"""When a removed part is overdue, and when a drive must not be wiped yet. Pure; all times aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from app.parts.states import Custody, Hop, ends, holds_data

TO_THE_CAGE: Final = timedelta(hours=8)  # no drive spends a night outside
HOLD: Final = timedelta(days=3)  # the customer may still need what is on it
TO_THE_WIPE: Final = timedelta(days=14)  # after the hold
TO_THE_CERTIFICATE: Final = timedelta(days=3)
RETURN_BY: Final = time(17)  # of the last day, at the site


@dataclass(frozen=True, slots=True)
class Standing:
    """What rules ask of a removed part. `since`: its last hop; `waits_for_order`: its order is not at its end."""

    kind: str
    state: str
    since: datetime
    removed_at: datetime
    waits_for_order: bool
    return_by: date | None
    time_zone: str


def hold_ends_at(removed_at: datetime) -> datetime:
    """Until when the data stays readable."""
    return removed_at + HOLD


def due_at(part: Standing) -> datetime | None:
    """When the next hop has to be made; None where nothing is waited for, or its order has to end first."""
    if part.state in ends(part.kind):
        return None
    if part.state == Custody.RETURNING:
        return _end_of(part.return_by, part.time_zone) if part.return_by else None
    if part.state in {Custody.REMOVED, Custody.BAGGED}:
        return part.removed_at + TO_THE_CAGE
    if part.state == Custody.IN_CAGE and holds_data(part.kind):
        begins = max(part.since, hold_ends_at(part.removed_at))
        return None if part.waits_for_order else begins + TO_THE_WIPE
    if part.state in {Custody.WIPED, Custody.DESTROYED}:
        return part.since + TO_THE_CERTIFICATE
    return None


def is_overdue(part: Standing, now: datetime) -> bool:
    """True once its next hop should have been made."""
    due = due_at(part)
    return due is not None and now > due


def hold_against(part: Standing, hop: Hop, now: datetime) -> str | None:
    """Why its data must not be made unreadable yet, as a sentence with what to do; None when it may."""
    if hop not in {Hop.WIPE, Hop.DESTROY} or not holds_data(part.kind) or part.state == Custody.WIPED:
        return None
    if part.waits_for_order:
        return "Its order is not closed: the customer may still need what is on it. Leave it in the cage."
    until = hold_ends_at(part.removed_at)
    if now < until:
        local = until.astimezone(ZoneInfo(part.time_zone))
        return f"The data is kept until {local:%a %d %b %Y %H:%M} (site time). Leave it in the cage until then."
    return None


def _end_of(day: date, time_zone: str) -> datetime:
    return datetime.combine(day, RETURN_BY, ZoneInfo(time_zone))
