"""The table of shutdowns: each request to one machine, and how far it has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base
from app.jobs.power_course import UNDER_WAY, Course

_COURSES = ", ".join(f"'{course}'" for course in Course)
_OPEN = ", ".join(f"'{course}'" for course in sorted(UNDER_WAY))


class Shutdown(Base):
    """One graceful shutdown that was asked for a cold job; at most one under way for a machine.

    `action_id` is what the site's worker sends, `until` (business time) how long it is watched, `said` what the machine
    said when it ended.
    """

    __tablename__ = "shutdown"
    __table_args__ = (
        CheckConstraint(f"course IN ({_COURSES})", name="course"),
        Index("uq_shutdown_under_way", "asset_id", unique=True, postgresql_where=text(f"course IN ({_OPEN})")),
        Index("ix_shutdown_order_id_asked_at", "order_id", "asked_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(ForeignKey("work_order.id"))
    asset_id: Mapped[int] = mapped_column(ForeignKey("asset.id"))
    action_id: Mapped[UUID] = mapped_column(ForeignKey("device_action.id"))
    course: Mapped[str] = mapped_column(default=str(Course.ASKED))
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    until: Mapped[datetime]
    since: Mapped[datetime]  # in this course
    said: Mapped[str | None]
    problem: Mapped[dict[str, Any] | None]  # why it was not sent, or is unknown: detail and advice
