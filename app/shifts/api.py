"""The API of sites and shifts: when a data center is open, and who works there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from apiflask import APIBlueprint, Schema
from apiflask.fields import AwareDateTime, Boolean, Date, DateTime, Integer, List, Nested, String
from apiflask.validators import Length, Range
from flask import Response, jsonify
from sqlalchemy.orm import Session

from app.core.access import current, needs
from app.core.clock import business_now, utc_text
from app.core.database import transaction
from app.core.permissions import Permission
from app.people.models import Person
from app.shifts.queries import shifts_of, site_calendar
from app.shifts.window import Opening, closes_at, is_open, local_text, next_opening, zone
from app.sites.models import Site
from app.sites.queries import visible_site, visible_sites

api: Final = APIBlueprint("shifts_api", __name__, url_prefix="/api/v1", tag="Sites and shifts")


class ClosedDayOut(Schema):
    """A day without site hours."""

    date = Date(required=True)
    name = String(required=True)


class SiteOut(Schema):
    """A data center and its window now."""

    code = String(required=True)
    name = String(required=True)
    time_zone = String(required=True)
    hours = String(required=True)
    country = String(required=True, allow_none=True)
    closed_days = List(Nested(ClosedDayOut), required=True)
    is_open = Boolean(required=True)
    closes_at = DateTime(required=True, allow_none=True)
    next_opens_at = DateTime(required=True, allow_none=True)


class SitesOut(Schema):
    """Sites by code."""

    items = List(Nested(SiteOut), required=True)
    next = String(required=True, allow_none=True)


class SitesIn(Schema):
    """A page of sites: `cursor` is the `next` of the page before."""

    cursor = String(load_default="", validate=Length(1, 16))
    limit = Integer(load_default=100, validate=Range(1, 200))


class ShiftsIn(Schema):
    """Which shifts: of one site or of all one may see, from an instant (default now), for some days.

    Of all: those of `limit` sites at once; `cursor` is the `next` of the page before.
    """

    cursor = String(load_default="", validate=Length(1, 16))
    limit = Integer(load_default=20, validate=Range(1, 100))
    site = String(validate=Length(1, 16))
    start = AwareDateTime(data_key="from", format="iso")
    days = Integer(load_default=7, validate=Range(1, 31))


class ShiftOut(Schema):
    """A technician's time at a site; half-open."""

    site = String(required=True)
    technician = String(required=True)
    full_name = String(required=True)
    starts_at = DateTime(required=True)
    ends_at = DateTime(required=True)
    starts_local = String(required=True)
    ends_local = String(required=True)
    time_zone = String(required=True)


class ShiftsOut(Schema):
    """Shifts by site, then by start."""

    items = List(Nested(ShiftOut), required=True)
    next = String(required=True, allow_none=True)


@api.get("/sites")
@needs(Permission.SITES_READ)
@api.input(SitesIn, location="query", arg_name="asked")
@api.output(SitesOut)
def sites(asked: dict[str, Any]) -> Response:
    """The data centers that the caller may see, with their window now."""
    now = business_now()
    with transaction() as session:
        found, following = _page(session, Permission.SITES_READ, asked)
        return jsonify({"items": [site_form(site, now) for site in found], "next": following})


@api.get("/sites/<code>")
@needs(Permission.SITES_READ)
@api.output(SiteOut)
def site(code: str) -> Response:
    """One data center, with its window now."""
    with transaction() as session:
        return jsonify(site_form(visible_site(session, current(), Permission.SITES_READ, code), business_now()))


@api.get("/shifts")
@needs(Permission.SHIFTS_READ)
@api.input(ShiftsIn, location="query", arg_name="asked")
@api.output(ShiftsOut)
def shifts(asked: dict[str, Any]) -> Response:
    """Who works when: the roster inside site hours, absences taken off."""
    start = asked.get("start") or business_now()
    end = start + timedelta(days=asked["days"])
    following = None
    with transaction() as session:
        if "site" in asked:
            places = [visible_site(session, current(), Permission.SHIFTS_READ, asked["site"])]
        else:
            places, following = _page(session, Permission.SHIFTS_READ, asked)
        found = shifts_of(session, {place: _morning(start, place) for place in places}, end)
        items = [
            shift_form(place, person, span) for place in places for person, span in found[place] if span.ends_at > start
        ]
    return jsonify({"items": items, "next": following})


def _page(session: Session, permission: Permission, asked: dict[str, Any]) -> tuple[list[Site], str | None]:
    """The sites of the page asked for, and what the next page is asked by; None after the last."""
    found = visible_sites(session, current(), permission, after=asked["cursor"], limit=asked["limit"] + 1)
    page = list(found[: asked["limit"]])
    return page, page[-1].code if len(found) > len(page) else None


def _morning(start: datetime, place: Site) -> datetime:
    """Midnight before it at the site: a shift that runs at `start` is told with its own beginning."""
    return start.astimezone(zone(place.time_zone)).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def site_form(site: Site, now: datetime) -> dict[str, Any]:
    """The outward form of a site; only confirmed closed days count."""
    calendar = site_calendar(site)
    closing, opening = closes_at(calendar, now), next_opening(calendar, now)
    closed = [day for day in site.closed_days if day.confirmed_at is not None]
    return {
        "code": site.code,
        "name": site.name,
        "time_zone": site.time_zone,
        "hours": site.hours,
        "country": site.country,
        "closed_days": [{"date": day.day.isoformat(), "name": day.name} for day in closed],
        "is_open": is_open(calendar, now),
        "closes_at": utc_text(closing) if closing else None,
        "next_opens_at": utc_text(opening.starts_at) if opening else None,
    }


def shift_form(site: Site, person: Person, span: Opening) -> dict[str, Any]:
    """The outward form of one technician's time at a site."""
    return {
        "site": site.code,
        "technician": person.name,
        "full_name": person.full_name,
        "starts_at": utc_text(span.starts_at),
        "ends_at": utc_text(span.ends_at),
        "starts_local": local_text(span.starts_at, site.time_zone),
        "ends_local": local_text(span.ends_at, site.time_zone),
        "time_zone": site.time_zone,
    }
