"""What the work knows of one machine."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.hardware.models import Asset
from app.jobs.models import WorkOrder


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
