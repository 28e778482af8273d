"""The verbs of data centers: add one, change its hours, close a day. Hours and zones arrive checked (shifts.window)."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from app.core.database import notify
from app.core.errors import Conflict, FieldError, Invalid, NotFound
from app.core.events import record
from app.sites.models import ClosedDay, Site
from app.sites.queries import has_site

CODE: Final = re.compile(r"[A-Z0-9-]{2,16}")
CHANGEABLE: Final = ("name", "time_zone", "hours", "country", "subdivision")


def add_site(
    session: Session,
    *,
    code: str,
    name: str,
    time_zone: str,
    hours: str,
    by: str,
    now: datetime,
    country: str | None = None,
    subdivision: str | None = None,
) -> Site:
    """Add a data center; raises Invalid for its code or a blank name, Conflict for a code that exists."""
    if not CODE.fullmatch(code):
        raise _wrong("code", "A site's code is 2 to 16 capital letters, digits and dashes.")
    if not name.strip():
        raise _wrong("name", "The name is missing.")
    if has_site(session, code):
        raise Conflict("code_taken", f"There is a site {code} already.")
    site = Site(
        code=code, name=name.strip(), time_zone=time_zone, hours=hours, country=country, subdivision=subdivision
    )
    session.add(site)
    session.flush()
    detail = {"name": site.name, "time_zone": time_zone, "hours": hours}
    record(session, stream(site), now=now, by=by, verb="added", detail=detail)
    return site


def change_site(session: Session, site: Site, *, by: str, now: datetime, **values: str | None) -> None:
    """Change name, zone, hours or country; what is booked stays booked and shows on the manager's board."""
    changed: dict[str, Any] = {}
    for field, value in values.items():
        if field not in CHANGEABLE:
            raise _wrong(field, f"{field} cannot be changed.")
        if getattr(site, field) != value:
            changed[field] = {"from": getattr(site, field), "to": value}
            setattr(site, field, value)
    if changed:
        record(session, stream(site), now=now, by=by, verb="changed", detail=changed)
        notify(session, f"site:{site.code}")


def propose_closed_day(session: Session, site: Site, *, day: date, name: str, source: str) -> ClosedDay | None:
    """Note a day somebody may want to close on; None when the day stands there already. Nothing closes yet."""
    if _on(site, day) is not None:
        return None
    proposed = ClosedDay(site_id=site.id, day=day, name=name, source=source)
    site.closed_days.append(proposed)
    session.flush()
    return proposed


def close_day(session: Session, site: Site, day: date, *, by: str, now: datetime, name: str | None = None) -> ClosedDay:
    """Close a day, proposed or not; what is booked on it stays and shows on the manager's board.

    Closing a closed day is no error. Raises Invalid when a day that nobody proposed has no name.
    """
    closed = _on(site, day)
    if closed is None:
        if not name:
            raise _wrong("name", f"{day} was not proposed: say why it is closed.")
        closed = propose_closed_day(session, site, day=day, name=name, source="person")
        assert closed is not None
    if closed.confirmed_at is None:
        closed.confirmed_by, closed.confirmed_at = by, now
        detail = {"day": day.isoformat(), "name": closed.name}
        record(session, stream(site), now=now, by=by, verb="day_closed", detail=detail)
        notify(session, f"site:{site.code}")
    return closed


def open_day(session: Session, site: Site, day: date, *, by: str, now: datetime, why: str | None = None) -> None:
    """Take a closed or proposed day away; raises NotFound when it is neither."""
    closed = _on(site, day)
    if closed is None:
        raise NotFound("not_closed", f"{site.code} is not closed on {day}.")
    site.closed_days.remove(closed)
    session.delete(closed)
    record(session, stream(site), now=now, by=by, verb="day_opened", why=why, detail={"day": day.isoformat()})
    notify(session, f"site:{site.code}")


def stream(site: Site) -> str:
    """The stream of events about a site."""
    return f"site:{site.code}"


def _on(site: Site, day: date) -> ClosedDay | None:
    return next((closed for closed in site.closed_days if closed.day == day), None)


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid("invalid", sentence, [FieldError(field, "invalid", sentence)])
