"""Backups: taken lately, and what takes them is here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

import psycopg

from app.archive.programs import program
from app.archive.restore import INTERRUPTED
from app.core.errors import Unavailable
from app.doctor.checks.database import CUT_SHORT, PUT_IT_BACK
from app.doctor.findings import Said, ok, problem, warning
from app.doctor.look import Look
from app.jobs.models import SignOfLife

CONNECT_S: Final = 5
MAKE_ONE: Final = "Have ./rackside backup DIR run by a timer; RACKSIDE_BACKUP_DAYS=0 where something else does it."


def lately(look: Look) -> Iterator[Said]:
    """Whether the last backup is as new as it is wanted."""
    with look.session() as session:
        last = session.get(SignOfLife, "backup")
    yield judged(last.at if last else None, look.clock(), look.settings.backup_days)


def judged(last: datetime | None, now: datetime, days: int) -> Said:
    """`days` 0: nobody asks for any. Pure."""
    if not days:
        return ok("Backups are something else's business (RACKSIDE_BACKUP_DAYS=0).")
    if last is None:
        return warning("No backup was ever taken.", MAKE_ONE)
    told = f"The last backup was taken on {last:%Y-%m-%d %H:%M} UTC."
    return warning(told, MAKE_ONE) if now - last > timedelta(days=days) else ok(told)


def means(look: Look) -> Iterator[Said]:
    """Whether there is a pg_dump for this server, and no restore was cut short."""
    with psycopg.connect(look.line, connect_timeout=CONNECT_S) as connection:
        wanted = connection.info.server_version // 10000
        row = connection.execute(INTERRUPTED.encode()).fetchone()
    if row is not None and row[0]:
        yield problem(CUT_SHORT, PUT_IT_BACK)
    try:
        path, version = program("pg_dump", wanted)
    except Unavailable as error:
        yield warning(f"No backup can be taken here. {error.detail}", "Or take it on another machine.")
    else:
        yield ok(f"pg_dump {version} is here: {path}.")
