"""What the frame of a page shows about the person who looks at it."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

from flask import g, request
from werkzeug.local import LocalProxy

from app.core.access import Principal
from app.core.clock import business_now, drill_offset
from app.core.database import transaction
from app.core.permissions import Permission, Role
from app.shifts.queries_places import visible_places
from app.shifts.window import Calendar, closes_at, next_opening, opening_at
from app.web.components import PageLink, Shell, SignedIn, SiteHours, place_of

PAGES: Final[tuple[tuple[str, str, Role | Permission], ...]] = (
    ("My day", "/day", Role.TECHNICIAN),
    ("Inbox", "/inbox", Role.L1_ENGINEER),
    ("Referrals", "/queue", Role.SYSADMIN),
    ("Board", "/board", Role.MANAGER),
    ("Orders", "/orders", Permission.ORDERS_READ),
    ("Machines", "/assets", Permission.ASSETS_READ),
    ("Parts", "/parts", Permission.PARTS_READ),
    ("Shifts", "/shifts", Permission.SHIFTS_WRITE),
    ("Procedures", "/procedures", Permission.PROCEDURES_WRITE),
    ("Messages", "/messages", Permission.MESSAGES_WRITE),
    ("Sites", "/sites", Permission.SITES_WRITE),
    ("People", "/people", Permission.PEOPLE_WRITE),
    ("Me", "/me", Permission.SELF),
)


def for_this_request() -> Shell:
    """The shell of the page that this request renders; empty for a visitor."""
    principal: Principal | None = None if g.get("plain_shell") else g.get("principal")
    now = business_now()
    drill_at = now if drill_offset() else None
    if principal is None:
        return Shell(drill_at=drill_at)
    hours: Any = LocalProxy(cache(lambda: _hours(principal, now)))  # asked for by pages that are of no one site
    return Shell(_signed_in(principal), hours, drill_at)


def _hours(principal: Principal, now: datetime) -> tuple[SiteHours, ...]:
    """The window of every site that this person sees (one query)."""
    with transaction() as session:
        places = visible_places(session, principal, Permission.SITES_READ, now)
    return tuple(_window(place.calendar, now) for place in places)


def _window(calendar: Calendar, now: datetime) -> SiteHours:
    current, following = opening_at(calendar, now), next_opening(calendar, now)
    return SiteHours(
        place=place_of(calendar.zone.key),
        time_zone=calendar.zone.key,
        is_open=current is not None,
        opened_at=current.starts_at if current else None,
        closes_at=closes_at(calendar, now),
        next_opens_at=following.starts_at if following else None,
    )


def _signed_in(principal: Principal) -> SignedIn:
    roles = {grant.role for grant in principal.grants}
    words = sorted(role.words for role in roles)
    links = tuple(
        PageLink(title, url, request.path == url)
        for title, url, for_whom in PAGES
        if (for_whom in roles if isinstance(for_whom, Role) else principal.may(for_whom))
    )
    return SignedIn(principal.full_name, ", ".join(words) or "no role yet", links, "/sign-out", principal.name)
