"""`rackside site`: data centers, their hours and their closed days at the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from app.core.cli import Output, Parser, administer
from app.core.clock import business_now, true_now
from app.core.database import db
from app.core.errors import Invalid
from app.shifts.closed_days import propose
from app.shifts.queries import site_calendar
from app.shifts.window import DEFAULT_HOURS, is_open, parse_hours, zone
from app.sites import operations
from app.sites.models import ClosedDay, Site
from app.sites.queries import all_sites, site_coded

BY: Final = "cli"


def main(argv: Sequence[str]) -> int:
    """`rackside site`: exit 0 done, 1 refused, 64 bad arguments."""
    parser = Parser("rackside site", description="Data centers, their hours and closed days.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    add = _verb(verbs, "add", _add, "add a data center")
    add.add_argument("--name", required=True)
    add.add_argument("--time-zone", required=True, help="IANA name, like Europe/Amsterdam")
    add.add_argument("--hours", default=DEFAULT_HOURS, help=f"default {DEFAULT_HOURS!r}")
    add.add_argument("--country", help="ISO 3166 code, for its public holidays")
    add.add_argument("--subdivision", help="part of the country, like HE")
    change = _verb(verbs, "change", _change, "change what is given")
    for option in ("--name", "--time-zone", "--hours", "--country", "--subdivision"):
        change.add_argument(option)
    _verb(verbs, "list", _list, "all data centers", coded=False)
    proposing = _verb(verbs, "propose", _propose, "propose the country's public holidays as closed days")
    proposing.add_argument("--year", type=int, help="default: this year and the next")
    _verb(verbs, "closed", _closed, "closed and proposed days")
    closing = _verb(verbs, "close", _close, "close days, proposed or not")
    closing.add_argument("day", nargs="*", help="YYYY-MM-DD")
    closing.add_argument("--proposed", action="store_true", help="all that are proposed")
    closing.add_argument("--name", help="why, for a day that was not proposed")
    _verb(verbs, "open", _open, "take closed or proposed days away").add_argument("day", nargs="+")
    arguments = parser.parse_args(argv)
    return administer(arguments.act, arguments)


def _verb(
    verbs: Any, name: str, act: Callable[..., Output], about: str, *, coded: bool = True
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=about, description=about)
    parser.set_defaults(act=act)
    parser.add_argument("--json", action="store_true", help="print JSON")
    if coded:
        parser.add_argument("code", metavar="CODE")
    return parser


def _add(arguments: argparse.Namespace) -> Output:
    zone(arguments.time_zone)
    parse_hours(arguments.hours)
    added = operations.add_site(
        db.session(),
        code=arguments.code,
        name=arguments.name,
        time_zone=arguments.time_zone,
        hours=arguments.hours,
        country=arguments.country,
        subdivision=arguments.subdivision,
        by=BY,
        now=true_now(),
    )
    return _said([added])


def _change(arguments: argparse.Namespace) -> Output:
    given = {field: value for field in operations.CHANGEABLE if (value := getattr(arguments, field)) is not None}
    if "time_zone" in given:
        zone(given["time_zone"])
    if "hours" in given:
        parse_hours(given["hours"])
    site = site_coded(db.session(), arguments.code)
    operations.change_site(db.session(), site, by=BY, now=true_now(), **given)
    return _said([site])


def _list(_arguments: argparse.Namespace) -> Output:
    return _said(all_sites(db.session()))


def _propose(arguments: argparse.Namespace) -> Output:
    site = site_coded(db.session(), arguments.code)
    if site.country is None:
        raise Invalid("invalid", f"{site.code} has no country: ./rackside site change {site.code} --country NL")
    this_year = business_now().year
    for year in [arguments.year] if arguments.year else [this_year, this_year + 1]:
        for day in propose(site.country, site.subdivision, year):
            operations.propose_closed_day(db.session(), site, day=day.date, name=day.name, source="holidays")
    return _days(site)


def _closed(arguments: argparse.Namespace) -> Output:
    return _days(site_coded(db.session(), arguments.code))


def _close(arguments: argparse.Namespace) -> Output:
    site = site_coded(db.session(), arguments.code)
    days = [_day(text) for text in arguments.day]
    if arguments.proposed:
        days += [closed.day for closed in site.closed_days if closed.confirmed_at is None]
    for day in days:
        operations.close_day(db.session(), site, day, by=BY, now=true_now(), name=arguments.name)
    return _days(site)


def _open(arguments: argparse.Namespace) -> Output:
    site = site_coded(db.session(), arguments.code)
    for text in arguments.day:
        operations.open_day(db.session(), site, _day(text), by=BY, now=true_now())
    return _days(site)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("invalid", f"{text!r} is no date like 2026-12-25") from error


def _said(sites: Sequence[Site]) -> Output:
    forms = [_form(site) for site in sites]
    return {"items": forms, "next": None}, [_line(form) for form in forms]


def _line(form: dict[str, Any]) -> str:
    now = "open" if form["is_open"] else "closed"
    return f"{form['code']:<8} {form['name']}: {form['hours']} {form['time_zone']}, {now} now"


def _form(site: Site) -> dict[str, Any]:
    return {
        "code": site.code,
        "name": site.name,
        "time_zone": site.time_zone,
        "hours": site.hours,
        "country": site.country,
        "subdivision": site.subdivision,
        "is_open": is_open(site_calendar(site), business_now()),
    }


def _days(site: Site) -> Output:
    days = sorted(site.closed_days, key=lambda closed: closed.day)
    lines = [f"{closed.day}  {_state(closed):<8}  {closed.name}" for closed in days]
    items = [
        {"date": closed.day.isoformat(), "name": closed.name, "state": _state(closed), "source": closed.source}
        for closed in days
    ]
    return {"items": items, "next": None}, lines


def _state(closed: ClosedDay) -> str:
    return "proposed" if closed.confirmed_at is None else "closed"
