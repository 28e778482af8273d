"""The sweep's history by months: made ahead, dropped when they are old. Work of the center, which owns the schema.

Nothing else is touched: diagnostics, among them every order's BEFORE and AFTER, stand in a table of their own that has
no retention.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session

from app.hardware.models import SiteSweep, SweepChange

AHEAD = 2
MONTH = re.compile(r"change_(\d{4})_(\d{2})")
_KNOWN = text("SELECT tablename FROM pg_tables WHERE schemaname = 'sweep'")


def make_months(session: Session, *, now: datetime) -> list[str]:
    """Make the partitions of this month and the next two where they are missing; returns the new ones.

    What was written before its month had a partition moves into it.
    """
    known = set(session.scalars(_KNOWN))
    wanted = {_name(first): first for first in (_month(now, step) for step in range(AHEAD + 1))}
    missing = [name for name in wanted if name not in known]
    for name in missing:
        since, until = wanted[name], _month(wanted[name], 1)
        of_month = delete(SweepChange).where(SweepChange.at >= since, SweepChange.at < until)
        early = session.execute(of_month.returning(*SweepChange.__table__.columns)).mappings().all()
        bounds = f"FROM ('{since.isoformat()}') TO ('{until.isoformat()}')"
        session.execute(text(f"CREATE TABLE sweep.{name} PARTITION OF public.sweep_change FOR VALUES {bounds}"))
        if early:
            session.execute(insert(SweepChange), [dict(row) for row in early])
    return missing


def drop_months(session: Session, *, now: datetime, keep: int) -> list[str]:
    """Drop what is older than the `keep` months before this one, whole months at a time; returns which.

    The record of the sweeps themselves goes with it. A machine's first whole statement of what is left is at most a
    day younger than the cut, so what was found since can still be told.
    """
    first = _month(now, -keep)
    dropped = [name for name in sorted(session.scalars(_KNOWN)) if (at := _month_of(name)) and at < first]
    for name in dropped:
        session.execute(text(f"DROP TABLE sweep.{name}"))
    session.execute(delete(SweepChange).where(SweepChange.at < first))
    session.execute(delete(SiteSweep).where(SiteSweep.started_at < first))
    return dropped


def _month(at: datetime, step: int) -> datetime:
    """The beginning of the month so many months after that of `at`, in UTC."""
    count = at.year * 12 + at.month - 1 + step
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def _name(first: datetime) -> str:
    return f"change_{first:%Y_%m}"


def _month_of(name: str) -> datetime | None:
    found = MONTH.fullmatch(name)
    return datetime(int(found[1]), int(found[2]), 1, tzinfo=UTC) if found else None
