"""Numbers that people read aloud: WO-2026-000417."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.jobs.models import Sequence


def next_number(session: Session, prefix: str, now: datetime) -> str:
    """Take the next number of the year (UTC). Holds one row lock until the transaction ends, so none is lost."""
    statement = (
        insert(Sequence)
        .values(prefix=prefix, year=now.year, last=1)
        .on_conflict_do_update(index_elements=["prefix", "year"], set_={"last": Sequence.last + 1})
        .returning(Sequence.last)
    )
    return f"{prefix}-{now.year}-{session.execute(statement).scalar_one():06d}"
