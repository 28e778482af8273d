"""The spare that a job needs: kept for its order from the booking on, and free again when it ends without it."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.hardware.models import Asset
from app.jobs.kind import Evidence, Kind
from app.jobs.kinds import KINDS
from app.jobs.models import WorkOrder
from app.jobs.operations.act import Act, flag
from app.parts import operations, queries
from app.parts.rules import Stock, Supply, supply_of
from app.parts.states import PartKind


def part_wanted(kind: Kind) -> PartKind | None:
    """What such a job puts in; None where it replaces nothing, or nothing that is kept as a spare."""
    swaps = any(step.id == "new_serial" and step.evidence == Evidence.SERIAL for step in kind.steps)
    mends = [one for one in kind.finding_kinds if one in set(PartKind)]
    return PartKind(mends[0]) if swaps and len(mends) == 1 else None


def supply_for(session: Session, asset: Asset, wanted: PartKind) -> Supply:
    """Whether a fitting spare lies at the machine's site (one query)."""
    of_machine = select(WorkOrder.number).where(WorkOrder.asset_id == asset.id)
    return supply_of(queries.shelf(session, asset.site_id, wanted, of_machine))


def lacking(supply: Supply, wanted: PartKind) -> str | None:
    """Why no spare is kept for the job, as a sentence for Level 1 and the promise; None where one can be."""
    if supply.stock == Stock.SEVERAL:
        return f"Several sorts of {wanted.words} lie in stock, and none of them was in this machine before: choose one."
    if supply.stock == Stock.EXPECTED:
        return f"No spare {wanted.words} is free here. One is expected on {_day(supply.expected_on)}."
    if supply.stock == Stock.NONE:
        return f"No spare {wanted.words} is free here, and none is expected: order one, or let the order wait for it."
    return None


def reserve_spare(act: Act) -> str | None:
    """Keep a fitting spare for an order that is being booked; the sentence that says what lacks, if any does.

    Sites that keep no such spares in Rackside are not asked. A spare is for one order: who comes second gets another.
    """
    order = act.order
    wanted = part_wanted(KINDS[order.job_kind])
    if wanted is None or order.part_serial is not None:
        return None
    supply = supply_for(act.session, order.asset, wanted)
    kept = None
    if supply.stock == Stock.THERE and supply.part_number is not None:
        kept = operations.reserve_any(
            act.session, order.site, wanted, supply.part_number, order.number, by=act.by, now=act.now
        )
        supply = supply if kept else supply_for(act.session, order.asset, wanted)  # the last one went meanwhile
    if kept is not None:
        order.part_serial, order.part_location = kept.serial, kept.location
        return None
    told = lacking(supply, wanted)
    if told is not None:
        flag(order, told)
    return told


def release_spares(act: Act, *, used: str | None = None) -> None:
    """The order ends, or is done without it: what was kept for it and not `used` is free for another one."""
    freed = operations.release(act.session, act.order.number, but=used, by=act.by, now=act.now)
    if act.order.part_serial in {one.serial for one in freed}:
        act.order.part_serial = act.order.part_location = None


def _day(day: date | None) -> str:
    return f"{day:%a %d %b %Y}" if day else "a day that nobody has said"
