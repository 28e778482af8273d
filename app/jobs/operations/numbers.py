"""Numbers that people read aloud: WO-2026-000417."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.jobs.models import SEQUENCES, NumberYear


def next_number(session: Session, prefix: str, now: datetime) -> str:
    """Take the next number of the year (UTC). Nobody waits for it: what is rolled back leaves its number out.

    One query; the first of a year takes two more, and those who come at the same time wait for that one.
    """
    sequence = SEQUENCES[prefix]
    began = select(NumberYear.before).where(NumberYear.prefix == prefix, NumberYear.year == now.year)
    value, before = session.execute(select(sequence.next_value(), began.scalar_subquery())).one()
    while before is None or value <= before:  # the year's first, or overtaken by it
        begins = insert(NumberYear).values(prefix=prefix, year=now.year, before=value - 1)
        session.execute(begins.on_conflict_do_nothing())
        before = session.scalars(began).one()
        if value <= before:
            value = session.scalars(select(sequence.next_value())).one()
    return f"{prefix}-{now.year}-{value - before:06d}"
