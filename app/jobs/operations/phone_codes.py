"""The one-time codes of an order, read out by phone to a tablet without network: held, read out, spent once.

A code stands for fresh diagnostics that a guard would ask for. `subject` is what it is bound to: one guard of one
order, and the part or the machine that the guard looks at.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import events
from app.core.access import Principal
from app.core.clock import utc_text
from app.core.database import notify
from app.core.errors import Conflict, NotAllowed
from app.core.permissions import Role
from app.jobs.codes import ROUNDS, WINDOW, code_for, fitting_window, hashes, salt_of, window_end, window_of
from app.jobs.models import WorkOrder
from app.jobs.operations.act import Act
from app.jobs.states import OrderState
from app.shifts.queries import site_calendar
from app.shifts.window import opening_at

LONGEST_OFFLINE = timedelta(hours=3)
READERS = frozenset({Role.L1_ENGINEER, Role.SYSADMIN})


@dataclass(frozen=True, slots=True)
class ReadOut:
    """A code to read out by phone, and until when the tablet takes it."""

    code: str
    ends_at: datetime


def new_secret() -> str:
    """What the codes of one claim are made from; it never leaves the server."""
    return secrets.token_hex(32)


def held_codes(order: WorkOrder, subject: str, now: datetime) -> dict[str, Any] | None:
    """What the tablet checks a code by without network, until the site closes: salted hashes, never the codes."""
    if order.code_secret is None:
        return None
    closes = opening_at(site_calendar(order.site), now)
    until = max(closes.ends_at if closes else now, now + LONGEST_OFFLINE)
    return {
        "salt": salt_of(order.code_secret),
        "rounds": ROUNDS,
        "window_s": int(WINDOW.total_seconds()),
        "first": window_of(now),
        "hashes": hashes(order.code_secret, subject, now, until),
    }


def spend(act: Act, subject: str, code: object) -> str | None:
    """Who read this code out, if it is one that was, for this subject, in these minutes, and not used yet."""
    order = act.order
    if not code or order.code_secret is None:
        return None
    window = fitting_window(code, order.code_secret, subject, act.at)
    codes = [dict(one) for one in order.codes]
    found = next((one for one in codes if _is(one, subject, window) and one["used_at"] is None), None)
    if found is None:
        return None
    found["used_at"] = utc_text(act.at)
    order.codes = codes
    return str(found["by"])


def is_reader(principal: Principal, order: WorkOrder) -> bool:
    """True when this person may be called for a code of this order now."""
    return order.state == OrderState.WORKING and bool(principal.roles_at(order.site_id) & READERS)


def check_reader(principal: Principal, order: WorkOrder) -> None:
    """Raise NotAllowed for who reads no codes out, Conflict while nobody is at work."""
    if not principal.roles_at(order.site_id) & READERS:
        raise NotAllowed("not_allowed", "Level 1 or a system administrator reads the code out.")
    if order.state != OrderState.WORKING or order.code_secret is None:
        raise Conflict("wrong_state", "A code is for hands that are at work: the work has not begun.")


def issue(
    session: Session, principal: Principal, order: WorkOrder, subject: str, *, verb: str, why: str,
    detail: dict[str, Any], now: datetime,
) -> ReadOut:  # fmt: skip
    """The code to read out now, on record as `verb`; whoever calls has looked whether the guard may be opened."""
    assert order.code_secret is not None  # check_reader
    window = window_of(now)
    others = [one for one in order.codes if not _is(one, subject, window)]
    read = {"for": subject, "window": window, "by": principal.name, "at": utc_text(now), "used_at": None}
    order.codes = [*others, read]
    events.record(
        session, order.number, now=now, by=principal.name, verb=verb, from_state=order.state, to_state=order.state,
        why=why or None, detail=detail,
    )  # fmt: skip
    notify(session, f"order:{order.number}")
    return ReadOut(code_for(order.code_secret, subject, window), window_end(window))


def _is(read: dict[str, Any], subject: str, window: int | None) -> bool:
    return bool(read["for"] == subject and read["window"] == window)
