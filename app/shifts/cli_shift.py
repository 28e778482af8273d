"""`rackside shift`: who works when, and who is away, at the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar

from app.core.cli import Output, Parser, administer
from app.core.clock import business_now, true_now, utc_text
from app.core.database import db
from app.core.errors import Invalid
from app.people.queries import person_named
from app.shifts import operations
from app.shifts.queries import absences_from, rosters_from
from app.shifts.window import DEFAULT_HOURS, local_text, zone
from app.sites.models import Site
from app.sites.queries import site_coded

BY: Final = "cli"
Day = TypeVar("Day", bound=date)


def main(argv: Sequence[str]) -> int:
    """`rackside shift`: exit 0 done, 1 refused, 64 bad arguments."""
    parser = Parser("rackside shift", description="Who works when. Nothing is booked without a technician on a roster.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    _verb(verbs, "list", _list, "a site's roster and absences")
    putting = _verb(verbs, "set", _set, "from a day on somebody works these hours, instead of those before")
    putting.add_argument("person")
    putting.add_argument("--hours", default=DEFAULT_HOURS, help=f"in the site's time; default {DEFAULT_HOURS!r}")
    putting.add_argument("--from", dest="day", metavar="DATE", help="first day, YYYY-MM-DD; default today")
    ending = _verb(verbs, "end", _end, "take somebody off the roster")
    ending.add_argument("person")
    ending.add_argument("--from", dest="day", metavar="DATE", help="first day off, YYYY-MM-DD; default today")
    away = _verb(verbs, "absence", _absence, "somebody is away for a time")
    away.add_argument("person")
    away.add_argument("--from", dest="starts", metavar="TIME", required=True, help="site's time, YYYY-MM-DDTHH:MM")
    away.add_argument("--until", dest="ends", metavar="TIME", required=True)
    away.add_argument("--why")
    arguments = parser.parse_args(argv)
    return administer(arguments.act, arguments)


def _verb(verbs: Any, name: str, act: Callable[..., Output], about: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    parser.set_defaults(act=act)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("code", metavar="CODE", help="the site")
    return parser


def _list(arguments: argparse.Namespace) -> Output:
    return _said(site_coded(db.session(), arguments.code))


def _set(arguments: argparse.Namespace) -> Output:
    session = db.session()
    site, person = site_coded(session, arguments.code), person_named(session, arguments.person)
    first = _day(arguments.day, site)
    operations.set_shift(session, person, site, hours=arguments.hours, valid_from=first, by=BY, now=true_now())
    return _said(site)


def _end(arguments: argparse.Namespace) -> Output:
    session = db.session()
    site, person = site_coded(session, arguments.code), person_named(session, arguments.person)
    operations.end_shift(session, person, site, first_day_off=_day(arguments.day, site), by=BY, now=true_now())
    return _said(site)


def _absence(arguments: argparse.Namespace) -> Output:
    session = db.session()
    site, person = site_coded(session, arguments.code), person_named(session, arguments.person)
    starts, ends = _instant(arguments.starts, site), _instant(arguments.ends, site)
    operations.absent(session, person, starts_at=starts, ends_at=ends, why=arguments.why, by=BY, now=true_now())
    return _said(site)


def _today(site: Site) -> date:
    return business_now().astimezone(zone(site.time_zone)).date()


def _day(text: str | None, site: Site) -> date:
    if text is None:
        return _today(site)
    try:
        return _of_our_time(date.fromisoformat(text))
    except ValueError as error:
        raise Invalid("invalid", f"{text!r} is no date like 2026-12-25") from error


def _instant(text: str, site: Site) -> datetime:
    try:
        given = _of_our_time(datetime.fromisoformat(text))
    except ValueError as error:
        raise Invalid("invalid", f"{text!r} is no time like 2026-12-24T08:00") from error
    return (given if given.tzinfo else given.replace(tzinfo=zone(site.time_zone))).astimezone(UTC)


def _of_our_time(day: Day) -> Day:
    if not 2000 <= day.year <= 2999:
        raise ValueError(day)
    return day


def _said(site: Site) -> Output:
    """The roster from today on, with absences."""
    lines = rosters_from(db.session(), site, _today(site))
    away = absences_from(db.session(), site, business_now())
    form = {
        "site": site.code,
        "time_zone": site.time_zone,
        "roster": [
            {
                "technician": line.person.name,
                "hours": line.hours,
                "from": line.valid_from.isoformat(),
                "until": line.valid_until.isoformat() if line.valid_until else None,
            }
            for line in lines
        ],
        "absences": [
            {
                "technician": one.person.name,
                "starts_at": utc_text(one.starts_at),
                "ends_at": utc_text(one.ends_at),
                "why": one.why,
            }
            for one in away
        ],
    }
    words = [
        f"{line.person.name:<8} {line.hours}, from {line.valid_from}"
        + (f" until {line.valid_until}" if line.valid_until else "")
        for line in lines
    ]
    words += [
        f"{one.person.name:<8} away {_wall(one.starts_at, site)} to {_wall(one.ends_at, site)}"
        + (f": {one.why}" if one.why else "")
        for one in away
    ]
    return form, words or [f"nobody is on the roster of {site.code}: ./rackside shift set {site.code} NAME"]


def _wall(at: datetime, site: Site) -> str:
    return local_text(at, site.time_zone)[:16].replace("T", " ")
