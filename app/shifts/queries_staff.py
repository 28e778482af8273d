"""Who can be asked for a job, and what of their time is taken. Reads only.

One statement that stands ready. The database folds bookings that follow each other into one span, so that a site with
hundreds of open orders gives a line for each technician and a span for each full day, not hundreds of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Date, DateTime, ScalarSelect, SQLColumnExpression, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, array
from sqlalchemy.orm import Session

from app.core.asking import Question
from app.people.models import Person
from app.shifts.models import Absence, Appointment, Roster
from app.shifts.queries import ANYWHERE, shift_of, site_calendar
from app.shifts.rules import Rostered, Staff
from app.shifts.window import Opening
from app.sites.models import Site

_AT = bindparam("at", type_=DateTime(timezone=True))
_AHEAD = Appointment.during.op("&&")(func.tstzrange(_AT, None))


def _edges(span: SQLColumnExpression[Any], *which: SQLColumnExpression[bool]) -> ScalarSelect[Any]:
    """Begin, end, begin, end of these spans in order; what touches or overlaps is one. NULL where there are none."""
    folded = select(func.unnest(func.range_agg(span)).label("span")).where(*which).correlate(Roster).subquery()
    ends = func.unnest(array([func.lower(folded.c.span), func.upper(folded.c.span)])).table_valued("edge")
    edge = ends.render_derived().c.edge
    return select(func.array_agg(aggregate_order_by(edge, edge))).select_from(folded, edge.table).scalar_subquery()


_STAFF: Final = Question(
    select(
        Roster.person_id,
        Person.name,
        Roster.hours,
        Roster.valid_from,
        Roster.valid_until,
        _edges(Appointment.during, Appointment.active, Appointment.technician_id == Roster.person_id, _AHEAD),
        _edges(
            func.tstzrange(Absence.starts_at, Absence.ends_at),
            Absence.person_id == Roster.person_id,
            Absence.ends_at > _AT,
        ),
        _edges(
            Appointment.during,
            Appointment.active,
            Appointment.machine_id == bindparam("machine", type_=BigInteger),
            _AHEAD,
        ),
    )
    .join(Person, Person.id == Roster.person_id)
    .where(Roster.site_id == bindparam("site", type_=BigInteger), Person.active)
    .where(or_(Roster.valid_until.is_(None), Roster.valid_until >= bindparam("day", type_=Date)))
    .order_by(Roster.id)
)


def staff_of(session: Session, site: Site, machine_id: int | None, at: datetime) -> Staff:
    """Technicians of the site with their spans inside site hours from `at` on, and what takes their time.

    One query, a row for each line of the roster. With the machine's own bookings, when a machine is given.
    """
    calendar = site_calendar(site)
    technicians: dict[int, Rostered] = {}
    machine: list[Opening] = []
    asked = {"site": site.id, "machine": machine_id, "at": at, "day": (at - ANYWHERE).date()}
    for person_id, name, hours, first, last, booked, away, on_machine in _STAFF.ask(session, asked):
        shift = shift_of(calendar, hours, first, last, at)
        known = technicians.get(person_id)
        spans = (*(known.spans if known else ()), *([shift] if shift else ()))
        technicians[person_id] = Rostered(person_id, name, spans, _between(away), _between(booked))
        machine = _between(on_machine)
    return Staff(tuple(technicians.values()), machine)


def _between(edges: Sequence[datetime] | None) -> list[Opening]:
    given = [edge.astimezone(UTC) for edge in edges or ()]
    return list(map(Opening, given[::2], given[1::2]))
