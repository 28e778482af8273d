"""Spares and removed parts that this person may see. Lists are bounded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Select, and_, case, select
from sqlalchemy.orm import Session

from app.core.access import Principal, visible
from app.core.errors import NotFound
from app.core.permissions import Permission
from app.parts.models import RemovedPart, Spare
from app.parts.rules import OnShelf
from app.parts.states import Custody, PartKind, SpareState

MOST: Final = 300
_UNUSED: Final = [SpareState.EXPECTED, SpareState.IN_STOCK, SpareState.RESERVED, SpareState.DEAD]
_ENDED: Final = [Custody.CERTIFIED, Custody.RETURNED]


def spares(session: Session, principal: Principal, *, most: int = MOST) -> Sequence[Spare]:
    """What is not installed, by site, part number and state (one query)."""
    mine = visible(principal, Permission.PARTS_READ, Spare.site_id)
    order = case({state: place for place, state in enumerate(_UNUSED)}, value=Spare.state)
    wanted = select(Spare).where(mine, Spare.state.in_(_UNUSED))
    return session.scalars(wanted.order_by(Spare.site_id, Spare.part_number, order, Spare.id).limit(most)).all()


def spare(session: Session, principal: Principal, spare_id: int) -> Spare:
    """One spare; raises NotFound, also for another site's."""
    mine = visible(principal, Permission.PARTS_WRITE, Spare.site_id)
    found = session.scalar(select(Spare).where(Spare.id == spare_id, mine))
    if found is None:
        raise NotFound("no_such_part", "There is no such spare, or not for you.")
    return found


def spare_with(session: Session, site_id: int, serial: str) -> Spare | None:
    """The spare of that serial at a site."""
    return session.scalar(select(Spare).where(Spare.site_id == site_id, Spare.serial == serial))


def spares_of_order(session: Session, order_number: str) -> Sequence[Spare]:
    """What is reserved for an order."""
    wanted = select(Spare).where(Spare.order_number == order_number, Spare.state == SpareState.RESERVED)
    return session.scalars(wanted.order_by(Spare.id)).all()


def shelf(
    session: Session, site_id: int, kind: PartKind, of_machine: Select[str], *, most: int = MOST
) -> list[OnShelf]:
    """A site's spares of that kind, the unused ones first, then newest first (one query, bounded).

    Of each, whether one of these orders put it in.
    """
    put_in = and_(Spare.state == SpareState.INSTALLED, Spare.order_number.in_(of_machine))
    wanted = select(Spare.part_number, Spare.state, Spare.expected_on, put_in).where(
        Spare.site_id == site_id, Spare.kind == kind
    )
    wanted = wanted.order_by(Spare.state.in_(_UNUSED).desc(), Spare.id.desc()).limit(most)
    return [OnShelf(number, SpareState(state), day, bool(ours)) for number, state, day, ours in session.execute(wanted)]


def removed_parts(session: Session, principal: Principal, *, most: int = MOST) -> Sequence[RemovedPart]:
    """What still has a way to go, oldest first (one query)."""
    mine = visible(principal, Permission.PARTS_READ, RemovedPart.site_id)
    wanted = select(RemovedPart).where(mine, RemovedPart.state.not_in(_ENDED))
    return session.scalars(wanted.order_by(RemovedPart.id).limit(most)).all()


def ended_parts(session: Session, principal: Principal, *, most: int = 50) -> Sequence[RemovedPart]:
    """What came to its end last (one query)."""
    mine = visible(principal, Permission.PARTS_READ, RemovedPart.site_id)
    wanted = select(RemovedPart).where(mine, RemovedPart.state.in_(_ENDED))
    return session.scalars(wanted.order_by(RemovedPart.since.desc()).limit(most)).all()


def removed_part(
    session: Session, principal: Principal, part_id: int, permission: Permission = Permission.PARTS_READ
) -> RemovedPart:
    """One removed part; raises NotFound, also for another site's."""
    mine = visible(principal, permission, RemovedPart.site_id)
    found = session.scalar(select(RemovedPart).where(RemovedPart.id == part_id, mine))
    if found is None:
        raise NotFound("no_such_part", "There is no such part, or not for you.")
    return found


def underway(session: Session, *, most: int = 1000) -> Sequence[RemovedPart]:
    """Every site's parts that still have a way to go, for whoever watches over them (one query)."""
    wanted = select(RemovedPart).where(RemovedPart.state.not_in(_ENDED))
    return session.scalars(wanted.order_by(RemovedPart.id).limit(most)).all()
