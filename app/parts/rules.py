"""When a removed part is overdue, when a drive must not be wiped yet, which spare fits. Pure; all times aware UTC."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from app.parts.states import Custody, Hop, SpareState, ends, holds_data

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


class Stock(StrEnum):
    """Whether a job finds its part at its site."""

    THERE = "there"
    SEVERAL = "several"  # sorts, and nothing says which one fits
    EXPECTED = "expected"
    NONE = "none"
    UNTRACKED = "untracked"  # this site keeps no such spares here: nothing is known


@dataclass(frozen=True, slots=True)
class Supply:
    """What lies there for a job: the part number that fits, or when one is expected."""

    stock: Stock
    part_number: str | None = None
    expected_on: date | None = None


@dataclass(frozen=True, slots=True)
class OnShelf:
    """A spare on record. `was_in_machine`: it was put into the machine that needs one now."""

    part_number: str
    state: SpareState
    expected_on: date | None
    was_in_machine: bool


def supply_of(spares: Sequence[OnShelf]) -> Supply:
    """Which sort a job takes, of the spares of that kind at its site, newest first.

    A sort that was in the machine before fits; without such, the only sort that is free. Of several nobody guesses.
    """
    free = {one.part_number for one in spares if one.state == SpareState.IN_STOCK}
    fits = next((one.part_number for one in spares if one.was_in_machine and one.part_number in free), None)
    if fits or len(free) == 1:
        return Supply(Stock.THERE, fits or next(iter(free)))
    if free:
        return Supply(Stock.SEVERAL)
    coming = [one.expected_on for one in spares if one.state == SpareState.EXPECTED]
    if coming:
        return Supply(Stock.EXPECTED, expected_on=min((day for day in coming if day), default=None))
    return Supply(Stock.NONE if spares else Stock.UNTRACKED)


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
