"""No hand goes into a machine that may be on: the guard of steps that need it off, and what people saw of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.access import Principal
from app.core.clock import utc_text
from app.core.errors import Conflict
from app.core.permissions import Role
from app.hardware.models import Diagnostics
from app.hardware.queries import latest
from app.jobs.models import Photo, WorkOrder
from app.jobs.models_power import Shutdown
from app.jobs.operations.act import Act, flag, is_cold, needs_off
from app.jobs.operations.phone_codes import ReadOut, check_reader, is_reader, issue, spend
from app.jobs.power import STATE_VALID, Cord, PowerState, Seen, Sighting, is_old, read_power, why_not_off
from app.jobs.power_course import Course
from app.jobs.queries_power import newest_shutdown
from app.jobs.stops import Guard, Stopped


def cords_of(order: WorkOrder) -> list[Cord]:
    """The cords of the order's machine (a query unless they are loaded)."""
    return [Cord(one.psu, one.pdu.tag, one.outlet) for one in order.asset.power]


def power_of(order: WorkOrder, newest: Diagnostics | None, cords: Sequence[Cord]) -> PowerState:
    """What is known of the machine's power: its `newest` diagnostics, compared with BEFORE (no query)."""
    document, taken_at = (newest.document, newest.taken_at) if newest else (None, None)
    return read_power(document, cords, taken_at, order.before_document)


def power_now(act: Act) -> PowerState:
    """What is known of the machine's power as of now (two queries)."""
    return power_of(act.order, latest(act.session, act.order.asset), cords_of(act.order))


def sighting_of(order: WorkOrder) -> Sighting | None:
    """What a person saw last of the machine's power."""
    seen = order.sighting
    if seen is None:
        return None
    return Sighting(seen["by"], datetime.fromisoformat(seen["at"]), seen["power"] == "on", Seen(seen["how"]))


def off_since(found: Shutdown | None) -> datetime | None:
    """Since when the machine was known to be off, or is known to have come back; None when it never was."""
    return found.since if found is not None and found.course in {Course.OFF, Course.BACK} else None


def subject(order: WorkOrder) -> str:
    """What a code is bound to: this order's machine without power."""
    return f"{order.number}|power|{order.asset.tag}"


def check_off(act: Act, evidence: dict[str, Any]) -> dict[str, Any]:
    """May hands do what needs a machine that is off? Returns what proves it, for the record; raises Stopped.

    A code that Level 1 read out stands for a fresh reading; it counts once.
    """
    order = act.order
    if by_code := spend(act, subject(order), evidence.get("power_code")):
        flag(order, f"Done without network on a machine that must be off, by the code that {by_code} read out.")
        return {"code_by": by_code}
    state, seen = power_now(act), sighting_of(order)
    if stop := why_not_off(state, act.at, sighting=seen, was_off_at=off_since(newest_shutdown(act.session, order.id))):
        raise Stopped(stop)
    return {"read": state.words, **({} if state.is_off or seen is None else {"seen_by": seen.by, "how": seen.how})}


def sighting(act: Act, body: dict[str, Any]) -> None:
    """What somebody sees of the machine's power: the holder with a photo of it, anybody else by their own sign-in."""
    order = act.order
    if not is_cold(order):
        raise Conflict("wrong_state", "This job leaves the machine on: nobody is asked what they see of its power.")
    photo = _photo(act) if act.person_id == order.holder_id else None
    how = Seen.PHOTO if photo else Seen.SECOND_PERSON
    seen = {"power": body["power"], "how": str(how), **({"photo": str(photo.id)} if photo else {})}
    order.sighting = {**seen, "by": act.by, "at": utc_text(act.at)}
    if order.stop and order.stop["guard"] == Guard.POWER:
        order.stop = None
    act.stay(detail=seen)


def _photo(act: Act) -> Photo:
    newest = select(Photo).where(Photo.order_id == act.order.id, Photo.taken_by == act.by)
    photo = act.session.scalars(newest.order_by(Photo.at.desc()).limit(1)).first()
    if photo is None or act.at - photo.at > STATE_VALID:
        raise Conflict(
            "not_verified", "Take a photo of its front first, so that the lights are seen; or a second person says it."
        )
    return photo


def may_read_out(principal: Principal, order: WorkOrder) -> bool:
    """True when this person may be called for a code of this guard now."""
    return needs_off(order) and is_reader(principal, order)


def read_out(session: Session, principal: Principal, order: WorkOrder, *, now: datetime, why: str = "") -> ReadOut:
    """The code to read out, after a reading of the last 5 minutes that says off; on record, single use.

    A system administrator may read one out although it is not proved, with a reason. Raises NotAllowed, Conflict:
    `no_diagnostics` when the reading is old (it is asked for then: the caller commits), `not_verified`.
    """
    check_reader(principal, order)
    if not needs_off(order):
        raise Conflict("wrong_state", "No step of this job needs the machine to be off.")
    state = power_of(order, latest(session, order.asset), cords_of(order))
    if is_old(state, now):
        raise Conflict("no_diagnostics", "The diagnostics are older than 5 minutes: take them again first.")
    stop = why_not_off(state, now, sighting=sighting_of(order))
    overruled = bool(stop) and Role.SYSADMIN in principal.roles_at(order.site_id) and bool(why.strip())
    if stop and not overruled:
        raise Conflict("not_verified", f"{' '.join(stop.why)} Only a system administrator may overrule that.")
    detail = {"read": state.words, "overruled": overruled}
    return issue(session, principal, order, subject(order), verb="power_code", why=why, detail=detail, now=now)
