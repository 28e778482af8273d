"""The verbs of spares and removed parts. Each writes its event; none commits. Times are aware UTC, business time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.core import events
from app.core.database import notify
from app.core.errors import Conflict, Invalid
from app.parts.models import RemovedPart, Spare
from app.parts.queries import spare_with, spares_of_order
from app.parts.rules import hold_against
from app.parts.states import Custody, Hop, PartKind, SpareState, ways_of
from app.sites.models import Site

FREE = frozenset({SpareState.IN_STOCK, SpareState.RESERVED})


def expect(
    session: Session,
    site: Site,
    *,
    kind: PartKind,
    name: str,
    part_number: str,
    expected_on: date | None,
    by: str,
    now: datetime,
) -> Spare:
    """Enter a spare that is on its way."""
    added = Spare(
        site=site, kind=kind, name=name, part_number=part_number, state=SpareState.EXPECTED, expected_on=expected_on
    )
    session.add(added)
    session.flush()
    _told(session, added, None, by=by, now=now, verb="expect")
    return added


def arrive(session: Session, spare: Spare, *, serial: str, location: str, by: str, now: datetime) -> None:
    """It is here: its serial and its shelf. Raises Conflict when it was here already, or its serial is another's."""
    if spare.state != SpareState.EXPECTED:
        raise Conflict("wrong_state", f"It is {SpareState(spare.state).words} already.")
    if spare_with(session, spare.site_id, serial) is not None:
        raise Conflict("serial_known", f"A spare with the serial {serial} is entered already.")
    spare.serial, spare.location, spare.arrived_at = serial, location, now
    _become(session, spare, SpareState.IN_STOCK, by=by, now=now, verb="arrive")


def is_dead(session: Session, spare: Spare, *, why: str, by: str, now: datetime) -> RemovedPart:
    """It was broken before it was ever used: it goes back to its maker like a removed part, which is returned."""
    if spare.state not in FREE:
        raise Conflict("wrong_state", f"It is {SpareState(spare.state).words}: only a spare on its shelf can be that.")
    spare.note = why
    _become(session, spare, SpareState.DEAD, by=by, now=now, verb="dead", why=why)
    return _take_in(
        session, spare.site, kind=PartKind.OTHER if spare.kind == PartKind.DRIVE else PartKind(spare.kind),
        serial=spare.serial or f"spare {spare.id}", order_number=spare.order_number or "dead on arrival",
        asset_tag="never installed", bay=None, by=by, now=now, waits=False,
    )  # fmt: skip


def reserve(session: Session, site: Site, serial: str, order_number: str, *, by: str, now: datetime) -> Spare | None:
    """Keep the spare of that serial for an order; None where it is no spare. Raises Conflict when another has it."""
    found = spare_with(session, site.id, serial)
    if found is None or (found.state == SpareState.RESERVED and found.order_number == order_number):
        return found
    if found.state != SpareState.IN_STOCK:
        words = SpareState(found.state).words
        owner = f" for {found.order_number}" if found.order_number else ""
        raise Conflict("part_not_free", f"The spare {serial} is {words}{owner}: take another one.")
    found.order_number = order_number
    _become(session, found, SpareState.RESERVED, by=by, now=now, verb="reserve")
    return found


def reserve_any(
    session: Session, site: Site, kind: PartKind, part_number: str, order_number: str, *, by: str, now: datetime
) -> Spare | None:
    """Keep one free spare of that sort for an order, the one that lies there longest; None when none is free.

    Two who come at once get two spares: each takes one that nobody else holds, and who finds only held ones waits.
    """
    free = select(Spare).where(
        Spare.site_id == site.id, Spare.kind == kind, Spare.part_number == part_number,
        Spare.state == SpareState.IN_STOCK,
    )  # fmt: skip
    free = free.order_by(Spare.arrived_at, Spare.id).limit(1).execution_options(populate_existing=True)
    found = session.scalars(free.with_for_update(of=Spare, skip_locked=True)).first()
    found = found or session.scalars(free.with_for_update(of=Spare)).first()
    if found is None:
        return None
    found.order_number = order_number
    _become(session, found, SpareState.RESERVED, by=by, now=now, verb="reserve")
    return found


def release(session: Session, order_number: str, *, but: str | None, by: str, now: datetime) -> list[Spare]:
    """What was kept for an order is free again, `but` the one of that serial; those that are."""
    freed = [one for one in spares_of_order(session, order_number) if one.serial != but]
    for one in freed:
        one.order_number = None
        _become(session, one, SpareState.IN_STOCK, by=by, now=now, verb="release")
    return freed


def install(session: Session, site: Site, serial: str, order_number: str, *, by: str, now: datetime) -> str | None:
    """The spare of that serial is in a machine now. A sentence where something about it has to be looked at."""
    found = spare_with(session, site.id, serial)
    if found is None or found.state == SpareState.INSTALLED:
        return None
    owner, was = found.order_number, SpareState(found.state)
    found.order_number = order_number
    found.arrived_at = found.arrived_at or now
    _become(session, found, SpareState.INSTALLED, by=by, now=now, verb="install")
    if was == SpareState.RESERVED and owner != order_number:
        return f"The installed part {serial} was reserved for {owner}: that order needs another one."
    return f"The installed part {serial} was recorded as dead on arrival." if was == SpareState.DEAD else None


def let_go(session: Session, order_number: str, *, by: str, now: datetime) -> None:
    """The order is at its end: what was kept for it and not used is free, and its removed drives may be wiped."""
    release(session, order_number, but=None, by=by, now=now)
    waiting = select(RemovedPart).where(RemovedPart.order_number == order_number, RemovedPart.waits_for_order)
    for part in session.scalars(waiting):
        part.waits_for_order = False


def keep_again(session: Session, order_number: str) -> None:
    """The order goes on: the data of what it removed is needed again, as long as it is still there."""
    released = select(RemovedPart).where(RemovedPart.order_number == order_number, ~RemovedPart.waits_for_order)
    for part in session.scalars(released):
        part.waits_for_order = True


def take_in(
    session: Session, site: Site, *, kind: PartKind, serial: str, order_number: str, asset_tag: str, bay: str | None,
    by: str, now: datetime,
) -> RemovedPart:  # fmt: skip
    """A part came out of a machine: from here on it is always in somebody's hands. The same one twice is one."""
    known = select(RemovedPart).where(RemovedPart.order_number == order_number, RemovedPart.serial == serial)
    found = session.scalar(known)
    return found or _take_in(
        session, site, kind=kind, serial=serial, order_number=order_number, asset_tag=asset_tag, bay=bay, by=by,
        now=now, waits=True,
    )  # fmt: skip


def _take_in(
    session: Session, site: Site, *, kind: PartKind, serial: str, order_number: str, asset_tag: str, bay: str | None,
    by: str, now: datetime, waits: bool,
) -> RemovedPart:  # fmt: skip
    part = RemovedPart(
        site=site, kind=kind, serial=serial, order_number=order_number, asset_tag=asset_tag, bay=bay, removed_by=by,
        removed_at=now, since=now, state=Custody.REMOVED, waits_for_order=waits,
    )  # fmt: skip
    session.add(part)
    session.flush()
    detail = {"serial": serial, "order": order_number, "asset": asset_tag, "bay": bay}
    events.record(session, part.stream, now=now, by=by, verb="removed", to_state=Custody.REMOVED, detail=detail)
    notify(session, f"site:{site.code}")
    return part


def move_on(session: Session, part: RemovedPart, hop: Hop, given: dict[str, Any], *, by: str, now: datetime) -> None:
    """One hop of a removed part; `given` are the columns that the hop fills (bag, place, method, certificate ...).

    Raises Conflict when the hop is not possible from here or the drive is still on hold, Invalid when who wiped or
    destroyed it would sign for it alone.
    """
    way = ways_of(part.kind).get(hop)
    if way is None or part.state not in way.sources:
        raise Conflict("wrong_state", f"It is {Custody(part.state).words}: load the page again.")
    if (hold := hold_against(part.standing, hop, now)) is not None:
        raise Conflict("on_hold", hold)
    if hop == Hop.CERTIFY and part.unreadable_by == by:
        raise Invalid("second_person", "Who wiped or destroyed it does not sign for it alone: a second person does.")
    for column, value in given.items():
        setattr(part, column, value)
    if hop in {Hop.WIPE, Hop.DESTROY}:
        part.unreadable_by = by
    before, part.state, part.since = part.state, way.target, now
    _write(session)
    detail = {column: value.isoformat() if isinstance(value, date) else value for column, value in given.items()}
    events.record(session, part.stream, now=now, by=by, verb=hop, from_state=before, to_state=part.state, detail=detail)
    notify(session, f"site:{part.site.code}")


def _become(
    session: Session, spare: Spare, state: SpareState, *, by: str, now: datetime, verb: str, why: str | None = None
) -> None:
    before, spare.state = spare.state, state
    _write(session)
    _told(session, spare, before, by=by, now=now, verb=verb, why=why)


def _told(
    session: Session, spare: Spare, before: str | None, *, by: str, now: datetime, verb: str, why: str | None = None
) -> None:
    detail = {"serial": spare.serial, "location": spare.location, "order": spare.order_number}
    events.record(
        session, f"spare:{spare.id}", now=now, by=by, verb=verb, from_state=before, to_state=spare.state, why=why,
        detail=detail,
    )  # fmt: skip
    notify(session, f"site:{spare.site.code}")


def _write(session: Session) -> None:
    """Write the change where nobody else was first: each is a compare-and-set on the part's version."""
    try:
        session.flush()
    except StaleDataError as error:
        raise Conflict("wrong_state", "Somebody else changed this part first: load the page again.") from error
