"""What the work knows of one machine."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.events import Event
from app.hardware.models import Asset
from app.hardware.queries_diagnosis import diagnoses
from app.jobs.models import WorkOrder

SPEAKS_FOR = timedelta(days=14)  # a diagnosis older than that when the order came speaks of something else


@dataclass(frozen=True, slots=True)
class Outcomes:
    """How many orders there were on a machine, and how those that ended went."""

    total: int
    repaired: int
    not_repaired: int
    no_fault_found: int


def outcomes(session: Session, asset: Asset) -> Outcomes:
    """The outcomes of all orders on a machine that this person may see (one query on the index by asset)."""
    counted = select(WorkOrder.outcome, func.count()).where(WorkOrder.asset_id == asset.id).group_by(WorkOrder.outcome)
    by_outcome: dict[str | None, int] = {row[0]: row[1] for row in session.execute(counted)}
    told = (by_outcome.get(name, 0) for name in ("repaired", "not_repaired", "no_fault_found"))
    return Outcomes(sum(by_outcome.values()), *told)


def diagnoses_for(session: Session, orders: Iterable[WorkOrder]) -> dict[int, Event]:
    """The diagnosis that speaks of each order, by its id: the machine's newest until the order ended (one query)."""
    listed = list(orders)
    if not listed:
        return {}
    since = min(order.created_at for order in listed) - SPEAKS_FOR
    signed = diagnoses(session, {order.asset.tag for order in listed}, since=since)
    return {order.id: event for order in listed if (event := next(filter(_speaks_of(order), signed), None))}


def _speaks_of(order: WorkOrder) -> Callable[[Event], bool]:
    def speaks(event: Event) -> bool:
        is_in_time = event.at >= order.created_at - SPEAKS_FOR and (
            order.closed_at is None or event.at <= order.closed_at
        )
        return event.stream == f"asset:{order.asset.tag}" and is_in_time

    return speaks
