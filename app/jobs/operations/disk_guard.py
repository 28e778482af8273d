"""No drive is pulled by mistake: the guard of disk jobs, and the one-time code for tablets without network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core.access import Principal
from app.core.clock import drill_offset
from app.core.errors import Conflict
from app.core.permissions import Role
from app.hardware.models import Diagnostics
from app.hardware.operations.diagnose import request_diagnostics
from app.hardware.queries import latest
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
from app.jobs.operations.phone_codes import ReadOut, check_reader, is_reader, issue, spend
from app.jobs.stops import Stopped

BLIND = "No source tells of this machine's drives: bay and serial were compared by two people alone."


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
    if by_code := spend(act, drive_name(act.order, disks), evidence.get("code")):
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


def may_read_out(principal: Principal, order: WorkOrder) -> bool:
    """True when this person may be called for a code of this order now."""
    return guards_disks(order) and is_reader(principal, order)


def read_out(session: Session, principal: Principal, order: WorkOrder, *, now: datetime, why: str = "") -> ReadOut:
    """The code to read out, after diagnostics of the last 5 minutes that allow the pull; on record, single use.

    A system administrator may read one out although the array forbids it, with a reason. Raises NotAllowed, Conflict:
    `no_diagnostics` when they are old (they are asked for then: the caller commits), `not_verified`.
    """
    check_reader(principal, order)
    disks = disks_of(order, latest(session, order.asset))
    if disks is None:
        raise Conflict("no_diagnostics", "No source tells of this machine's drives: there is nothing to vouch for.")
    unsafe = unsafe_to_pull(disks)
    overruled = bool(unsafe) and Role.SYSADMIN in principal.roles_at(order.site_id) and bool(why.strip())
    if unsafe and not overruled:
        raise Conflict("not_verified", f"{' '.join(unsafe.why)} Only a system administrator may overrule that.")
    if is_old(disks, now):
        raise Conflict("no_diagnostics", "The diagnostics are older than 5 minutes: take them again first.")
    detail = {"bay": order.target, "overruled": overruled}
    return issue(session, principal, order, drive_name(order, disks), verb="disk_code", why=why, detail=detail, now=now)


def look_again(session: Session, order: WorkOrder, *, by: str, now: datetime) -> None:
    """Ask the machine once more how its drives are; `now` is business time."""
    request_diagnostics(session, order.asset, by=by, reason="page", now=now - drill_offset())
