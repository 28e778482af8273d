"""Table of the published procedures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base


class Procedure(Base):
    """One published version of a kind's steps and minutes: never changed afterwards. The code ships version 1."""

    __tablename__ = "procedure"
    __table_args__ = (
        UniqueConstraint("job_kind", "version"),
        CheckConstraint("version > 1", name="version"),
        CheckConstraint("verify_minutes >= 0 AND back_out_minutes >= 0", name="minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_kind: Mapped[str]
    version: Mapped[int]
    steps: Mapped[list[Any]]
    verify_minutes: Mapped[int]
    back_out_minutes: Mapped[int]
    why: Mapped[str]
    published_by: Mapped[str]
    published_at: Mapped[datetime]
