"""What two people did of the same step, as a page and the API show it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.clock import utc_text
from app.jobs.conflicts import Version, evidence_words, version_of
from app.jobs.models import Photo, WorkOrder
from app.jobs.models_conflict import StepConflict

MOST = 100


@dataclass(frozen=True, slots=True)
class Side:
    """One version with its evidence in words and its photos."""

    version: Version
    words: Sequence[tuple[str, str]]
    photos: Sequence[Photo]


@dataclass(frozen=True, slots=True)
class Shown:
    """One conflict: the step, both versions, and what was chosen if somebody has."""

    conflict: StepConflict
    title: str
    evidence: str
    first: Side
    second: Side

    @property
    def is_open(self) -> bool:
        """True while nobody has chosen."""
        return self.conflict.choice is None

    def may_choose(self, name: str) -> bool:
        """True for a third person: nobody judges their own version."""
        return name not in {self.first.version.by, self.second.version.by}


def conflicts_of(session: Session, order: WorkOrder) -> list[Shown]:
    """All conflicts of an order, those that wait first (two queries, bounded)."""
    query = select(StepConflict).where(StepConflict.order_id == order.id)
    found = session.scalars(query.order_by(StepConflict.decided_at.is_not(None), StepConflict.id).limit(MOST)).all()
    if not found:
        return []
    keys = {one.step_key for one in found}
    taken = select(Photo).where(Photo.order_id == order.id, Photo.step_key.in_(keys)).order_by(Photo.at).limit(MOST)
    photos = session.scalars(taken).all()
    steps = {step.key: step for step in order.steps}
    return [
        Shown(
            one,
            steps[one.step_key].title,
            steps[one.step_key].evidence,
            _side(one, version_of(one.first), photos),
            _side(one, version_of(one.second), photos),
        )
        for one in found
    ]


def _side(conflict: StepConflict, version: Version, photos: Sequence[Photo]) -> Side:
    mine = [one for one in photos if one.step_key == conflict.step_key and one.taken_by == version.by]
    return Side(version, evidence_words(version.evidence), mine)


def conflict_form(shown: Shown) -> dict[str, Any]:
    """The API's form of a conflict."""
    one = shown.conflict
    return {
        "id": one.id,
        "version": one.version,
        "step": one.step_key,
        "title": shown.title,
        "first": one.first,
        "second": one.second,
        "opened_at": utc_text(one.opened_at),
        "choice": one.choice,
        "why": one.why,
        "decided_by": one.decided_by,
        "decided_at": utc_text(one.decided_at) if one.decided_at else None,
    }
