"""What a booking costs the database: the same with an empty calendar and behind hundreds of open orders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import text

from app.core.database import transaction
from app.shifts.queries_staff import staff_of
from app.sites.models import Site
from tests.integration.jobs.conftest import SATURDAY, Hall

STATED = 33
WEEKS = 8
JOBS_A_DAY = 27  # of twenty minutes, from eight to five
FILL = text("""
    INSERT INTO appointment (site_id, technician_id, machine_id, order_number, during, starts_local, ends_local,
                             time_zone, active)
    SELECT site.id, person.id, 1000000 + row_number() OVER (), 'WO-2025-' || row_number() OVER (),
           tstzrange(begins, begins + interval '20 minutes'), '', '', site.time_zone, true
    FROM site, person, generate_series(0, :days - 1) day, generate_series(0, :a_day - 1) job,
         LATERAL (SELECT (date '2026-12-07' + day + time '08:00' + job * interval '20 minutes')
                         AT TIME ZONE site.time_zone AS begins) started
    WHERE site.code = 'AMS1' AND person.name IN ('tess', 'tom')
""")


@dataclass
class Cost:
    """How often the database was asked, how many rows it gave, and what it was asked."""

    said: list[str]
    rows: int = 0


@contextmanager
def watched() -> Iterator[Cost]:
    """What is asked meanwhile over any connection, whoever composed it."""
    cost, execute = Cost([]), psycopg.Cursor.execute

    def told(cursor: Any, query: Any, *arguments: Any, **options: Any) -> Any:
        done = execute(cursor, query, *arguments, **options)
        cost.said.append(str(query))
        cost.rows += max(cursor.rowcount, 0)
        return done

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(psycopg.Cursor, "execute", told)
        yield cost


def booked(hall: Hall, asset: str) -> tuple[Cost, Any]:
    """Escalate; what that cost, and the order."""
    with watched() as cost:
        order = hall.order(asset=asset)
    assert order["appointment"] is not None
    return cost, order


def test_a_booking_costs_the_same_behind_hundreds_of_open_orders(hall: Hall, at: Any) -> None:
    at(SATURDAY)
    hall.order(asset="SRV-1")  # the first of a year takes more
    free, early = booked(hall, "SRV-2")
    with hall.app.app_context(), transaction() as session:
        session.execute(text("UPDATE appointment SET active = false"))
        session.execute(FILL, {"days": 7 * WEEKS, "a_day": JOBS_A_DAY})
    full, late = booked(hall, "SRV-3")
    assert early["appointment"]["starts_local"].startswith("2026-12-07T08")
    assert late["appointment"]["starts_local"] == "2027-02-01T08:00:00+01:00"
    assert "both technicians are booked until" in " ".join(late["promise"]["explanation"])
    assert len(full.said) == len(free.said) <= STATED, "\n".join(full.said)
    assert full.rows == free.rows


def test_jobs_that_follow_each_other_are_read_as_one_span_a_day(hall: Hall) -> None:
    with hall.app.app_context(), transaction() as session:
        session.execute(FILL, {"days": 10, "a_day": JOBS_A_DAY})
        site = session.query(Site).filter_by(code="AMS1").one()
        staff = staff_of(session, site, None, SATURDAY)
    assert [one.name for one in staff.technicians] == ["tess", "tom"]
    for technician in staff.technicians:
        assert [span.duration for span in technician.booked] == [timedelta(hours=9)] * 10
