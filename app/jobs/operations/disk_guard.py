"""No drive is pulled by mistake: the guard of disk jobs, and the one-time code for tablets without network."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.core import events
from app.core.access import Principal
from app.core.clock import drill_offset, utc_text
from app.core.database import notify
from app.core.errors import Conflict, NotAllowed
from app.core.permissions import Role
from app.hardware.models import Diagnostics
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.queries import latest
from app.jobs.codes import ROUNDS, WINDOW, code_for, fitting_window, hashes, salt_of, window_end, window_of
from app.jobs.disks import (
    Disks,
    is_old,
    read_disks,
    tells_of_drives,
    too_old,
    unsafe_to_pull,
    wrong_installed,
    wrong_removed,
)
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations.act import Act, flag
from app.jobs.states import OrderState
from app.jobs.stops import Stopped
from app.shifts.queries import site_calendar
from app.shifts.window import opening_at

BLIND = "No source tells of this machine's drives: bay and serial were compared by two people alone."
LONGEST_OFFLINE = timedelta(hours=3)
READERS = frozenset({Role.L1_ENGINEER, Role.SYSADMIN})


@dataclass(frozen=True, slots=True)
class ReadOut:
    """A code to read out by phone, and until when the tablet takes it."""

    code: str
    ends_at: datetime


def guards_disks(order: WorkOrder) -> bool:
    """True for kinds of job that pull drives."""
    return "drive" in KINDS[order.job_kind].finding_kinds


def disks_of(order: WorkOrder, newest: Diagnostics | None) -> Disks | None:
    """What is known of the machine's drives: BEFORE, and its `newest` diagnostics where they tell of any (no query)."""
    if newest is not None and tells_of_drives(newest.document):
        return read_disks([order.before_document, newest.document], order.target, newest.taken_at)
    before = order.before_document
    taken_at = datetime.fromisoformat(before["taken_at"]) if before else None
    return read_disks([before], order.target, taken_at)


def drive_name(order: WorkOrder, disks: Disks | None) -> str:
    """What a code is bound to: the order, the bay and the serial of the failing drive."""
    serial = disks.failing.serial if disks and disks.failing else None
    return f"{order.number}|{order.target}|{serial}"


def check_pull(act: Act, evidence: dict[str, Any]) -> None:
    """May this drive come out now? Raises Stopped when the array forbids it or nobody looked in the last 5 minutes.

    A code that Level 1 read out stands for fresh diagnostics; it counts once. Where no source tells of drives, the
    order is flagged: two people compared bay and label.
    """
    disks = disks_of(act.order, latest(act.session, act.order.asset))
    if disks is None:
        flag(act.order, BLIND)
        return
    if by_code := _spend(act, disks, evidence.get("code")):
        flag(act.order, f"Drive pulled without network, by the code that {by_code} read out.")
        return
    if unsafe := unsafe_to_pull(disks):
        raise Stopped(unsafe)
    if is_old(disks, act.at):
        raise Stopped(too_old(disks, act.at))


def check_removed(act: Act, serial: str) -> None:
    """Raises Stopped when this is not the drive that the diagnostics named, or a healthy one."""
    disks = disks_of(act.order, latest(act.session, act.order.asset))
    wrong = wrong_removed(disks, serial) if disks else None
    if wrong:
        raise Stopped(wrong)


def check_installed(act: Act, serial: str) -> None:
    """Raises Stopped when a part with this serial was in the machine before the work."""
    wrong = wrong_installed([act.order.before_document], serial)
    if wrong:
        raise Stopped(wrong)


def new_secret() -> str:
    """What the codes of one claim are made from; it never leaves the server."""
    return secrets.token_hex(32)


def held_codes(order: WorkOrder, disks: Disks, now: datetime) -> dict[str, Any] | None:
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
        "hashes": hashes(order.code_secret, drive_name(order, disks), now, until),
    }


def _spend(act: Act, disks: Disks, code: object) -> str | None:
    """Who read this code out, if it is one that was, for this drive, in these minutes, and not used yet."""
    order = act.order
    if not code or order.code_secret is None:
        return None
    window = fitting_window(code, order.code_secret, drive_name(order, disks), act.at)
    codes = [dict(one) for one in order.codes]
    found = next((one for one in codes if one["window"] == window and one["used_at"] is None), None)
    if found is None:
        return None
    found["used_at"] = utc_text(act.at)
    order.codes = codes
    return str(found["by"])


def may_read_out(principal: Principal, order: WorkOrder) -> bool:
    """True when this person may be called for a code of this order now."""
    at_work = order.state == OrderState.WORKING and guards_disks(order)
    return at_work and bool(principal.roles_at(order.site_id) & READERS)


def read_out(session: Session, principal: Principal, order: WorkOrder, *, now: datetime, why: str = "") -> ReadOut:
    """The code to read out, after diagnostics of the last 5 minutes that allow the pull; on record, single use.

    A system administrator may read one out although the array forbids it, with a reason. Raises NotAllowed, Conflict:
    `no_diagnostics` when they are old (they are asked for then: the caller commits), `not_verified`.
    """
    roles = principal.roles_at(order.site_id)
    if not roles & READERS:
        raise NotAllowed("not_allowed", "Level 1 or a system administrator reads the code out.")
    if order.state != OrderState.WORKING or order.code_secret is None:
        raise Conflict("wrong_state", "A code is for a drive that is about to be pulled: the work has not begun.")
    disks = disks_of(order, latest(session, order.asset))
    if disks is None:
        raise Conflict("no_diagnostics", "No source tells of this machine's drives: there is nothing to vouch for.")
    unsafe = unsafe_to_pull(disks)
    overruled = bool(unsafe) and Role.SYSADMIN in roles and bool(why.strip())
    if unsafe and not overruled:
        raise Conflict("not_verified", f"{' '.join(unsafe.why)} Only a system administrator may overrule that.")
    if is_old(disks, now):
        raise Conflict("no_diagnostics", "The diagnostics are older than 5 minutes: take them again first.")
    window = window_of(now)
    others = [one for one in order.codes if one["window"] != window]
    order.codes = [*others, {"window": window, "by": principal.name, "at": utc_text(now), "used_at": None}]
    detail = {"bay": order.target, "overruled": overruled}
    events.record(
        session, order.number, now=now, by=principal.name, verb="disk_code", from_state=order.state,
        to_state=order.state, why=why or None, detail=detail,
    )  # fmt: skip
    notify(session, f"order:{order.number}")
    return ReadOut(code_for(order.code_secret, drive_name(order, disks), window), window_end(window))


def look_again(session: Session, order: WorkOrder, *, by: str, now: datetime) -> None:
    """Ask the machine once more how its drives are; `now` is business time."""
    request_diagnostics(session, order.asset, by=by, reason="page", now=now - drill_offset())
