"""Table of what two people did of one step, until a person has chosen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class StepConflict(Base):
    """A second version of a step that somebody else had done. `first` is what stood on the order, `second` what came.

    Both are versions as app.jobs.conflicts.Version writes them, and never changed but for `first`, which follows what
    stands on the order when another choice about the same step is made. `version` is the compare-and-set.
    """

    __tablename__ = "step_conflict"
    __table_args__ = (
        CheckConstraint("choice IN ('first', 'second', 'both')", name="choice"),
        CheckConstraint("(choice IS NULL) = (decided_at IS NULL)", name="decided"),
        Index("ix_step_conflict_order_id", "order_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id", ondelete="CASCADE"))
    step_key: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    first: Mapped[dict[str, Any]]
    second: Mapped[dict[str, Any]]
    opened_at: Mapped[datetime]
    choice: Mapped[str | None]
    why: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- every UPDATE is a compare-and-set on the version
