"""How much of today's shifts is booked. Reads only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from app.shifts.models import Appointment
from app.shifts.queries import shifts_between, site_calendar
from app.sites.models import Site


@dataclass(frozen=True, slots=True)
class Load:
    """One technician's day at one site, in minutes: on shift, and booked."""

    site: str
    name: str
    shift_minutes: int
    booked_minutes: int


def load_today(session: Session, sites: Sequence[Site], now: datetime) -> list[Load]:
    """Shift and booked minutes of each site's own today, by site and name. Three queries for each site."""
    found = []
    for site in sites:
        start = _midnight(site, now)
        end = start + timedelta(days=1)
        booked = _booked(session, site, start, end)
        on_shift: Counter[str] = Counter()
        for person, span in shifts_between(session, site, start, end):
            on_shift[person.full_name] += _minutes(span.ends_at - span.starts_at)
        names = sorted(set(on_shift) | set(booked))
        found += [Load(site.code, name, on_shift[name], booked[name]) for name in names]
    return found


def _booked(session: Session, site: Site, start: datetime, end: datetime) -> Counter[str]:
    today = select(Appointment).where(
        Appointment.active, Appointment.site_id == site.id, Appointment.during.op("&&")(Range(start, end))
    )
    minutes: Counter[str] = Counter()
    for one in session.scalars(today).unique():
        minutes[one.technician.full_name] += _minutes(min(one.ends_at, end) - max(one.starts_at, start))
    return minutes


def _midnight(site: Site, now: datetime) -> datetime:
    zone = site_calendar(site).zone
    return datetime.combine(now.astimezone(zone).date(), time(0), tzinfo=zone)


def _minutes(span: timedelta) -> int:
    return round(span.total_seconds() / 60)
